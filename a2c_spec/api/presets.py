"""Sends the calls of a preset; a preset whose create had no answer is found by its name and content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from a2c_spec.api.client import Client
from a2c_spec.api.created_ids import created_ids
from a2c_spec.api.http.replies import LostAnswer
from a2c_spec.core import compare
from a2c_spec.core.calls import Call
from a2c_spec.core.events import Event, Listener
from a2c_spec.core.foreign import echo_of
from a2c_spec.core.live import mapping, text
from a2c_spec.core.plan import Change
from a2c_spec.core.state import PRESET, Element, JobRecord
from a2c_spec.core.state_store import StateStore


@dataclass(frozen=True, slots=True)
class Presets:
    """Changes presets on the service and in the state. They cost nothing, so no intent is recorded before a call, but
    that it is not known any more what a preset holds: the next plan reads it then."""

    client: Client
    store: StateStore
    tell: Listener

    async def carry_out(self, change: Change, record: JobRecord) -> JobRecord:
        """All calls of one change; the record returned is durable."""
        for call in change.calls:
            if record.job_id and record.fingerprint:
                await self.store.put(replace(record, fingerprint=""))
            preset_id, shown = await self._send(call, record)
            elements = {PRESET: self._element(preset_id, change, shown)} if preset_id else {}
            record = replace(
                record,
                job_id=preset_id,
                phase="done",
                elements=elements,
                fingerprint=change.fingerprint,
                basis=change.basis,
                updated_at=self.client.wire.clock(),
            )
            await self.store.put(record)
            self.tell(Event("call", change.address, call.kind))
        return record

    def _element(self, preset_id: str, change: Change, shown: Mapping[str, Any]) -> Element:
        """What was sent, and what the answer shows beside it."""
        sent = change.basis[PRESET]
        parts = {"options": mapping(shown["options"])} if "options" in shown else {}
        return Element(preset_id, sent, echo_of(sent, parts))

    async def _send(self, call: Call, record: JobRecord) -> tuple[str, Mapping[str, Any]]:
        """The preset's id after the call, empty once it is deleted, and the preset as the answer shows it."""
        try:
            reply = await self.client.send(call, "", {}, lambda *_: None)
        except LostAnswer:
            found = await self._find_created(call)
            if not found:
                raise
            return text(found.get("id")), found
        if call.kind == "delete_preset":
            return "", {}
        created = created_ids(call, reply) or {}
        return created.get(PRESET) or record.job_id, mapping(reply.data)

    async def _find_created(self, call: Call) -> Mapping[str, Any]:
        """The preset that a create asked for, empty if there is none."""
        body = mapping(call.body)
        for row in await self.client.presets():
            options = mapping(row.get("options"))
            same = all(compare.echoes(value, options.get(key)) for key, value in mapping(body.get("options")).items())
            if row.get("name") == body.get("name") and row.get("target") == body.get("target") and same:
                return row
        return {}
