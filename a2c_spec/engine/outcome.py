"""The options of an apply, the reporter that follows it, and its result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.core.events import Event
from a2c_spec.core.reasons import counted
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.core.state_store import StateStore
from a2c_spec.core.tally import Tally
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.run_limits import Limits
from a2c_spec.errors import (
    AskedToWait,
    ConversionFailed,
    NetworkError,
    NotStarted,
    PartialFailure,
    ResultLocked,
    SpecError,
    WaitTimeout,
    by_end,
)

if TYPE_CHECKING:
    from a2c_spec.core.plan import Change, Plan
    from a2c_spec.engine.planned import PlannedChange


STOPPING = (3, 4, 11)
"""Exit codes of errors of the account, or of a limit."""
THE_REST = "run it again to do the rest"
"""What to do after a part was done, where the same command does it."""


class Reporter(Protocol):
    """Receives the events of an apply, and is asked before something paid for is run again."""

    def __call__(self, event: Event, /) -> None:
        """Something happened at one address."""
        ...

    def warnings(self, found: Sequence[Diagnostic], /) -> None:
        """What is odd in the manifests, though valid."""
        ...

    def plan(self, plan: Plan, /) -> None:
        """The plan that is about to be applied."""
        ...

    def confirm(self, question: str, /) -> bool | None:
        """Whether to go on; None where there is no way to ask."""
        ...

    def expect(self, jobs: int, /) -> None:
        """So many addresses have something to do."""
        ...

    def close(self) -> None:
        """Nothing more will happen."""
        ...


class Unattended:
    """A reporter that shows nothing and asks nothing."""

    def __call__(self, _event: Event, /) -> None:
        """Does nothing."""

    def warnings(self, _found: Sequence[Diagnostic], /) -> None:
        """Does nothing."""

    def plan(self, _plan: Plan, /) -> None:
        """Does nothing."""

    def confirm(self, _question: str, /) -> bool | None:
        """There is no terminal to ask on."""
        return None

    def expect(self, _jobs: int, /) -> None:
        """Does nothing."""

    def close(self) -> None:
        """There is nothing to close."""


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How to apply. ``yes``: without asking. ``detach``: without waiting. ``only``: only changes of these actions.
    ``starts`` False: no job is started, so nothing is paid. ``attended``: a person follows it on a terminal, and is
    asked, too, before more than ``confirm_above`` credits are spent; ``confirm_by``: what says so, if anything does.

    ``timeout`` in seconds bounds the waiting for one job; 0 means no bound.
    """

    yes: bool = False
    detach: bool = False
    fail_fast: bool = False
    timeout: float = 0.0
    attended: bool = False
    confirm_above: int = 10
    confirm_by: str = ""
    only: tuple[str, ...] = ()
    starts: bool = True
    limits: Limits = Limits()  # noqa: RUF009 - frozen

    def within(self, flags: Flags) -> ApplyOptions:
        """The same, with the bounds that the flags, or the settings in their place, set."""
        return replace(
            self,
            fail_fast=flags.fail_fast,
            timeout=flags.timeout,
            limits=Limits(flags.max_credits, flags.max_replace),
            confirm_above=flags.confirm_above,
            confirm_by=flags.named("confirm_above") if "confirm_above" in flags.given else "",
        )

    def takes(self, change: Change) -> bool:
        """Whether a change is carried out."""
        return (not self.only or change.action in self.only) and (self.starts or not change.starts)

    @property
    def fetches(self) -> bool:
        """Whether results are fetched and nothing else is done: what stays missing is no good end."""
        return bool(self.only) and "delete" not in self.only

    def parted(self, steps: Sequence[PlannedChange]) -> tuple[list[PlannedChange], list[PlannedChange]]:
        """The changes that are carried out, and the others. No run goes of an address that has still to be applied, and
        none beside a change that is refused.

        Of what stays although nobody asks for it is told beside the first, and nothing done. What the others are going
        to replace stays until then, and whose it is.
        """
        others = [step for step in steps if not self.takes(step.change)]
        busy = {address_of(step.change.address) for step in others if step.change.action != "no-op"}
        taken = [step for step in steps if self.takes(step.change)]
        taken = [step for step in taken if not step.going or address_of(step.change.address) not in busy]
        takers = {place: address_of(step.change.address) for step in others for place in step.takes}
        taken = [step.without_places(takers) if step.going else step for step in taken]
        refused = next((step.change.address for step in taken if step.change.problem), "")
        taken = [step.not_pruned(address_of(refused)) if step.going and refused else step for step in taken]
        return [*taken, *(step.only_told() for step in others if step.change.stays)], others


