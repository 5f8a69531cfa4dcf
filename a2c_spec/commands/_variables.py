"""The environment variables of the flags: ``A2C_SPEC_PARALLELISM`` for ``--parallelism``, whatever the command.

``A2C_SPEC_APPLY_PARALLELISM`` is for ``apply`` alone and comes first. The flags of ``serve``, and those that mean
something else from command to command, have only such a name.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import click
from click.core import ParameterSource

from a2c_spec.core.allowance import flag_of
from a2c_spec.errors import UsageError

PREFIX = "A2C_SPEC_"
OTHERS = ("CACHE", "DIGEST_KEY")
"""What is read where it is needed, and belongs to no flag."""

TESTS = ("PROVE", "LAW_EXAMPLES", "WORLD_SECONDS", "DURATIONS")
"""What our own test suites read."""

OWN = ("serve",)
"""Commands whose flags are not about a project."""

MANY_MEANINGS = ("all", "files", "format", "name", "out")
"""Flags that mean something else from command to command."""

SELECTING = ("target", "exclude", "selector")

SILENCED: Mapping[str, tuple[str, ...]] = {
    "local": ("base_url",),
    "base_url": ("local",),
    "as_json": ("markdown",),
    "markdown": ("as_json", "refresh_only"),
    "quiet": ("verbose",),
    "verbose": ("quiet",),
    "refresh_only": ("offline", "out", "markdown", "prune", "detach", "replace", *SELECTING),
    "offline": ("refresh_only", "out"),
    "out": ("refresh_only", "offline"),
    "prune": ("refresh_only", "detach", *SELECTING),
    "detach": ("refresh_only", "prune"),
    "replace": ("refresh_only",),
    **dict.fromkeys(SELECTING, ("refresh_only",)),
    "everything": ("addresses",),
    "ephemeral": ("data",),
    "data": ("ephemeral",),
}
"""Parameter -> those that exclude it: where one of them is typed, a variable for the parameter says nothing.

