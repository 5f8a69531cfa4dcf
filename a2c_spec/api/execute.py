"""Sends the calls of one change, step by step, recording each before and after; finds out what was lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace

from a2c_spec.api.change_task import Task
from a2c_spec.api.client import Client, subject_id
from a2c_spec.api.costs import Costs
from a2c_spec.api.created_ids import created_ids, sent_by
from a2c_spec.api.distrust import Distrust
from a2c_spec.api.failures import CONFLICT_HINT, conflict_of, other_content
from a2c_spec.api.first_look import with_first_look
from a2c_spec.api.http.concurrency import Clock, CreateGate, Sleep, gather_all, shielded
from a2c_spec.api.http.replies import UNKNOWN_RESULT, LostAnswer, MissingIds, NotCancelled, Refused, Reply
from a2c_spec.api.lost_answers import GracePeriod, resolve_lost_create
from a2c_spec.api.recorder import Recorder, others_deleted
from a2c_spec.api.repeats import Repeats
from a2c_spec.core.calls import Call, single_part
from a2c_spec.core.draft_recipe import draft_after, is_draft
from a2c_spec.core.events import Event, Listener, Probe, unobserved
from a2c_spec.core.noticing import closed, noticed, seen
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import plan_job, rebind, recognised
from a2c_spec.core.state import Intent, JobRecord
from a2c_spec.core.state_store import StateStore
from a2c_spec.core.transitions import (
    answered,
    apply_response,
    begun_since,
    created,
    intended,
    settled,
    started,
    without_untold,
)
from a2c_spec.errors import Conflict, NetworkError, SpecError

ROUNDS = 6
"""How often one job may be read and planned again within an apply before we give up."""

ARRAYS = frozenset({"add_inputs", "add_conversions", "upload_base64"})
"""Calls whose body may be an array, as official clients send them; the published document shows one object alone."""


@dataclass(slots=True)
class Executor:
    """``clock`` is epoch seconds; ``new_key`` makes idempotency keys; ``others`` gives what other states record,
    ``costs`` counts what jobs turn out to have cost."""

    client: Client
    store: StateStore
    tell: Listener
    clock: Clock
    sleep: Sleep
    new_key: Callable[[], str]
    grace: GracePeriod
    probe: Probe = unobserved
    create_gate: CreateGate = field(default_factory=CreateGate)
    others: Callable[[], Iterable[JobRecord]] = tuple
    costs: Costs = field(init=False)

    def __post_init__(self) -> None:
        self.costs = Costs(self.store)

    @property
    def recorder(self) -> Recorder:
        """Writes what was found out."""
        return Recorder(self.store, self.clock, self.probe)

    async def carry_out(self, task: Task, change: Change, record: JobRecord) -> JobRecord:
        """Sends the calls of the change until none is left; the record returned is durable and exact.

        A call whose answer was lost is never simply repeated: the job is read, and what is still missing is planned
        again. After a conflict that is done once. Raises Conflict when the job keeps changing.
        """
        conflicts = 0
        distrust, before, repeats = Distrust(), record, Repeats(task.set_aside)
        for _ in range(ROUNDS):
            record = await self.save(settled(rebind(record, task.desired, change.bindings)))
            try:
                return await self._run_steps(change, record, before)
            except UNKNOWN_RESULT as error:
                self.grace.restart()
                stored = self._stored(record.address)
                repeats.met(error, change, stored)
                task = replace(task, desired=distrust.after(task.desired, error, stored.intent))
            except Refused as error:
                desired = distrust.after(task.desired, error)
                if desired is task.desired:
                    conflicts += await self._is_conflict(error, task)
                task = replace(task, desired=desired)
                if conflicts > 1:
                    raise conflict_of(error) from error
            record = self.store.get(record.address) or record
            change, record = await self.replan(task, record, before=before, repeats=repeats)
        if repeats.lost is not None:
            raise repeats.lost
        raise Conflict("the job keeps changing while it is being applied", hint=CONFLICT_HINT, address=record.address)

    async def _is_conflict(self, error: Refused, task: Task) -> bool:
        """False while the service still fetches inputs, which only takes time; raises ``error`` if it is another."""
        if not error.conflicts:
            raise error
        record = self.store.get(task.desired.job.address)
        live = await self.client.job(record.job_id) if record and record.job_id else None
        if live is not None and live.editable and any(item.status == "downloading" for item in live.inputs):
            await self.sleep(1.0)
            return False
        return True

    async def replan(
        self,
        task: Task,
        record: JobRecord,
        *,
        waited: bool = False,
        before: JobRecord | None = None,
        repeats: Repeats | None = None,
    ) -> tuple[Change, JobRecord]:
        """Reads the job and plans again; first looks for the job of a create whose answer was lost.

        ``waited``: the job was told to run and did not start, so the plan starts it with a call of its own. ``before``:
        what was known before the first call. What was started since is not run again, whatever it ran with: one apply
        pays once. ``repeats``: the calls of this apply that had no answer.
        """
        if record.unresolved:
            record = await self.recover(record, repeats or Repeats(task.set_aside))
        elif record.intent is not None and record.intent.adds:
            await self.grace.wait()
        live = await self.client.job(record.job_id) if record.job_id else None
        if live is not None:
            record = seen(recognised(record, task.desired, live), live, before or record)
        forced = bool(task.replaces) and record.job_id == task.replaces
        observed = replace(task.observe(record, live), waited=waited, replace=forced)
        observed = replace(observed, live=live, gone=bool(record.job_id) and live is None)
        change = plan_job(task.desired, None if record.empty else record, observed)
        if change.paid_again and before and begun_since(before, record):
            raise other_content(record.job_id, change.reasons[:1], record.address)
        if change.paid_again and not task.paid_again_allowed:
            raise Conflict(f"the job has changed: {change.reasons[0]}", hint=CONFLICT_HINT, address=record.address)
        if live is not None and live.terminal and change.starts:
            record = self.costs.learn(record, live)
        return change, record

    async def recover(self, record: JobRecord, repeats: Repeats) -> JobRecord:
        """The record with the job that a lost create made; without the intent where it made none, and may be sent
        again.

        Only a create that starts by itself is looked for: a draft costs nothing, and one that somebody else made
        would cost the truth.
        """
        if record.intent is None or not record.intent.starts:
            return await self.save(settled(record))
        await self.grace.wait()
        async with self.create_gate.searching():
            known = (*self.store.scan(), *self.others())
            try:
                found = await resolve_lost_create(self.client, record, known, may_ask=True)
            except Conflict as error:
                raise repeats.undecided(error) from error
            if found is None:
                await repeats.allow_start(record)
                return await self.save(settled(record))
            text = f"adopted job {found.job_id}, made by a create whose answer was lost"
            self.tell(Event("note", record.address, text=text))
            return await self.recorder.save_created(found, record, self.client.wire.service_time())

    async def _run_steps(self, change: Change, record: JobRecord, before: JobRecord) -> JobRecord:
        now = [call for call in change.calls if not call.afterwards]
        for step in sorted({call.step for call in now}):
            await shielded(self._run_step([call for call in now if call.step == step], change))
        record = self.store.get(record.address) or record
        done = without_untold(settled(record)) if change.bindings else settled(record)
        if record.job_id and record.phase == "building":
            done = replace(done, fingerprint=change.fingerprint, basis=change.basis)
        done = closed(done) if any(call.kind == "create_job" for call in now) else done
        record = await self.save(done) if done != record else record
        return await with_first_look(self.client, self.recorder, record, before)

    async def _run_step(self, calls: Sequence[Call], change: Change) -> None:
        """Sends the calls of one step at once."""
        async with self.create_gate.creating() if calls[0].kind == "create_job" else nullcontext():
            await self._record_intent(calls, change)
            await gather_all(self._send_or_fall_back(call, change) for call in calls)

    async def _record_intent(self, calls: Sequence[Call], change: Change) -> None:
        """Records what a lost answer could not tell: that a job is created or started, that parts are added, and
        whatever changes a draft, which somebody else may start."""
        every, record = calls, self._stored(change.address)
        draft = is_draft(record)
        if not (calls := [call for call in every if call.starts or call.creates or draft]):
            return
        create = next((call for call in calls if call.kind == "create_job"), None)
        starts = any(call.starts for call in calls)
        after = draft_after(record, every, change) if draft and not starts else change
        intent = Intent(
            kinds=tuple(call.kind for call in calls),
            starts=starts,
            adds=any(call.creates for call in calls),
            fingerprint=after.fingerprint,
            basis=after.basis,
            elements=sent_by(create, self.client.find_reference) if create else answered(record, every).elements,
            key=self.new_key() if create else "",
            noted_at=self.client.wire.service_time(),
            by_our_clock=self.client.wire.skew is None,
        )
        await self.save(intended(record, intent))

    async def _send_or_fall_back(self, call: Call, change: Change) -> None:
        try:
            await self._send(call, change)
        except Refused as error:
            await self._fall_back(call, change, error)

    async def _send(self, call: Call, change: Change) -> None:
        record = self._stored(change.address)
        known = {name: element.api_id for name, element in record.elements.items()}
        if call.kind == "delete_job" and record.phase == "building" and not change.paid_again:
            await self.client.check_not_started(str(call.subject))
        key = record.intent.key if call.kind == "create_job" and record.intent else ""
        try:
            reply = await self.client.send(call, record.job_id, known, self._progress(change.address), key)
        except LostAnswer as error:
            if error.acknowledged:
                await self._acknowledge(call, change)
            raise
        except SpecError as error:
            in_doubt = isinstance(error, NetworkError) and call.method != "POST"  # sent several times, and not answered
            if (call.starts or call.creates) and not in_doubt:
                await self._drop_intent(self._stored(change.address))
            raise
        named = {name for later in change.calls if later.step > call.step for name in later.named}
        ids = created_ids(call, reply, self.client.find_reference, in_order=not named & {*call.creates})
        if ids is None and call.kind == "create_job":
            await self._acknowledge(call, change)
            raise MissingIds("the answer does not say which job it created")
        await self._record_answer(call, change, reply, ids or {})
        self.tell(Event("call", change.address, call.kind, call.reason))
        if set(call.creates) - set(ids or {}):
            raise MissingIds("the answer does not say the ids of every part")

    async def _acknowledge(self, call: Call, change: Change) -> None:
        """The service says that it made the job; which one, only its list can tell."""
        record = self._stored(change.address)
        if call.kind == "create_job" and record.intent is not None:
            await self.save(replace(record, intent=replace(record.intent, acknowledged=True)))

    async def _record_answer(self, call: Call, change: Change, reply: Reply, ids: Mapping[str, str]) -> None:
        before = self._stored(change.address)
        if call.kind == "create_job":
            now = self.client.wire.service_time()
            after = created(before, reply.job, ids, starts=call.starts, now=now)
            await self.recorder.save_created(noticed(after, call, reply.data), before, now)
            return
        after = apply_response(draft_after(before, [call], change), call, ids)
        if call.starts:
            after = started(after, change.fingerprint, change.basis)
        await self.recorder.save(noticed(after, call, reply.data), *others_deleted(self.store, change.address, call))

    async def _drop_intent(self, record: JobRecord) -> None:
        """A refused call did nothing: what was known before it is all there is to know."""
        after = settled(record)
        if after.empty and not after.former_jobs:
            await self.store.put(without=(record.address,))
        elif after != record:
            await self.save(after)

    async def _fall_back(self, call: Call, change: Change, error: Refused) -> None:
        """Sends a refused array one part at a time; accepts that the service does not rename its results."""
        parts = call.body if isinstance(call.body, tuple) else ()
        if call.kind in ARRAYS and len(parts) > 1 and error.status in (400, 415, 422):
            for number, part in enumerate(parts):
                await self._send(single_part(call, number, part), change)
        elif call.kind == "delete_job" and error.status == 409:
            await self._not_cancelled(call, error)
        elif call.kind in ("patch_output", "patch_outputs"):
            self.tell(Event("note", change.address, text=f"the service does not rename its result: {error.message}"))
            await self.save(apply_response(self._stored(change.address), call, {}))
        else:
            raise error

    async def _not_cancelled(self, call: Call, error: Refused) -> None:
        """Raises NotCancelled when a job runs on because the service does not cancel it, else ``error``."""
        live = await self.client.job(subject_id(call, {}))
        if live is None or live.terminal or live.editable:
            raise error
        raise NotCancelled(409, f"the service does not cancel job {live.id}, which is {live.status}") from error

    def _stored(self, address: str) -> JobRecord:
        return self.store.get(address) or JobRecord(address, "")

    async def save(self, record: JobRecord) -> JobRecord:
        """Writes a record; it is durable when this returns."""
        return await self.recorder.save(record)

    def _progress(self, address: str) -> Callable[[str, int, int], None]:
        return lambda name, done, total: self.tell(Event("upload", address, name, done=done, total=total))
