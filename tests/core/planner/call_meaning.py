"""What a planned call is on the abstract API: its body and ids read back as a move."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from a2c_spec.core.calls import Call, Payload, Ref
from a2c_spec.core.desired import Secret
from tests.core.planner import api_words as api

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

    job: api.Live = None
    job_id: str = ""
    inputs: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    made: int = 100


def _input(body: Mapping[str, Any]) -> api.Source:
    if body["type"] != "remote" or set(body) - {"type", "source", "credentials"}:
        raise api.Illegal(f"no such inline input: {body}")
    identity = str(body["source"]).removeprefix("https://example.com/").removesuffix(".pdf")
    return api.Source(identity, _secret(body.get("credentials", {}).get("decrypt_password")))


def _secret(value: object) -> str:
    return value.reference.removeprefix("env:") if isinstance(value, Secret) else ""


def _payload(body: object) -> api.Source:
    if not isinstance(body, Payload):
        raise api.Illegal(f"nothing to upload: {body!r}")
    identity = BY_DIGEST[body.content.sha256]
    if body.path != f"files/{identity}.pdf":
        raise api.Illegal(f"{body.path} does not hold {identity}")
    return api.Source(identity, _secret(body.decrypt_password))


def _task(body: Mapping[str, Any]) -> api.Task:
    if set(body) - {"category", "target", "options", "metadata"}:
        raise api.Illegal(f"no such conversion: {body}")
    return api.Task(
        body["target"], frozenset(body.get("options", {}).items()), frozenset(body.get("metadata", {}).items())
    )


def _merged(before: api.Pairs, change: Mapping[str, Any]) -> api.Pairs:
    merged = dict(before) | dict(change)
    return frozenset((key, value) for key, value in merged.items() if value is not None)


def _fields(before: api.Pairs, body: Mapping[str, Any]) -> api.Pairs:
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


def move_of(call: Call, service: Service, ids: Mapping[str, str]) -> api.Move:
    """The move a call is, on the service as it stands when the call arrives."""
    body: Any = call.body
    match call.kind:
        case "create_job":
            inputs = tuple(map(_input, body.get("input", ())))
            tasks = tuple(map(_task, body.get("conversion", ())))
            told = {key: value for key, value in body.items() if key not in ("input", "conversion")}
            return api.Create(inputs, tasks, _fields(frozenset(), told), body["process"])
        case "delete_job":
            _same_id(call.subject, service.job_id)
            return api.DeleteJob()
        case "upload_file":
            return api.UploadFile(_payload(body))
        case "upload_base64":
            return api.UploadBase64(tuple(map(_payload, body)))
        case "add_inputs":
            return api.AddInputs(tuple(map(_input, body)))
        case "add_conversions":
            return api.AddTasks(tuple(map(_task, body)))
    if service.job is None:
        raise api.Illegal("there is no job")
    return _edit_of(call, service, service.job, ids)


def _same_id(subject: object, job_id: str) -> None:
    if subject != job_id:
        raise api.Illegal(f"no job {subject}")


def _edit_of(call: Call, service: Service, job: api.ApiJob, ids: Mapping[str, str]) -> api.Move:
    body: Any = call.body
    match call.kind:
        case "patch_job":
            fields = _fields(job.fields, body)
            return api.PatchJob(fields if set(body) - {"process"} else None, body.get("process"))
        case "patch_inputs":
            return _arrangement(body, service, ids)
        case "patch_input":
            return api.PatchInput(
                _place(call.subject, service.inputs, ids), _secret(body["credentials"]["decrypt_password"])
            )
        case "patch_conversion":
            place = _place(call.subject, service.tasks, ids)
            before = job.tasks[place]
            options = _merged(before.options, body.get("options", {}))
            return api.PatchTask(place, options, _merged(before.metadata, body.get("metadata", {})))
        case "delete_input":
            return api.DeleteInput(_place(call.subject, service.inputs, ids))
        case "delete_conversion":
            return api.DeleteTask(_place(call.subject, service.tasks, ids))
    raise api.Illegal(f"no such call: {call.kind}")


def _place(subject: Ref | str, known: Sequence[str], ids: Mapping[str, str]) -> int:
    api_id = ids.get(subject.name, "") if isinstance(subject, Ref) else subject
    if api_id not in known:
        raise api.Illegal(f"no part {subject}")
    return known.index(api_id)


def _arrangement(body: Any, service: Service, ids: Mapping[str, str]) -> api.PatchInputs:
    rows = sorted(body, key=lambda row: row["options"]["position"])
    if [row["options"]["position"] for row in rows] != list(range(1, len(rows) + 1)):
        raise api.Illegal("positions are not a permutation")
    return api.PatchInputs(tuple(_arranged(row, service, ids) for row in rows))


def _arranged(row: Any, service: Service, ids: Mapping[str, str]) -> api.Arranged:
    options = row["options"]
    slide = f"{options['slide_duration']:g}" if "slide_duration" in options else ""
    return api.Arranged(_place(row["id"], service.inputs, ids), slide, options.get("resize_handling", ""))
