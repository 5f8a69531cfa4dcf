"""Uploads files: one streamed from the disk, or several small ones in one JSON body; verified while they are read."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx

from a2c_spec.api.http.replies import Reply
from a2c_spec.api.http.transport import Wire
from a2c_spec.core.calls import Payload
from a2c_spec.errors import InvalidError, why
from a2c_spec.regular_files import TooLarge, content, opened

Progress = Callable[[str, int, int], None]
"""Called with (input id, bytes sent, bytes in all); with all of them once the service has accepted them."""


class _VerifiedFile(io.RawIOBase):
    """A file that reports how much of it was read, and fails at its end if it is not what was planned. That all of it
    is there, only the answer of the service says."""

    def __init__(self, file: BinaryIO, payload: Payload, progress: Progress) -> None:
        self._file = file
        self._payload = payload
        self._progress = progress
        self._digest = hashlib.md5(usedforsecurity=False)
        self._read = 0

    def fileno(self) -> int:
        return self._file.fileno()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self._digest.update(chunk)
        self._read += len(chunk)
        if not chunk and self._digest.hexdigest() != self._payload.content.md5:
            raise changed_file(self._payload)
        if self._read < self._payload.content.size:
            self._progress(self._payload.input, self._read, self._payload.content.size)
        return chunk


def changed_file(payload: Payload) -> InvalidError:
    return InvalidError(
        f"{payload.path} changed while it was being uploaded",
        hint="apply again to send the file as it is now",
    )


@contextlib.contextmanager
def _read(payload: Payload) -> Iterator[None]:
    """Why the file cannot be read, in words; it could when it was planned."""
    try:
        yield
    except OSError as error:
        raise InvalidError(
            f"{payload.path} cannot be read: {why(error)}",
            hint="nothing of it was sent; put the file back and apply again",
        ) from error


@dataclass(frozen=True, slots=True)
class Uploads:
    """Reads files below ``root``, the project root."""

    root: Path

    async def file(
        self,
        wire: Wire,
        url: str,
        headers: Mapping[str, str],
        payload: Payload,
        password: str,
        progress: Progress,
    ) -> Reply:
        """``POST {server}/upload-file/{job}``: multipart, field ``file``, and ``decrypt_password`` beside it."""
        data = {"decrypt_password": password} if password else {}
        with await asyncio.to_thread(self._open, payload) as file:

            def build() -> httpx.Request:
                file.seek(0)
                body = _VerifiedFile(file, payload, progress)
                files = {"file": (payload.filename, body, "application/octet-stream")}
                return wire.http.build_request("POST", url, data=data, files=files, headers=headers)  # type: ignore[arg-type]  # any file-like works

            reply = await wire.send(build, repeatable=False)
        progress(payload.input, payload.content.size, payload.content.size)
        return reply

    def _open(self, payload: Payload) -> BinaryIO:
        """What is to be sent, open, once it is what was planned: of anything else not one byte goes out."""
        if payload.base64:
            return io.BytesIO(_decoded(payload))
        with _read(payload):
            file = opened(self.root / payload.path, within=self.root)
        try:
            same = os.fstat(file.fileno()).st_size == payload.content.size
            if not same or hashlib.file_digest(file, "sha256").hexdigest() != payload.content.sha256:
                raise changed_file(payload)
            return file
        except BaseException:
            file.close()
            raise

    async def base64(
        self, wire: Wire, url: str, headers: Mapping[str, str], payloads: Sequence[Payload], progress: Progress
    ) -> Reply:
        """``POST {server}/upload-base64/{job}``: a JSON array of ``{content, filename}``, all files in one call."""
        rows = [{"content": self._text(payload), "filename": payload.filename} for payload in payloads]
        content = json.dumps(rows if len(rows) > 1 else rows[0]).encode()
        json_headers = {**headers, "Content-Type": "application/json", "Accept": "application/json"}
        reply = await wire.send(
            lambda: wire.http.build_request("POST", url, content=content, headers=json_headers), repeatable=False
        )
        for payload in payloads:
            progress(payload.input, payload.content.size, payload.content.size)
        return reply

    def _bytes(self, payload: Payload) -> bytes:
        with _read(payload):
            try:
                return content(self.root / payload.path, payload.content.size, within=self.root)
            except TooLarge as error:
                raise changed_file(payload) from error

    def _text(self, payload: Payload) -> str:
        raw = _decoded(payload) if payload.base64 else self._bytes(payload)
        if hashlib.md5(raw, usedforsecurity=False).hexdigest() != payload.content.md5:
            raise changed_file(payload)
        return base64.b64encode(raw).decode()


def _decoded(payload: Payload) -> bytes:
    text = payload.base64.split(",", 1)[1] if payload.base64.startswith("data:") else payload.base64
    return base64.b64decode(text)
