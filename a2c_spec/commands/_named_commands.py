"""Commands of ours that a text names, said so that they work on what this command works on."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from contextvars import ContextVar

import click

from a2c_spec.engine.flags import Flags

WHAT_IT_WORKS_ON = ("chdir", "env", "local", "base_url", "allow_host", "allow_http", "state")
"""Fields of the flags that choose the project, the environment, the state and the service."""

_NAMED = re.compile(r"`(a2c-spec [^`\n]*)`")
_WORDS: ContextVar[Mapping[str, tuple[str, ...]]] = ContextVar("words that choose what a command works on")
_ALL: ContextVar[click.Command] = ContextVar("the command of which all others are part")


def begin() -> None:
    """A command begins, which was given nothing yet."""
    _WORDS.set({})


def remember(flags: Flags) -> None:
    """Keeps which project, environment, state and service the command line names, for as long as its command lasts."""
    context = click.get_current_context(silent=True)
    if context is None or not flags.given.keys() & {*WHAT_IT_WORKS_ON}:
        return begin()
    from a2c_spec.engine.again import given_words

    _ALL.set(context.find_root().command)
    _WORDS.set(given_words(flags, WHAT_IT_WORKS_ON))
    return None


def completed(text: str) -> str:
    """The text, in which each command of ours between backticks has the flags that choose the project, environment,
    state and service of this one, as far as it takes them. In JSON these are escaped like all of it."""
    words = _WORDS.get({})
    if not words or "`a2c-spec " not in text:
        return text
    escaped = text.lstrip()[:1] in ("{", "[")
    return _NAMED.sub(lambda found: f"`{_completed(found[1], words, escaped=escaped)}`", text)


def _completed(command: str, words: Mapping[str, tuple[str, ...]], *, escaped: bool) -> str:
    try:
        said = shlex.split(command)
    except ValueError:  # a part of a text that only looks like a command
        return command
    takes = _options(said[1:])
    missing = [some for name, some in words.items() if name in takes and takes[name].isdisjoint(said)]
    added = shlex.join(word for some in missing for word in some)
    return " ".join(filter(None, [command, json.dumps(added)[1:-1] if escaped else added]))


def _options(said: list[str]) -> dict[str, set[str]]:
    """The options of the command that these words begin with, by name; not those that a saved plan has."""
    from a2c_spec.engine.saved_plan import CHANGING, is_saved_plan

    command: click.Command | None = _ALL.get()
    kept: tuple[str, ...] = CHANGING if any(map(is_saved_plan, said)) else ()
    kept = WHAT_IT_WORKS_ON[1:] if kept and said[:1] == ["show"] else kept  # it shows a file, wherever it was made
    for word in said:
        if not isinstance(command, click.Group):
            break
        command = command.get_command(click.Context(command), word)
    options = [one for one in command.params if isinstance(one, click.Option)] if command else []
    return {one.name: {*one.opts} for one in options if one.name and one.name not in kept}
