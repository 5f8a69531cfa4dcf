"""Carries out planned calls on the abstract API, and keeps the record as an apply does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, permutations, product
from typing import Any

from a2c_spec.core.calls import Call
from a2c_spec.core.live import LiveJob, parse_job
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import rebind
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.state import Element, Intent, JobRecord
from a2c_spec.core.transitions import apply_response, created, intended, started
from tests.core.planner.api_model import after
from tests.core.planner.api_words import DeleteInput, DeleteTask, Illegal, Live, Move, PatchInputs
from tests.core.planner.call_meaning import Service, move_of
from tests.core.planner.situations import JOB_ID, conversion_id, echo, input_id


@dataclass(frozen=True, slots=True)
class Stand:
    """The service and our record of it, at one moment, and the recipe that is being applied."""

    service: Service
    record: JobRecord
    fingerprint: str = ""
    basis: Mapping[str, Any] = field(default_factory=dict)


def service_of(job: Live) -> Service:
    """The service as `situations.given` describes it."""
    if job is None:
        return Service()
    inputs = tuple(input_id(place) for place in range(len(job.inputs)))
    return Service(job, JOB_ID, inputs, tuple(conversion_id(place) for place in range(len(job.tasks))))


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
        sent = {effect.name: Element("", effect.sent or {}) for effect in call.effects}
        record = intended(record, Intent(("create_job",), runs, True, stand.fingerprint, stand.basis, sent))
        record = created(record, LiveJob(ids["job"], ""), ids, starts=runs, now=0.0)
    else:
        record = apply_response(record, call, ids)
    if call.starts:
        record = started(record, stand.fingerprint, stand.basis)
    return replace(stand, service=there, record=record)


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


def begin(service: Service, record: JobRecord | None, desired: DesiredJob, change: Change) -> Stand:
    """Before the first call: live parts are tied to desired ones."""
    known = record or JobRecord(desired.job.address, "test")
    return Stand(service, rebind(known, desired, change.bindings), change.fingerprint, change.basis)


def carry_out(stand: Stand, calls: Sequence[Call]) -> Stand:
    for call in calls:
        stand = send(stand, call)
    return stand


def steps(calls: Sequence[Call]) -> list[tuple[Call, ...]]:
    """The calls, wave by wave."""
    ordered = sorted(calls, key=lambda call: call.step)
    return [tuple(group) for _, group in groupby(ordered, key=lambda call: call.step)]


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
