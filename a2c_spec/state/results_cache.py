"""The results cache: a folder of paid results, found by their recipe; safe to share and to delete."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from stat import S_ISREG
from typing import Any

from a2c_spec.core.json_text import inert_json
from a2c_spec.core.live import MOST_BYTES
from a2c_spec.errors import why
from a2c_spec.held_folders import drop, held
from a2c_spec.held_folders import opened as open_held
from a2c_spec.regular_files import opened

_CHUNK = 1 << 20
MARK = "entries/.a2c-cache"
"""The file by which a folder that was made for results is known; nothing is removed from any other one."""
PARTS = ("entries", "files")
MOST_FILES = 10_000
"""Files of an entry; no service is believed to have made more with one conversion."""

LARGEST_ENTRY = 16 << 20
"""Bytes that tell of one result; the folder may be shared."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One cached result: key and data, the size of its files in bytes, and when it was last used (epoch seconds)."""

    key: str
    data: Mapping[str, Any]
    size: int
    used_at: float


@dataclass(frozen=True, slots=True)
class Pruned:
    """What pruning removed and left: entries and bytes."""

    removed: int
    freed: int
    left: int
    size: int


@dataclass(frozen=True, slots=True)
class ResultsCache:
    """``root`` holds ``entries/ab/<key>.json`` and ``files/ab/<sha256>``; every file appears whole or not at all.

    No link is on the way to it; where one is put there meanwhile, nothing is kept or removed.

    A file counts only while its bytes have the digest that is its name.
    """

    root: Path

    def load(self, key: str) -> Mapping[str, Any] | None:
        """The data kept under ``key``, all its files verified; a damaged result is removed."""
        path = self._entry(key)
        data = _read(path) if self._is_plain(path) else None
        if data is None:
            return None
        if all(self._is_intact(row["sha256"], row["size"]) for row in data["files"]):
            _touch(path)
            return data
        drop(path)
        return None

    def _is_intact(self, sha256: str, size: int) -> bool:
        path = self.file(sha256)
        if not self._is_plain(path):
            return False
        try:
            if path.stat().st_size == size and digest(path) == sha256:
                return True
        except OSError:
            return False
        drop(path)
        return False

    def unwritable(self) -> str:
        """Why no results can be kept there, as trying it tells; empty when they can. Nothing is left behind."""
        for folder in (self.root / "entries", self.root / "files"):
            if folder.is_symlink():
                return "a link stands in its place"
            there = next(one for one in (folder, *folder.parents) if os.path.lexists(one))
            try:
                with tempfile.TemporaryFile(dir=there):
                    continue
            except OSError as error:
                return why(error)
        return ""

    def save(self, key: str, data: Mapping[str, Any], sources: Mapping[str, Path]) -> bool:
        """Keeps a result; ``sources`` are its files by digest. Returns False if one has another digest."""
        self._keep_private(*(path.parent for path in (self._entry(key), *map(self.file, sources))))
        for sha256, source in sources.items():
            if not self._is_plain(self.file(sha256)) and copy(source, self.file(sha256)) != sha256:
                drop(self.file(sha256))
                return False
        _write(self._entry(key), inert_json(json.dumps(data, ensure_ascii=False, sort_keys=True)).encode())
        drop(self._passed_over(key))
        return True

    def pass_over(self, key: str) -> None:
        """Notes that a result was made and is not fit to be kept, so that nobody waits for it another time."""
        self._keep_private(self._passed_over(key).parent)
        os.close(open_held(self._passed_over(key), os.O_RDWR | os.O_CREAT))

    def passed_over(self, key: str) -> bool:
        """Whether that was noted, and nothing was kept since."""
        return self._is_plain(self._passed_over(key))

    def _keep_private(self, *needed: Path) -> None:
        """Only their owner sees the folders of ours, whatever was there; the one they are in is its user's. Raises
        OSError where a link stands in the place of one, which may lead anywhere."""
        with held(self.root, resolved=True, make=0o700):
            ours = self.is_ours()
        for folder in (*(self.root / part for part in PARTS), *needed):
            if folder.is_symlink():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
            with held(folder, resolved=True, make=0o700) as one:
                one.keep_private()
        if ours:
            os.close(open_held(self.root / MARK, os.O_RDWR | os.O_CREAT))

    def is_ours(self) -> bool:
        """Whether the folder was made for results: it says so, or nothing else is in it."""
        try:
            names = {entry.name for entry in os.scandir(self.root)}
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return names.isdisjoint(PARTS) or names <= {*PARTS} or (self.root / MARK).is_file()

    def _is_plain(self, path: Path) -> bool:
        """Whether a file of ours stands at a path, to which no link leads from the folder of the cache on."""
        folders = (path.parent, path.parent.parent)
        try:
            return S_ISREG(path.lstat().st_mode) and not any(folder.is_symlink() for folder in folders)
        except OSError:
            return False

    def _kept(self, part: str, ending: str) -> Iterator[Path]:
        """The files of ours in one part, by their names; none to which a link leads."""
        for path in self.root.glob(f"{part}/[0-9a-f][0-9a-f]/*{ending}"):
            name = path.name.removesuffix(ending)
            if _is_digest(name) and path.parent.name == name[:2] and self._is_plain(path):
                yield path

    def fetch(self, sha256: str, target: Path) -> bool:
        """Copies a file to ``target``, durably; returns False and leaves nothing there if the file is damaged."""
        if not self._is_plain(self.file(sha256)):
            return False
        try:
            if copy(self.file(sha256), target, _opened) == sha256:
                return True
        except FileNotFoundError:
            return False
        drop(target)
        drop(self.file(sha256))
        return False

    def entries(self) -> Iterator[Entry]:
        """Everything that is kept, in no special order; what cannot be read is left out."""
        for path in self._kept("entries", ".json"):
            with contextlib.suppress(OSError):
                if data := _read(path):
                    yield Entry(path.stem, data, sum(row["size"] for row in data["files"]), path.stat().st_mtime)

    def prune(self, max_bytes: int | None, oldest: float) -> Pruned:
        """Removes results not used since ``oldest`` (epoch seconds), then those used longest ago until the rest fits.

        ``max_bytes`` None means that any size fits. Files that two results share count once.
        """
        for path in self._kept("entries", ".none"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    drop(path)
        kept: list[Entry] = []
        seen: set[str] = set()
        size = removed = 0
        for entry in sorted(self.entries(), key=lambda entry: -entry.used_at):
            new = {row["sha256"]: row["size"] for row in entry.data["files"] if row["sha256"] not in seen}
            if entry.used_at < oldest or (max_bytes is not None and size + sum(new.values()) > max_bytes):
                drop(self._entry(entry.key))
                removed += 1
            else:
                kept.append(entry)
                seen.update(new)
                size += sum(new.values())
        return Pruned(removed, self._sweep(seen), len(kept), size)

    def _sweep(self, used: set[str]) -> int:
        """Removes files that no result uses; returns the bytes freed."""
        freed = 0
        for path in self._kept("files", ""):
            if path.name not in used:
                with contextlib.suppress(OSError), held(path.parent, resolved=True, make=0) as folder:
                    freed += folder.stat(path.name).st_size
                    folder.unlink(path.name)
        return freed

    def _entry(self, key: str) -> Path:
        return self.root / "entries" / key[:2] / f"{key}.json"

    def _passed_over(self, key: str) -> Path:
        return self._entry(key).with_suffix(".none")

    def file(self, sha256: str) -> Path:
        """Where the file with this digest is kept."""
        return self.root / "files" / sha256[:2] / sha256


def _read(path: Path) -> Mapping[str, Any] | None:
    """The data of an entry; None if there is none. A file that holds anything else is removed."""
    try:
        with _opened(path) as file:
            data = json.loads(file.read(LARGEST_ENTRY))  # of one that is larger nothing is valid
        rows = data["files"]
        if not all(_is_row(row) for row in rows) or len(rows) > MOST_FILES:
            raise ValueError
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        drop(path)
        return None
    return data if rows else None


def _is_row(row: Any) -> bool:
    """Whether a file of an entry is told as we tell it."""
    numbers = [row["size"], row["conversion"], row.get("index", 0), *row["inputs"]]
    plain = all(type(number) is int and 0 <= number <= MOST_BYTES for number in numbers)
    return plain and _is_digest(row["sha256"]) and isinstance(row.get("service_name", ""), str)


def _is_digest(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def digest(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with _opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> BufferedReader:
    """A file of the cache, to which no link leads."""
    return open(open_held(path), "rb")  # noqa: PTH123 - a descriptor


def _touch(path: Path) -> None:
    """Notes that an entry was used."""
    with contextlib.suppress(OSError), _opened(path) as file:
        os.utime(file.fileno() if os.utime in os.supports_fd else path)


def copy(source: Path, target: Path, how: Callable[[Path], BufferedReader] = opened) -> str:
    """Copies through a temporary file beside the target; returns the SHA-256 of what was copied."""
    sha256 = hashlib.sha256()
    with how(source) as file, _draft(target) as draft:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            draft.write(chunk)
    return sha256.hexdigest()


def _write(target: Path, data: bytes) -> None:
    with _draft(target) as draft:
        draft.write(data)


@contextlib.contextmanager
def _draft(target: Path) -> Iterator[Any]:
    """A file that gets its name once it is written and durable; if writing fails, nothing is left of it."""
    name = f".{secrets.token_hex(8)}.part"
    with held(target.parent, resolved=True) as folder:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with open(folder.open(name, flags, 0o600), "wb") as file:  # noqa: PTH123 - a descriptor
                yield file
                file.flush()
                os.fsync(file.fileno())
            folder.place(name, target.name)
        except BaseException:
            folder.unlink(name)
            raise