@dataclass(frozen=True, slots=True)
class Result:
    """What an apply came to.

    ``rows`` are the planned changes with the records they ended in, in the order of the plan. ``errors`` are the
    failures, one for each address that failed; ``error`` is what stands for all of them, None when all went well.
    ``requests`` counts the API calls by method.
    """

    rows: tuple[tuple[Change, JobRecord | None], ...]
    tally: Tally
    errors: tuple[SpecError, ...]
    requests: Mapping[str, int]
    error: SpecError | None = None

    @property
    def lone(self) -> bool:
        """Whether there was just one thing to do and it failed: its error says all there is to say."""
        return self.error is not None and self.error in self.errors and not self.tally.done


def rows_of(store: StateStore, steps: Iterable[PlannedChange]) -> tuple[tuple[Change, JobRecord | None], ...]:
    """Rows for the result, where the whole plan is in memory anyway; a large batch is not."""
    return tuple((step.change, store.get(step.change.address)) for step in steps)


def failure_of(tally: Tally, errors: Sequence[SpecError]) -> SpecError | None:
    """What stands for all failures; None when there is none."""
    if len(errors) == 1 and tally.busy == 1:
        return errors[0]
    causes = [error for error in errors if not isinstance(error, NotStarted)]
    if causes and all(isinstance(error, WaitTimeout) for error in causes):
        return _late(tally, errors, causes)
    failed = some_failed(tally.busy, tally.unstarted, errors) if errors or tally.unstarted else None
    some = tally.done or tally.later or len({error.address for error in errors}) + tally.unstarted < tally.busy
    shared = len({error.exit_code for error in causes}) == 1
    alone = len(causes) == len(errors) and not tally.unstarted
    kinds = (NetworkError, ConversionFailed) if alone else (NetworkError,)
    shared = shared and all(stops_all(error) or isinstance(error, kinds) for error in causes)
    return _none_applied(failed, causes) if failed and shared and not some else failed


def _late(tally: Tally, errors: Sequence[SpecError], causes: Sequence[SpecError]) -> WaitTimeout:
    """Nothing failed: some jobs took too long, and others wait for these."""
    asked = any(isinstance(error, AskedToWait) for error in causes)
    late = {address_of(error.address) for error in causes}
    waiting = len({address_of(error.address) for error in errors} - late) + tally.unstarted
    word = "not done in time" if asked else "still running"
    hint = "try again later" if asked else "`a2c-spec wait` fetches their results"
    hint = f"{hint}; then apply again to do the rest" if waiting else hint
    rest = f", {waiting} not started" if waiting else ""
    return WaitTimeout(f"{len(late)} of {counted(tally.busy, 'job')} {word}{rest}", hint=hint)


def _none_applied(failed: PartialFailure, causes: Sequence[SpecError]) -> SpecError:
    """The one reason for which no job was applied: what one cause says, or all say alike, is said of all."""
    said, hints = {error.message for error in causes}, {error.hint for error in causes}
    message = f"{failed.message}: {said.pop()}" if len(said) == 1 else failed.message
    return type(causes[0])(message, hint=hints.pop() if len(hints) == 1 else failed.hint)


def some_failed(busy: int, unstarted: int, errors: Sequence[SpecError]) -> PartialFailure:
    """What stands for several failures, and for what was not started; what to do where all of it says the same."""
    counts = by_end(errors)
    if unstarted:
        counts["not started"] = counts.get("not started", 0) + unstarted
    hints = {error.hint for error in errors if isinstance(error, NotStarted)}
    hint = hints.pop() if len(hints) == 1 and [*counts] == ["not started"] else THE_REST
    (word, first), *rest = counts.items()
    others = "".join(f", {count} {word}" for word, count in rest)
    return PartialFailure(f"{first} of {counted(busy, 'job')} {word}{others}", hint=hint)


def stops_all(error: SpecError) -> bool:
    """Whether every further job would meet the same error; the password of a result is not the key of the account."""
    return error.exit_code in STOPPING and not isinstance(error, ResultLocked)
