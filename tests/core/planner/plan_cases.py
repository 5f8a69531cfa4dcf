"""Reads ``tests/cases/plans/*.yaml``: what is given (manifest, record, live, disk) and what is expected of the plan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Content, Conversion, Input, Job, Lifecycle, Output, Secret
from a2c_spec.core.live import LiveJob, parse_job
from a2c_spec.core.observed import Observed
from a2c_spec.core.patchable_fields import INPUT_SETTINGS
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import plan_job
from a2c_spec.core.prepare import DesiredJob, prepare
from a2c_spec.core.state import JobRecord, Phase, SavedFile
from tests.core.planner.situations import JOB_ID, fingerprint_secret, record_of

CASES = Path(__file__).parents[2] / "cases" / "plans"

LIVES: Mapping[str, tuple[Phase, str, bool]] = {
    "held": ("building", "incomplete", False),
    "waiting": ("building", "incomplete", True),
    "running": ("started", "processing", True),
    "completed": ("completed", "completed", True),
    "done": ("done", "completed", True),
    "failed": ("failed", "failed", True),
}
"""What a case calls the live job: our phase, the service's status, and the echo of ``process``."""


@dataclass(frozen=True, slots=True)
class Case:
    """One situation. ``given`` and ``expected`` are as the file has them."""

    name: str
    given: Mapping[str, Any]
    expected: Mapping[str, Any]

    @property
    def desired(self) -> DesiredJob:
        return _desired_job(self.given["manifest"])

    def change(self) -> Change:
        return plan_job(self.desired, self.record(), self.observed())

    def record(self) -> JobRecord | None:
        """What was applied before is ``recorded``; without it nothing is recorded. ``unshown`` are results that
        are recorded as gone."""
        if "recorded" not in self.given:
            return None
        phase = LIVES[self.given["live"]][0]
        record = record_of(_desired_job(self.given["recorded"]), phase)
        files = tuple(SavedFile(**row) for row in self.given.get("files", ()))
        told = {name: self.given[name] for name in ("job_id", "spent") if name in self.given}
        gone = (*self.given.get("lost", ()), *self.given.get("unshown", ()))
        return replace(record, files=files, problem=self.given.get("failure", ""), gone=gone, **told)

    def observed(self) -> Observed:
        gone, asked = self.given.get("gone", False), self.given.get("asked", "recorded" in self.given)
        return Observed(
            late=lambda late, _scope: late.text,
            live=self.live() if asked and not gone else None,
            gone=gone,
            disk=self.given.get("disk", {}),
        )

    def live(self) -> LiveJob:
        """The reply that a service gives of what was recorded, with what the case says it differs in."""
        _, status, process = LIVES[self.given["live"]]
        job = _desired_job(self.given["recorded"]).job
        body = {
            "id": JOB_ID,
            "status": {"code": self.given.get("status", status)},
            "process": process,
            "spent": self.given.get("spent", 0),
            "callback": job.fields.get("callback", ""),
            "input": [{"id": f"id-{item.id}", "type": item.type, "options": []} for item in job.inputs],
            "conversion": [_echo(item) for item in job.conversions],
            "output": [_output(row) for row in self.given.get("results", ())],
        }
        return parse_job(body | self.given.get("drift", {}))


def cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.yaml")):
        for row in yaml.safe_load(path.read_text()):
            yield Case(row["name"], row["given"], row["expected"])


def _echo(item: Conversion) -> dict[str, Any]:
    options = {"quality": None, "width": None, "download_password": None} | dict(item.options)
    return {
        "id": f"id-{item.id}",
        "target": item.target,
        "category": item.category or "image",
        "options": options,
        "metadata": dict(item.metadata) or [],
        "output_target": list(item.output_target),
    }


def _output(row: Mapping[str, Any]) -> dict[str, Any]:
    source = {"conversion": f"id-{row['conversion']}", "input": [f"id-{name}" for name in row.get("inputs", ())]}
    return {"id": row["id"], "source": source, "filename": row["filename"], "status": row.get("status", "enabled")}


def _desired_job(manifest: Mapping[str, Any]) -> DesiredJob:
    return prepare(_job(manifest), fingerprint_secret, PlannerOptions())


def _job(manifest: Mapping[str, Any]) -> Job:
    fields = dict(manifest.get("job", {}))
    if "download_passwords" in fields:
        fields["download_passwords"] = tuple(Secret(one) for one in fields["download_passwords"])
    return Job(
        "pack",
        fields.pop("process", True),
        fields,
        tuple(_input(row) for row in manifest.get("inputs", ())),
        tuple(_conversion(row) for row in manifest.get("conversions", ())),
        tuple(_result(row) for row in manifest.get("outputs", ())),
        Lifecycle(**manifest.get("lifecycle", {})),
    )


def _input(row: Mapping[str, Any]) -> Input:
    given: dict[str, Any] = dict(row)
    size = given.pop("size", 1000)
    words = given.pop("bytes", given.get("path", ""))
    given["settings"] = {name: given.pop(name) for name in INPUT_SETTINGS if name in given}
    if "decrypt_password" in given:
        given["decrypt_password"] = Secret(given["decrypt_password"])
    if "path" in given:
        sha256, md5 = (hashlib.new(name, words.encode()).hexdigest() for name in ("sha256", "md5"))
        return Input(type="upload", content=Content(size, sha256, md5), **given)
    return Input(type="remote", **given)


def _conversion(row: Mapping[str, Any]) -> Conversion:
    given = {"category": "image"} | dict(row)
    return Conversion(**given | {"output_target": tuple(given.get("output_target", ()))})


def _result(row: Mapping[str, Any]) -> Output:
    given = dict(row)
    if "download_password" in given:
        given["download_password"] = Secret(given["download_password"])
    return Output(conversion=given.pop("from"), **given)
