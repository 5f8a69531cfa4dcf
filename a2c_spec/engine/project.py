"""The project a command works in: its root, its manifests, its state, its secrets."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from a2c_spec.core.desired import Job, Preset, Secret
from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.engine.flags import Flags, absolute
from a2c_spec.engine.runtime import DEFAULT_RUNTIME, Runtime
from a2c_spec.errors import InvalidError, SpecError, UsageError
from a2c_spec.manifests import secrets
from a2c_spec.manifests.catalog import catalog_rows, check_catalog, index_catalog
from a2c_spec.manifests.discover import discover, find_root
from a2c_spec.manifests.load import load
from a2c_spec.manifests.load_options import LoadOptions
from a2c_spec.manifests.project_file import Project, load_project
from a2c_spec.manifests.references import check_references
from a2c_spec.views import problems
from a2c_spec.views.style import Style, wants_colour


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the manifests ask for, all of it valid, and the warnings."""

    jobs: tuple[Job, ...]
    presets: tuple[Preset, ...]
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Workspace:
    """``root`` is the project root; ``environ`` the environment; ``style`` that of standard output."""

    flags: Flags
    cwd: Path
    root: Path
    environ: Mapping[str, str]
    style: Style
    project: Project
    problems: tuple[Diagnostic, ...] = ()
    runtime: Runtime = DEFAULT_RUNTIME

    @property
    def home(self) -> Path:
        """Where we keep what is ours."""
        return self.root / ".a2c"

    def settings(self) -> LoadOptions:
        return LoadOptions(
            root=self.root,
            env=self.project.env,
            vars=tuple(_pair(text) for text in self.flags.var),
            var_files=tuple(absolute(path, self.cwd) for path in self.flags.var_file),
            environ=self.environ,
            env_vars=self.project.vars,
        )

    def reveal(self, secret: Secret) -> str:
        """The value of a secret; called only to send it or to mark it."""
        return secrets.resolve(secret, environ=self.environ, root=self.root, allow_cmd=self.flags.allow_cmd)

    def talk(self, text: str) -> None:
        """Says something to a person, unless --quiet."""
        if not self.flags.quiet and text:
            click.echo(text, err=True)


def open_workspace(flags: Flags) -> Workspace:
    """The project that the flags and the current folder mean."""
    cwd = Path(flags.chdir).absolute() if flags.chdir else Path.cwd()
    if not cwd.is_dir():
        raise UsageError(f"--chdir {flags.chdir}: no such folder")
    root = find_root(flags.paths, cwd)
    project, problems = load_project(root, flags.env)
    colour = wants_colour(os.environ, is_tty=sys.stdout.isatty(), no_color=flags.no_color)
    return Workspace(flags, cwd, root, os.environ, Style(colour and not flags.as_json), project, tuple(problems))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--var {text}: expected NAME=VALUE")
    return name, value


def manifest_paths(space: Workspace) -> tuple[list[str], list[Diagnostic]]:
    """The manifests that are meant, relative to the current folder; none named means the project's."""
    found = list(discover(space.flags.paths, space.project, space.cwd))
    paths = [one for one in found if isinstance(one, str)]
    problems = [one for one in found if isinstance(one, Diagnostic)]
    if not paths and not space.flags.paths:
        raise UsageError(
            f"no manifest found below {space.root}",
            hint="name one, as in `a2c-spec apply recipe.yaml`; `a2c-spec init` writes a first one",
        )
    return paths, problems


@dataclass(slots=True)
class Reading:
    """The manifests as a stream: one job or preset at a time; ``found`` is every problem met on the way."""

    space: Workspace
    paths: list[str]
    found: list[Diagnostic]

    def items(self) -> Iterator[Job | Preset]:
        """What the manifests ask for, read anew each time; nothing of it is kept here."""
        rows = catalog_rows(self.space.root)
        catalog = index_catalog(rows) if rows else None
        for item in load([str(self.space.cwd / path) for path in self.paths], self.space.settings()):
            if catalog and not isinstance(item, Diagnostic):
                self.found += [_relative(one, self.space.cwd) for one in check_catalog(item, catalog)]
            if isinstance(item, Job):
                yield _policy(item, self.space.flags.on_conflict)
            elif isinstance(item, Preset):
                yield item
            else:
                self.found.append(_relative(item, self.space.cwd))

    def checked(self, more: Sequence[Diagnostic]) -> None:
        """Raises InvalidError with every problem; ``more``, those between manifests, only if all else is right."""
        if not any(one.severity == "error" for one in self.found):
            self.found += [_relative(one, self.space.cwd) for one in more]
        count = sum(one.severity == "error" for one in self.found)
        if count:
            raise InvalidError(f"{count} problem{'s' if count > 1 else ''} in the manifests", diagnostics=self.found)


def reading(space: Workspace) -> Reading:
    """The manifests that are meant, about to be read."""
    paths, found = manifest_paths(space)
    return Reading(space, paths, found + list(space.problems))


def load_all(space: Workspace) -> Loaded:
    """Every job and preset; raises InvalidError with every problem found."""
    stream = reading(space)
    items = list(stream.items())
    stream.checked(check_references(items))
    jobs = tuple(item for item in items if isinstance(item, Job))
    presets = tuple(item for item in items if isinstance(item, Preset))
    return Loaded(jobs, presets, tuple(stream.found))


def _relative(one: Diagnostic, cwd: Path) -> Diagnostic:
    """The same problem, its file named from the current folder, as editors and terminals expect."""
    file = os.path.relpath(one.position.file, cwd) if Path(one.position.file).is_absolute() else one.position.file
    return replace(one, position=replace(one.position, file=file))


def _policy(job: Job, policy: str) -> Job:
    return replace(job, outputs=tuple(replace(one, on_conflict=policy) for one in job.outputs)) if policy else job


def warn(space: Workspace, loaded: Loaded) -> None:
    tell_warnings(space, loaded.warnings)


def tell_warnings(space: Workspace, warnings: Sequence[Diagnostic]) -> None:
    space.talk(problems.diagnostics(warnings, space.style))


@dataclass(slots=True)
class Marks:
    """Marks secrets by keyed digest, so that a change shows without the value being kept."""

    space: Workspace
    key: bytes
    known: dict[str, str]

    def __call__(self, secret: Secret | str) -> str:
        name = secret.reference if isinstance(secret, Secret) else "literal"
        if isinstance(secret, Secret):
            if name not in self.known:
                self.known[name] = self._mark(secret)
            return self.known[name]
        return f"{name}#{secrets.fingerprint_secret(secret, self.key)}"

    def _mark(self, secret: Secret) -> str:
        """Without a digest where the secret is out of reach, as in a fork: then only its reference counts."""
        try:
            value = self.space.reveal(secret)
        except SpecError:
            return secret.reference
        return f"{secret.reference}#{secrets.fingerprint_secret(value, self.key)}"


def marks(space: Workspace) -> Marks:
    """The key lies outside the project, so that a state file alone gives nothing away."""
    base = Path(space.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Marks(space, secrets.fingerprint_key(base / "a2c-spec" / "hmac.key"), {})
