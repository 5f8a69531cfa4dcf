"""Fetches the inputs of a started job; ``FETCHERS`` has one function for each type of input."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from a2c_spec.local_api.jobs.additions import with_file
from a2c_spec.local_api.jobs.model import Input, Job, with_input
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.storage.blobs import StoredFile, checksum, safe_name
from a2c_spec.local_api.storage.targets import fetch_from, location
from a2c_spec.local_api.storage.transfer import TransferFailed
from a2c_spec.local_api.worker.browser import SUFFIXES, capture
from a2c_spec.local_api.worker.remote import download, require_reachable
from a2c_spec.local_api.worker.steps import Message, Superseded, message, step


def fetch_inputs(service: Service, job: Job) -> list[Message]:
    """Fetch every input that is not here yet, one after the other; returns the errors."""
    errors: list[Message] = []
    for entry in job.inputs:
        if entry.blob or (errors and job.fail_on_input_error):
            continue
        error = _fetch_input(service, job, entry)
        errors += [error] if error else []
    return errors


def _fetch_input(service: Service, job: Job, entry: Input) -> Message | None:
    _change_input(service, job.id, entry.id, lambda now: replace(now, status="downloading"))
    try:
        file = _fetch(service, job, entry)
    except TransferFailed as failure:
        _change_input(service, job.id, entry.id, lambda now: replace(now, status="failed"))
        return message("input", entry.id, failure.code, failure.message)
    metadata = service.converters.probe(service.blobs.path(file.blob), file.filename)
    _change_input(service, job.id, entry.id, lambda now: with_file(now, file, metadata))
    return None


def _change_input(service: Service, job_id: str, input_id: str, change: Callable[[Input], Input]) -> None:
    def rule(job: Job) -> Job:
        entry = job.input(input_id)
        if entry is None:
            raise Superseded
        return with_input(job, replace(change(entry), modified=service.clock.now()))

    step(service, job_id, rule)


def _fetch(service: Service, job: Job, entry: Input) -> StoredFile:
    fetcher = FETCHERS.get(entry.type)
    if fetcher is None:
        raise TransferFailed(f"Inputs of type {entry.type} cannot be fetched by this service.")
    return fetcher(service, job, entry)


def _from_input(service: Service, job: Job, entry: Input) -> StoredFile:
    owner = service.store.job_of_file("input", entry.source)
    found = owner.input(entry.source) if owner and owner.owner == job.owner else None
    if found is None or not found.blob:
        raise TransferFailed("There is no such input, or its file no longer exists.", 404)
    return _copied(service, job, entry, StoredFile(found.blob, found.size, found.checksum, found.filename))


def _from_output(service: Service, job: Job, entry: Input) -> StoredFile:
    owner = service.store.job_of_file("output", entry.source)
    found = owner.output(entry.source) if owner and owner.owner == job.owner else None
    if found is None:
        raise TransferFailed("There is no such output, or its file no longer exists.", 404)
    return _copied(service, job, entry, StoredFile(found.blob, found.size, found.checksum, found.filename))


def _copied(service: Service, job: Job, entry: Input, file: StoredFile) -> StoredFile:
    blob = service.blobs.place(job.id, entry.id)
    try:
        _link_or_copy(service.blobs.path(file.blob), service.blobs.path(blob))
    except FileNotFoundError:
        raise TransferFailed("The file no longer exists.", 404) from None
    return replace(file, blob=blob, filename=safe_name(file.filename))


def _link_or_copy(source: Path, target: Path) -> None:
    """Give the bytes of ``source`` a second name; they are copied only where the file system has no hard links."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


def _from_cloud(service: Service, job: Job, entry: Input) -> StoredFile:
    blob = service.blobs.place(job.id, entry.id)
    path = service.blobs.path(blob)
    try:
        place = location(entry.source, entry.parameters, entry.credentials)
        fetch_from(entry.source, place, path, service.settings)
    except TransferFailed:
        path.unlink(missing_ok=True)
        raise
    return StoredFile(blob, path.stat().st_size, checksum(path), safe_name(place.parameters["file"]))


def _from_remote(service: Service, job: Job, entry: Input) -> StoredFile:
    blob = service.blobs.place(job.id, entry.id)
    path = service.blobs.path(blob)
    local = service.settings.remote_files.get(entry.source)
    if local is not None and entry.engine not in SUFFIXES:
        shutil.copyfile(local, path)
        return StoredFile(blob, path.stat().st_size, checksum(path), safe_name(local.name))
    if entry.engine == "video":
        raise TransferFailed("Finding the video of a web page is not supported by this service.")
    if entry.engine in SUFFIXES:
        return _captured(service, entry, blob)
    page = download(entry.source, path, service.settings)
    return StoredFile(blob, page.size, page.checksum, page.filename)


def _captured(service: Service, entry: Input, blob: str) -> StoredFile:
    """A web page as the browser shows it: a picture, a PDF, or its HTML."""
    local = service.settings.remote_files.get(entry.source)
    url = local.resolve().as_uri() if local else entry.source
    if local is None:
        require_reachable(url, service.settings)
    path = service.blobs.path(blob)
    capture(entry.engine, url, entry.options, path, service.settings)
    stem = safe_name(urlsplit(entry.source).hostname or "page")
    return StoredFile(blob, path.stat().st_size, checksum(path), f"{stem}{SUFFIXES[entry.engine]}")


def _from_google_drive(_service: Service, _job: Job, _entry: Input) -> StoredFile:
    raise TransferFailed("Files of Google Drive's picker cannot be fetched by this service.")


FETCHERS: Mapping[str, Callable[[Service, Job, Input], StoredFile]] = {
    "input_id": _from_input,
    "output": _from_output,
    "remote": _from_remote,
    "cloud": _from_cloud,
    "gdrive_picker": _from_google_drive,
}
