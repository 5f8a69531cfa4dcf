"""The results cache: a folder of paid results, found by what they are made of; safe to share and to delete."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One cached result: its key, what it says, the bytes of its files, and when it was last used (epoch seconds)."""

    key: str
    said: Mapping[str, Any]
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

    Nothing is believed: a file counts only while its bytes have the digest that is its name.
    """

    root: Path

    def load(self, key: str) -> Mapping[str, Any] | None:
        """What is kept under ``key``, all its files verified; what is damaged is dropped."""
        place = self._entry(key)
        said = _read(place)
        if said is None:
            return None
        if all(self._intact(row["sha256"], row["size"]) for row in said["files"]):
            with contextlib.suppress(OSError):
                os.utime(place)
            return said
        place.unlink(missing_ok=True)
        return None

    def _intact(self, sha256: str, size: int) -> bool:
        path = self.file(sha256)
        try:
            if path.stat().st_size == size and digest(path) == sha256:
                return True
        except OSError:
            return False
        path.unlink(missing_ok=True)
        return False

    def save(self, key: str, said: Mapping[str, Any], sources: Mapping[str, Path]) -> bool:
        """Keeps a result; ``sources`` are its files by digest. Gives False when one of them is not as it should be."""
        for sha256, source in sources.items():
            if not self.file(sha256).exists() and copied(source, self.file(sha256)) != sha256:
                self.file(sha256).unlink(missing_ok=True)
                return False
        _write(self._entry(key), json.dumps(said, ensure_ascii=False, sort_keys=True).encode())
        return True

    def fetch(self, sha256: str, target: Path) -> bool:
        """Copies a file out, durable at ``target`` when this returns; False, and nothing there, if it is damaged."""
        try:
            if copied(self.file(sha256), target) == sha256:
                return True
        except FileNotFoundError:
            return False
        target.unlink(missing_ok=True)
        self.file(sha256).unlink(missing_ok=True)
        return False

    def entries(self) -> Iterator[Entry]:
        """Everything kept, in no special order; what cannot be read is left out."""
        for place in self.root.glob("entries/*/*.json"):
            with contextlib.suppress(OSError):
                if said := _read(place):
                    yield Entry(place.stem, said, sum(row["size"] for row in said["files"]), place.stat().st_mtime)

    def prune(self, max_bytes: int | None, oldest: float) -> Pruned:
        """Removes what was not used since ``oldest`` (epoch seconds), then the least recently used beyond the size."""
        kept: list[Entry] = []
        seen: set[str] = set()
        size = removed = 0
        for entry in sorted(self.entries(), key=lambda one: -one.used_at):
            fresh = {row["sha256"]: row["size"] for row in entry.said["files"] if row["sha256"] not in seen}
            if entry.used_at < oldest or (max_bytes is not None and size + sum(fresh.values()) > max_bytes):
                self._entry(entry.key).unlink(missing_ok=True)
                removed += 1
            else:
                kept.append(entry)
                seen.update(fresh)
                size += sum(fresh.values())
        return Pruned(removed, self._sweep(seen), len(kept), size)

    def _sweep(self, wanted: set[str]) -> int:
        """Removes files that no entry names; gives the bytes freed."""
        freed = 0
        for path in self.root.glob("files/*/*"):
            if path.name not in wanted:
                with contextlib.suppress(OSError):
                    freed += path.stat().st_size
                    path.unlink()
        return freed

    def _entry(self, key: str) -> Path:
        return self.root / "entries" / key[:2] / f"{key}.json"

    def file(self, sha256: str) -> Path:
        """Where the file with this digest is kept."""
        return self.root / "files" / sha256[:2] / sha256


def _read(place: Path) -> Mapping[str, Any] | None:
    """The entry there; None when there is none, or it is no entry: then it goes."""
    try:
        said = json.loads(place.read_bytes())
        rows = [(str(row["sha256"]), int(row["size"]), row["inputs"], row["conversion"]) for row in said["files"]]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        with contextlib.suppress(OSError):
            place.unlink()
        return None
    return said if rows and all(_is_digest(sha256) for sha256, *_ in rows) else None


def _is_digest(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def digest(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copied(source: Path, target: Path) -> str:
    """Copies through a temporary file beside the target; gives the SHA-256 of what was copied."""
    sha256 = hashlib.sha256()
    with source.open("rb") as file, _draft(target) as draft:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            draft.write(chunk)
    return sha256.hexdigest()


def _write(target: Path, data: bytes) -> None:
    with _draft(target) as draft:
        draft.write(data)


@contextlib.contextmanager
def _draft(target: Path) -> Iterator[Any]:
    """A file that gets its name, durably, once it is written; nothing is left of it otherwise."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", suffix=".part", delete=False) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            os.unlink(file.name)  # noqa: PTH108 - a name
            raise
    Path(file.name).replace(target)
