"""Downloads results: into a temporary file beside the target, resumed, verified, made durable, then renamed."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import errno
import hashlib
import os
import re
import shutil
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

import httpx

from a2c_spec.api.http.backoff import asks_to_wait, backoff
from a2c_spec.api.http.concurrency import Sleep
from a2c_spec.api.http.replies import Reply, parse_body, read_capped
from a2c_spec.api.http.transport import Wire
from a2c_spec.api.http.unpack import NotRead, unpacked
from a2c_spec.api.part_files import part_of
from a2c_spec.core.live import MOST_UNANNOUNCED, LiveOutput
from a2c_spec.core.reasons import size
from a2c_spec.core.state import JobRecord
from a2c_spec.errors import IntegrityError, LimitRefused, NetworkError, ResultLocked, SpecError, why
from a2c_spec.held_folders import Exchanged, HeldFolder, held

PASSWORD_HEADER = "X-Api2convert-Download-Password"  # noqa: S105 - the name of a header
ATTEMPTS = 5
_COMMENT = rb"<!--(?:(?!-->).)*-->\s*"
_PAGE = re.compile(rb"\s*(" + _COMMENT + rb")*<(!doctype\s+html|html|head|body|title|meta|script)\b", re.I | re.S)
_PAGE_NAME = re.compile(r".*\.(x?html?|xht|shtml|mht|mhtml)", re.I)


class ResultGone(SpecError):
    """The service no longer has a result (404, 410): expired, deleted, or downloaded too often. ``answer`` is what it
    said of ``output_id``. As with every result that is missing, the job is not all that it was meant to be."""

    exit_code = 9

    def __init__(self, message: str, output_id: str, answer: str, *, hint: str = "", address: str = "") -> None:
        super().__init__(message, hint=hint, address=address)
        self.output_id, self.answer = output_id, answer


def with_answers(record: JobRecord, errors: Iterable[object]) -> JobRecord:
    """The record with how the service answered downloads of what it has no more."""
    answers = {error.output_id: error.answer for error in errors if isinstance(error, ResultGone)}
    files = (replace(file, refused=answers.get(file.output_id, file.refused)) for file in record.files)
    return replace(record, files=tuple(files)) if answers else record


@dataclass(frozen=True, slots=True)
class Fetched:
    """A result on the disk: bytes and SHA-256 (hex)."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Download:
    """One result of ``address`` to download to ``target``. ``on_progress`` is called with the bytes that are here.

    ``before_rename`` is awaited when all bytes are verified and durable, just before they get their name.
    """

    address: str
    output: LiveOutput
    target: Path
    on_progress: Callable[[int], None]
    before_rename: Callable[[Fetched], Awaitable[None]]


class _PartFile:
    """The temporary file of one download, the digests of what it holds, and how long the service made it wait."""

    def __init__(self, folder: HeldFolder, name: str) -> None:
        self.folder, self.name = folder, name
        self.waited = 0.0
        self._reset()
        if folder.has(name):
            with self.opened() as file:
                while chunk := file.read(1 << 20):
                    self._count(chunk)

    def opened(self, mode: Literal["rb", "ab"] = "rb", flags: int = os.O_RDONLY) -> BinaryIO:
        return open(self.folder.open(self.name, flags), mode)  # noqa: PTH123 - a descriptor

    def _reset(self) -> None:
        self.size, self.md5, self.sha256 = 0, hashlib.md5(usedforsecurity=False), hashlib.sha256()

    def _count(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.md5.update(chunk)
        self.sha256.update(chunk)

    def drop(self) -> None:
        self.folder.unlink(self.name)
        self._reset()

    async def append(self, response: httpx.Response, most: int, on_progress: Callable[[int], None]) -> None:
        """Adds the body of an answer; what arrived before a broken connection stays for the next attempt. No more than
        a piece is written of what is beyond ``most`` bytes."""
        with self.opened("ab", os.O_WRONLY | os.O_CREAT | os.O_APPEND) as file:
            async for chunk in unpacked(response):
                file.write(chunk)
                self._count(chunk)
                on_progress(self.size)
                if self.size > most:
                    break  # more than was announced, or is allowed: wrong anyway, and perhaps without end
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())


