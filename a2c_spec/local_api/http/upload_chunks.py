"""Uploads in chunks: each chunk says which bytes it holds, and the last one to arrive completes the file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from a2c_spec.local_api.http.request_bodies import too_large
from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.refusals import Refusal, invalid
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.storage.blobs import CHUNK, StoredFile, checksum

_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes ``start`` to ``end``, inclusive, of ``total``, of the upload of that name."""

    upload: str
    start: int
    end: int
    total: int


def chunk_of(headers: Mapping[str, str]) -> Chunk | None:
    """Which chunk a request holds; None when it holds a whole file."""
    text = headers.get("content-range")
    if text is None:
        return None
    found, upload = _RANGE.fullmatch(text.strip()), headers.get("x-oc-upload-uuid", "")
    if not upload or len(upload) > 200:
        raise invalid({"X-Oc-Upload-Uuid": "A chunk needs the identifier of its upload"})
    if found is None or not int(found[1]) <= int(found[2]) < int(found[3]):
        raise invalid({"Content-Range": "This must be bytes <start>-<end>/<total>"})
    return Chunk(upload, int(found[1]), int(found[2]), int(found[3]))


def keep_chunk(service: Service, job: Job, chunk: Chunk, part: StoredFile, limit: int) -> StoredFile | None:
    """Write a chunk to its place in the file; returns the file when it is complete, else None."""
    source = service.blobs.path(part.blob)
    try:
        if chunk.total > limit:
            raise too_large(limit)
        if part.size != chunk.end - chunk.start + 1:
            raise invalid({"Content-Range": "The chunk does not have the announced size"})
        blob, complete = _add(service, job, chunk, part)
    except Refusal:
        source.unlink(missing_ok=True)
        raise
    target = service.blobs.path(blob)
    if not complete:
        return None
    return StoredFile(blob, chunk.total, checksum(target), part.filename)


def _add(service: Service, job: Job, chunk: Chunk, part: StoredFile) -> tuple[str, bool]:
    with service.store.transaction():
        sql = "SELECT document FROM chunks WHERE job = ? AND upload = ?"
        rows = service.store.rows(sql, job.id, chunk.upload)
        document: dict[str, Any] = (
            json.loads(rows[0][0]) if rows else {"blob": part.blob, "total": chunk.total, "ranges": []}
        )
        if document["total"] != chunk.total:
            raise invalid({"Content-Range": "The chunks of an upload must agree on its size"})
        _place(service.blobs.path(part.blob), service.blobs.path(document["blob"]), chunk.start)
        document["ranges"] = _joined([*document["ranges"], [chunk.start, chunk.end]])
        complete = document["ranges"] == [[0, chunk.total - 1]]
        if complete:
            service.store.rows("DELETE FROM chunks WHERE job = ? AND upload = ?", job.id, chunk.upload)
        else:
            sql = "INSERT OR REPLACE INTO chunks VALUES (?, ?, ?)"
            service.store.rows(sql, job.id, chunk.upload, json.dumps(document))
        return str(document["blob"]), complete


def _place(source: Path, target: Path, start: int) -> None:
    if source == target and start == 0:
        return
    if source == target:
        source = source.rename(source.with_suffix(".piece"))
    with source.open("rb") as piece, target.open("r+b" if target.exists() else "w+b") as whole:
        whole.seek(start)
        while data := piece.read(CHUNK):
            whole.write(data)
    source.unlink()


def _joined(ranges: list[list[int]]) -> list[list[int]]:
    joined: list[list[int]] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return joined
