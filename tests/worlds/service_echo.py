"""How the other service describes what it keeps; every freedom that is not documented is taken as the switches say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.worlds.service_model import CATALOG, EVERYWHERE, Conversion, Input, Job, Output, Preset
from tests.worlds.switches import Switches

WORDS = {
    "guide": ("incomplete", "ready", "running"),
    "sdk": ("incomplete", "queued", "processing"),
}


INPUT_DEFAULTS = {"slide_duration": 5, "resize_handling": "keep_aspect_ratio"}


def stamp(seconds: float) -> str:
    """A time as the service writes it: no zone, no fraction."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class Echo:
    """Writes jobs and their parts as JSON values. ``base`` is the URL of the service, ``now`` gives its time."""

    def __init__(self, switches: Switches, base: str) -> None:
        self.switches = switches
        self.server = f"{base}/dl/web1"

    def status(self, job: Job) -> str:
        first, queued, running = WORDS[self.switches.words]
        if job.status == "draft":
            whole = job.inputs and job.conversions and not job.process
            return "ready" if whole and self.switches.staged == "ready" else first
        if job.status == "running":
            return queued if job.looks <= 1 and self.switches.polls > 1 else running
        return job.status

    def job(self, job: Job, now: float) -> dict[str, Any]:
        code = self.status(job)
        inputs = [self.input(job, one, n + 1) for n, one in enumerate(job.inputs)]
        conversions = [self.conversion(one) for one in job.conversions]
        outputs = [self.output(one, now) for one in job.outputs]
        return {
            "id": job.id,
            "token": job.token,
            "type": "job",
            "status": {"code": code, "info": f"The job is {code}."},
            "errors": job.errors,
            "warnings": job.warnings,
            "process": job.process,
            "fail_on_input_error": job.strict_inputs,
            "fail_on_conversion_error": job.strict_conversions,
            "conversion": conversions[::-1] if self.switches.conversions_reversed else conversions,
            "input": inputs[::-1] if self.switches.inputs_reversed else inputs,
            "output": outputs,
            "callback": job.flags.get("callback", ""),
            "notify_status": job.flags.get("notify_status", False),
            "server": self.server,
            "spent": job.spent,
            "created_at": stamp(job.created),
            "modified_at": stamp(max(job.created, job.started)),
        }

    def row(self, job: Job, now: float) -> dict[str, Any]:
        """A job as a list shows it."""
        row = self.job(job, now)
        return row | {"input": [], "conversion": []} if self.switches.bare_rows else row

    def _map(self, value: dict[str, Any]) -> dict[str, Any] | list[Any]:
        return [] if not value and self.switches.php_maps else value

    def input(self, job: Job, one: Input, position: int) -> dict[str, Any]:
        fetched = one.data is not None and (one.type == "upload" or job.status != "draft")
        known = fetched and (
            self.switches.checksums == "present" or (self.switches.checksums == "late" and job.status != "draft")
        )
        shown = INPUT_DEFAULTS if self.switches.input_defaults else {}
        options = {**shown, **one.settings} | ({"position": position} if self.switches.echo_positions else {})
        return {
            "id": one.id,
            "type": one.type,
            "source": one.source,
            "filename": one.filename if fetched or one.type == "upload" else "",
            "size": len(one.data or b"") if fetched else 0,
            "hash": one.md5 if known else "",
            "checksum": one.md5 if known else "",
            "content_type": one.content_type,
            "engine": one.engine,
            "options": self._map(options),
            "created_at": stamp(one.added),
            "modified_at": stamp(one.added),
            "credentials": {},
            "parameters": self._map({}),
            "metadata": {},
        }

    def conversion(self, one: Conversion) -> dict[str, Any]:
        options = dict(one.options)
        if self.switches.expanded:
            every = CATALOG[one.category, one.target] | EVERYWHERE
            options |= {
                name: (kind == "boolean" and False) or None for name, kind in every.items() if name not in options
            }
        return {
            "id": one.id,
            "target": one.target,
            "category": one.category,
            "options": self._map(options),
            "metadata": self._map(dict(one.metadata)),
            "output_target": [],
        }

    def output(self, one: Output, now: float) -> dict[str, Any]:
        gone = now - one.made > self.switches.outputs_last
        used_up = one.downloads >= self.switches.downloads
        status = "disabled" if one.deleted else "expired" if gone else "overuse" if used_up else "enabled"
        if self.switches.gone_says_enabled and not used_up:  # that would be told for as long as results are kept
            status = "enabled"
        checksum = "" if self.switches.checksums == "missing" else _md5(one.data)
        return {
            "id": one.id,
            "source": {"conversion": one.conversion, "input": one.inputs},
            "filename": one.filename,
            "uri": f"{self.server}/download-file/{one.id}/{one.filename}",
            "size": len(one.data),
            "status": status,
            "content_type": "application/octet-stream",
            "downloads_counter": one.downloads,
            "checksum": checksum,
            "created_at": stamp(one.made),
        }

    def preset(self, one: Preset) -> dict[str, Any]:
        return {
            "id": one.id,
            "name": one.name,
            "target": one.target,
            "category": one.category,
            "scope": one.scope,
            "options": self._map(dict(one.options)),
        }

    def upload(self, job: Job, one: Input) -> dict[str, Any]:
        """The answer to an upload, in either of the shapes that are known."""
        if self.switches.upload_reply == "input":
            return self.input(job, one, len(job.inputs))
        return {"id": {"job": job.id, "input": one.id}, "completed": True, "metadata": {}}


def _md5(data: bytes) -> str:
    import hashlib

    return hashlib.md5(data, usedforsecurity=False).hexdigest()