@dataclass(frozen=True, slots=True)
class Downloads:
    """``sleep`` and ``jitter`` as in the transport. ``most_unannounced``: the bytes of a result whose size the service
    does not tell."""

    wire: Wire
    sleep: Sleep
    jitter: Callable[[], float]
    most_unannounced: int = MOST_UNANNOUNCED

    async def fetch(self, download: Download, password: str) -> Fetched:
        """Downloads a result and replaces what is at its target.

        Size and checksum (MD5, where the service gives one) must agree. Raises ResultGone, ResultLocked,
        IntegrityError, NetworkError; SpecError when the disk is full, with nothing left behind.
        """
        output, target = download.output, download.target
        name = part_of(target, download.address, output.id).name
        try:
            with held(target.parent, resolved=True) as folder:
                try:
                    return await self._fetch(download, _PartFile(folder, name), password)
                except OSError:
                    with contextlib.suppress(OSError):
                        folder.unlink(name)
                    raise
        except OSError as error:
            raise disk_error(error, target) from error

    async def _fetch(self, download: Download, part: _PartFile, password: str) -> Fetched:
        check_room(download.output, part.size, download.target)
        if not _is_complete(download.output, part):
            await self._fill(download, part, password)
        fetched = Fetched(part.size, part.sha256.hexdigest())
        part.folder.check()
        await download.before_rename(fetched)
        await self._rename(part, download.target)
        return fetched

    async def _rename(self, part: _PartFile, target: Path) -> None:
        self.wire.probe(f"place {target.name}")
        await asyncio.to_thread(part.folder.place, part.name, target.name)
        self.wire.probe(f"placed {target.name}")

    async def _fill(self, download: Download, part: _PartFile, password: str) -> None:
        """Downloads until the temporary file is complete and right."""
        name = download.output.filename
        corrupt = 0
        for attempt in range(ATTEMPTS):
            problem = await self._attempt(download, part, password, attempt)
            if not problem:
                if not (problem := _mismatch(download.output, part)):
                    return
                corrupt += 1
                part.drop()
                if corrupt == 2:
                    raise IntegrityError(
                        f"{name}: {problem}, twice", hint="the result stays on the service; apply again later"
                    )
            await self.sleep(backoff(attempt, self.jitter()))
        raise NetworkError(f"the download of {name} keeps failing: {problem}", hint="apply again to resume it")

    async def _attempt(self, download: Download, part: _PartFile, password: str, attempt: int) -> str:
        """One request; returns what went wrong and may pass, or an empty text."""
        output = download.output
        secret = {PASSWORD_HEADER: password} if password else {}
        headers = {"Range": f"bytes={part.size}-"} if part.size else {}
        try:
            async with self.wire.stream(output.uri, headers, secret) as response:
                return await self._receive(response, download, part, attempt)
        except NotRead as error:
            raise NetworkError(f"{output.filename} cannot be downloaded: the answer is {error}") from error
        except httpx.RequestError as error:
            return self.wire.said(error)
        except httpx.InvalidURL as error:
            raise NetworkError(
                f"{output.filename} cannot be downloaded: invalid download URL ({self.wire.said(error)})"
            ) from error

    async def _receive(self, response: httpx.Response, download: Download, part: _PartFile, attempt: int) -> str:
        output, status = download.output, response.status_code
        if status == 206 and not starts_at(response.headers.get("content-range", ""), part.size):
            part.drop()
            return "the service sent another range than the requested one"
        if status == 200:
            part.drop()
        if status in (200, 206):
            await part.append(response, output.size or self.most_unannounced, download.on_progress)
            if not output.size and part.size > self.most_unannounced:
                part.drop()
                raise too_large(output, self.most_unannounced)
            if _is_another_page(response, download, part):
                part.drop()
                return "the answer is a web page, perhaps a login page, and not the result"
            short = output.size and part.size < output.size
            return f"the connection ended after {part.size} of {output.size} bytes" if short else ""
        if status == 416:
            part.drop()
            return "the part of an earlier download does not match"
        if asks_to_wait(status, response.headers):
            part.waited += self.wire.throttle(response.headers, attempt, part.waited)
        answer = await self._told(response)
        raise_if_final(status, output, answer)
        return f"the service answered {answer}"

    async def _told(self, response: httpx.Response) -> str:
        """The status of an answer, and what the service says with it: ``410: The file download has been disabled``."""
        data = None
        with contextlib.suppress(httpx.RequestError):  # the status is enough
            data = parse_body(response, await read_capped(response))
        reply = Reply(response.status_code, self.wire.hidden.data(data, told=True))
        return f"{reply.status}: {reply.message}" if reply.message else str(reply.status)


