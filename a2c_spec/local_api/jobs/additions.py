"""Turns request bodies, once they are checked, into new inputs and conversions of a job."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from a2c_spec.local_api.jobs.conversion_drafts import conversion_draft
from a2c_spec.local_api.jobs.drafts import ConversionDraft, InputDraft, Problems, input_draft, prefixed_objects
from a2c_spec.local_api.jobs.model import Conversion, Input, Job
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.storage.blobs import Sink, StoredFile, safe_name


async def new_inputs(service: Service, job: Job, body: Any, name: str, problems: Problems) -> list[Input]:
    """The inputs of a body; no file is written unless the whole body is valid."""
    drafts = [input_draft(row, prefix, problems) for prefix, row in prefixed_objects(body, name, problems)]
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
    """The input after its content was written to its file."""
    blob = service.blobs.place(job.id, entry.id)
    sink = Sink(service.blobs.path(blob))
    sink.write(content)
    return await probed(service, entry, StoredFile(blob, sink.size, sink.close(), safe_name(filename)))


async def probed(service: Service, entry: Input, file: StoredFile) -> Input:
    """The input with its file and what is found out about it; the event loop goes on meanwhile."""
    metadata = await asyncio.to_thread(service.converters.probe, service.blobs.path(file.blob), file.filename)
    return with_file(entry, file, metadata)


def with_file(entry: Input, file: StoredFile, metadata: Mapping[str, Any]) -> Input:
    """The input once its file is here; ``metadata`` is what the probe found out about the file."""
    details = {name: value for name, value in metadata.items() if name != "content_type" and value is not None}
    return replace(
        entry,
        blob=file.blob,
        size=file.size,
        checksum=file.checksum,
        filename=entry.suggested or file.filename,
        content_type=entry.content_type or str(metadata.get("content_type") or ""),
        metadata=details,
        status="ready",
    )


def new_conversions(service: Service, owner: str, body: Any, name: str, problems: Problems) -> list[Conversion]:
    """The conversions of a body, checked against the catalog; none when there is any problem."""
    unknowns, presets = service.settings.unknowns, service.presets_of(owner)
    drafts = [
        conversion_draft(row, prefix, problems, service.catalog, unknowns, presets)
        for prefix, row in prefixed_objects(body, name, problems)
    ]
    return [] if problems.found else [_conversion(service, draft) for draft in drafts]


def _conversion(service: Service, draft: ConversionDraft) -> Conversion:
    return Conversion(
        id=service.new_id("conversion"),
        target=draft.target,
        category=draft.category,
        options=draft.options,
        metadata=draft.metadata,
        output_target=draft.output_target,
    )
