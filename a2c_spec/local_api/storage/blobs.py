"""The files of inputs and outputs: they lie in one folder, are written once, and are named by the service alone."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO

from a2c_spec.local_api.storage.private_folder import NotPrivate

CHUNK = 256 * 1024
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,199}")
"""A name that we give; a store that somebody else wrote may say anything."""
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Blobs:
    """The folder of all files. A blob is the name of one: ``<job id>/<file id>``, never a name that a client chose.

    NotPrivate for any other name, and where a link stands on the way: it would lead to files of others.
    """

    root: Path

    def path(self, blob: str) -> Path:
        """The path of a blob; of none it is the folder of all."""
        if not blob:
            return self.root
        job_id, _, file_id = blob.partition("/")
        return _plain(self._folder(job_id), file_id, S_ISREG)

    def _folder(self, job_id: str) -> Path:
        return _plain(self.root, job_id, S_ISDIR)

    def place(self, job_id: str, file_id: str) -> str:
        """The blob of a new file, which is there from now on, empty, for its owner alone."""
        self._folder(job_id).mkdir(parents=True, exist_ok=True, mode=0o700)
        blob = f"{job_id}/{file_id}"
        os.close(os.open(self.path(blob), os.O_WRONLY | os.O_CREAT | _NO_LINK, 0o600))
        return blob

    def workdir(self, job_id: str, name: str) -> Path:
        """An empty folder for a converter to work in."""
        above = _plain(self._folder(job_id), "work", S_ISDIR)
        folder = _plain(above, name, S_ISDIR)
        shutil.rmtree(folder, ignore_errors=True)
        above.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(mode=0o700)
        return folder

    def drop(self, blob: str) -> None:
        """Delete one blob."""
        if blob:
            self.path(blob).unlink(missing_ok=True)

    def drop_job(self, job_id: str) -> None:
        """Delete all files of a job."""
        shutil.rmtree(self._folder(job_id), ignore_errors=True)

    def untouched_since(self, at: float) -> list[str]:
        """The ids of the jobs to whose folders nothing was added since ``at``."""
        folders = [one for one in self.root.iterdir() if _NAME.fullmatch(one.name)] if self.root.is_dir() else ()
        return [folder.name for folder in folders if folder.lstat().st_mtime < at]

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
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_LINK
        self._file: BinaryIO = open(os.open(path, flags, 0o600), "wb")  # noqa: PTH123, SIM115 - a descriptor

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


def _plain(folder: Path, name: str, kind: Callable[[int], bool]) -> Path:
    """What has a name in a folder, or would have it."""
    path = folder / name
    if not _NAME.fullmatch(name):
        raise NotPrivate(errno.EINVAL, f"{name!r} is no name of a file of this service", str(folder))
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return path
    if not kind(mode):
        raise NotPrivate(errno.ELOOP, f"{path} is a link, or what else this service did not make; remove it", str(path))
    return path


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
