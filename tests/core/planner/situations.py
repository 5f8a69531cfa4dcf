"""Turns states of the abstract API into what the planner is given: a desired job, a record, a live reply."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Content, Conversion, Input, Job, Secret, Value
from a2c_spec.core.live import LiveJob, parse_job
from a2c_spec.core.observed import Observed
from a2c_spec.core.prepare import DesiredJob, prepare
from a2c_spec.core.state import Element, JobRecord, Phase
from tests.core.planner.api_words import SIZES, ApiJob, Pairs, Source, Task, Wish

NAMES = ("a", "b", "c", "d", "e", "f")
"""Manifest ids by place: what stands first is ``a`` before and after, whatever it is."""

KINDS = {"r": "remote", "s": "upload", "b": "upload"}

JOB_ID = "job-1"

ECHOED_OPTIONS: Mapping[str, Any] = {"quality": None, "width": None, "normalize": False, "download_password": None}
"""How the service fills up the options nobody sent."""


def fingerprint_secret(secret: Secret | str) -> str:
    """A mark as the secrets file makes them: the reference, and a digest of the value it stands for."""
    reference = secret.reference if isinstance(secret, Secret) else "inline"
    return f"{reference}#{hashlib.sha256(repr(secret).encode()).hexdigest()[:8]}"


@cache
def content(identity: str) -> Content:
    digests = (hashlib.new(name, identity.encode()).hexdigest() for name in ("sha256", "md5"))
    return Content(SIZES[identity[0]], *digests)


def desired_input(name: str, source: Source) -> Input:
    remote = source.inline
    return Input(
        id=name,
        type=KINDS[source.identity[0]],
        source=f"https://example.com/{source.identity}.pdf" if remote else "",
        path="" if remote else f"files/{source.identity}.pdf",
        content=None if remote else content(source.identity),
        decrypt_password=Secret(f"env:{source.password}") if source.password else None,
        settings=({"slide_duration": float(source.slide)} if source.slide else {})
        | ({"resize_handling": source.resize} if source.resize else {}),
    )


def desired_conversion(name: str, task: Task) -> Conversion:
    options: dict[str, Value] = dict(task.options)
    metadata: dict[str, Value] = dict(task.metadata)
    return Conversion(name, task.target, "image", options, metadata)


def desired_fields(fields: Pairs) -> Mapping[str, Value]:
    """``opens`` stands for the secret download passwords, ``lenient`` for fail_on_input_error false."""
    given = dict(fields)
    managed: dict[str, Value] = {"callback": given["callback"]} if "callback" in given else {}
    managed |= {"fail_on_input_error": False} if "lenient" in given else {}
    managed |= {"notify_status": given["notify"] == "yes"} if "notify" in given else {}
    managed |= {"download_passwords": (Secret(f"env:{given['opens']}"),)} if "opens" in given else {}
    return managed


@lru_cache(20_000)
def desired_job(wish: Wish, names: tuple[str, ...] = NAMES) -> DesiredJob:
    """The desired job, prepared."""
    job = Job(
        "job",
        wish.start,
        desired_fields(wish.fields),
        tuple(desired_input(name, source) for name, source in zip(names, wish.inputs, strict=False)),
        tuple(desired_conversion(name, task) for name, task in zip(names, wish.tasks, strict=False)),
    )
    return prepare(job, fingerprint_secret, PlannerOptions())


@dataclass(frozen=True, slots=True)
class Given:
    """A job on the service as we recorded it, and as the service describes it."""

    record: JobRecord
    live: LiveJob

    @property
    def observed(self) -> Observed:
        return Observed(late=lambda late, _scope: late.text, live=self.live)


def record_of(
    desired: DesiredJob, phase: Phase, inputs: Sequence[str] = (), conversions: Sequence[str] = ()
) -> JobRecord:
    """What is recorded of a job that was built as wanted; parts go by these API ids, or by their names. The service
    showed no settings of inputs but those that were sent."""
    elements = {"job": Element(JOB_ID, desired.sent_fields)}
    for item, api_id in zip(
        desired.job.inputs, inputs or [f"id-{item.id}" for item in desired.job.inputs], strict=True
    ):
        elements[f"inputs.{item.id}"] = Element(api_id, desired.sent_input(item), {"settings": {}})
    made = desired.job.conversions
    for conversion, api_id in zip(made, conversions or [f"id-{item.id}" for item in made], strict=True):
        elements[f"conversions.{conversion.id}"] = Element(api_id, desired.sent_conversion(conversion))
    return JobRecord(
        desired.job.address,
        "test",
        phase,
        JOB_ID,
        fingerprint=desired.fingerprint,
        basis=desired.basis,
        elements=elements,
    )


def input_id(place: int) -> str:
    return f"input-{place}"


def conversion_id(place: int) -> str:
    return f"conversion-{place}"


@lru_cache(20_000)
def given(job: ApiJob, *, names: tuple[str, ...] = NAMES) -> Given:
    """The record that building this job left behind, and a plain echo of it."""
    return Given(record(job, names=names), parse_job(echo(job)))


def record(job: ApiJob, *, names: tuple[str, ...] = NAMES) -> JobRecord:
    desired = desired_job(Wish(job.phase != "held", job.inputs, job.tasks, job.fields), names=names)
    inputs = [input_id(place) for place in range(len(job.inputs))]
    conversions = [conversion_id(place) for place in range(len(job.tasks))]
    return record_of(desired, "started" if job.phase == "started" else "building", inputs, conversions)


def echo(job: ApiJob, job_id: str = JOB_ID) -> dict[str, Any]:
    """The reply to GET: options expanded, ``[]`` for empty objects, no positions, no secret."""
    fields = dict(job.fields)
    return {
        "id": job_id,
        "status": {"code": "processing" if job.phase == "started" else "incomplete"},
        "process": job.phase != "held",
        "fail_on_input_error": "lenient" not in fields,
        "fail_on_conversion_error": True,
        "callback": fields.get("callback", ""),
        "notify_status": fields.get("notify") == "yes",
        "input": [echoed_input(place, source) for place, source in enumerate(job.inputs)],
        "conversion": [echoed_conversion(place, task) for place, task in enumerate(job.tasks)],
    }


def echoed_input(place: int, source: Source) -> dict[str, Any]:
    item = desired_input("x", source)
    settings = dict(item.settings)
    return {
        "id": input_id(place),
        "type": item.type,
        "source": item.source,
        "filename": item.path.rsplit("/", 1)[-1],
        "size": SIZES[source.identity[0]],
        "checksum": item.content.md5 if item.content else "",
        "options": {key: value for key, value in settings.items() if value is not None} or [],
        "parameters": [],
        "credentials": [],
    }


def echoed_conversion(place: int, task: Task) -> dict[str, Any]:
    return {
        "id": conversion_id(place),
        "target": task.target,
        "category": "image",
        "options": dict(task.options)
        | {key: ECHOED_OPTIONS[key] for key in ECHOED_OPTIONS if key not in dict(task.options)},
        "metadata": dict(task.metadata) or [],
        "output_target": [],
    }
