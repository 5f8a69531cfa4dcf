"""Sends the calls of one change, step by step, recording each before and after; finds out what was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace

from a2c_spec.api.client import Client
from a2c_spec.api.created_ids import created_ids
from a2c_spec.api.http.concurrency import Clock, CreateGate, Sleep, gather_all, shielded
from a2c_spec.api.http.replies import UNKNOWN_RESULT, LostAnswer, MissingIds, Refused
from a2c_spec.api.recovery import GracePeriod, resolve_lost_create
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
"""How often one job may be read and planned again within an apply before we give up."""

ARRAYS = frozenset({"add_inputs", "add_conversions"})
CONFLICT_HINT = (
    "`a2c-spec apply` plans again from the job as it is now, `a2c-spec import` writes it into a manifest, "
    "`a2c-spec state rm` forgets it, so that the next apply creates a new one"
)


@dataclass(frozen=True, slots=True)
class Task:
    """One job to bring to its desired state.

    ``observe`` tells what is on the disk, given the record and the live job; ``replaces`` is the id of the job that
    the user wants to run again although nothing changed.
    """

    desired: DesiredJob
    observe: Callable[[JobRecord | None, LiveJob | None], Observed]
    paid_again_allowed: bool
    replaces: str = ""


@dataclass(slots=True)
class Executor:
    """``clock`` is epoch seconds; ``new_key`` makes idempotency keys."""

    client: Client
    store: StateStore
    tell: Listener
    clock: Clock
    sleep: Sleep
    new_key: Callable[[], str]
    grace: GracePeriod
    probe: Probe = unobserved
    create_gate: CreateGate = field(default_factory=CreateGate)

    async def carry_out(self, task: Task, change: Change, record: JobRecord) -> JobRecord:
        """Sends the calls of the change until none is left; the record returned is durable and exact.

        A call whose answer was lost is never simply repeated: the job is read, and what is still missing is planned
        again. After a conflict that is done once. Raises Conflict when the job keeps changing.
        """
        conflicts = 0
        lost: SpecError | None = None
        for _ in range(ROUNDS):
            record = await self.save(replace(rebind(record, task.desired, change.bindings), pending=False))
            try:
                return await self._run_steps(change, record)
            except UNKNOWN_RESULT as error:
                lost = error
                self.grace.restart()
            except Refused as error:
                conflicts += await self._is_conflict(error, task)
                if conflicts > 1:
                    raise Conflict(
                        f"the job was modified outside a2c-spec: {error.message}", hint=CONFLICT_HINT
                    ) from error
            change, record = await self.replan(task, self.store.get(record.address) or record)
        if lost is not None:
            raise lost
        raise Conflict("the job keeps changing while it is being applied", hint=CONFLICT_HINT, address=record.address)

    async def _is_conflict(self, error: Refused, task: Task) -> bool:
        """False while the service still fetches inputs, which only takes time; raises ``error`` if it is another."""
        if error.status not in (404, 409, 410):
            raise error
        record = self.store.get(task.desired.job.address)
        live = await self.client.job(record.job_id) if record and record.job_id else None
        if live is not None and live.editable and any(item.status == "downloading" for item in live.inputs):
            await self.sleep(1.0)
            return False
        return True

    async def replan(self, task: Task, record: JobRecord, *, waited: bool = False) -> tuple[Change, JobRecord]:
        """Reads the job and plans again; first looks for the job of a create whose answer was lost.

        ``waited``: the job was told to run and did not start, so the plan starts it with a call of its own.
        """
        if record.unresolved:
            record = await self.recover(record)
        if record.pending:
            await self.grace.wait()
        live = await self.client.job(record.job_id) if record.job_id else None
        if live is not None and not live.editable:
            record = link_ids(record, task.desired, live)
        forced = bool(task.replaces) and record.job_id == task.replaces
        observed = replace(task.observe(record, live), waited=waited, replace=forced)
        observed = replace(observed, live=live, gone=bool(record.job_id) and live is None)
        change = plan_job(task.desired, record if record.job_id else None, observed)
        if change.paid_again and not task.paid_again_allowed:
            raise Conflict(f"the job has changed: {change.reasons[0]}", hint=CONFLICT_HINT, address=record.address)
        return change, record

    async def recover(self, record: JobRecord) -> JobRecord:
        """The record with the job that a lost create made, or as it was before that create."""
        await self.grace.wait()
        async with self.create_gate.searching():
            found = await resolve_lost_create(self.client, record, tuple(self.store.scan()))
            if found is None:
                return await self.save(replace(record, phase="building", elements={}, previous=None))
            if found != record.previous:
                text = f"adopted job {found.job_id}, made by a create whose answer was lost"
                self.tell(Event("note", record.address, text=text))
            return await self.save(found)

    async def _run_steps(self, change: Change, record: JobRecord) -> JobRecord:
        if change.calls and (change.fingerprint != record.fingerprint or change.basis != record.basis):
            record = await self._record_recipe(change, record)
        for step in sorted({call.step for call in change.calls}):
            await shielded(self._run_step([call for call in change.calls if call.step == step], change))
        record = self.store.get(record.address) or record
        return await self.save(replace(record, pending=False)) if record.pending else record

    async def _record_recipe(self, change: Change, record: JobRecord) -> JobRecord:
        """Records the recipe that an unfinished job is going to run; a finished job keeps the one it ran."""
        if record.phase in ("done", "completed") or not record.job_id:
            return record
        return await self.save(replace(record, fingerprint=change.fingerprint, basis=change.basis))

    async def _run_step(self, calls: Sequence[Call], change: Change) -> None:
        """Sends the calls of one step at once."""
        async with self.create_gate.creating() if calls[0].kind == "create_job" else nullcontext():
            await self._record_intent(calls, change)
            await gather_all(self._send_or_fall_back(call, change) for call in calls)

    async def _record_intent(self, calls: Sequence[Call], change: Change) -> None:
        """Records what a lost answer could not tell: that parts are being added, that the job is started."""
        before = after = self._stored(change.address)
        for call in calls:
            if call.kind == "create_job":
                after = self._creating(call, change, after)
            else:
                phase: Phase = "started" if call.starts else after.phase
                after = replace(after, phase=phase, pending=after.pending or bool(call.creates))
        if after != before:
            await self.save(after)

    def _creating(self, call: Call, change: Change, before: JobRecord) -> JobRecord:
        """The record while the answer of a create is not known."""
        creating = replace(
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
        return apply_response(creating, call, {})

    async def _send_or_fall_back(self, call: Call, change: Change) -> None:
        try:
            await self._send(call, change)
        except Refused as error:
            await self._fall_back(call, change, error)

    async def _send(self, call: Call, change: Change) -> None:
        record = self._stored(change.address)
        ids = {name: element.api_id for name, element in record.elements.items()}
        key = record.idempotency_key if call.kind == "create_job" else ""
        try:
            reply = await self.client.send(call, record.job_id, ids, self._progress(change.address), key)
        except LostAnswer:
            raise
        except SpecError:
            await self._undo_create(call, record)
            raise
        created = created_ids(call, reply)
        if created is None:
            raise MissingIds("the answer does not say which ids it created")
        await self._record_answer(call, self._stored(change.address), created)
        self.tell(Event("call", change.address, call.kind, call.reason))
        if set(call.creates) - set(created):
            raise MissingIds("the answer does not say the ids of every part")

    async def _record_answer(self, call: Call, record: JobRecord, created: Mapping[str, str]) -> None:
        after = apply_response(record, call, created)
        if call.kind == "create_job":
            after = replace(after, phase="started" if call.starts else "building", previous=None)
        await self.save(after)

    async def _undo_create(self, call: Call, record: JobRecord) -> None:
        """A create that was refused made nothing: what was known before it is true again."""
        if call.kind == "create_job":
            if record.previous is not None:
                await self.save(record.previous)
            else:
                await self.store.remove(record.address)

    async def _fall_back(self, call: Call, change: Change, error: Refused) -> None:
        """Sends a refused array one part at a time; accepts that the service does not rename its results."""
        parts = call.body if isinstance(call.body, tuple) else ()
        if call.kind in ARRAYS and len(parts) > 1 and error.status in (400, 415, 422):
            for number, part in enumerate(parts):
                await self._send(_single_part(call, number, part), change)
        elif call.kind in ("patch_output", "patch_outputs"):
            self.tell(Event("note", change.address, text=f"the service does not rename its result: {error.message}"))
            await self.save(apply_response(self._stored(change.address), call, {}))
        else:
            raise error

    def _stored(self, address: str) -> JobRecord:
        return self.store.get(address) or JobRecord(address, "")

    async def save(self, record: JobRecord) -> JobRecord:
        """Writes a record; it is durable when this returns."""
        stamped = replace(record, updated_at=self.clock())
        self.probe(f"record {record.phase}")
        await self.store.put(stamped)
        self.probe(f"recorded {record.phase}")
        return stamped

    def _progress(self, address: str) -> Callable[[str, int, int], None]:
        return lambda name, done, total: self.tell(Event("upload", address, name, done=done, total=total))


def _single_part(call: Call, number: int, part: object) -> Call:
    """The call that adds one part of an array alone."""
    name = call.creates[number]
    effects = tuple(effect for effect in call.effects if effect.name == name)
    return replace(call, body=part, creates=(name,), effects=effects)  # type: ignore[arg-type]  # one element of the body
