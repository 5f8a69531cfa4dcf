"""The downloads of a job's server: passwords, ranges, base64, and 410 for files that no longer exist."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from a2c_spec.local_api.http.access import PASSWORD_COOKIE, PASSWORD_HEADERS, header, service_of, wire_of
from a2c_spec.local_api.jobs.lifecycle import found_output
from a2c_spec.local_api.jobs.model import Job, Output, with_output
from a2c_spec.local_api.jobs.refusals import Refusal, gone, not_found
from a2c_spec.local_api.jobs.secret_values import is_word
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.storage.blobs import CHUNK

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


async def download(request: Request) -> Response:
    """GET and HEAD .../download-file/{output}/{filename}."""
    service = service_of(request)
    job, entry = find_output(service, request.path_params["output_id"])
    _require_password(request, job, entry)
    if wire_of(request).availability(entry) != "enabled":
        raise gone()
    path = service.blobs.path(entry.blob)
    if not path.is_file():
        raise gone()
    part = _part_of(request, entry)
    if request.method == "GET" and part.start == 0:
        _count(service, job, entry)
    return _answer(request, entry, path, part)


def find_output(service: Service, output_id: str) -> tuple[Job, Output]:
    """The output with that id and its job, or 404; deleted outputs are found too."""
    job = service.store.job_of_file("output", output_id)
    entry = next((row for row in job.outputs if row.id == output_id), None) if job else None
    if job is None or entry is None or not service.visible(job).done:
        raise not_found("file")
    return job, entry


def _require_password(request: Request, job: Job, entry: Output) -> None:
    conversion = job.conversion(entry.conversion)
    digests = (*job.download_passwords, *(conversion.passwords if conversion else ()), entry.password)
    accepted = [digest for digest in digests if digest]
    sent = header(request, PASSWORD_HEADERS) or request.cookies.get(PASSWORD_COOKIE, "")
    if accepted and not any(is_word(digest, sent) for digest in accepted):
        raise Refusal(401, {"message": "The download password is missing or wrong"})


def _count(service: Service, job: Job, entry: Output) -> None:
    def rule(now: Job) -> Job:
        fresh = found_output(now, entry.id)
        if fresh.downloads >= service.settings.limits.downloads:
            raise gone()
        return with_output(now, replace(fresh, downloads=fresh.downloads + 1))

    service.update(job.id, rule)


@dataclass(frozen=True, slots=True)
class _Part:
    """The bytes from ``start`` up to but not including ``stop`` of a file with ``total`` bytes."""

    start: int
    stop: int
    total: int
    partial: bool = False


def _part_of(request: Request, entry: Output) -> _Part:
    whole = _Part(0, entry.size, entry.size)
    text, condition = request.headers.get("range"), request.headers.get("if-range")
    found = _RANGE.fullmatch(text.strip()) if text else None
    if found is None or not (found[1] or found[2]) or condition not in (None, _etag(entry)):
        return whole
    start = int(found[1]) if found[1] else max(0, entry.size - int(found[2]))
    stop = min(entry.size, int(found[2]) + 1) if found[1] and found[2] else entry.size
    if start >= stop:
        raise Refusal(416, {"message": "The range is not in the file"}, {"Content-Range": f"bytes */{entry.size}"})
    return _Part(start, stop, entry.size, partial=True)


def _etag(entry: Output) -> str:
    return f'"{entry.checksum}"'


def _answer(request: Request, entry: Output, path: Path, part: _Part) -> Response:
    headers = {
        "Content-Disposition": _disposition(entry.filename),
        "ETag": _etag(entry),
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }
    chunks, media = _chunks(path, part), entry.content_type
    length = part.stop - part.start
    if request.query_params.get("encoding") == "base64":
        chunks, media, length = _encoded(chunks), "text/plain; charset=us-ascii", (length + 2) // 3 * 4
    headers["Content-Length"] = str(length)
    if part.partial:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{part.total}"
    status = 206 if part.partial else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media)
    return StreamingResponse(_asynchronous(chunks), status, headers, media)


def _disposition(filename: str) -> str:
    plain = filename.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_").replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _chunks(path: Path, part: _Part) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(part.start)
        left = part.stop - part.start
        while left and (data := file.read(min(CHUNK, left))):
            left -= len(data)
            yield data


def _encoded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        cut = len(data) - len(data) % 3
        rest = data[cut:]
        yield base64.b64encode(data[:cut])
    if rest:
        yield base64.b64encode(rest)


async def _asynchronous(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
