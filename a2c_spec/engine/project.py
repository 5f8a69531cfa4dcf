"""The project a command works on: its root, its settings, its manifests, its secrets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from a2c_spec.api.http.redaction import Redaction
from a2c_spec.core.desired import Job, Preset, Secret, without_remains
from a2c_spec.core.diagnostics import Diagnostic, Position, said_once
from a2c_spec.core.events import Listener, ignore
from a2c_spec.core.path_claims import Claims
from a2c_spec.core.reasons import counted
from a2c_spec.engine.flags import Flags, absolute
from a2c_spec.engine.places import has_state, keep_apart, two_states
from a2c_spec.engine.runtime import DEFAULT_RUNTIME, Runtime
from a2c_spec.engine.user_config import allowed_variables
from a2c_spec.errors import InvalidError, UsageError, is_text, not_text, shown_name
from a2c_spec.manifests import secrets
from a2c_spec.manifests.catalog import catalog_of
from a2c_spec.manifests.catalog_check import PresetUses
from a2c_spec.manifests.discover import NOTHING_HERE, STATE_FOLDER, discover, find_root, project_within
from a2c_spec.manifests.environment import NEVER, is_key
from a2c_spec.manifests.expressions.template import render_late
from a2c_spec.manifests.load import load
from a2c_spec.manifests.load_options import LoadOptions
from a2c_spec.manifests.notes import Notes
from a2c_spec.manifests.project_file import NAME, load_project, state_problem, unknown_environment
from a2c_spec.manifests.project_file import Project as ProjectFile
from a2c_spec.manifests.references import check_references
from a2c_spec.manifests.settings_file import SETTINGS_FILE, not_read


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the manifests ask for, all of it valid, and the warnings; ``empty`` are the batches without a row."""

    jobs: tuple[Job, ...]
    presets: tuple[Preset, ...]
    warnings: tuple[Diagnostic, ...]
    empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """What a command works on: the flags it was given, the project's root and settings, and the runtime.

    ``file`` is what ``a2c.yaml`` says, ``problems`` what is wrong with it; ``cwd`` is the folder the command runs in.
    ``tell`` hears what happens where nobody else follows it. ``hidden`` knows every secret that was revealed.
    """

    flags: Flags
    cwd: Path
    root: Path
    file: ProjectFile
    problems: tuple[Diagnostic, ...] = ()
    runtime: Runtime = DEFAULT_RUNTIME
    tell: Listener = ignore
    hidden: Redaction = field(default_factory=Redaction)

    @property
    def home(self) -> Path:
        """Where we keep what is ours; each environment has a place of its own."""
        return self.root / self.file.home(self.file.env)

    def state_file(self, env: str | None = None) -> Path:
        """The file of the state of an environment, the chosen one unless another is named."""
        return self.root / self.file.state_file(self.file.env if env is None else env, self.flags.state)

    @property
    def spending_files(self) -> tuple[Path, Path]:
        """Where is written down what was spent: for the whole project, and beside the state, to go where that goes."""
        return self.root / STATE_FOLDER / "spending.db", self.state_file("").with_name("spending.db")

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment variables."""
        return self.runtime.environ

    @property
    def everything(self) -> bool:
        """Whether all manifests of the project are meant: none is named, or the folder that all of them are in."""
        if not self.flags.paths:
            return True
        root, elsewhere = self.root.resolve(), any(name.startswith(("..", "/")) for name in self.file.manifests or ())
        return not elsewhere and any(root.is_relative_to((self.cwd / path).resolve()) for path in self.flags.paths)

    def settings(self) -> LoadOptions:
        """What loading the manifests needs to know."""
        return LoadOptions(
            root=self.root,
            env=self.file.env,
            vars=tuple(_pair(text) for text in self.flags.var),
            var_files=tuple(absolute(path, self.cwd) for path in self.flags.var_file),
            environ=self.environ,
            allow_env={*allowed_variables(self.flags, self.environ)},
            env_vars=self.file.vars,
            on_conflict=self.file.defaults.get("on_conflict", "error"),
        )

    def checked(self) -> Project:
        """The project; raises InvalidError where its settings are wrong, so that none of them is passed over."""
        found = [self.relative(one) for one in self.problems]
        if count := sum(one.severity == "error" for one in found):
            raise InvalidError(f"{counted(count, 'problem')} in the settings", diagnostics=found)
        return self

    def named(self, folder: Path) -> str:
        """A folder, named from the current one."""
        return os.path.relpath(folder, self.cwd.resolve())

    def relative(self, problem: Diagnostic) -> Diagnostic:
        """The same problem, its files named from the current folder, as editors and terminals expect."""
        return _relative(problem, self.cwd)

    def reveal(self, secret: Secret) -> str:
        """The value of a secret; called only to send it or to compute its keyed digest."""
        kind, _, name = secret.reference.partition(":")
        if kind == "env" and is_key(self.environ, name):
            raise InvalidError(f"{secret.reference} {NEVER}", hint="use a secret of its own")
        value = secrets.resolve(secret, environ=self.environ, root=self.root, allow_cmd=self.flags.allow_cmd)
        self.hidden.learn(value)
        return value


def open_project(flags: Flags, runtime: Runtime = DEFAULT_RUNTIME) -> Project:
    """The project that the flags and the current folder mean; raises UsageError when --chdir names no folder."""
    cwd = Path(flags.chdir).absolute() if flags.chdir else Path.cwd()
    if not cwd.is_dir():
        raise UsageError(f"--chdir {flags.chdir}: no such folder")
    root = find_root(flags.paths, cwd, has_state)
    if bad := next((str(folder) for folder in (root, cwd) if not is_text(str(folder))), ""):
        why, hint = not_text(bad, "rename it, or work elsewhere")
        raise UsageError(f"the name of the folder {shown_name(bad)} {why}", hint=hint)
    file, problems = load_project(root, flags.env)
    project = Project(with_defaults(flags, file), cwd, root, file, tuple(problems), runtime)
    return replace(project, problems=(*problems, *_of_the_choice(project)))


SETTABLE = ("parallelism", "timeout", "max_credits", "fail_fast", "confirm_above", "max_download_bytes")
"""What ``defaults`` may say in place of a flag, and which needs no more than that."""


def with_defaults(flags: Flags, file: ProjectFile) -> Flags:
    """The flags, with the settings of the project where nobody gave one."""
    settings = {name: file.defaults[name] for name in SETTABLE if name in file.defaults and name not in flags.given}
    places = {name: file.place(f"defaults.{name}") for name in settings}
    return replace(flags, env=file.env, given={**flags.given, **places}, **settings)


def _of_the_choice(project: Project) -> Iterator[Diagnostic]:
    """What is wrong with the environment and the state that were chosen for this command."""
    env, state = project.file.env, project.flags.state
    if state and (why := state_problem(project.root, state)):
        raise UsageError(f"{project.flags.given.get('state', '--state')}: the state `{state}` {why}")
    if (problem := unknown_environment(project.file)) and not (NAME.fullmatch(env) and project.state_file().is_file()):
        yield problem


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--var {text}: expected NAME=VALUE")
    return name, value


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
                self.found.append(_relative(item, self.project.cwd))

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
            self.found += [_relative(problem, self.project.cwd) for problem in between]
        self.found = said_once(self.found)
        if count := sum(problem.severity == "error" for problem in self.found):
            raise InvalidError(f"{count} problem{'s' if count > 1 else ''} in the manifests", diagnostics=self.found)


def reading(project: Project) -> Reading:
    """The manifests that are meant, about to be read."""
    paths, found = manifest_paths(project)
    return Reading(project, paths, found + [project.relative(one) for one in project.problems])


def reading_all(project: Project) -> Reading:
    """All manifests of the project, whichever are named, about to be read; raises UsageError where there are none."""
    return reading(replace(project, flags=replace(project.flags, manifests=(), file=())))


def load_all(project: Project) -> Loaded:
    """Every job and preset; raises InvalidError with every problem found."""
    stream = reading(project)
    items = list(stream.items())
    claims = Claims(render_late, real_path(project.root))
    for item in items:
        if isinstance(item, Job):
            claims.add(item)
    stream.checked([*check_references(items), *claims.checked(stream.files())])
    jobs = tuple(item for item in items if isinstance(item, Job))
    presets = tuple(item for item in items if isinstance(item, Preset))
    return Loaded(jobs, presets, tuple(stream.found), tuple(stream.notes.empty))


def real_path(root: Path) -> Callable[[str], str]:
    """Gives paths below ``root`` as they are once the links of their folders are followed."""
    known: dict[str, str] = {}

    def real(path: str) -> str:
        folder, _, name = path.rpartition("/")
        if folder not in known:
            known[folder] = os.path.relpath((root / folder).resolve(), root.resolve()).replace(os.sep, "/")
        return f"{known[folder]}/{name}".removeprefix("./")

    return real


def _relative(problem: Diagnostic, cwd: Path) -> Diagnostic:
    file = problem.position.file
    place = replace(problem.position, file=os.path.relpath(file, cwd) if Path(file).is_absolute() else file)
    message, hint = (text.replace(f"{cwd}{os.sep}", "") for text in (problem.message, problem.hint))
    return replace(problem, position=place, message=message, hint=hint)
