"""Reads the multipart form of an upload with the framework's parser, which keeps large files on disk."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from a2c_spec.local_api.http.request_bodies import require_unpacked, too_large
from a2c_spec.local_api.jobs.refusals import INVALID, Refusal
from a2c_spec.local_api.storage.blobs import CHUNK, Sink, StoredFile, safe_name

FIELD_BYTES = 64 * 1024
FIELDS = 32
OVERHEAD = 2 * FIELDS * FIELD_BYTES  # what a form may have besides its file


@dataclass(frozen=True, slots=True)
class UploadForm:
    """The file of an upload, and the password that opens it."""

    file: UploadFile
    password: str


class _Parser(MultiPartParser):
    """The framework's parser, which also refuses a body that is too large or ends too early."""

    def __init__(self, request: Request, limit: int) -> None:
        require_unpacked(request)
        stream = self._checked(request.stream(), limit)
        super().__init__(request.headers, stream, max_files=1, max_fields=FIELDS, max_part_size=FIELD_BYTES)
        self._complete = False

    def on_end(self) -> None:
        self._complete = True

    async def _checked(self, stream: AsyncIterator[bytes], limit: int) -> AsyncGenerator[bytes, None]:
        size = 0
        async for chunk in stream:
            size += len(chunk)
            if size > limit + OVERHEAD:
                raise too_large(limit)
            yield chunk
        if not self._complete:
            raise MultiPartException("The form ends too early")


async def read_form(request: Request, limit: int) -> UploadForm:
    """The form of an upload; 400 when it is malformed, 413 when its file has more than ``limit`` bytes."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise _malformed("The body must be multipart/form-data with a boundary")
    try:
        form = await _Parser(request, limit).parse()
    except MultiPartException as error:
        raise _malformed(error.message) from error
    file, password = form.get("file"), form.get("decrypt_password")
    if isinstance(file, UploadFile) and (file.size or 0) <= limit:
        return UploadForm(file, password if isinstance(password, str) else "")
    await form.close()
    raise too_large(limit) if isinstance(file, UploadFile) else _malformed("The form has no file in the field file")


def _malformed(message: str) -> Refusal:
    return Refusal(400, {"code": INVALID, "message": message})


async def save_file(file: UploadFile, blob: str, path: Path) -> StoredFile:
    """Copy an uploaded file to ``path`` and close it."""
    try:
        return await run_in_threadpool(_copy, file, blob, path)
    finally:
        await file.close()


def _copy(file: UploadFile, blob: str, path: Path) -> StoredFile:
    sink = Sink(path)
    try:
        while data := file.file.read(CHUNK):
            sink.write(data)
    except BaseException:
        sink.discard()
        raise
    return StoredFile(blob, sink.size, sink.close(), safe_name(file.filename or "", "file"))
