"""What does the rest of an apply that did not do all: the same command once more, or, where that would be refused, or
would pay again for what is done, another one."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from a2c_spec.core.allowance import flag_of
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.sensitive import names_secret
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.outcome import THE_REST, ApplyOptions
from a2c_spec.engine.selection import Selection, matches, names_part

if TYPE_CHECKING:
    from a2c_spec.engine.planned import PlannedChange
    from a2c_spec.engine.session import Session
    from a2c_spec.errors import SpecError

HOW_IT_IS_SHOWN = ("as_json", "no_color", "quiet", "verbose", "explain", "out", "given", "manifests")
"""Fields of the flags that say nothing of what is done, or are said otherwise."""


def onward(
    error: SpecError,
    session: Session,
    steps: Sequence[PlannedChange],
    chosen: Selection,
    options: ApplyOptions,
    *,
    saved: bool,
) -> SpecError:
    """The error, whose hint names the command that does the rest, where the same one once more would not do.

    A saved plan is applied only once; ``--replace`` runs again, too, what ran.
    """
    if not saved and not chosen.replace:
        return error
    left = Selection(chosen.target, chosen.exclude, chosen.selector, (*_not_replaced(session, steps, chosen),))
    command = shlex.join(["a2c-spec", "apply", *_words(session, left, options)])
    why = "the saved plan is used up; " if saved else "what ran is not to be replaced once more; "
    if not saved and left.replace == chosen.replace:
        return error  # nothing of it ran
    told = f"{why}`{command}` does the rest"
    error.hint = told if error.hint in ("", THE_REST) else f"{error.hint}; {told}"
    return error


def _not_replaced(session: Session, steps: Sequence[PlannedChange], chosen: Selection) -> Iterator[str]:
    """What has still to be run again although nothing changed: that of which no new job was made, or is being looked
    for."""
    left: dict[str, list[str]] = {}
    for step in steps:
        change, before = step.change, step.record
        now = session.store.get(change.address)
        if change.starts and before and now and now.job_id == before.job_id and not now.intent:
            left.setdefault(address_of(change.address), []).extend(step.conversions)
    for glob in chosen.replace:
        if any(names_part(f"{address}.{name}", (glob,)) for address, names in left.items() for name in names):
            yield glob
        else:
            yield from (address for address in left if matches(address, (glob,)))


def given_words(flags: Flags, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The arguments that say these flags once more, by flag, as far as the command line gave them: variables hold by
    themselves."""
    given = [name for name in names if flags.given.get(name, "").startswith("-")]
    return {name: tuple(_flag(name, getattr(flags, name))) for name in given}


def _words(session: Session, chosen: Selection, options: ApplyOptions) -> Iterator[str]:
    """The arguments that mean the same once more."""
    flags: Flags = session.project.flags
    yield from flags.manifests
    for words in given_words(flags, [one.name for one in fields(Flags) if one.name not in HOW_IT_IS_SHOWN]).values():
        yield from words
    for one in fields(Selection):
        yield from _flag(one.name, getattr(chosen, one.name))
    yield from ["--detach"] if options.detach else []
    yield from ["-y"] if options.yes else []


def _flag(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, tuple):
        for one in value:
            yield from (flag_of(name), _shown(name, one))
    elif value is True:
        yield flag_of(name)
    elif value is not False:
        yield from (flag_of(name), f"{value:g}" if isinstance(value, float) else str(value))


def _shown(name: str, value: str) -> str:
    """A value, without what is a secret by the name of its variable."""
    variable = value.partition("=")[0]
    return f"{variable}=..." if name == "var" and names_secret(variable) else value
