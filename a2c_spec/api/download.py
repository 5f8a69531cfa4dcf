"""Brings results home: to a temporary file beside the target, resumed, checked, made durable, then renamed."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from a2c_spec.api.http.backoff import RETRIES, backoff, retry_after
from a2c_spec.api.http.concurrency import Sleep
from a2c_spec.api.http.replies import said
from a2c_spec.api.http.transport import Wire
from a2c_spec.core.live import LiveOutput
from a2c_spec.errors import AuthError, IntegrityError, NetworkError, SpecError

PASSWORD_HEADER = "X-Api2convert-Download-Password"  # noqa: S105 - the name of a header
ATTEMPTS = 5
MD5 = re.compile(r"^[0-9a-f]{32}$")


class ResultGone(SpecError):
    """The service no longer gives this result out (404, 410): expired, deleted, or downloaded too often."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A result on disk: bytes and SHA-256 (hex)."""

    size: int
    sha256: str


@dataclass(slots=True)
class _Part:
    """The temporary file of one download, and the digests of what it holds."""

    path: Path
    size: int = 0
    md5: hashlib._Hash = None  # type: ignore[assignment]  # set by rewind
    sha256: hashlib._Hash = None  # type: ignore[assignment]  # set by rewind

    def rewind(self) -> None:
        """Digests what an earlier attempt left."""
        self.size, self.md5, self.sha256 = 0, hashlib.md5(usedforsecurity=False), hashlib.sha256()
        if self.path.exists():
            with self.path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    self._take(chunk)

    def complete(self, output: LiveOutput) -> bool:
        """Whether an earlier attempt left all of it, which only a checksum can tell."""
        return bool(self.size and MD5.match(output.checksum) and not _verdict(output, self))

    def _take(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.md5.update(chunk)
        self.sha256.update(chunk)

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)
        self.rewind()

    async def fill(self, response: httpx.Response, expected: int, progress: Callable[[int], None]) -> None:
        """Appends the body of an answer; what arrived before a break stays for the next attempt."""
        if response.status_code != 206:
            self.drop()
        with self.path.open("ab") as file:
            async for chunk in response.aiter_bytes():
                file.write(chunk)
                self._take(chunk)
                progress(self.size)
                if expected and self.size > expected:
                    break  # more than was announced: wrong anyway, and perhaps without end
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())


@dataclass(frozen=True, slots=True)
class Downloads:
    """``sleep`` and ``jitter`` as in the transport."""

    wire: Wire
    sleep: Sleep
    jitter: Callable[[], float]

    async def fetch(
        self,
        output: LiveOutput,
        target: Path,
        password: str,
        progress: Callable[[int], None],
        arriving: Callable[[Fetched], Awaitable[None]],
    ) -> Fetched:
        """Downloads ``output`` to ``target``, replacing what stands there; ``arriving`` hears of it just before.

        Size and checksum (MD5, where the service gives one) must agree. Raises ResultGone, IntegrityError,
        NetworkError; SpecError when the disk is full, with nothing left behind.
        """
        part = _Part(target.parent / part_name(target, output))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part.rewind()
            if not part.complete(output):
                await self._complete(output, part, password, progress)
            fetched = Fetched(part.size, part.sha256.hexdigest())
            await arriving(fetched)
            await self._place(part.path, target)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.drop()
            raise disk_error(error, target) from error
        return fetched

    async def _place(self, part: Path, target: Path) -> None:
        self.wire.probe(f"place {target.name}")
        await asyncio.to_thread(_named, part, target)
        self.wire.probe(f"placed {target.name}")

    async def _complete(self, output: LiveOutput, part: _Part, password: str, progress: Callable[[int], None]) -> None:
        wrong = 0
        for attempt in range(ATTEMPTS):
            trouble = await self._try(output, part, password, progress)
            if not trouble:
                if not (bad := _verdict(output, part)):
                    return
                wrong += 1
                part.drop()
                trouble = bad
                if wrong == 2:
                    raise IntegrityError(
                        f"{output.filename}: {bad}, twice", hint="the result stays on the service; apply again later"
                    )
            await self.sleep(backoff(attempt, self.jitter()))
        raise NetworkError(
            f"the download of {output.filename} keeps failing: {trouble}", hint="apply again to resume it"
        )

    async def _try(self, output: LiveOutput, part: _Part, password: str, progress: Callable[[int], None]) -> str:
        """One attempt; what went wrong and may pass, or nothing."""
        secret = {PASSWORD_HEADER: password} if password else {}
        headers = {"Range": f"bytes={part.size}-"} if part.size else {}
        try:
            async with self.wire.stream(output.uri, headers, secret) as response:
                return await self._read(response, output, part, progress)
        except httpx.RequestError as error:
            return said(error)
        except httpx.InvalidURL as error:
            raise NetworkError(f"{output.filename} cannot be downloaded: its link is none ({error})") from error

    async def _read(
        self, response: httpx.Response, output: LiveOutput, part: _Part, progress: Callable[[int], None]
    ) -> str:
        status = response.status_code
        if status == 206 and not fits(response.headers.get("content-range", ""), part.size):
            part.drop()
            return "another range came than was asked for"
        if status in (200, 206):
            await part.fill(response, output.size, progress)
            short = output.size and part.size < output.size
            return f"it ended after {part.size} of {output.size} bytes" if short else ""
        if status == 416:
            part.drop()
            return "the part already here does not fit"
        if status == 429:
            self.wire.limiter.on_throttled(retry_after(response.headers.get("retry-after", "")) or RETRIES.first)
        raise_for(status, output)
        return f"the service answered {status}"


def fits(content_range: str, start: int) -> bool:
    """Whether a partial answer begins where ours ends."""
    return content_range.replace(" ", "").startswith(f"bytes{start}-")


def part_name(target: Path, output: LiveOutput) -> str:
    """The temporary file of a result: the same every time, so that a later apply can go on with it."""
    name = target.name.encode()[:80].decode(errors="ignore")
    return f".{name}.{hashlib.sha256(output.id.encode()).hexdigest()[:8]}.part"


def raise_for(status: int, output: LiveOutput) -> None:
    """Raises what no further attempt can mend."""
    if status in (404, 410):
        raise ResultGone(f"{output.filename} is no longer on the service ({status})")
    if status in (401, 403):
        raise AuthError(
            f"{output.filename} cannot be downloaded: the service wants another password ({status})",
            hint="set download_password of the output, or job.download_passwords",
        )
    if 300 <= status < 500 and status != 429:
        raise NetworkError(f"{output.filename} cannot be downloaded: the service answered {status}")


def _verdict(output: LiveOutput, part: _Part) -> str:
    if output.size and part.size != output.size:
        return f"{part.size} bytes came, {output.size} were announced"
    if MD5.match(output.checksum) and part.md5.hexdigest() != output.checksum:
        return "its checksum is wrong"
    return ""


def disk_error(error: OSError, target: Path) -> SpecError:
    """A failed write in words; the result stays on the service, so nothing is lost."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    why = "the disk is full" if full else (error.strerror or str(error))
    return SpecError(
        f"cannot write {target}: {why}",
        hint="the result stays on the service; make room and apply again, nothing is converted twice",
    )


def _named(part: Path, target: Path) -> None:
    part.replace(target)
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself durable, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
