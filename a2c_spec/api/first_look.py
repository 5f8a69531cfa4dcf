"""Reads a held job once when inputs have come to it of which no answer showed how the service keeps them."""

from __future__ import annotations

from contextlib import suppress

from a2c_spec.api.client import Client
from a2c_spec.api.recorder import Recorder
from a2c_spec.core.noticing import seen, unseen_inputs
from a2c_spec.core.state import JobRecord
from a2c_spec.errors import SpecError


async def with_first_look(client: Client, recorder: Recorder, record: JobRecord, before: JobRecord) -> JobRecord:
    """The record, saved with the settings that the service gave to the inputs that were not there ``before``.

    Answers to uploads show none, and what is shown later may be somebody else's. Where the service does not answer
    now, they count as having none: one that shows a default is then added anew, and looked at again.
    """
    with suppress(SpecError):
        live = await client.job(record.job_id) if unseen_inputs(record, before) else None
        return await recorder.save(seen(record, live, before)) if live else record
    return record