def _is_another_page(response: httpx.Response, download: Download, part: _PartFile) -> bool:
    """Whether an answer is an HTML page, and nothing says that the result is one. Size and checksum would tell it."""
    output, kind = download.output, response.headers.get("content-type", "").lower()
    meant = "html" in output.content_type.lower() or _PAGE_NAME.fullmatch(output.filename)
    known = meant or output.size or output.checksum or _PAGE_NAME.fullmatch(download.target.name)
    if known or not kind.startswith("text/html"):
        return False
    with part.opened() as file:
        return _PAGE.match(file.read(4096).removeprefix(codecs.BOM_UTF8)) is not None


def starts_at(content_range: str, start: int) -> bool:
    """Whether a partial answer begins at this byte."""
    return content_range.replace(" ", "").startswith(f"bytes{start}-")


def raise_if_final(status: int, output: LiveOutput, answer: str) -> None:
    """Raises when no further attempt can help."""
    if status in (404, 410):
        raise ResultGone(f"{output.filename} is no longer on the service ({answer})", output.id, answer)
    if status in (401, 403):
        raise ResultLocked(
            f"{output.filename} cannot be downloaded: the service needs another password ({answer})",
            hint="set download_password of the output, or job.download_passwords",
        )
    if 300 <= status < 500 and status != 429:
        raise NetworkError(f"{output.filename} cannot be downloaded: the service answered {answer}")


def _is_complete(output: LiveOutput, part: _PartFile) -> bool:
    """Whether an earlier attempt downloaded all of it, which only a checksum can tell."""
    return bool(part.size and output.checksum and not _mismatch(output, part))


def _mismatch(output: LiveOutput, part: _PartFile) -> str:
    """How the bytes here differ from what the service announced; an empty text if they do not."""
    if output.size and part.size != output.size:
        return f"got {part.size} of {output.size} bytes"
    if output.checksum and part.md5.hexdigest() != output.checksum:
        return "the checksum is wrong"
    return ""


def too_large(output: LiveOutput, most: int) -> SpecError:
    """A result, of which the service does not tell the size, has more bytes than are taken."""
    return LimitRefused(
        f"{output.filename}: the service does not announce its size, and it has more than {size(most)}",
        hint="the result stays on the service; --max-download-bytes allows more",
    )


def check_room(output: LiveOutput, here: int, target: Path) -> None:
    """Raises OSError where the disk cannot hold the announced size, before anything fills it."""
    free = shutil.disk_usage(target.parent).free
    if output.size - here > free > 0:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def disk_error(error: OSError, target: Path) -> SpecError:
    """A failed write in words."""
    what = "put the folder back" if isinstance(error, Exchanged) else "free disk space"
    return SpecError(
        f"cannot write {target}: {why(error)}",
        hint=f"the result stays on the service; {what} and apply again, nothing is converted twice",
    )
