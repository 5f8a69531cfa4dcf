"""Where the bytes of an input come from, by the input's type."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from a2c_spec.local_api.jobs.model import Input, Job
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.vocabulary import CLOUD_FAILED
from a2c_spec.local_api.storage.address_rules import Unreachable
from a2c_spec.local_api.storage.blobs import checksum, safe_name
from a2c_spec.local_api.storage.location import StorageFailed
from a2c_spec.local_api.storage.targets import fetch_from, location
from a2c_spec.local_api.worker.browser import SUFFIXES, NoPicture, capture
from a2c_spec.local_api.worker.remote import NotFetched, get, require_reachable


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


def _from_cloud(service: Service, job: Job, entry: Input) -> Fetched:
    place = service.blobs.place(job.id, entry.id)
    path = service.blobs.path(place)
    try:
        where = location(entry.source, entry.parameters, entry.credentials)
        fetch_from(entry.source, where, path, service.settings)
    except StorageFailed as failure:
        path.unlink(missing_ok=True)
        raise FetchFailed(failure.code, failure.message) from failure
    return Fetched(place, path.stat().st_size, checksum(path), safe_name(where.parameters["file"]))


def _from_remote(service: Service, job: Job, entry: Input) -> Fetched:
    place = service.blobs.place(job.id, entry.id)
    path = service.blobs.path(place)
    local = service.settings.remote_files.get(entry.source)
    if local is not None and entry.engine not in SUFFIXES:
        shutil.copyfile(local, path)
        return Fetched(place, path.stat().st_size, checksum(path), safe_name(local.name))
    if entry.engine == "video":
        raise FetchFailed(CLOUD_FAILED, "Finding the video of a web page is not supported by this service.")
    try:
        if entry.engine in SUFFIXES:
            return _captured(service, entry, place)
        page = get(entry.source, path, service.settings)
    except (NotFetched, NoPicture, Unreachable) as failure:
        raise FetchFailed(getattr(failure, "code", CLOUD_FAILED), str(failure)) from failure
    return Fetched(place, page.size, page.checksum, page.filename)


def _captured(service: Service, entry: Input, place: str) -> Fetched:
    local = service.settings.remote_files.get(entry.source)
    url = local.resolve().as_uri() if local else entry.source
    if local is None:
        require_reachable(url, service.settings)
    path = service.blobs.path(place)
    capture(entry.engine, url, entry.options, path, service.settings.limits.fetch_seconds)
    stem = safe_name(urlsplit(entry.source).hostname or "page")
    return Fetched(place, path.stat().st_size, checksum(path), f"{stem}{SUFFIXES[entry.engine]}")


def _from_drive(_service: Service, _job: Job, _entry: Input) -> Fetched:
    raise FetchFailed(CLOUD_FAILED, "Files of Google Drive's picker cannot be fetched by this service.")


SOURCES: Mapping[str, Callable[[Service, Job, Input], Fetched]] = {
    "input_id": _from_input,
    "output": _from_output,
    "remote": _from_remote,
    "cloud": _from_cloud,
    "gdrive_picker": _from_drive,
}
