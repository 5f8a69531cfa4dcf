"""What is planned for one run, and what is ready to be planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from a2c_spec.core.calls import Payload
from a2c_spec.core.desired import Job, Preset, Secret
from a2c_spec.core.download_passwords import passwords, passwords_to_come
from a2c_spec.core.observed import Observed
from a2c_spec.core.plan import Change
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.reasons import replaced_later, stays
from a2c_spec.core.result_paths import placed
from a2c_spec.core.state import JobRecord
from a2c_spec.errors import SpecError
from a2c_spec.manifests.expressions.template import render_late

if TYPE_CHECKING:
    from a2c_spec.core.live import LiveJob


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One change of the plan, with what carrying it out needs.

    ``summary_only``: the rest was dropped; the change is planned again from its manifest when its turn comes.
    ``takes``: (path, address) of results of other addresses in whose place its own are written. ``taken_over``: the
    key under which the record stands until now; ``split_off``: it is of the same job as that one, which stays.
    ``filed_anew``: the record has parts under other ids, or results elsewhere, than it is stored with. ``whole`` is the
    job as its manifest says it, where it takes results of others: it is planned again once these are there.
    ``keys``: those of what it makes that the results cache may keep. ``makers``: the runs that make all of it
    before, where it is ``alike`` with others.
    ``unread``: why its job could not be read, so that nothing is done; or, in a plan, why it cannot be carried out.
    """

    change: Change
    desired: DesiredJob | None
    record: JobRecord | None
    preset: Preset | None = None
    live: LiveJob | None = None
    summary_only: bool = False
    taken_over: str = ""
    split_off: bool = False
    takes: tuple[tuple[str, str], ...] = ()
    filed_anew: bool = False
    whole: Job | None = None
    keys: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()
    unread: SpecError | None = None

    @property
    def conversions(self) -> list[str]:
        """The ids of the conversions that are desired of its run; none of a summary, a preset, or a run that goes."""
        return [item.id for item in self.desired.job.conversions] if self.desired else []

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done, as far as it is known."""
        return self.change.action == "no-op"

    @property
    def undecided(self) -> bool:
        """Whether nothing is to be done if what it takes, and is made again meanwhile, is the same as before."""
        return self.idle and self.desired is not None and bool(self.desired.job.awaits)

    @property
    def going(self) -> bool:
        """Whether it takes a run away, record and all."""
        return self.desired is None and self.preset is None and self.change.action == "delete"

    def without_places(self, takers: Mapping[tuple[str, str], str]) -> PlannedChange:
        """The change that takes a run away, but for files of it in whose places others are going to write: the run
        stays, with these. ``takers``: (path, key of a run) -> who is going to write there."""
        kept = {path: taker for (path, owner), taker in takers.items() if owner == self.change.address}
        if not kept or self.record is None:
            return self
        told = tuple(stays(path, replaced_later(taker)) for path, taker in kept.items())
        change = replace(self.change, leaves=tuple(kept), stays=(*self.change.stays, *told))
        step = replace(self, change=change)
        return step if change.calls or change.removes else step.only_told()

    def not_pruned(self, refused: str) -> PlannedChange:
        """What is said of a run that would go, had not an address been ``refused``."""
        why = f"not pruned: not all else can be done ({refused} is refused)"
        return replace(self, change=replace(self.change, stays=(*self.change.stays, why))).only_told()

    def only_told(self) -> PlannedChange:
        """What is said of it to stay, and nothing that is done."""
        told = Change(self.change.address, "no-op", self.change.reasons[:1], stays=self.change.stays)
        return PlannedChange(told, None, None)


def unread(step: PlannedChange, error: SpecError) -> PlannedChange:
    """The change of a run of which the service fails to show the job: nothing is done."""
    action = "wait" if step.change.action == "no-op" else step.change.action
    told = ("its job could not be read",)
    change = Change(step.change.address, action, told, basis=step.change.basis, problem=error.message)
    return replace(step, change=change, unread=error)


def check_read(steps: Iterable[PlannedChange]) -> None:
    """Raises why a job, or a secret that is to be sent, could not be read, if one could not."""
    for step in steps:
        if step.unread is not None:
            step.unread.address = step.change.address
            raise step.unread


def with_secrets(step: PlannedChange, lost: Mapping[str, SpecError]) -> PlannedChange:
    """The same, refused where a secret cannot be used that a call sends, or that opens or protects a result: with the
    error that an apply would meet. ``lost`` are such secrets. A summary was looked at before it became one."""
    if step.change.problem or step.unread or not lost:
        return step
    sent = [reference for call in step.change.calls for reference in _secrets(call.body)]
    sent += [reference for password in _passwords(step) for reference in _secrets(password)]
    error = next((lost[reference] for reference in sent if reference in lost), None)
    if error is None:
        return step
    return replace(step, change=replace(step.change, problem=error.message), unread=copy(error))


def _passwords(step: PlannedChange) -> Iterator[object]:
    """What the results of a change need that it brings here."""
    change, record = step.change, step.record
    if step.desired is None or change.action == "cached" or not (change.fetch or change.downloads):
        return
    job = step.desired.job
    if change.starts or record is None or record.phase not in ("completed", "done"):
        yield from passwords_to_come(job)
        return
    for one in placed(job, record, render_late, step.live):
        if one.path in change.downloads:
            yield from passwords(job, one)


def _secrets(body: object) -> Iterator[str]:
    """The references of the secrets that a body holds."""
    if isinstance(body, Secret):
        yield body.reference
    elif isinstance(body, Payload):
        yield from _secrets(body.decrypt_password)
    elif isinstance(body, Mapping | tuple | list):
        for value in body.values() if isinstance(body, Mapping) else body:
            yield from _secrets(value)


@dataclass(frozen=True, slots=True)
class Pending:
    """Conversions of one run, ready to be planned: what is desired, what is recorded, what stands on the disk.

    ``aside`` says which results no manifest asks for any more.
    """

    desired: DesiredJob
    record: JobRecord | None
    observed: Observed
    aside: tuple[str, ...] = ()
    filed_anew: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """Conversions whose results can be had nowhere, and how that is said."""

    conversions: frozenset[str] = frozenset()
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Traded:
    """What an address has from others, and they from it.

    ``gained``: runs under the keys that they get; of ``split`` ones only a result, whose job is another's, too.
    ``origin``: the key that each has until now, or from which it is split off. ``given``: keys of runs that are others'
    from now on.
    """

    gained: Mapping[str, JobRecord] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
    split: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()

    def runs(self, recorded: Iterable[JobRecord]) -> list[JobRecord]:
        """The runs of the address, of those that are recorded for it."""
        return [*(run for run in recorded if run.address not in self.given), *self.gained.values()]
