"""Deletes jobs whose results other runs have made, and records it."""

from __future__ import annotations

from collections.abc import Sequence

from a2c_spec.api.execute import Executor
from a2c_spec.api.http.replies import Refused
from a2c_spec.core.calls import Call
from a2c_spec.core.events import Event
from a2c_spec.core.reasons import kept_there
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.transitions import refused_to_delete, without_job


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