What narrows a change, as ``A2C_SPEC_TARGET`` does, is never passed over for what removes more.
"""

TRUE = ("1", "true", "t", "yes", "y", "on")
"""What the value of a flag may be that needs none."""

KUBERNETES = re.compile(r"(.*_)?SERVICE_(HOST|PORT.*)|PORT(_.*)?")
"""What Kubernetes sets in every container for a service with the name ``a2c-spec``."""


def bind(command: click.Command, path: Sequence[str]) -> None:
    """Gives every flag of a command, and of the commands below it, its variables."""
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            bind(below, (*path, name))
    for one in command.params:
        one.callback = _heard
    for option in _options(command):
        names = variables(option, path)
        before = [option.envvar] if isinstance(option.envvar, str) else option.envvar or []
        option.envvar = [*names, *(name for name in before if name not in names)]
        if option.multiple:
            option.type = copy.copy(option.type)
            option.type.envvar_list_splitter = "\n"  # type: ignore[misc] # of this one flag; names may hold spaces


def _heard(context: click.Context, param: click.Parameter, value: Any) -> Any:
    """The value, or the default where a variable says it and the command line says what excludes it."""
    value = _not_empty(context, param, value)
    name = str(param.name)
    if context.get_parameter_source(name) is not ParameterSource.ENVIRONMENT:
        return value
    rivals = SILENCED.get(name, ())
    typed = (one for one in rivals if context.get_parameter_source(one) is ParameterSource.COMMANDLINE)
    if not any(context.params.get(one) for one in typed):  # what is typed is read before what is not
        return value
    context.set_parameter_source(name, ParameterSource.DEFAULT)
    return () if isinstance(value, tuple) else param.get_default(context)


def _not_empty(context: click.Context, param: click.Parameter, value: Any) -> Any:
    """The value; fails where somebody typed an empty one, such as that of a shell variable that is not set: it would
    stand above all other places that say something. Empty lines of a variable say nothing."""
    many = value if isinstance(value, tuple) else (value,)
    source = context.get_parameter_source(param.name or "")
    if "" not in many or source not in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT):
        return value
    if source is ParameterSource.COMMANDLINE:
        raise click.BadParameter("the value is empty; leave it out", context, param)
    return tuple(one for one in many if one != "")


def _options(command: click.Command) -> Iterator[click.Option]:
    return (one for one in command.params if isinstance(one, click.Option))


def variables(option: click.Option, path: Sequence[str]) -> list[str]:
    """The names of the variables of one flag of one command, the strongest first."""
    names = [text.lstrip("-").replace("-", "_") for text in option.opts if text.startswith("--")]
    own = ["_".join([*path, name]).replace("-", "_") for name in names]
    shared = [name for name in names if path[0] not in OWN and name not in MANY_MEANINGS]
    return [f"{PREFIX}{name.upper()}" for name in (*own, *shared)]


def given(context: click.Context | None) -> dict[str, str]:
    """Parameter -> how somebody gave it, as a flag or as a variable; without those that have their default."""
    found: dict[str, str] = {}
    for option in _options(context.command) if context else ():
        assert context is not None and option.name is not None  # noqa: S101, PT018 - ours
        source = context.get_parameter_source(option.name)
        if source is ParameterSource.ENVIRONMENT:
            found[option.name] = variable(option)
        elif source is ParameterSource.COMMANDLINE:
            no = option.secondary_opts and context.params.get(option.name) is False
            found[option.name] = max(option.secondary_opts if no else option.opts, key=len)
    return found


def named_flag(name: str) -> str:
    """How a parameter of this command was given: the flag or the variable."""
    return given(click.get_current_context(silent=True)).get(name, flag_of(name))


def refuse_both(one: str, other: str, why: str) -> None:
    """Raises UsageError, with what somebody gave, where two parameters are given that contradict each other."""
    context = click.get_current_context(silent=True)
    if context and context.params.get(one) and context.params.get(other):
        how = given(context)
        raise UsageError(f"{how[one]} and {how[other]} {why}", hint="leave out one of both")


def variable(option: click.Option, environ: Mapping[str, str] = os.environ) -> str:
    """The variable that a flag has its value from."""
    return next((name for name in _names(option) if environ.get(name)), "")


def named(problem: click.BadParameter) -> str:
    """The variable whose value is wrong; empty when a flag is."""
    if problem.ctx is None or not isinstance(problem.param, click.Option) or problem.param.name is None:
        return ""
    from_variable = problem.ctx.get_parameter_source(problem.param.name) is ParameterSource.ENVIRONMENT
    return variable(problem.param) if from_variable else ""


def wrong_value(name: str, problem: click.BadParameter, param: click.Parameter | None) -> UsageError:
    """What is said of a variable whose value its flag does not take."""
    switch = isinstance(param, click.Option) and param.is_flag
    said = f"{os.environ.get(name, '')!r} is not 1 or 0" if switch else problem.message.rstrip(".")
    return UsageError(f"the environment variable {name}: {said}")


def check_others(context: click.Context | None) -> None:
    """Raises UsageError where a variable has a wrong value whose flag only other commands take: what one of them would
    refuse, none passes over, as a plan would what holds for its apply."""
    ours = {name for name, value in os.environ.items() if name.startswith(PREFIX) and value}
    root = context.find_root() if context else None
    if context is None or root is None or not ours or not isinstance(root.command, click.Group):
        return
    own = {*every_name([context.command])}
    names = (name for name in root.command.list_commands(root) if name not in OWN)
    others = filter(None, (root.command.get_command(root, name) for name in names))
    for option, name in ((one, name) for one in _all_options(others) for name in _names(one)):
        if name in ours and name not in own:
            value = os.environ[name]
            several = option.multiple or option.nargs != 1
            try:
                option.type_cast_value(context, option.type.split_envvar_value(value) if several else value)
            except click.BadParameter as problem:
                raise wrong_value(name, problem, option) from problem


def every_name(commands: Iterable[click.Command]) -> Iterator[str]:
    """The variables of all flags of these commands, and of those below them."""
    for option in _all_options(commands):
        yield from _names(option)


def _all_options(commands: Iterable[click.Command]) -> Iterator[click.Option]:
    for command in commands:
        if isinstance(command, click.Group):
            yield from _all_options(command.commands.values())
        yield from _options(command)


def _names(option: click.Option) -> Sequence[str]:
    return [option.envvar] if isinstance(option.envvar, str) else option.envvar or []


def unknown(ours: Iterable[str], known: Iterable[str]) -> list[str]:
    """What to say of each variable that looks like ours and is none; ``known`` are the variables of all flags."""
    names = {*known, *(f"{PREFIX}{name}" for name in OTHERS)}
    words = [name.removeprefix(PREFIX) for name in names]
    said = []
    for name in sorted({*ours} - names):
        word = name.removeprefix(PREFIX)
        if word not in TESTS and not KUBERNETES.fullmatch(word):
            near = get_close_matches(word.upper(), words, n=1)
            hint = f"; did you mean {PREFIX}{near[0]}?" if near else ""
            said.append(f"warning: the environment variable {name} means nothing to a2c-spec{hint}")
    return said


def asked(flag: str, args: Sequence[str], environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a flag that needs no value is given, where the command line may not have been understood."""
    word = flag.lstrip("-").replace("-", "_").upper()
    names = [f"{PREFIX}{word}", *(f"{PREFIX}{name.upper()}_{word}" for name in args[:1])]
    return flag in args or any(environ.get(name, "").lower() in TRUE for name in names)
