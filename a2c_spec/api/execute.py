"""Carries out the calls of one change, wave by wave, recording each before and after; recovers what got lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace

from a2c_spec.api.client import Client
from a2c_spec.api.http.concurrency import CreateGate, Sleep, gather_all, shielded
from a2c_spec.api.http.replies import UNKNOWN_RESULT, LostAnswer, MissingIds, Refused
from a2c_spec.api.new_ids import new_ids
from a2c_spec.api.recovery import resolve
from a2c_spec.core.calls import Call
from a2c_spec.core.events import Event, Listener, Probe, unobserved
from a2c_spec.core.live import LiveJob
from a2c_spec.core.observed import Observed
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import link_ids, plan_job, rebind
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.state import JobRecord, Phase, StateStore
from a2c_spec.core.transitions import apply_response
from a2c_spec.errors import Conflict, SpecError

ROUNDS = 6
"""How often one job may be read again and planned again within an apply before we give up on it."""

ARRAYS = frozenset({"add_inputs", "add_conversions"})
CONFLICT_HINT = (
    "either `a2c-spec apply` again to plan from what is live now, or `a2c-spec import` the live job into a manifest, "
    "or `a2c-spec state rm` it and create it anew"
)


@dataclass(frozen=True, slots=True)
class Task:
    """One job to bring to its desired state. ``look`` says what stands on the disk, given what is live; ``replaces``
    is the job that the user wants run again although nothing changed."""

    desired: DesiredJob
    look: Callable[[JobRecord | None, LiveJob | None], Observed]
    paid_again_allowed: bool
    replaces: str = ""


@dataclass(slots=True)
class Executor:
    """``clock`` is epoch seconds; ``new_key`` makes idempotency keys; ``grace`` is how long (seconds) a lost create
    may still be on its way before the service is searched for it, counted from ``noticed``: when a create was last
    found to have no answer; for those of an earlier run, which may have died while sending, that is our own start."""

    client: Client
    store: StateStore
    tell: Listener
    clock: Callable[[], float]
    sleep: Sleep
    new_key: Callable[[], str]
    grace: float = 5.0
    probe: Probe = unobserved
    create_gate: CreateGate = field(default_factory=CreateGate)
    noticed: float = 0.0

    def __post_init__(self) -> None:
        self.noticed = self.clock()

    async def carry_out(self, task: Task, change: Change, record: JobRecord) -> JobRecord:
        """Sends the change's calls until none is left; the record returned is durable and exact.

        A lost answer is never repeated blindly: live is read, and what is still missing is planned again. A 409 is
        read and planned again once. Raises Conflict when live keeps moving.
        """
        conflicts = 0
        lost: SpecError | None = None
        for _ in range(ROUNDS):
            record = await self.save(replace(rebind(record, task.desired, change.bindings), pending=False))
            try:
                return await self._waves(change, record)
            except UNKNOWN_RESULT as error:
                lost, self.noticed = error, self.clock()
            except Refused as error:
                conflicts += await self._count_conflict(error, task)
                if conflicts > 1:
                    raise Conflict(
                        f"the live job was changed by somebody else: {error.message}", hint=CONFLICT_HINT
                    ) from error
            change, record = await self.again(task, self._current(record))
        if lost is not None:
            raise lost
        raise Conflict("the job keeps changing while it is being applied", hint=CONFLICT_HINT, address=record.address)

    def _current(self, record: JobRecord) -> JobRecord:
        return self.store.get(record.address) or record

    async def _count_conflict(self, error: Refused, task: Task) -> int:
        """1 for a real conflict; 0 while inputs are still being fetched, which only takes time."""
        if error.status not in (404, 409, 410):
            raise error
        record = self.store.get(task.desired.job.address)
        live = await self.client.job(record.job_id) if record and record.job_id else None
        if live is not None and live.editable and any(item.status == "downloading" for item in live.inputs):
            await self.sleep(1.0)
            return 0
        return 1

    async def again(self, task: Task, record: JobRecord, *, waited: bool = False) -> tuple[Change, JobRecord]:
        """Reads live and plans anew; a create whose answer was lost is looked for first.

        ``waited``: the job was told to run and did not, so it is started in so many words.
        """
        if record.unresolved:
            record = await self.recover(record)
        if record.pending:
            await self._calm()
        live = await self.client.job(record.job_id) if record.job_id else None
        if live is not None and not live.editable:
            record = link_ids(record, task.desired, live)
        asked = bool(task.replaces) and record.job_id == task.replaces
        observed = replace(task.look(record, live), waited=waited, replace=asked)
        known = record if record.job_id else None
        change = plan_job(task.desired, known, replace(observed, live=live, gone=bool(record.job_id) and live is None))
        if change.paid_again and not task.paid_again_allowed:
            raise Conflict(f"the live job moved on: {change.reasons[0]}", hint=CONFLICT_HINT, address=record.address)
        return change, record

    async def recover(self, record: JobRecord) -> JobRecord:
        """The record with the job that a lost create made, or as it was before that create."""
        await self._calm()
        async with self.create_gate.searching():
            return await self._recovered(record)

    async def _calm(self) -> None:
        """Waits until what was sent without an answer has arrived, or never will."""
        while (remaining := self.noticed + self.grace - self.clock()) > 0:
            await self.sleep(min(remaining, self.grace))

    async def _recovered(self, record: JobRecord) -> JobRecord:
        found = await resolve(self.client, record, tuple(self.store.scan()))
        if found is None:
            return await self.save(replace(record, phase="building", elements={}, previous=None))
        if found != record.previous:
            self.tell(Event("note", record.address, text=f"adopted job {found.job_id} of an earlier, lost answer"))
        return await self.save(found)

    async def _waves(self, change: Change, record: JobRecord) -> JobRecord:
        if change.calls and (change.fingerprint != record.fingerprint or change.basis != record.basis):
            record = await self._recipe(change, record)
        for step in sorted({call.step for call in change.calls}):
            calls = [call for call in change.calls if call.step == step]
            await shielded(self._wave(calls, change))
        record = self._current(record)
        return await self.save(replace(record, pending=False)) if record.pending else record

    async def _wave(self, calls: Sequence[Call], change: Change) -> None:
        async with self.create_gate.creating() if calls[0].kind == "create_job" else nullcontext():
            await self._intend(calls, change)
            await gather_all(self._one(call, change) for call in calls)

    async def _recipe(self, change: Change, record: JobRecord) -> JobRecord:
        """Notes the recipe an unfinished job is about to run; a finished one keeps its own until it is replaced."""
        if record.phase in ("done", "completed") or not record.job_id:
            return record
        return await self.save(replace(record, fingerprint=change.fingerprint, basis=change.basis))

    async def _intend(self, calls: Sequence[Call], change: Change) -> None:
        """Makes durable what could not be told from a lost answer: that something is being added, that a job starts."""
        before = after = self._of(change.address)
        for call in calls:
            if call.kind == "create_job":
                after = self._creating(call, change, after)
            else:
                phase: Phase = "started" if call.starts else after.phase
                after = replace(after, phase=phase, pending=after.pending or bool(call.creates))
        if after != before:
            await self.save(after)

    def _creating(self, call: Call, change: Change, before: JobRecord) -> JobRecord:
        fresh = replace(
            before,
            phase="creating",
            job_id="",
            idempotency_key=self.new_key(),
            intent_at=self.clock(),
            fingerprint=change.fingerprint,
            basis=change.basis,
            elements={},
            problem="",
            spent=0,
            previous=replace(before, previous=None) if before.job_id else before.previous,
        )
        return apply_response(fresh, replace(call, kind="intended"), {})

    async def _one(self, call: Call, change: Change) -> None:
        try:
            await self._send(call, change)
        except Refused as error:
            await self._refused(call, change, error)

    async def _send(self, call: Call, change: Change) -> None:
        record = self._of(change.address)
        ids = {name: element.api_id for name, element in record.elements.items()}
        key = record.idempotency_key if call.kind == "create_job" else ""
        try:
            reply = await self.client.send(call, record.job_id, ids, self._progress(change.address), key)
        except LostAnswer:
            raise
        except SpecError:
            await self._undo(call, record)
            raise
        made = new_ids(call, reply)
        record = self._of(change.address)
        if made is None:
            raise MissingIds("the answer names no ids")
        await self._absorbed(call, record, made)
        self.tell(Event("call", change.address, call.kind, call.reason))
        if set(call.creates) - set(made):
            raise MissingIds("the answer does not describe every part")

    async def _absorbed(self, call: Call, record: JobRecord, made: dict[str, str] | object) -> None:
        ids = dict(made) if isinstance(made, dict) else {}
        after = apply_response(record, call, ids)
        if call.kind == "create_job":
            after = replace(after, phase="started" if call.starts else "building", previous=None)
        await self.save(after)

    async def _undo(self, call: Call, record: JobRecord) -> None:
        """A create that was refused made nothing: what was known before it holds again."""
        if call.kind == "create_job":
            if record.previous is not None:
                await self.save(record.previous)
            else:
                await self.store.remove(record.address)

    async def _refused(self, call: Call, change: Change, error: Refused) -> None:
        """Arrays fall back to one post each; a name the service does not take is given here alone."""
        parts = call.body if isinstance(call.body, tuple) else ()
        if call.kind in ARRAYS and len(parts) > 1 and error.status in (400, 415, 422):
            for number, part in enumerate(parts):
                await self._send(_single(call, number, part), change)
        elif call.kind in ("patch_output", "patch_outputs"):
            self.tell(Event("note", change.address, text=f"the service does not rename its result: {error.message}"))
            await self.save(apply_response(self._of(change.address), call, {}))
        else:
            raise error

    def _of(self, address: str) -> JobRecord:
        return self.store.get(address) or JobRecord(address, "")

    async def save(self, record: JobRecord) -> JobRecord:
        """Writes a record down; it is durable when this returns."""
        stamped = replace(record, updated_at=self.clock())
        self.probe(f"record {record.phase}")
        await self.store.put(stamped)
        self.probe(f"recorded {record.phase}")
        return stamped

    def _progress(self, address: str) -> Callable[[str, int, int], None]:
        return lambda name, done, total: self.tell(Event("upload", address, name, done=done, total=total))


def _single(call: Call, number: int, part: object) -> Call:
    name = call.creates[number]
    effects = tuple(effect for effect in call.effects if effect.name == name)
    return replace(call, body=part, creates=(name,), effects=effects)  # type: ignore[arg-type]  # one element of the body
