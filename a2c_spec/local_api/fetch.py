"""Where the bytes of an input come from, by the input's type."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from a2c_spec.local_api.blobs import safe_name
from a2c_spec.local_api.model import Input, Job
from a2c_spec.local_api.service import Service
from a2c_spec.local_api.vocabulary import CLOUD_FAILED


class FetchFailed(Exception):
    """The input cannot be had; ``code`` is what the job's errors will say."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Fetched:
    """Bytes that arrived."""

    blob: str
    size: int
    checksum: str
    filename: str


def fetch(service: Service, job: Job, entry: Input) -> Fetched:
    """Get the bytes of one input, or raise FetchFailed."""
    source = SOURCES.get(entry.type)
    if source is None:
        raise FetchFailed(CLOUD_FAILED, f"Inputs of type {entry.type} cannot be fetched by this service.")
    return source(service, job, entry)


def _from_input(service: Service, job: Job, entry: Input) -> Fetched:
    owner = service.store.job_of_file("input", entry.source)
    found = owner.input(entry.source) if owner and owner.owner == job.owner else None
    if found is None or not found.blob:
        raise FetchFailed(404, "There is no such input, or its file is not here any more.")
    return _copied(service, job, entry, found.blob, Fetched("", found.size, found.checksum, found.filename))


def _from_output(service: Service, job: Job, entry: Input) -> Fetched:
    owner = service.store.job_of_file("output", entry.source)
    found = owner.output(entry.source) if owner and owner.owner == job.owner else None
    if found is None:
        raise FetchFailed(404, "There is no such output, or its file is not here any more.")
    return _copied(service, job, entry, found.blob, Fetched("", found.size, found.checksum, found.filename))


def _copied(service: Service, job: Job, entry: Input, blob: str, known: Fetched) -> Fetched:
    place = service.blobs.place(job.id, entry.id)
    try:
        link_or_copy(service.blobs.path(blob), service.blobs.path(place))
    except FileNotFoundError:
        raise FetchFailed(404, "The file is not here any more.") from None
    return Fetched(place, known.size, known.checksum, safe_name(known.filename))


def link_or_copy(source: Path, target: Path) -> None:
    """The same bytes under another name, without copying them where the file system allows."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


SOURCES: Mapping[str, Callable[[Service, Job, Input], Fetched]] = {
    "input_id": _from_input,
    "output": _from_output,
}
