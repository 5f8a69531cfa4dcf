"""What changes of one apply take from one another: each starts once that is there, and as it was planned."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from a2c_spec.core.desired import Job
from a2c_spec.core.graph import split_reference
from a2c_spec.core.prepare import DesiredJob, only
from a2c_spec.core.result_paths import placed
from a2c_spec.core.results import without_result
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.same_recipe import same_recipe
from a2c_spec.core.state import JobRecord
from a2c_spec.core.state_store import StateStore
from a2c_spec.engine.alike import AGAIN, Alike, Later
from a2c_spec.engine.desired import Dependencies
from a2c_spec.engine.order import held, needed
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.session import Session
from a2c_spec.errors import NotStarted
from a2c_spec.manifests.expressions.template import render_late

TAKEN_BEFORE = frozenset({"no-op", "download", "wait", "rename", "adopt", "forget"})
"""Actions that send nothing of what a job takes, unless they start it."""


class Edges:
    """The changes that make what others take, and which results have come good.

    ``every`` are all changes of the plan, ``busy`` those that do something, ``whole`` those of them of which more than
    a summary is kept. A result goes by its address and conversion, a preset by its address alone. ``runs``: the key of
    the run whose result each is. ``later`` is what comes after this apply, as nobody waits for it. ``alike`` knows who
    waits for whom among those that make the same.
    """

    def __init__(
        self,
        every: Sequence[PlannedChange],
        busy: Sequence[PlannedChange],
        whole: Iterable[PlannedChange],
    ) -> None:
        self.later, self.alike = set[tuple[str, str]](), Alike(busy)
        taken = {address for step in whole for address, _ in needed(step)}
        self.makers: dict[str, list[PlannedChange]] = {}
        for step in busy:
            if (address := address_of(step.change.address)) in taken and _makes(step):
                self.makers.setdefault(address, []).append(step)
        makers = (step for steps in self.makers.values() for step in steps)
        self.ended = {step.change.address: asyncio.Event() for step in makers}
        self.held = {made for step in every for made in held(step)}
        self.good: set[tuple[str, str]] = set()
        self.runs: dict[tuple[str, str], str] = {}
        for step in every if taken else ():
            key, address = step.change.address, address_of(step.change.address)
            if address in taken:
                self.runs |= {(address, name): key for name in step.conversions}

    def end(self, key: str) -> None:
        """Lets those go on that wait for this change, however it went."""
        self.alike.end(key)
        if ended := self.ended.get(key):
            ended.set()

    async def wait_for_makers(self, step: PlannedChange) -> None:
        """Returns when all changes have ended that make what this one takes, or the same."""
        await self.alike.wait_for_makers(step)
        for made in needed(step):
            for maker in self._makers(*made):
                await self.ended[maker.change.address].wait()

    def check(self, step: PlannedChange) -> bool:
        """Whether all that a change takes has come good, so that it is looked at again with that.

        If not, it stays as it was planned where it takes nothing anew; else this raises NotStarted, or Later where all
        of that is only not waited for.
        """
        missing = self._missing(step)
        if missing and _takes_anew(step):
            raise missing
        return missing is None

    def _missing(self, step: PlannedChange) -> NotStarted | Later | None:
        takes = needed(step)
        missing = [made for made in takes if self._makers(*made) and made not in self.good]
        names = _listed([address for address, _ in missing])
        if missing and self.later.issuperset(missing):
            return Later(f"it needs {names}, which is not waited for")
        if missing:
            return NotStarted(f"not started: it needs {names}", hint=AGAIN)
        if drafts := [made[0] for made in takes if made in self.held]:
            hint = "it starts with `job.process: true`"
            return NotStarted(f"not started: it needs {_listed(drafts)}, which is held", hint=hint)
        return None

    def came_good(self, step: PlannedChange) -> None:
        """Notes a change that went well: others may take what it made."""
        self.alike.well.add(step.change.address)
        self._note(step.change.address, _all_of(step))

    def comes_later(self, step: PlannedChange) -> None:
        """Notes a change whose results come after this apply."""
        self.alike.later.add(step.change.address)
        self.later.update((address_of(step.change.address), name) for name in _all_of(step))

    def came_good_in_part(self, step: PlannedChange, record: JobRecord | None) -> None:
        """Notes what a change that failed has made all the same. ``record`` is what is known of its run now."""
        self._note(step.change.address, results_there(step, record))

    def _note(self, key: str, made: Iterable[str]) -> None:
        results = [(address_of(key), name) for name in made]
        self.good.update(results)
        self.runs |= dict.fromkeys(results, key)

    def runs_taken(self, job: Job, store: StateStore) -> dict[str, JobRecord]:
        """By ``address.conversion``, the run whose result each is that a job takes, as it was planned or came good.

        Others of its address may be newer: they are let go only once the plan has done that.
        """
        found: dict[str, JobRecord] = {}
        for source in (item.source for item in job.inputs if item.type == "from"):
            _, conversion = made = split_reference(source)
            run = store.get(self.runs[made]) if made in self.runs else None
            found |= {source: run} if run and any(file.conversion == conversion for file in run.files) else {}
        return found

    def dependencies(self, session: Session, job: Job) -> Dependencies:
        """What a job takes that is planned again, and what runs already, or was started by this apply, of the same."""
        going = {(key, address_of(run)) for key, run in self.alike.begun.items()}
        making = {key: {address} for key, address in going}
        return Dependencies(session, makers=self.runs_taken(job, session.store), making=making, under_way=going)

    def _makers(self, address: str, conversion: str) -> list[PlannedChange]:
        """The changes that make one result, or preset; a summary does not say what it makes, so it may be this."""
        return [
            step
            for step in self.makers.get(address, ())
            if step.summary_only or step.preset or conversion in step.conversions
        ]


def _all_of(step: PlannedChange) -> list[str]:
    return step.conversions if step.desired else [""]


def _takes_anew(step: PlannedChange) -> bool:
    """Whether a change sends what it takes; what is there, runs, or is only fetched has taken it before."""
    return step.change.starts or step.change.action not in TAKEN_BEFORE


def _makes(step: PlannedChange) -> bool:
    """Whether what others take changes, or is brought here: what is only taken over is there."""
    return step.change.action != "adopt" or step.change.fetch


def results_there(step: PlannedChange, record: JobRecord | None) -> list[str]:
    """The conversions whose results are there as they are desired, though their change is not, or has not been, carried
    out. ``record`` is what is known of its run now: if that is still the one that the change gives up, nothing is there
    that others may take; nor is what was found gone since it was planned."""
    if step.desired is None or record is None:
        return []
    before = step.record or JobRecord(record.address, "")
    if step.change.makes and record.job_id == before.job_id:
        return []
    gone = {*record.gone} - {*before.gone}
    lost = {file.conversion for file in record.files if file.output_id in gone}
    return [name for name in whole_results(step.desired, record) if name not in lost]


def whole_results(desired: DesiredJob, record: JobRecord) -> list[str]:
    """The conversions of a job whose results are as they are desired, and where they belong."""
    ended = record.phase in ("completed", "done")
    return [name for name in _conversions(desired) if ended and _is_there(only(desired, name), record)]


def _is_there(desired: DesiredJob, record: JobRecord) -> bool:
    here = {file.output_id for file in record.files if file.path}
    places = [one for one in placed(desired.job, record, render_late) if one.conversion in _conversions(desired)]
    saved = all(one.output.id in here or not one.path for one in places)
    made = [(one.conversion, one.inputs) for one in places]
    lacking = not places or without_result(desired.job, made, warned=bool(record.warnings))
    return saved and not lacking and same_recipe(desired, record)


def _conversions(desired: DesiredJob) -> list[str]:
    return [item.id for item in desired.job.conversions]


def _listed(addresses: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(addresses))
