"""Measure local files: size, SHA-256 and MD5 in one pass, cached while a file is unchanged."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from a2c_spec.core.desired import Content, Input, Job
from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.errors import InvalidError, why
from a2c_spec.manifests.build import decode
from a2c_spec.own_databases import BESIDE, check_files, check_tables, made_by
from a2c_spec.regular_files import make_for_sqlite, opened

_CHUNK = 1024 * 1024
LARGEST = 4_294_967_296
"""Bytes of the cache; one with more is replaced by an empty one."""
_RACY_NS = 2_000_000_000  # file systems may keep times to two seconds; a younger file can change unseen
_TABLE = """create table if not exists digest (
  path text primary key, size integer not null, mtime_ns integer not null, ctime_ns integer not null,
  inode integer not null, sha256 text not null, md5 text not null) without rowid"""


Key = tuple[str, int, int, int, int]
"""Path, size, times of the last change of the bytes and of anything (nanoseconds), inode."""


def _key(name: str, status: os.stat_result) -> Key:
    """Bytes may be changed and their time set back; the time of the last change of anything cannot be."""
    return (name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def measure(path: Path, within: Path | None = None) -> Content:
    """The content of a file, which is read once and in pieces; ``within`` as of ``opened``."""
    with opened(path, within=within) as file:
        return _measured(file.fileno())


def _measured(descriptor: int) -> Content:
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    while chunk := os.read(descriptor, _CHUNK):
        sha256.update(chunk)
        md5.update(chunk)
        size += len(chunk)
    return Content(size, sha256.hexdigest(), md5.hexdigest())


def measure_bytes(data: bytes) -> Content:
    """The content of bytes in memory."""
    return Content(len(data), hashlib.sha256(data).hexdigest(), hashlib.md5(data, usedforsecurity=False).hexdigest())


class DigestCache:
    """Digests by path, valid while size, time of change and inode are the same and that time was old enough.

    ``clock`` gives nanoseconds since the epoch. A damaged cache file is replaced by an empty one; where none can be
    written, digests are kept in memory.
    """

    def __init__(self, file: Path, clock: Callable[[], int]) -> None:
        self.clock = clock
        self.connection = _opened(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the cache file; everything measured is already stored."""
        self.connection.close()

    def measure(self, path: Path, within: Path | None = None) -> Content:
        """The content of ``path``; the file is read only when the cache does not have it. ``within`` as of
        ``opened``."""
        name = str(path)
        status = os.stat(name)  # noqa: PTH116 - a plan looks at every input and result; this is half the time
        if known := self._known(_key(name, status)):
            return known
        with opened(path, within=within) as file:
            status = os.fstat(file.fileno())
            key = _key(name, status)
            started = self.clock()
            content = _measured(file.fileno())
            self._remember(key, content, started, os.fstat(file.fileno()))
            return content

    def _known(self, key: Key) -> Content | None:
        query = "select size, sha256, md5 from digest where path=? and size=? and mtime_ns=? and ctime_ns=? and inode=?"
        try:
            row = self.connection.execute(query, key).fetchone()
        except sqlite3.Error:  # a cache that cannot answer costs time, nothing else
            return None
        return Content(*row) if row else None

    def _remember(self, key: Key, content: Content, started: int, after: os.stat_result) -> None:
        same = key == _key(key[0], after) and content.size == after.st_size
        if same and max(key[2], key[3]) + _RACY_NS < started:
            row = (*key, content.sha256, content.md5)
            with contextlib.suppress(sqlite3.Error):
                self.connection.execute("insert or replace into digest values (?,?,?,?,?,?,?)", row)


def _opened(file: Path) -> sqlite3.Connection:
    try:
        for folder in reversed([one for one in file.parents if not one.exists()]):
            folder.mkdir(exist_ok=True, mode=0o700)
        check_files(file, LARGEST)
        make_for_sqlite(file)
        return _connected(file)
    except OSError:
        return _connected(":memory:")
    except sqlite3.DatabaseError:  # damaged, or of another version
        return _anew(file)


def _anew(file: Path) -> sqlite3.Connection:
    try:
        for end in BESIDE:
            Path(f"{file}{end}").unlink(missing_ok=True)
        make_for_sqlite(file)
        return _connected(file)
    except (OSError, sqlite3.DatabaseError):
        return _connected(":memory:")


def _connected(file: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=1, isolation_level=None, check_same_thread=False)
    try:
        check_tables(connection, made_by(_TABLE))
        connection.execute("pragma synchronous=off")
        connection.execute(_TABLE)
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return _connected(":memory:")
        raise
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def fill(job: Job, root: Path, cache: DigestCache | None = None) -> Job:
    """``job`` with every uploaded and inline input measured; raises InvalidError with all that cannot be read."""
    problems: list[Diagnostic] = []
    inputs = tuple(_filled(item, root, cache, problems) for item in job.inputs)
    if problems:
        raise InvalidError(problems[0].message, diagnostics=problems, address=job.address)
    return replace(job, inputs=inputs)


def _filled(item: Input, root: Path, cache: DigestCache | None, problems: list[Diagnostic]) -> Input:
    if item.type == "base64":
        return replace(item, content=measure_bytes(decode(item.source)))
    if item.type != "upload":
        return item
    try:
        path = root / item.path
        return replace(item, content=(cache.measure if cache else measure)(path, root))
    except OSError as error:
        problems.append(Diagnostic(item.position, f"the file {item.path} cannot be read: {why(error)}"))
        return item
