"""The manifests of a project: found, read as a stream, and checked together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from a2c_spec.core.desired import Job, Preset, without_remains
from a2c_spec.core.diagnostics import Diagnostic, Position, said_once
from a2c_spec.core.path_claims import Claims
from a2c_spec.engine.project import Project, relative_to
from a2c_spec.engine.state_places import has_state, keep_apart, two_states
from a2c_spec.errors import InvalidError, UsageError
from a2c_spec.manifests.catalog import catalog_of
from a2c_spec.manifests.catalog_check import PresetUses
from a2c_spec.manifests.discover import NOTHING_HERE, STATE_FOLDER, discover, project_within
from a2c_spec.manifests.expressions.template import render_late
from a2c_spec.manifests.load import load
from a2c_spec.manifests.notes import Notes
from a2c_spec.manifests.references import check_references
from a2c_spec.manifests.settings_file import SETTINGS_FILE, not_read


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the manifests ask for, all of it valid, and the warnings; ``empty`` are the batches without a row."""

    jobs: tuple[Job, ...]
    presets: tuple[Preset, ...]
    warnings: tuple[Diagnostic, ...]
    empty: tuple[str, ...] = ()


def manifest_paths(project: Project) -> tuple[list[str], list[Diagnostic]]:
    """The manifests that are meant, relative to the current folder; none named means the project's.

    Those of a project within the project are left out where only a folder or a pattern names them.
    """
    found = list(discover(project.flags.paths, project.file, project.cwd))
    paths: list[str] = []
    within: dict[Path, Diagnostic | None] = {}
    known: dict[str, tuple[Path, str] | None] = {}
    for path in (item for item in found if isinstance(item, str)):
        file = os.path.join(project.cwd, path)  # noqa: PTH118 - fast: one for each of many files
        folder = os.path.dirname(os.path.realpath(file) if os.path.islink(file) else file)  # noqa: PTH114, PTH120
        if folder not in known:
            known[folder] = project_within(Path(folder).resolve(), project.root, has_state)
        if (other := known[folder]) is None:
            paths.append(path)
        else:
            within[other[0]] = within.get(other[0]) or _of_another(project, path, *other)
    wrong = [problem for problem in within.values() if problem]
    problems = [project.relative(item) for item in found if isinstance(item, Diagnostic)]
    nothing = not project.flags.paths and all(problem.message == NOTHING_HERE for problem in problems)
    if not paths and not wrong and (within or nothing):
        if project.flags.prune and not within and project.state_file().is_file():
            return [], []  # the last one was removed: nothing of what is recorded is asked for
        project.checked()
        apart = f"; a project of its own: {', '.join(map(project.named, within))} (`-C FOLDER`)" if within else ""
        raise UsageError(
            f"no manifest found below {project.root}{apart}",
            hint="name one, as in `a2c-spec apply recipe.yaml`; `a2c-spec init` writes a first one",
        )
    return paths, [*problems, *wrong]


def _of_another(project: Project, path: str, other: Path, sign: str) -> Diagnostic | None:
    """What is wrong with a manifest of a project within the project; nothing where it was found, and not named."""
    if misnamed := next(not_read(other, SETTINGS_FILE), None):
        return misnamed
    if sign == STATE_FOLDER:
        return Diagnostic(Position(path), two_states(project, other), keep_apart(project, other))
    if path not in {os.path.normpath(one) for one in project.flags.paths}:
        return None
    homes = f"{project.named(other)} ({sign}), others to that in {project.named(project.root)}"
    return Diagnostic(Position(path), f"belongs to the project in {homes}", "apply one project after the other")


