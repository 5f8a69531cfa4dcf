"""Results that jobs take from others: nothing is started that cannot get them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from a2c_spec.core.desired import Input
from a2c_spec.core.graph import split_reference
from a2c_spec.core.results import is_there
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.run_records import made_by
from a2c_spec.core.same_recipe import same_recipe
from a2c_spec.core.state import JobRecord
from a2c_spec.engine.edges import results_there
from a2c_spec.engine.order import held, needed
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.session import Session
from a2c_spec.errors import about

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.core.live import LiveJob


def behind_held(steps: Sequence[PlannedChange]) -> list[PlannedChange]:
    """The changes; one that takes what a held job would make, or waits for one that does, sends nothing and asks for
    nothing: it is not started."""
    waiting = {made for step in steps for made in held(step)}
    while more := {made for step in steps if _waits(step, waiting) for made in _makes(step)} - waiting:
        waiting |= more
    return [_not_started(step, waiting) if _waits(step, waiting) else step for step in steps]


def behind_refused(steps: Sequence[PlannedChange]) -> list[PlannedChange]:
    """The changes; one that takes what a refused one would make is refused, too."""
    steps = [*steps]
    refused = {made for step in steps if step.change.problem for made in _to_make(step)}
    while refused and (more := [place for place, step in enumerate(steps) if _refused(step, refused)]):
        for place in more:
            step = steps[place]
            names = ", ".join(dict.fromkeys(address for address, name in needed(step) if (address, name) in refused))
            why = f"it needs {names}, which is refused"
            steps[place] = replace(step, change=replace(step.change, problem=why))
            refused |= _to_make(step)
    return steps


def _refused(step: PlannedChange, refused: set[tuple[str, str]]) -> bool:
    busy = step.change.action != "no-op" and not step.change.problem
    return busy and not refused.isdisjoint(needed(step))


def _to_make(step: PlannedChange) -> set[tuple[str, str]]:
    """What a change makes, or brings here: results of conversions, or a preset."""
    if step.change.action == "no-op":
        return set()
    address = address_of(step.change.address)
    here = {(address, name) for name in results_there(step, step.record)}
    return {(address, "")} if step.preset else _makes(step) - here


def _waits(step: PlannedChange, waiting: set[tuple[str, str]]) -> bool:
    return step.change.starts and not waiting.isdisjoint(needed(step))


def _makes(step: PlannedChange) -> set[tuple[str, str]]:
    job = step.desired.job if step.desired else None
    return {(address_of(step.change.address), item.id) for item in job.conversions} if job else set()


def _not_started(step: PlannedChange, waiting: set[tuple[str, str]]) -> PlannedChange:
    names = ", ".join(dict.fromkeys(address for address, name in needed(step) if (address, name) in waiting))
    why = (f"not started as long as {names} is held", *step.change.reasons)
    return replace(step, change=replace(step.change, reasons=why, calls=(), paid_again=False))


async def with_results_there(
    session: Session, steps: Sequence[PlannedChange], makers: Mapping[str, JobRecord], client: Client | None
) -> list[PlannedChange]:
    """The changes; one that would run with a result that can be had nowhere has a problem.

    A result that is not here is looked for on the service, unless ``client`` is None. ``makers`` are runs whose result
    is taken, by ``address.conversion``, where that is not the newest one.
    """
    read = {step.live.id: step.live for step in steps if step.live}
    gate = asyncio.Semaphore(session.project.flags.parallelism)

    async def live_of(run: JobRecord) -> LiveJob | None:
        assert client is not None  # noqa: S101 - asked only then
        async with gate:
            with about(address_of(run.address)):
                return read[run.job_id] if run.job_id in read else await client.job(run.job_id)

    async def problem(source: str) -> str:
        address, conversion = split_reference(source)
        if source in skipped:
            way = f"move that away, or set on_conflict of {address} to rename"
            return f"it takes {source}, which is not made ({skipped[source]}); {way}"
        run = makers.get(source) or made_by(session.runs(address), conversion)
        files = [file for file in run.files if file.conversion == conversion] if run else []
        if run is None or len(files) != 1:
            many = f"yields {len(files)} results" if files else "has no result yet"
            return f"it takes {source}, which {many}; an input must be exactly one result"
        if source not in makers and (anew := _made_anew(session.runs(address), conversion, run)):
            way = f"select {address}, too, or `a2c-spec wait` first"
            return f"it takes {source}, which job {anew} makes anew; {way}"
        gone = not run.job_id or files[0].output_id in run.gone
        if client is not None and not gone:
            gone = not is_there(await live_of(run), files[0].output_id)
        why = f"it takes {source}, which is no longer here or on the service"
        return f"{why}; `--replace {address}` makes it again" if gone else ""

    skipped = {source: why for step in steps for source, why in _skipped(step)}
    taken = list(dict.fromkeys(item.source for step in steps for item in _taken(step)))
    found = dict(zip(taken, await asyncio.gather(*map(problem, taken)), strict=True))
    problems = [next((found[item.source] for item in _taken(step) if found[item.source]), "") for step in steps]
    return [
        replace(step, change=replace(step.change, problem=step.change.problem or problem)) if problem else step
        for step, problem in zip(steps, problems, strict=True)
    ]


def _made_anew(runs: Sequence[JobRecord], conversion: str, known: JobRecord) -> str:
    """The id of a job under way that makes a result anew, which is newer than the run that has one."""
    newer = [run for run in runs if run.age > known.age and run.job_id and run.phase == "started"]
    return next((run.job_id for run in newer if conversion in run.basis.get("conversions", ())), "")


def _skipped(step: PlannedChange) -> list[tuple[str, str]]:
    """What is not made as it is desired, because it would be saved nowhere; and why."""
    if step.desired is None or step.change.action != "no-op" or not step.change.skipped:
        return []
    made, address = step.record, address_of(step.change.address)
    if made is not None and made.phase in ("completed", "done") and same_recipe(step.desired, made):
        return []
    return [(f"{address}.{item.id}", "; ".join(step.change.reasons)) for item in step.desired.job.conversions]


def _taken(step: PlannedChange) -> list[Input]:
    """What a change takes from others by its id on the service, from a run that has ended."""
    inputs = step.desired.job.inputs if step.desired and step.change.starts else ()
    return [item for item in inputs if item.type == "from" and not (item.path or item.awaited)]
