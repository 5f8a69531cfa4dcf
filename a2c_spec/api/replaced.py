"""Deletes jobs whose results other runs make, or have made, and records it."""

from __future__ import annotations

from collections.abc import Sequence

from a2c_spec.api.execute import Executor
from a2c_spec.api.http.replies import Refused
from a2c_spec.api.recorder import others_deleted
from a2c_spec.core.calls import Call
from a2c_spec.core.events import Event
from a2c_spec.core.reasons import kept_there
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.transitions import apply_response, refused_to_delete, without_job
from a2c_spec.errors import Conflict

RUNS_ON = "the service does not cancel it, and it keeps running"


async def delete_replaced(executor: Executor, address: str, calls: Sequence[Call]) -> None:
    """Sends each DELETE; a job that has ended and that the service does not delete (409) is not tried again."""
    store = executor.store
    for call in calls:
        job, after = str(call.subject), without_job
        try:
            await executor.client.send(call, job, {}, lambda _name, _done, _total: None)
        except Refused as error:
            if error.status != 409:
                raise
            executor.tell(Event("note", address, text=f"{kept_there(job)}: {error.message}"))
            after = refused_to_delete
        if knowing := [after(run, job) for run in store.runs(address_of(address)) if job in run.jobs]:
            await executor.recorder.save(*knowing)
        executor.tell(Event("call", address, call.kind, call.reason))


async def let_go(executor: Executor, address: str, calls: Sequence[Call], *, running: bool = True) -> None:
    """Sends each DELETE of a job of which nothing is wanted any more before anything else is done. One that costs
    nothing any more, as it was not started or has ended, stays where the service keeps it. Raises Conflict where one
    runs on, and where one that was a draft was started meanwhile, unless ``running`` ones may be cancelled, too."""
    for call in calls:
        job = str(call.subject)
        if not running:
            await executor.client.check_not_started(job)
        live = await executor.client.delete(call)
        if live is not None and not (live.terminal or live.editable):
            raise Conflict(f"job {job} is {live.status}: {RUNS_ON}", hint="apply again once it has ended")
        if live is not None:
            executor.tell(Event("note", address, text=kept_there(job)))
        else:
            if run := executor.store.get(address):
                others = others_deleted(executor.store, address, call)
                await executor.recorder.save(apply_response(run, call, {}), *others)
            executor.tell(Event("call", address, call.kind, call.reason))
