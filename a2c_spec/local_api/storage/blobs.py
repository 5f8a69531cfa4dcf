"""The files of inputs and outputs: they lie in one folder, are written once, and are named by the service alone."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK = 256 * 1024
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')


@dataclass(frozen=True, slots=True)
class Blobs:
    """The folder of all files. A blob is the name of one: ``<job id>/<file id>``, never a name that a client chose."""

    root: Path

    def path(self, blob: str) -> Path:
        """The path of a blob."""
        return self.root / blob

    def place(self, job_id: str, file_id: str) -> str:
        """The blob of a new file, which is there from now on, empty, for its owner alone."""
        (self.root / job_id).mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self.root / job_id / file_id, os.O_WRONLY | os.O_CREAT, 0o600))
        return f"{job_id}/{file_id}"

    def workdir(self, job_id: str, name: str) -> Path:
        """An empty folder for a converter to work in."""
        folder = self.root / job_id / "work" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(mode=0o700)
        return folder

    def drop(self, blob: str) -> None:
        """Delete one blob."""
        if blob:
            self.path(blob).unlink(missing_ok=True)

    def drop_job(self, job_id: str) -> None:
        """Delete all files of a job."""
        shutil.rmtree(self.root / job_id, ignore_errors=True)

    def untouched_since(self, at: float) -> list[str]:
        """The ids of the jobs to whose folders nothing was added since ``at``."""
        folders = self.root.iterdir() if self.root.is_dir() else ()
        return [folder.name for folder in folders if folder.stat().st_mtime < at]

    def clear(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that has arrived, and the name its sender gave it."""

    blob: str
    size: int
    checksum: str
    filename: str


class Sink:
    """Writes a file as its bytes arrive, and computes its size and MD5; memory does not grow with the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._file: BinaryIO = path.open("wb")

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._file.write(data)
        self._md5.update(data)
        self.size += len(data)

    def close(self) -> str:
        """Close the file; returns its checksum."""
        self._file.close()
        return self._md5.hexdigest()

    def discard(self) -> None:
        """Close the file and delete it."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def checksum(path: Path) -> str:
    """The MD5 of a file, which the API calls its checksum."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def safe_name(name: str, fallback: str = "output") -> str:
    """A plain file name: no folders, no control characters, at most 200 bytes, never empty."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    cleaned = _UNSAFE.sub("_", last).strip(" .") if last.strip(" .") else ""
    stem, dot, suffix = cleaned.rpartition(".")
    room = 200 - len((dot + suffix).encode()) if stem else 200
    if room < 1:
        stem, dot, suffix, room = "", "", cleaned, 200
    kept = (stem or suffix).encode()[:room].decode(errors="ignore")
    return (f"{kept}{dot}{suffix}" if stem else kept) or fallback
