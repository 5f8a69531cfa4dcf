"""The project a command works on: its root, its settings, its secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from a2c_spec.api.http.redaction import Redaction
from a2c_spec.core.desired import Secret
from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.core.disguises import LONG
from a2c_spec.core.events import Listener, ignore
from a2c_spec.core.reasons import counted
from a2c_spec.engine.flags import Flags, absolute
from a2c_spec.engine.runtime import DEFAULT_RUNTIME, Runtime
from a2c_spec.engine.state_places import has_state
from a2c_spec.engine.user_config import allowed_commands, allowed_variables, service_key
from a2c_spec.errors import InvalidError, LimitRefused, UsageError, is_text, not_text, shown_name
from a2c_spec.manifests import secrets
from a2c_spec.manifests.discover import STATE_FOLDER, find_root
from a2c_spec.manifests.environment import KEY, NEVER, NOT_MEANT, is_for_manifests, is_key, to_allow
from a2c_spec.manifests.load_options import LoadOptions
from a2c_spec.manifests.project_file import NAME, load_project, state_problem, unknown_environment
from a2c_spec.manifests.project_file import Project as ProjectFile


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
    def _keyed(self) -> Mapping[str, str]:
        """The same, with the service's key, so that it is known in whatever variable it is, too."""
        key = service_key(self.environ)
        return {**self.environ, KEY: key} if key else self.environ

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
            vars=tuple(_pair(text, self.flags.named("var")) for text in self.flags.var),
            vars_by=self.flags.named("var"),
            var_files=tuple(absolute(path, self.cwd) for path in self.flags.var_file),
            environ=self._keyed,
            allow_env={*allowed_variables(self.flags, self.environ)},
            learn=self.hidden.learn,
            env_vars=self.file.vars,
            whole=not self.flags.paths,
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
        return relative_to(problem, self.cwd)

    def told(self, problem: Diagnostic) -> Diagnostic:
        """The same problem without the secrets that are known: it may quote a value from outside."""
        message, hint = map(self.hidden.text, (problem.message, problem.hint))
        changed = (message, hint) != (problem.message, problem.hint)
        return replace(problem, message=message, hint=hint) if changed else problem

    def reveal(self, secret: Secret) -> str:
        """The value of a secret; called only to send it or to compute its keyed digest."""
        kind, _, name = secret.reference.partition(":")
        if kind == "env" and is_key(self._keyed, name):
            raise InvalidError(f"{secret.reference} {NEVER}", hint="use a secret of its own")
        if kind == "env" and not is_for_manifests(name, allowed_variables(self.flags, self.environ)):
            raise LimitRefused(f"the secret {secret.reference} is in a variable {NOT_MEANT}", hint=to_allow(name))
        may = allowed_commands(self.flags, self.environ) if kind == "cmd" else ()
        value = secrets.resolve(secret, environ=self._keyed, root=self.root, allow_cmd=may)
        self.hidden.learn(value)
        return value


def open_project(flags: Flags, runtime: Runtime = DEFAULT_RUNTIME) -> Project:
    """The project that the flags and the current folder mean; raises UsageError when --chdir names no folder."""
    cwd = Path(flags.chdir).absolute() if flags.chdir else Path.cwd()
    if not cwd.is_dir():
        raise UsageError(f"{flags.named('chdir')} {flags.chdir}: no such folder")
    root = find_root(flags.paths, cwd, has_state)
    if bad := next((str(folder) for folder in (root, cwd) if not is_text(str(folder))), ""):
        why, hint = not_text(bad, "rename it, or work elsewhere")
        raise UsageError(f"the name of the folder {shown_name(bad)} {why}", hint=hint)
    file, problems = load_project(root, flags.env)
    project = Project(with_defaults(flags, file), cwd, root, file, tuple(problems), runtime)
    if len(key := service_key(project.environ)) >= LONG:
        project.hidden.learn(key)  # also where no call is made
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
        raise UsageError(f"{project.flags.named('state')}: the state `{state}` {why}")
    if any(problem.severity == "error" for problem in project.problems):
        return  # which environments there are is not known
    if (problem := unknown_environment(project.file)) and not (NAME.fullmatch(env) and project.state_file().is_file()):
        if "env" in project.flags.given or not problem.position.file:
            raise UsageError(f"{project.flags.named('env')}: {problem.message}", hint=problem.hint)
        yield problem


def _pair(text: str, flag: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"{flag} {text}: expected NAME=VALUE")
    return name, value


def relative_to(problem: Diagnostic, cwd: Path) -> Diagnostic:
    """The problem, its files named from a folder."""
    file = problem.position.file
    place = replace(problem.position, file=os.path.relpath(file, cwd) if Path(file).is_absolute() else file)
    message, hint = (text.replace(f"{cwd}{os.sep}", "") for text in (problem.message, problem.hint))
    return replace(problem, position=place, message=message, hint=hint)
