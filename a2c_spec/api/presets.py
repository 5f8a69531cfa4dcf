"""Carries out the calls of a preset; a create whose answer was lost is found again by its name and content."""

from __future__ import annotations

from dataclasses import dataclass, replace

from a2c_spec.api.client import Client
from a2c_spec.api.created_ids import created_ids
from a2c_spec.api.http.replies import LostAnswer
from a2c_spec.core import compare
from a2c_spec.core.calls import Call
from a2c_spec.core.events import Event, Listener
from a2c_spec.core.live import mapping, text
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import PRESET
from a2c_spec.core.state import Element, JobRecord, StateStore


@dataclass(frozen=True, slots=True)
class Presets:
    """Writes to the service and to the state; a preset costs nothing, so its calls need no intent beforehand."""

    client: Client
    store: StateStore
    tell: Listener

    async def carry_out(self, change: Change, record: JobRecord) -> JobRecord:
        """All calls of one change; the record returned is durable."""
        for call in change.calls:
            preset_id = await self._sent(call, record)
            elements = {PRESET: Element(preset_id, change.basis[PRESET])} if preset_id else {}
            record = replace(
                record,
                job_id=preset_id,
                phase="done",
                elements=elements,
                fingerprint=change.fingerprint,
                basis=change.basis,
            )
            await self.store.put(record)
            self.tell(Event("call", change.address, call.kind))
        return record

    async def _sent(self, call: Call, record: JobRecord) -> str:
        """The preset's id after the call; empty once it is deleted."""
        try:
            reply = await self.client.send(call, "", {}, lambda *_: None)
        except LostAnswer:
            found = await self._find(call)
            if not found:
                raise
            return found
        if call.kind == "delete_preset":
            return ""
        made = created_ids(call, reply) or {}
        return made.get(PRESET) or record.job_id

    async def _find(self, call: Call) -> str:
        """The id of a private preset that is just what the create asked for."""
        body = mapping(call.body)
        for row in await self.client.presets():
            options = mapping(row.get("options"))
            same = all(compare.same(options.get(key), value) for key, value in mapping(body.get("options")).items())
            if row.get("name") == body.get("name") and row.get("target") == body.get("target") and same:
                return text(row.get("id"))
        return ""
