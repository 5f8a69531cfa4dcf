"""Carries out planned calls on the abstract API, and keeps the record as an apply does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, permutations, product
from typing import Any

from a2c_spec.core.calls import Call, Payload, Ref
from a2c_spec.core.live import LiveJob, parse_job
from a2c_spec.core.model import Secret
from a2c_spec.core.plan import Change
from a2c_spec.core.progress import absorb, rebind
from a2c_spec.core.state import JobRecord
from a2c_spec.core.wanted import Wanted
from tests.planner.api_model import (
    AddInputs,
    AddTasks,
    ApiJob,
    Arranged,
    Create,
    DeleteInput,
    DeleteJob,
    DeleteTask,
    Illegal,
    Live,
    Move,
    Pairs,
    PatchInput,
    PatchInputs,
    PatchJob,
    PatchTask,
    Source,
    Task,
    UploadBase64,
    UploadFile,
    after,
)
from tests.planner.situations import JOB_ID, conversion_id, echo, input_id

IDENTITIES = [f"{kind}{number}" for kind in "rsb" for number in range(1, 10)]
BY_DIGEST = {hashlib.sha256(identity.encode()).hexdigest(): identity for identity in IDENTITIES}

UNSET: Mapping[str, Any] = {
    "callback": "",
    "notify_status": False,
    "fail_on_input_error": True,
    "download_passwords": (),
}
"""What a job field is when nobody set it."""


@dataclass(frozen=True, slots=True)
class Service:
    """The abstract job with the ids its parts go by; ``made`` counts ids so that none is used twice."""

    job: Live = None
    job_id: str = ""
    inputs: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    made: int = 100


@dataclass(frozen=True, slots=True)
class Stand:
    """The service and our record of it, at one moment."""

    service: Service
    record: JobRecord


def service_of(job: Live) -> Service:
    """The service as `situations.given` describes it."""
    if job is None:
        return Service()
    inputs = tuple(input_id(place) for place in range(len(job.inputs)))
    return Service(job, JOB_ID, inputs, tuple(conversion_id(place) for place in range(len(job.tasks))))


# From call to move


def _input(body: Mapping[str, Any]) -> Source:
    if body["type"] != "remote" or set(body) - {"type", "source", "credentials"}:
        raise Illegal(f"no such inline input: {body}")
    identity = str(body["source"]).removeprefix("https://example.com/").removesuffix(".pdf")
    return Source(identity, _secret(body.get("credentials", {}).get("decrypt_password")))


def _secret(value: object) -> str:
    return value.reference.removeprefix("env:") if isinstance(value, Secret) else ""


def _payload(body: object) -> Source:
    if not isinstance(body, Payload):
        raise Illegal(f"nothing to upload: {body!r}")
    identity = BY_DIGEST[body.content.sha256]
    if body.path != f"files/{identity}.pdf":
        raise Illegal(f"{body.path} does not hold {identity}")
    return Source(identity, _secret(body.decrypt_password))


def _task(body: Mapping[str, Any]) -> Task:
    if set(body) - {"category", "target", "options", "metadata"}:
        raise Illegal(f"no such conversion: {body}")
    return Task(body["target"], frozenset(body.get("options", {}).items()), frozenset(body.get("metadata", {}).items()))


def _merged(before: Pairs, change: Mapping[str, Any]) -> Pairs:
    merged = dict(before) | dict(change)
    return frozenset((key, value) for key, value in merged.items() if value is not None)


def _fields(before: Pairs, body: Mapping[str, Any]) -> Pairs:
    fields = dict(before)
    words = {
        "callback": "callback",
        "notify_status": "notify",
        "fail_on_input_error": "lenient",
        "download_passwords": "opens",
    }
    for key, value in body.items():
        if key == "process":
            continue
        fields.pop(words[key], None)
        if value != UNSET[key]:
            fields[words[key]] = (
                _secret(value[0]) if isinstance(value, tuple) else value if key == "callback" else "yes"
            )
    return frozenset(fields.items())


def move_of(call: Call, service: Service, ids: Mapping[str, str]) -> Move:
    """The move a call is, on the service as it stands when the call arrives."""
    body: Any = call.body
    match call.kind:
        case "create_job":
            inputs = tuple(map(_input, body.get("input", ())))
            tasks = tuple(map(_task, body.get("conversion", ())))
            told = {key: value for key, value in body.items() if key not in ("input", "conversion")}
            return Create(inputs, tasks, _fields(frozenset(), told), body["process"])
        case "delete_job":
            _same_id(call.subject, service.job_id)
            return DeleteJob()
        case "upload_file":
            return UploadFile(_payload(body))
        case "upload_base64":
            return UploadBase64(tuple(map(_payload, body)))
        case "add_inputs":
            return AddInputs(tuple(map(_input, body)))
        case "add_conversions":
            return AddTasks(tuple(map(_task, body)))
    if service.job is None:
        raise Illegal("there is no job")
    return _edit_of(call, service, service.job, ids)


def _same_id(subject: object, job_id: str) -> None:
    if subject != job_id:
        raise Illegal(f"no job {subject}")


def _edit_of(call: Call, service: Service, job: ApiJob, ids: Mapping[str, str]) -> Move:
    body: Any = call.body
    match call.kind:
        case "patch_job":
            fields = _fields(job.fields, body)
            return PatchJob(fields if set(body) - {"process"} else None, body.get("process"))
        case "patch_inputs":
            return _arrangement(body, service, ids)
        case "patch_input":
            return PatchInput(
                _place(call.subject, service.inputs, ids), _secret(body["credentials"]["decrypt_password"])
            )
        case "patch_conversion":
            place = _place(call.subject, service.tasks, ids)
            before = job.tasks[place]
            options = _merged(before.options, body.get("options", {}))
            return PatchTask(place, options, _merged(before.metadata, body.get("metadata", {})))
        case "delete_input":
            return DeleteInput(_place(call.subject, service.inputs, ids))
        case "delete_conversion":
            return DeleteTask(_place(call.subject, service.tasks, ids))
    raise Illegal(f"no such call: {call.kind}")


def _place(subject: Ref | str, known: Sequence[str], ids: Mapping[str, str]) -> int:
    api_id = ids.get(subject.name, "") if isinstance(subject, Ref) else subject
    if api_id not in known:
        raise Illegal(f"no part {subject}")
    return known.index(api_id)


def _arrangement(body: Any, service: Service, ids: Mapping[str, str]) -> PatchInputs:
    rows = sorted(body, key=lambda row: row["options"]["position"])
    if [row["options"]["position"] for row in rows] != list(range(1, len(rows) + 1)):
        raise Illegal("positions are not a permutation")
    return PatchInputs(tuple(_arranged(row, service, ids) for row in rows))


def _arranged(row: Any, service: Service, ids: Mapping[str, str]) -> Arranged:
    options = row["options"]
    slide = f"{options['slide_duration']:g}" if "slide_duration" in options else ""
    return Arranged(_place(row["id"], service.inputs, ids), slide, options.get("resize_handling", ""))


# Carrying out


def send(stand: Stand, call: Call) -> Stand:
    """One call carried out; raises Illegal when it starts a job without saying so, or says so and does not."""
    service, record = stand.service, stand.record
    move = move_of(call, service, {name: element.api_id for name, element in record.elements.items()})
    job = after(service.job, move)
    runs = job is not None and job.phase == "started"
    if runs != call.starts:
        raise Illegal(f"{call.kind} starts the job: {runs}, as planned: {call.starts}")
    there, ids = _with_ids(service, job, call, move)
    if call.kind == "create_job":
        record = replace(record, elements={})
    return Stand(there, replace(absorb(record, call, ids), phase="started" if runs else "building"))


def _with_ids(service: Service, job: Live, call: Call, move: Move) -> tuple[Service, dict[str, str]]:
    """The service after the call, its new parts under new ids, and those ids by the names the call gave them."""
    if job is None:
        return Service(made=service.made), {}
    created = {name: f"id-{service.made + number}" for number, name in enumerate(call.creates)}
    new = [
        [api_id for name, api_id in created.items() if name.startswith(part)] for part in ("inputs.", "conversions.")
    ]
    match move:
        case DeleteInput(place):
            inputs, tasks = _less(service.inputs, place), service.tasks
        case DeleteTask(place):
            inputs, tasks = service.inputs, _less(service.tasks, place)
        case PatchInputs(order):
            inputs, tasks = tuple(service.inputs[entry.place] for entry in order), service.tasks
        case _:
            inputs, tasks = (*service.inputs, *new[0]), (*service.tasks, *new[1])
    if len(inputs) != len(job.inputs) or len(tasks) != len(job.tasks):
        raise Illegal(f"{call.kind} does not name what it creates")
    job_id = created.get("job", service.job_id)
    return Service(job, job_id, inputs, tasks, service.made + len(created)), created


def _less(ids: tuple[str, ...], place: int) -> tuple[str, ...]:
    return ids[:place] + ids[place + 1 :]


def begin(service: Service, record: JobRecord | None, want: Wanted, change: Change) -> Stand:
    """Before the first call: live parts are tied to desired ones, the recipe is noted."""
    known = record or JobRecord(want.job.address, "test")
    noted = replace(known, fingerprint=change.fingerprint, basis=change.basis) if change.calls else known
    return Stand(service, rebind(noted, want, change.bindings))


def carry_out(stand: Stand, calls: Sequence[Call]) -> Stand:
    for call in calls:
        stand = send(stand, call)
    return stand


def waves(calls: Sequence[Call]) -> list[tuple[Call, ...]]:
    """The calls, wave by wave."""
    ordered = sorted(calls, key=lambda call: call.wave)
    return [tuple(group) for _, group in groupby(ordered, key=lambda call: call.wave)]


def every_order(groups: Sequence[tuple[Call, ...]]) -> Iterator[tuple[Call, ...]]:
    """Every sequence in which the calls may arrive: those of one group in any order."""
    for choice in product(*(permutations(group) for group in groups)):
        yield tuple(call for group in choice for call in group)


# Reading back


def reply(service: Service, *, positions: bool = False, as_added: bool = False, status: str = "") -> LiveJob:
    """What GET says of the job: positions echoed or not, inputs in their order or as they were added."""
    if service.job is None:
        raise Illegal("there is no job")
    body = echo(service.job, service.job_id)
    for place, row in enumerate(body["input"]):
        row["id"] = service.inputs[place]
        row["options"] = dict(row["options"] or {}) | ({"position": place + 1} if positions else {})
    for place, row in enumerate(body["conversion"]):
        row["id"] = service.tasks[place]
    if as_added:
        body["input"].sort(
            key=lambda row: (len(row["id"]), row["id"]) if row["id"].startswith("id-") else (0, row["id"])
        )
    return parse_job(body | ({"status": {"code": status}} if status else {}))
