"""The rules for changing a job. Each function returns the changed job, or raises a refusal when it is not allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from a2c_spec.local_api.jobs.drafts import Problems, check_input_options, require_parts
from a2c_spec.local_api.jobs.model import Conversion, Input, Job, Output, with_conversion
from a2c_spec.local_api.jobs.refusals import conflict, invalid, not_found
from a2c_spec.local_api.jobs.secret_values import digested, without_secrets
from a2c_spec.local_api.jobs.vocabulary import CANCELED, READY, TERMINAL

PATCHABLE_INPUT_OPTIONS = ("position", "slide_duration", "resize_handling")


def require_editable(job: Job) -> None:
    """Raise 409 unless the job may still be changed."""
    if not job.editable:
        raise conflict("The job has been started or is finished and cannot be modified")


def startable(job: Job) -> bool:
    """Whether the job is to run and has everything it needs."""
    return job.editable and job.process and bool(job.inputs) and bool(job.conversions)


def start(job: Job, now: float, runner: str) -> Job:
    """The started job."""
    return replace(job, phase=READY, started=now, modified=now, runner=runner)


def cancel(job: Job, now: float) -> Job:
    """The canceled job; 409 when it is finished already."""
    if job.phase in TERMINAL:
        raise conflict("The job is finished")
    return without_secrets(replace(job, phase=CANCELED, modified=now, finished=now, runner="", activity=""))


def patch_job(job: Job, fields: Mapping[str, Any], now: float, *, passwords_after_start: bool) -> Job:
    """The job with changed job-level fields."""
    if not (passwords_after_start and set(fields) == {"download_passwords"}):
        require_editable(job)
    if job.phase in TERMINAL and "download_passwords" in fields:
        fields = {**fields, "download_passwords": tuple(map(digested, fields["download_passwords"]))}
    return replace(job, **fields, modified=now)


# Inputs


def add_inputs(job: Job, entries: Sequence[Input], now: float, *, inline_position: bool) -> Job:
    """The job with these inputs at its end. ``inline_position``: their option ``position`` counts."""
    require_editable(job)
    require_parts("inputs", len(job.inputs) + len(entries))
    first = len(job.inputs) + 1
    placed = tuple(replace(entry, position=first + index) for index, entry in enumerate(entries))
    added = replace(job, inputs=(*job.inputs, *placed), modified=now)
    positions = {entry.id: entry.options["position"] for entry in placed if "position" in entry.options}
    return _move(added, positions) if inline_position and positions else added


def patch_inputs(job: Job, rows: Sequence[Mapping[str, Any]], now: float) -> Job:
    """The job with changed options of several inputs; nothing changes when one of the rows is wrong."""
    require_editable(job)
    changes = _checked_rows(job, rows)
    inputs = [
        replace(one, options=merge(one.options, changes[one.id]), modified=now) if one.id in changes else one
        for one in job.inputs
    ]
    job = replace(job, inputs=tuple(inputs))
    positions = {key: row["position"] for key, row in changes.items() if row.get("position") is not None}
    return replace(_move(job, positions), modified=now)


def _checked_rows(job: Job, rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    problems, known = Problems(), {one.id for one in job.inputs}
    changes: dict[str, Mapping[str, Any]] = {}
    for index, row in enumerate(rows):
        input_id, options = row.get("id"), row.get("options")
        if not isinstance(input_id, str) or not isinstance(options, dict):
            problems.add(f"{index}", "Each entry needs the id of an input and its options")
        elif input_id not in known:
            raise not_found("input")
        else:
            if input_id in changes:
                problems.add(f"{index}.id", "The input is named twice")
            _check_patch(options, f"{index}.options.", problems)
            changes[input_id] = options
    problems.refuse()
    _check_positions([row["position"] for row in changes.values() if row.get("position") is not None], len(job.inputs))
    return changes


def _check_patch(options: Mapping[str, Any], prefix: str, problems: Problems) -> None:
    for name in options:
        if name not in PATCHABLE_INPUT_OPTIONS:
            problems.add(f"{prefix}{name}", "This option cannot be changed")
    position = options.get("position")
    if position is not None and (isinstance(position, bool) or not isinstance(position, int)):
        problems.add(f"{prefix}position", "This must be a whole number")
    check_input_options(options, prefix, problems)


def _check_positions(positions: Sequence[int], count: int) -> None:
    if any(not 1 <= position <= count for position in positions):
        raise invalid({"options.position": f"A position must be between 1 and {count}"})
    if len(set(positions)) < len(positions):
        raise invalid({"options.position": "Two inputs cannot have the same position"})


def _move(job: Job, positions: Mapping[str, int]) -> Job:
    """Move inputs to the positions given by id; the others keep their order in the positions that are left."""
    rest = iter([entry.id for entry in job.in_order() if entry.id not in positions])
    at = {position: input_id for input_id, position in positions.items()}
    order = [at.get(place) or next(rest) for place in range(1, len(job.inputs) + 1)]
    places = {input_id: place for place, input_id in enumerate(order, start=1)}
    return replace(job, inputs=tuple(replace(entry, position=places[entry.id]) for entry in job.inputs))


def remove_input(job: Job, input_id: str, now: float) -> Job:
    """The job without an input; the inputs behind it move up."""
    require_editable(job)
    if job.input(input_id) is None:
        raise not_found("input")
    kept = replace(job, inputs=tuple(entry for entry in job.inputs if entry.id != input_id), modified=now)
    return _move(kept, {entry.id: place for place, entry in enumerate(kept.in_order(), start=1)})


# Conversions


def add_conversions(job: Job, entries: Sequence[Conversion], now: float) -> Job:
    """The job with these conversions at its end."""
    require_editable(job)
    require_parts("conversions", len(job.conversions) + len(entries))
    return replace(job, conversions=(*job.conversions, *entries), modified=now)


def patch_conversion(
    job: Job, conversion_id: str, options: Mapping[str, Any], metadata: Mapping[str, Any], now: float
) -> Job:
    """The job with changed options and metadata of a conversion; null removes a key."""
    require_editable(job)
    entry = found_conversion(job, conversion_id)
    changed = replace(entry, options=merge(entry.options, options), metadata=merge(entry.metadata, metadata))
    return replace(with_conversion(job, changed), modified=now)


def remove_conversion(job: Job, conversion_id: str, now: float) -> Job:
    """The job without a conversion."""
    require_editable(job)
    found_conversion(job, conversion_id)
    return replace(
        job, conversions=tuple(entry for entry in job.conversions if entry.id != conversion_id), modified=now
    )


def found_conversion(job: Job, conversion_id: str) -> Conversion:
    """The conversion with that id, or 404."""
    entry = job.conversion(conversion_id)
    if entry is None:
        raise not_found("conversion")
    return entry


def found_input(job: Job, input_id: str) -> Input:
    """The input with that id, or 404."""
    entry = job.input(input_id)
    if entry is None:
        raise not_found("input")
    return entry


def found_inputs(job: Job, ids: Sequence[str]) -> list[Input]:
    """The inputs with these ids, in their order, or 404."""
    known = {entry.id: entry for entry in job.inputs}
    if not all(one in known for one in ids):
        raise not_found("input")
    return [known[one] for one in ids]


def found_output(job: Job, output_id: str) -> Output:
    """The output with that id, or 404."""
    entry = job.output(output_id)
    if entry is None:
        raise not_found("output")
    return entry


def merge(before: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """``before`` with the keys of ``change``: null removes a key, other keys stay."""
    merged = {**before, **change}
    return {name: value for name, value in merged.items() if value is not None}
