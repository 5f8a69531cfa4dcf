"""The rules of the job's life, as functions from a job to the job after the change; they raise when it is forbidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from a2c_spec.local_api.jobs.drafts import Problems, check_input_options
from a2c_spec.local_api.jobs.model import Conversion, Input, Job, Output, with_conversion, with_input
from a2c_spec.local_api.jobs.refusals import conflict, invalid, not_found
from a2c_spec.local_api.jobs.vocabulary import CANCELED, READY, TERMINAL

PATCHABLE_INPUT_OPTIONS = ("position", "slide_duration", "resize_handling")


def require_editable(job: Job) -> None:
    """Only a job that has not started may be changed."""
    if not job.editable:
        raise conflict("The job has been started or is finished and cannot be modified")


def startable(job: Job) -> bool:
    """The job is told to run and has what it needs."""
    return job.editable and job.process and bool(job.inputs) and bool(job.conversions)


def start(job: Job, now: float, runner: str) -> Job:
    """The job on its way."""
    return replace(job, phase=READY, started=now, modified=now, runner=runner)


def cancel(job: Job, now: float) -> Job:
    """The job given up, whatever it was doing."""
    if job.phase in TERMINAL:
        raise conflict("The job is finished")
    return replace(job, phase=CANCELED, modified=now, finished=now, runner="", activity="")


def patch_job(job: Job, fields: Mapping[str, Any], now: float, *, passwords_after_start: bool) -> Job:
    """The job-level fields changed."""
    if not (passwords_after_start and set(fields) == {"download_passwords"}):
        require_editable(job)
    return replace(job, **fields, modified=now)


# Inputs


def add_inputs(job: Job, entries: Sequence[Input], now: float, *, inline_position: bool) -> Job:
    """Inputs at the end; positions given inline count only where the service says so."""
    require_editable(job)
    first = len(job.inputs) + 1
    placed = tuple(replace(entry, position=first + index) for index, entry in enumerate(entries))
    added = replace(job, inputs=(*job.inputs, *placed), modified=now)
    wanted = {entry.id: entry.options["position"] for entry in placed if "position" in entry.options}
    return _move(added, wanted) if inline_position and wanted else added


def patch_inputs(job: Job, rows: Sequence[Mapping[str, Any]], now: float) -> Job:
    """Positions, slide durations and resize handling of several inputs: all of it or nothing."""
    require_editable(job)
    wanted = _checked_rows(job, rows)
    for input_id, options in wanted.items():
        entry = job.input(input_id)
        if entry is not None:
            merged = merge({**entry.options}, options)
            job = with_input(job, replace(entry, options=merged, modified=now))
    positions = {key: row["position"] for key, row in wanted.items() if row.get("position") is not None}
    return replace(_move(job, positions), modified=now)


def _checked_rows(job: Job, rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    problems = Problems()
    wanted: dict[str, Mapping[str, Any]] = {}
    for index, row in enumerate(rows):
        input_id, options = row.get("id"), row.get("options")
        if not isinstance(input_id, str) or not isinstance(options, dict):
            problems.add(f"{index}", "Each entry needs the id of an input and its options")
        elif job.input(input_id) is None:
            raise not_found("input")
        else:
            if input_id in wanted:
                problems.add(f"{index}.id", "The input is named twice")
            _check_patch(options, f"{index}.options.", problems)
            wanted[input_id] = options
    problems.refuse()
    _check_positions([row["position"] for row in wanted.values() if row.get("position") is not None], len(job.inputs))
    return wanted


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


def _move(job: Job, wanted: Mapping[str, int]) -> Job:
    """Inputs that were given a position take it; the others keep their order in the places that are left."""
    rest = iter([entry.id for entry in job.in_order() if entry.id not in wanted])
    at = {position: input_id for input_id, position in wanted.items()}
    order = [at.get(place) or next(rest) for place in range(1, len(job.inputs) + 1)]
    places = {input_id: place for place, input_id in enumerate(order, start=1)}
    return replace(job, inputs=tuple(replace(entry, position=places[entry.id]) for entry in job.inputs))


def remove_input(job: Job, input_id: str, now: float) -> Job:
    """One input fewer; those behind it move up."""
    require_editable(job)
    if job.input(input_id) is None:
        raise not_found("input")
    kept = replace(job, inputs=tuple(entry for entry in job.inputs if entry.id != input_id), modified=now)
    return _move(kept, {entry.id: place for place, entry in enumerate(kept.in_order(), start=1)})


# Conversions


def add_conversions(job: Job, entries: Sequence[Conversion], now: float) -> Job:
    """Conversions at the end."""
    require_editable(job)
    return replace(job, conversions=(*job.conversions, *entries), modified=now)


def patch_conversion(
    job: Job, conversion_id: str, options: Mapping[str, Any], metadata: Mapping[str, Any], now: float
) -> Job:
    """Options and metadata merged key by key; null removes a key."""
    require_editable(job)
    entry = found_conversion(job, conversion_id)
    changed = replace(entry, options=merge(entry.options, options), metadata=merge(entry.metadata, metadata))
    return replace(with_conversion(job, changed), modified=now)


def remove_conversion(job: Job, conversion_id: str, now: float) -> Job:
    """One conversion fewer."""
    require_editable(job)
    found_conversion(job, conversion_id)
    return replace(
        job, conversions=tuple(entry for entry in job.conversions if entry.id != conversion_id), modified=now
    )


def found_conversion(job: Job, conversion_id: str) -> Conversion:
    """The conversion, or 404."""
    entry = job.conversion(conversion_id)
    if entry is None:
        raise not_found("conversion")
    return entry


def found_input(job: Job, input_id: str) -> Input:
    """The input, or 404."""
    entry = job.input(input_id)
    if entry is None:
        raise not_found("input")
    return entry


def found_output(job: Job, output_id: str) -> Output:
    """The output, or 404."""
    entry = job.output(output_id)
    if entry is None:
        raise not_found("output")
    return entry


def merge(before: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Key by key: a value is set, null removes, what is not mentioned stays."""
    merged = {**before, **change}
    return {name: value for name, value in merged.items() if value is not None}
