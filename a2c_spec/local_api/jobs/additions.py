"""Turns checked drafts into the inputs and conversions of a job."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from a2c_spec.local_api.jobs.conversion_drafts import conversion_draft
from a2c_spec.local_api.jobs.drafts import InputDraft, Problems, input_draft, numbered, objects_of
from a2c_spec.local_api.jobs.model import Conversion, Input, Job
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.storage.blobs import Sink, safe_name
from a2c_spec.local_api.worker.fetch import Fetched
from a2c_spec.local_api.worker.inputs import arrived


async def new_inputs(service: Service, job: Job, body: Any, name: str, problems: Problems) -> list[Input]:
    """The inputs of a body; nothing is written unless the whole request is in order."""
    rows = objects_of(body, name, problems)
    single = isinstance(body, dict) and not name
    prefixed = [("", row) for row in rows] if single else list(numbered(rows, name))
    drafts = [input_draft(row, prefix.lstrip("."), problems) for prefix, row in prefixed]
    problems.refuse()
    service.require_room(job, len(drafts), sum(len(draft.content or b"") for draft in drafts))
    return [await _input(service, job, draft) for draft in drafts]


async def _input(service: Service, job: Job, draft: InputDraft) -> Input:
    now = service.clock.now()
    entry = Input(
        id=service.new_id("input"),
        type=draft.type,
        source=draft.source,
        created=now,
        modified=now,
        engine=draft.engine,
        suggested=safe_name(draft.filename) if draft.filename else "",
        content_type=draft.content_type,
        options=draft.options,
        parameters=draft.parameters,
        credentials=draft.credentials,
    )
    return entry if draft.content is None else await stored(service, job, entry, draft.content, draft.filename)


async def stored(service: Service, job: Job, entry: Input, content: bytes, filename: str) -> Input:
    """The input with its bytes written and looked at."""
    blob = service.blobs.place(job.id, entry.id)
    sink = Sink(service.blobs.path(blob))
    sink.write(content)
    return await landed(service, entry, Fetched(blob, sink.size, sink.close(), safe_name(filename)))


async def landed(service: Service, entry: Input, fetched: Fetched) -> Input:
    """The input whose bytes are here: what they are is found out beside the event loop."""
    path = service.blobs.path(fetched.blob)
    metadata = await asyncio.to_thread(service.converters.probe, path, fetched.filename)
    return arrived(replace(entry, suggested=entry.suggested), fetched, metadata)


def new_conversions(service: Service, owner: str, body: Any, name: str, problems: Problems) -> list[Conversion]:
    """The conversions of a body, checked against the catalog."""
    rows = objects_of(body, name, problems)
    single = isinstance(body, dict) and not name
    prefixed = [("", row) for row in rows] if single else list(numbered(rows, name))
    unknowns, presets = service.settings.unknowns, service.presets_of(owner)
    drafts = [
        conversion_draft(row, prefix.lstrip("."), problems, service.offers, unknowns, presets)
        for prefix, row in prefixed
    ]
    return [] if problems.found else [_conversion(service, draft) for draft in drafts]


def _conversion(service: Service, draft: Any) -> Conversion:
    return Conversion(
        id=service.new_id("conversion"),
        target=draft.target,
        category=draft.category,
        options=draft.options,
        metadata=draft.metadata,
        output_target=draft.output_target,
    )