@dataclass(slots=True)
class Reading:
    """The manifests as a stream: one job or preset at a time; ``found`` is every problem met on the way, ``notes`` what
    else was, ``addresses`` everything that is asked for. ``texts`` are files that are read as if they were written
    already, by their real path."""

    project: Project
    paths: list[str]
    found: list[Diagnostic]
    notes: Notes = field(default_factory=Notes)
    texts: dict[Path, bytes] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    used: PresetUses | None = None

    def items(self) -> Iterator[Job | Preset]:
        """What the manifests ask for, read again each time; nothing of it is kept here."""
        catalog = catalog_of(self.project.root)
        settings = replace(self.project.settings(), texts=self.texts, catalog=catalog)
        self.used = PresetUses(catalog)
        for item in load([str(self.project.cwd / path) for path in self.paths], settings, self.notes):
            if isinstance(item, Job | Preset):
                self.used.add(item)
                self.addresses.add(item.address)
                yield without_remains(item) if self.project.flags.prune else item
            else:
                self.found.append(relative_to(item, self.project.cwd))

    def files(self) -> Iterator[str]:
        """Every file below the root that was read to know what is asked for; ``a2c.yaml`` even if there is none."""
        root = f"{self.project.root.resolve().as_posix().rstrip('/')}/"
        yield SETTINGS_FILE
        files = (path.as_posix() for path in self.notes.files)
        yield from (path.removeprefix(root) for path in files if path.startswith(root))

    def checked(self, more: Sequence[Diagnostic]) -> None:
        """Raises InvalidError with every problem; ``more``, those between manifests, only if all else is right."""
        if not any(problem.severity == "error" for problem in self.found):
            between = [*more, *(self.used.problems() if self.used else ())]
            self.found += [relative_to(problem, self.project.cwd) for problem in between]
        self.found = [self.project.told(problem) for problem in said_once(self.found)]
        if count := sum(problem.severity == "error" for problem in self.found):
            raise InvalidError(f"{count} problem{'s' if count > 1 else ''} in the manifests", diagnostics=self.found)


def reading(project: Project, *, origins: bool = False) -> Reading:
    """The manifests that are meant, about to be read; with ``origins`` what each address is made from is noted."""
    paths, found = manifest_paths(project)
    notes = Notes(origins={} if origins else None)
    return Reading(project, paths, found + [project.relative(one) for one in project.problems], notes)


def reading_all(project: Project) -> Reading:
    """All manifests of the project, whichever are named, about to be read; raises UsageError where there are none."""
    return reading(replace(project, flags=replace(project.flags, manifests=(), file=())))


def load_all(project: Project) -> Loaded:
    """Every job and preset; raises InvalidError with every problem found."""
    stream = reading(project)
    items = list(stream.items())
    claims = claims_of(project.root)
    for item in items:
        if isinstance(item, Job):
            claims.add(item)
    stream.checked([*check_references(items), *claims.checked(stream.files())])
    jobs = tuple(item for item in items if isinstance(item, Job))
    presets = tuple(item for item in items if isinstance(item, Preset))
    return Loaded(jobs, presets, tuple(stream.found), tuple(stream.notes.empty))


def claims_of(root: Path) -> Claims:
    """No paths yet; those of a project at ``root`` are compared where links lead."""
    return Claims(render_late, real_path(root), leads_to(root))


def leads_to(root: Path) -> Callable[[str], str]:
    """Gives where files below ``root`` lead that are links; empty for others."""
    top = os.path.realpath(root)

    def leads(path: str) -> str:
        file = f"{top}/{path}"
        return os.path.relpath(os.path.realpath(file), top).replace(os.sep, "/") if os.path.islink(file) else ""  # noqa: PTH114

    return leads


def real_path(root: Path) -> Callable[[str], str]:
    """Gives paths below ``root`` as they are once the links of their folders are followed."""
    known: dict[str, str] = {}

    def real(path: str) -> str:
        folder, _, name = path.rpartition("/")
        if folder not in known:
            known[folder] = os.path.relpath((root / folder).resolve(), root.resolve()).replace(os.sep, "/")
        return f"{known[folder]}/{name}".removeprefix("./")

    return real
