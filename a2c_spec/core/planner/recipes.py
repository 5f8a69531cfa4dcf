"""Where the recipe of a run differs from the desired one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from a2c_spec.core import compare, reasons
from a2c_spec.core.foreign import ELSEWHERE
from a2c_spec.core.live import LiveJob
from a2c_spec.core.plan import Detail
from a2c_spec.core.planner.binding import other_bytes, started_unlike
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.recipe import as_known, asked_filename, by_bytes, holds_secret
from a2c_spec.core.same_recipe import same_recipe
from a2c_spec.core.state import JobRecord


def why(desired: DesiredJob, record: JobRecord) -> tuple[str, ...]:
    """Why the recipe of the record is not the desired one, in sentences."""
    if not record.basis:
        return ()
    told = reasons.recipe_reasons(*_both(desired, _as_sent(desired, record)))
    return (*told, *map(reasons.changed_reason, _elsewhere(desired, record)))


def details(desired: DesiredJob, record: JobRecord) -> tuple[Detail, ...]:
    """The same, attribute by attribute."""
    return (*reasons.details(*_both(desired, _as_sent(desired, record))), *_elsewhere(desired, record))


def _set_elsewhere(record: JobRecord) -> Iterator[tuple[str, str, str]]:
    """The values of conversions that somebody else set before the job ran: conversion, part, key."""
    for name in record.basis.get("conversions", {}):
        element = record.elements.get(f"conversions.{name}")
        for where in element.echo.get(ELSEWHERE, {}) if element else ():
            part, _, key = where.partition(".")
            yield name, part, key


def _value(recipe: Mapping[str, Any], name: str, part: str, key: str) -> Any:
    return recipe.get("conversions", {}).get(name, {}).get(part, {}).get(key)


def _as_sent(desired: DesiredJob, record: JobRecord) -> JobRecord:
    """The record, as if what somebody else set was as desired: that is told apart."""
    conversions = dict(record.basis.get("conversions", {}))
    for name, part, key in _set_elsewhere(record):
        values = {**conversions[name].get(part, {}), key: _value(desired.basis, name, part, key)}
        values = {key: value for key, value in values.items() if value is not None}
        rest = {key: value for key, value in conversions[name].items() if key != part}
        conversions[name] = {**rest, **({part: values} if values else {})}
    return replace(record, basis={**record.basis, "conversions": conversions}) if record.basis else record


def _elsewhere(desired: DesiredJob, record: JobRecord) -> Iterator[Detail]:
    """What somebody else set and is not desired, as (value there, value here)."""
    for name, part, key in _set_elsewhere(record):
        now, then = (_value(recipe, name, part, key) for recipe in (record.basis, desired.basis))
        if name in desired.basis.get("conversions", {}) and not compare.equal(now, then):
            yield Detail(f"conversions.{name}.{part}.{key}", now, then, holds_secret(then), foreign=True)


def first_runs(desired: DesiredJob, record: JobRecord) -> int:
    """How many of the desired conversions the record does not know; 0 where that are all of them, for the run as a
    whole takes the place of one that was paid for."""
    known = record.basis.get("conversions", {})
    new = sum(item.id not in known for item in desired.job.conversions)
    return new if new < len(desired.job.conversions) else 0


def _both(desired: DesiredJob, record: JobRecord) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The two recipes; what a result that is still to be made is going to be called is no difference, nor is which
    manifest makes the same bytes."""
    late = {item.id for item in desired.job.inputs if item.awaited and not asked_filename(item)}
    before, after = record.basis, as_known(desired.basis, record.basis)
    was, now = (
        {name: _told(item, late=name in late) for name, item in one.get("inputs", {}).items()}
        for one in (before, after)
    )
    same = (name for name in was.keys() & now.keys() if compare.equal(by_bytes(was[name]), by_bytes(now[name])))
    was |= {name: now[name] for name in same}
    return {**before, "inputs": was}, {**after, "inputs": now}


def _told(item: Mapping[str, Any], *, late: bool) -> dict[str, Any]:
    """An input as its differences are told: of what another manifest makes the digest is told once."""
    untold = {"sha256"} if "upstream" in item else set()
    untold |= {"filename"} if late else set()
    return {key: value for key, value in item.items() if key not in untold}


def changed_since_start(desired: DesiredJob, record: JobRecord, live: LiveJob) -> tuple[str, ...]:
    """Why the recipe that runs is not the desired one. A job that started unseen is judged by its content."""
    if record.phase == "building":
        unlike = started_unlike(desired, record, live)
        return ("it was started while it still differed from the manifest",) if unlike else ()
    if same_recipe(desired, record):
        return other_bytes(desired, record, live)
    return why(desired, record) or ("the recipe changed",)


def failure(record: JobRecord) -> str:
    """How the last run ended, and why."""
    ended = "failed" if record.phase == "failed" else "was canceled"
    spent = f" ({reasons.counted(record.spent, 'credit')} spent)" if record.spent else ""
    return f"the last run {ended}{spent}" + (f": {record.problem}" if record.problem else "")
