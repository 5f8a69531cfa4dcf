"""The uploads of a job's server: whole files, files in chunks, and base64."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from a2c_spec.local_api.http.access import require_job, service_of, wire_of
from a2c_spec.local_api.http.request_bodies import read_json
from a2c_spec.local_api.http.upload_chunks import Chunk, chunk_of, keep_chunk
from a2c_spec.local_api.http.upload_form import read_form, save_file
from a2c_spec.local_api.jobs import lifecycle
from a2c_spec.local_api.jobs.additions import probed, stored
from a2c_spec.local_api.jobs.drafts import Problems, decode_base64, object_of, prefixed_objects
from a2c_spec.local_api.jobs.model import Input, Job
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.vocabulary import counted


async def file(request: Request) -> Response:
    """POST .../upload-file/{job}: one file in the field ``file``, optionally with its ``decrypt_password``."""
    service, job = service_of(request), require_job(request)
    lifecycle.require_editable(job)
    service.require_room(job, 1, 0)
    entry = _new_upload(service)
    chunk = chunk_of(request.headers)
    limit = service.settings.limits.upload_bytes
    form = await read_form(request, limit)
    blob = service.blobs.place(job.id, entry.id)
    stored_file = await save_file(form.file, blob, service.blobs.path(blob))
    if chunk is not None:
        whole = keep_chunk(service, job, chunk, stored_file, limit)
        if whole is None:
            return JSONResponse(_chunk_reply(job, chunk))
        entry, stored_file = replace(entry, id=whole.blob.rpartition("/")[2]), whole
    try:
        entry = await probed(service, _with_password(entry, form.password), stored_file)
        return _reply(request, await _add(service, job, [entry]), [entry], array=False)
    except BaseException:
        service.blobs.drop(stored_file.blob)
        raise


def _new_upload(service: Service) -> Input:
    now = service.clock.now()
    return Input(id=service.new_id("input"), type="upload", source="", created=now, modified=now)


def _with_password(entry: Input, password: str) -> Input:
    return replace(entry, credentials={"decrypt_password": password}) if password else entry


def _chunk_reply(job: Job, chunk: Chunk) -> dict[str, Any]:
    return {"id": {"job": job.id, "input": chunk.upload}, "completed": False, "metadata": {}}


async def _add(service: Service, job: Job, entries: list[Input]) -> Job:
    inline = service.settings.unknowns.inline_position
    named = [replace(entry, source=entry.source or entry.filename) for entry in entries]

    def rule(now: Job) -> Job:
        service.require_room(now, len(named), sum(entry.size for entry in named))
        return lifecycle.add_inputs(now, named, service.clock.now(), inline_position=inline)

    note = f"{counted(len(entries), 'file')} uploaded"
    return service.update(job.id, rule, note, may_start=service.settings.unknowns.upload_starts)


def _reply(request: Request, job: Job, entries: list[Input], *, array: bool) -> Response:
    service = service_of(request)
    wire = wire_of(request)
    rows: list[dict[str, Any]] = [
        {"id": {"job": job.id, "input": entry.id}, "completed": True, "metadata": entry.metadata} for entry in entries
    ]
    if service.settings.unknowns.upload_reply == "input":
        rows = [wire.input(entry) for entry in lifecycle.found_inputs(job, [entry.id for entry in entries])]
    return JSONResponse(rows if array else rows[0])


@dataclass(frozen=True, slots=True)
class _Encoded:
    content: bytes
    filename: str
    options: dict[str, Any]


async def encoded(request: Request) -> Response:
    """POST .../upload-base64/{job}: one object with ``content`` and optionally ``filename``, or an array of objects."""
    service, job = service_of(request), require_job(request)
    lifecycle.require_editable(job)
    body = await read_json(request, service.settings.limits.base64_bytes)
    files = _decoded(body)
    service.require_room(job, len(files), sum(len(entry.content) for entry in files))
    entries = [await _written(service, job, entry) for entry in files]
    try:
        changed = await _add(service, job, entries)
    except BaseException:
        for entry in entries:
            service.blobs.drop(entry.blob)
        raise
    return _reply(request, changed, entries, array=isinstance(body, list))


def _decoded(body: Any) -> list[_Encoded]:
    problems = Problems()
    rows = prefixed_objects(body, "", problems)
    if not rows:
        problems.add("content", "This value is required and must be a base64 string")
    files = [_decoded_file(row, prefix, problems) for prefix, row in rows]
    problems.refuse()
    return files


def _decoded_file(row: dict[str, Any], prefix: str, problems: Problems) -> _Encoded:
    text, filename = row.get("content"), row.get("filename") or "output"
    if not isinstance(filename, str):
        problems.add(f"{prefix}filename", "This must be a string")
        filename = "output"
    options = object_of(row.get("options"), f"{prefix}options", problems)
    content = b""
    try:
        content = decode_base64(text) if isinstance(text, str) else b""
    except ValueError:
        problems.add(f"{prefix}content", "This is not valid base64")
    if not text or not isinstance(text, str):
        problems.add(f"{prefix}content", "This value is required and must be a base64 string")
    return _Encoded(content, filename, options)


async def _written(service: Service, job: Job, entry: _Encoded) -> Input:
    fresh = replace(_new_upload(service), type="base64", options=entry.options)
    return await stored(service, job, fresh, entry.content, entry.filename)
