"""The JSON of jobs and their parts, exactly as the real API writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from a2c_spec.local_api.jobs.catalog import Catalog
from a2c_spec.local_api.jobs.model import Conversion, Input, Job, Output
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.visible_status import VisibleStatus
from a2c_spec.local_api.jobs.vocabulary import STATUSES, code_of
from a2c_spec.local_api.settings import Settings


def timestamp(at: float) -> str:
    """A point in time as the API writes it: no fraction, no time zone."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def status(code: str) -> dict[str, str]:
    """A status with its text."""
    return {"code": code, "info": STATUSES.get(code, "")}


@dataclass(frozen=True, slots=True)
class Wire:
    """Makes the JSON of one answer: ``base`` is the URL of this service, ``now`` decides which outputs have expired."""

    settings: Settings
    catalog: Catalog
    base: str
    now: float

    def job(self, job: Job, visible: VisibleStatus) -> dict[str, Any]:
        """A whole job."""
        body: dict[str, Any] = {
            "id": job.id,
            "token": job.token,
            "type": "job",
            "status": status(self.code(job, visible)),
            "errors": list(job.errors) if visible.done else [],
            "warnings": list(job.warnings) if visible.done else [],
            "process": job.process,
            "fail_on_input_error": job.fail_on_input_error,
            "fail_on_conversion_error": job.fail_on_conversion_error,
            "conversion": [self.conversion(entry) for entry in job.conversions],
            "input": self.inputs(job),
            "output": self.outputs(job, visible),
            "callback": job.callback,
            "notify_status": job.notify_status,
            "server": self.server(job),
            "spent": job.spent if visible.done else 0,
            "created_at": timestamp(job.created),
            "modified_at": timestamp(job.modified),
        }
        return body if job.limits is None else {**body, "limits": job.limits}

    def code(self, job: Job, visible: VisibleStatus) -> str:
        """The status code; a complete job that is not to run yet has the one that the settings say."""
        unknowns = self.settings.unknowns
        if job.editable and job.inputs and job.conversions and not job.process:
            return unknowns.staged_status
        return code_of(visible.phase, unknowns.vocabulary)

    def inputs(self, job: Job) -> list[dict[str, Any]]:
        """All inputs of a job."""
        by_position = self.settings.unknowns.inputs_listed == "position"
        return [self.input(entry) for entry in (job.in_order() if by_position else job.inputs)]

    def input(self, entry: Input) -> dict[str, Any]:
        """One input; an empty parameters map is an array, credentials are never visible."""
        body: dict[str, Any] = {
            "id": entry.id,
            "type": entry.type,
            "source": entry.source,
            "filename": entry.filename,
            "size": entry.size,
            "hash": entry.checksum,
            "checksum": entry.checksum,
            "content_type": entry.content_type,
            "created_at": timestamp(entry.created),
            "modified_at": timestamp(entry.modified),
            "parameters": dict(entry.parameters) or [],
            "metadata": entry.metadata,
        }
        extras = {"engine": entry.engine, "status": entry.status, "options": self._options(entry)}
        body.update({name: value for name, value in extras.items() if value})
        return {**body, "credentials": {}} if entry.credentials or entry.type == "cloud" else body

    def _options(self, entry: Input) -> dict[str, Any]:
        options = dict(entry.options)
        if "position" in options:
            del options["position"]
            if self.settings.unknowns.position_echoed:
                options["position"] = entry.position
        return options

    def conversion(self, entry: Conversion) -> dict[str, Any]:
        """One conversion; its options are complete with their defaults."""
        return {
            "id": entry.id,
            "target": entry.target,
            "category": entry.category,
            "options": self.catalog.expand(entry.target, entry.category, entry.options),
            "metadata": entry.metadata,
            "output_target": [_target(target) for target in entry.output_target],
        }

    def outputs(self, job: Job, visible: VisibleStatus) -> list[dict[str, Any]]:
        """The outputs of a job; none before it is finished."""
        return [self.output(job, entry) for entry in job.outputs if not entry.deleted] if visible.done else []

    def output(self, job: Job, entry: Output) -> dict[str, Any]:
        """One output."""
        return {
            "id": entry.id,
            "source": {"conversion": entry.conversion, "input": list(entry.inputs)},
            "filename": entry.filename,
            "uri": f"{self.server(job)}/download-file/{entry.id}/{quote(entry.filename, safe='')}",
            "size": entry.size,
            "status": self.availability(entry),
            "content_type": entry.content_type,
            "downloads_counter": entry.downloads,
            "checksum": entry.checksum,
            "created_at": timestamp(entry.created),
            "metadata": entry.metadata,
        }

    def availability(self, entry: Output) -> str:
        """``enabled``, or why the output can no longer be downloaded: disabled, expired or overuse."""
        limits = self.settings.limits
        if entry.deleted:
            return "disabled"
        if entry.expired or self.now >= entry.created + limits.output_lifetime:
            return "expired"
        return "overuse" if entry.downloads >= limits.downloads else "enabled"

    def server(self, job: Job) -> str:
        """The base URL of the job's uploads and downloads."""
        return f"{self.base or job.base}/v2/dl/web{job.web}"


def wire_for(service: Service, base: str) -> Wire:
    """Makes the JSON for a client that uses ``base`` as the URL of this service."""
    return Wire(service.settings, service.catalog, service.settings.base_url.rstrip("/") or base, service.clock.now())


def _target(target: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": target["type"],
        "parameters": target["parameters"] or [],
        "credentials": {},
        "status": target["status"],
    }
