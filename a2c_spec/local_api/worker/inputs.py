"""Brings the inputs of a started job here, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from a2c_spec.local_api.jobs.model import Input, Job, with_input
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.worker.fetch import Fetched, FetchFailed, fetch
from a2c_spec.local_api.worker.steps import Superseded, Trouble, step, trouble


def gather(service: Service, job: Job) -> list[Trouble]:
    """Fetch what is not here yet; what could not be had."""
    troubles: list[Trouble] = []
    for entry in job.inputs:
        if entry.blob or (troubles and job.fail_on_input_error):
            continue
        found = _fetch_one(service, job, entry)
        troubles += [found] if found else []
    return troubles


def _fetch_one(service: Service, job: Job, entry: Input) -> Trouble | None:
    _put_input(service, job.id, entry.id, lambda now: replace(now, status="downloading"))
    try:
        fetched = fetch(service, job, entry)
    except FetchFailed as failure:
        _put_input(service, job.id, entry.id, lambda now: replace(now, status="failed"))
        return trouble("input", entry.id, failure.code, failure.message)
    metadata = service.converters.probe(service.blobs.path(fetched.blob), fetched.filename)
    _put_input(service, job.id, entry.id, lambda now: arrived(now, fetched, metadata))
    return None


def _put_input(service: Service, job_id: str, input_id: str, change: Callable[[Input], Input]) -> None:
    def rule(job: Job) -> Job:
        entry = job.input(input_id)
        if entry is None:
            raise Superseded
        return with_input(job, replace(change(entry), modified=service.clock.now()))

    step(service, job_id, rule)


def arrived(entry: Input, fetched: Fetched, metadata: Mapping[str, Any]) -> Input:
    """The input once its bytes are here."""
    details = {name: value for name, value in metadata.items() if name != "content_type" and value is not None}
    return replace(
        entry,
        blob=fetched.blob,
        size=fetched.size,
        checksum=fetched.checksum,
        filename=entry.suggested or fetched.filename,
        content_type=entry.content_type or str(metadata.get("content_type") or ""),
        metadata=details,
        status="ready",
    )
