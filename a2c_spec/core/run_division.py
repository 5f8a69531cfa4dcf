"""Which run of an address makes which of its conversions: what is current is kept, only the rest is run.

A run is one job. An address has one run as long as all of its conversions are made together; when one of several
changes, only that one is run, in a job of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from a2c_spec.core.prepare import DesiredJob, with_conversions
from a2c_spec.core.run_keys import address_of, free_key
from a2c_spec.core.run_records import ALIVE, of_no_use, reclaimed, renamed, set_aside
from a2c_spec.core.same_recipe import current
from a2c_spec.core.state import JobRecord, SavedFile

RESOLUTION = 1.0
"""Seconds: the service tells the time of its answers in whole ones."""


@dataclass(frozen=True, slots=True)
class Part:
    """Conversions of one address and the run that makes them, or is going to.

    ``record`` is what is known of the run, its parts under the ids that the manifest gives them now. ``earlier`` is
    what other runs made of these conversions before. ``elsewhere`` are paths of results of other runs of the address.
    """

    key: str
    conversions: tuple[str, ...]
    record: JobRecord | None = None
    earlier: JobRecord | None = None
    elsewhere: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Division:
    """The parts of an address, and the runs of which nothing is wanted any more. ``complete``: all is current."""

    parts: tuple[Part, ...]
    unused: tuple[JobRecord, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    """A run whose conversions are current: id in the record -> id in the manifest."""

    record: JobRecord
    names: Mapping[str, str]


def divide(
    desired: DesiredJob,
    runs: Sequence[JobRecord],
    *,
    again: bool = False,
    lost: Collection[str] = (),
    skipped: Collection[str] = (),
    cached: Callable[[str], str] = lambda _conversion: "",
    own: Mapping[str, DesiredJob] = {},
    foreseen: Mapping[str, str] = {},
) -> Division:
    """Every conversion goes to the run whose recipe for it is the desired one; the others are run together.

    That costs the fewest credits, for no conversion is run that is current; then the fewest calls, for all that have to
    be run share one job: one that can still be edited, else a new one, which takes the place of a run of which nothing
    is wanted. ``again``: everything is to be run, current or not. ``lost`` are conversions whose results can be had
    nowhere, ``skipped`` those whose results would be saved nowhere. ``cached`` says when a conversion's result is in
    the results cache, if at all. ``own`` is what is desired of some runs, by key, where that hangs on what was last
    sent in them (``lifecycle.ignore``). ``foreseen`` are the paths of conversions' results, where they are known before
    the run.
    """
    address, ids = desired.job.address, [item.id for item in desired.job.conversions]
    if not again and not lost and _all_as_it_was(desired, runs):
        return Division((Part(address, tuple(ids), runs[0]),), complete=True)
    if _waiting(desired, runs):  # whatever has to be run once it is known, is run in one job
        newest = max(runs, key=lambda run: run.age)
        return Division(tuple(_anew(address, ids, _by_time(ids, cached), newest, runs)))
    kept = [] if again else _kept(desired, runs, lost, own)
    lost_start = next((run for run in runs if run.lost_start), None)
    if lost_start is not None:  # what became of it decides what has to be run
        kept = [run for run in kept if run.record.address != lost_start.address]
    have = {name for run in kept for name in run.names.values()}
    needed = [name for name in ids if name not in have]
    free = [run for run in runs if run.address not in {one.record.address for one in kept}]
    host = lost_start or (_host(free, address, needed) if needed or not kept else None)
    parts = [_current(run, desired, runs) for run in kept]
    if needed or not kept:
        held = host is not None and host.phase == "building" and bool(host.job_id) and not desired.job.process
        left = [name for name in needed if name in skipped and not (held or lost_start)]
        rest = [name for name in needed if name not in left and not (again or held or lost_start)]
        called = {part.key: part.record for part in parts if part.record}  # by the ids of the manifest
        before = [called.get(run.address, run) for run in runs]
        parts += _anew(address, needed, [*_by_time(rest, cached), left], host, before)
    parts = [_with_results(part, needed) for part in parts] if kept else parts
    parts = _apart(parts, runs, foreseen) if len(parts) > 1 else parts
    used = {part.key for part in parts}
    unused = tuple(run for run in runs if run.address not in used)
    return Division(tuple(parts), unused, complete=bool(kept) and not needed)


def _all_as_it_was(desired: DesiredJob, runs: Sequence[JobRecord]) -> bool:
    """Whether one run makes just what is desired, under the same names: nearly every job of nearly every plan."""
    if len(runs) != 1 or runs[0].fingerprint != desired.fingerprint or runs[0].phase not in ALIVE:
        return False
    run = runs[0]
    settled = run.address == desired.job.address and run.intent is None and not run.gone_since and not run.leftover
    return settled and bool(run.basis == desired.basis)


def _anew(
    address: str, needed: Sequence[str], others: Sequence[list[str]], host: JobRecord | None, runs: Sequence[JobRecord]
) -> list[Part]:
    """What has to be run, and beside it ``others``: what the results cache has, what is saved nowhere."""
    run = [name for name in needed if not any(name in some for some in others)]
    parts, keys = list[Part](), [one.address for one in runs]
    for names in [some for some in (run, *others) if some] or [[*needed]]:
        keys.append(host.address if host and not parts else free_key(address, keys))
        parts.append(_to_run(keys[-1], names, None if parts else host, runs))
    return parts


def _by_time(ids: Iterable[str], cached: Callable[[str], str]) -> list[list[str]]:
    """Those whose results are cached, together with others that are there at the same time."""
    when = [(name, cached(name)) for name in ids]
    return [[name for name, one in when if one == time] for time in dict.fromkeys(one for _, one in when) if time]


def _waiting(desired: DesiredJob, runs: Sequence[JobRecord]) -> bool:
    """Whether all of several runs have ended, and what they take is being made anew."""
    ended = all(run.phase in ("completed", "done") and not run.intent for run in runs)
    return bool(desired.job.awaits) and len(runs) > 1 and ended


def _host(free: Sequence[JobRecord], address: str, needed: Collection[str]) -> JobRecord | None:
    """The run in whose place the next one goes: one that can be edited, one that gave nothing, one of the same
    conversions of which nothing is wanted.

    A run that no manifest asked for any more is not touched: what it made may be wanted again.
    """
    rank = {"building": 0, "failed": 1, "canceled": 1, "completed": 2, "done": 2, "started": 3}
    alive = [run for run in free if not run.gone_since or run.address == address]
    alive = [run for run in alive if run.phase not in ALIVE or _replaced(run, needed)]
    return min(alive, key=lambda run: (rank[run.phase], run.address != address, run.address), default=None)


def _replaced(run: JobRecord, needed: Collection[str]) -> bool:
    """Whether conversions of a run are made anew; what it made of others was taken out, and is not paid for again."""
    made = run.basis.get("conversions", {})
    return not made or not needed or any(name in made for name in needed)


def _kept(
    desired: DesiredJob, runs: Sequence[JobRecord], lost: Collection[str], own: Mapping[str, DesiredJob]
) -> list[_Kept]:
    """The runs that are current for some conversions; each conversion stands in one of them.

    One whose result is here comes first, then one that calls the conversion by its id, then the newest.
    """
    held = _held_anew(desired, runs)
    open_ids = [item.id for item in desired.job.conversions if item.id not in lost and item.id not in held]
    alive = [run for run in runs if run.phase in ALIVE and not of_no_use(run, runs)]
    newest_first = sorted(alive, key=lambda run: run.age, reverse=True)
    found: dict[str, dict[str, str]] = {}
    for here, called_so in ((True, True), (True, False), (False, True), (False, False)):
        for run in newest_first if open_ids else ():
            saved = {file.conversion for file in run.files if file.path}
            mine = found.setdefault(run.address, {})
            pairs = current(own.get(run.address, desired), run, open_ids, without=mine).items()
            names = {old: name for old, name in pairs if (old in saved or not here) and (old == name or not called_so)}
            mine |= names
            open_ids = [name for name in open_ids if name not in names.values()]
    return [_Kept(run, found[run.address]) for run in newest_first if found.get(run.address)]


def _held_anew(desired: DesiredJob, runs: Sequence[JobRecord]) -> Collection[str]:
    """The conversions that a manifest holds in a job as new as every run that made them: --replace asked for it."""
    newest = max((run.answered_at for run in runs if run.phase in ALIVE), default=0.0)
    drafts = [run for run in runs if run.phase == "building" and run.job_id and not run.gone_since]
    drafts = [run for run in drafts if run.answered_at > newest - RESOLUTION]
    ids = [item.id for item in desired.job.conversions]
    return () if desired.job.process else {name for run in drafts for name in current(desired, run, ids).values()}


def _current(run: _Kept, desired: DesiredJob, runs: Sequence[JobRecord]) -> Part:
    inputs = dict(zip(run.record.basis.get("order", ()), [item.id for item in desired.job.inputs], strict=False))
    order = [item.id for item in desired.job.conversions]
    ids = tuple(sorted(run.names.values(), key=order.index))
    return Part(run.record.address, ids, renamed(reclaimed(run.record, runs), run.names, inputs))


def _with_results(part: Part, needed: Collection[str]) -> Part:
    """The part, its record without results that are in no manifest any more. One that is about to be made anew is still
    the result that there is."""
    alive = part.record is not None and part.record.phase in ALIVE
    return replace(part, record=set_aside(part.record, part.conversions, needed)) if part.record and alive else part


def _to_run(key: str, ids: Sequence[str], host: JobRecord | None, runs: Sequence[JobRecord]) -> Part:
    return Part(key, tuple(ids), host, _earlier(key, ids, host, runs))


def _earlier(key: str, ids: Sequence[str], host: JobRecord | None, runs: Iterable[JobRecord]) -> JobRecord | None:
    """What other runs than the host made of these conversions before: the files of the newest of each, and its recipe,
    unless the host has made it since."""
    alive = [run for run in runs if run.phase in ALIVE]
    last = {name: run for name in ids if (run := _newest(name, alive))}
    others = [run for run in alive if run is not host]
    before = {name: run for name in ids if (run := _newest(name, others))}
    if not before:
        return None
    newer = {name: run for name, run in last.items() if run is not host}
    order = sorted(last, key=lambda name: _counts(name, last[name]))
    conversions = {name: run.basis["conversions"][name] for name, run in newer.items()}
    parts = {f"conversions.{name}": run.elements for name, run in newer.items()}
    sent = {part: elements[part] for part, elements in parts.items() if part in elements}
    files = tuple(file for name, run in before.items() for file in run.files if file.conversion == name)
    basis = {**last[order[-1]].basis, "conversions": conversions}
    return JobRecord(key, before[next(iter(before))].realm, phase="done", basis=basis, elements=sent, files=files)


def _newest(name: str, runs: Iterable[JobRecord]) -> JobRecord | None:
    """The run that made a conversion last."""
    made = (run for run in runs if name in run.basis.get("conversions", {}))
    return max(made, key=lambda run: _counts(name, run), default=None)


def _counts(name: str, run: JobRecord) -> tuple[bool, int, bool, float]:
    """What sorts runs that made a conversion, the newest last; of those of one second it is the one whose result is in
    its place."""
    counts, answered, updated = run.age
    here = any(file.conversion == name and file.path for file in run.files)
    return counts, round(answered / RESOLUTION), here, updated


def _apart(parts: Sequence[Part], runs: Sequence[JobRecord], foreseen: Mapping[str, str]) -> list[Part]:
    """The parts, each with the paths that are others' results: two results of one address never get one name.

    Where a name is not foreseen, the result is taken to stay where it is, unless it was another conversion's before.
    """
    left = [file for run in runs for file in run.leftover if file.aside or run.phase != "done"]
    saved = [file for file in (*(file for run in runs for file in run.files), *left) if file.path]
    stay, had = {(file.path, file.conversion) for file in saved}, {part.key: _has(part) for part in parts}
    places = {}
    for part in parts:
        theirs = {file.path for key, files in had.items() if key != part.key for file in files}
        before = [file for file in saved if file.conversion in part.conversions and file.path not in theirs]
        here = [file for file in had[part.key] or before if file.conversion not in foreseen]
        here = [file for file in here if (file.path, file.conversion) in stay]
        known = {foreseen[name] for name in part.conversions if name in foreseen}
        places[part.key] = known | {file.wanted or file.path for file in here}
    others = {key: frozenset().union(*(places[one] for one in places if one != key)) for key in places}
    return [replace(part, elsewhere=others[part.key]) for part in parts]


def _has(part: Part) -> list[SavedFile]:
    """The results that its run has; where there are none, others are in the places where its results belong."""
    files = part.record.files if part.record is not None and part.record.phase in ALIVE else ()
    return [file for file in files if file.path and file.conversion in part.conversions]


def restricted(desired: DesiredJob, part: Part) -> DesiredJob:
    """What is desired of one part alone."""
    job = desired.job
    if part.key == job.address and len(part.conversions) == len(job.conversions):
        return desired
    job = with_conversions(job, part.conversions)
    return replace(desired, job=replace(job, address=part.key, elsewhere=part.elsewhere))


def whole(parts: Sequence[DesiredJob]) -> DesiredJob:
    """What is desired of all parts of an address together, in the order of the manifest."""
    job = parts[0].job
    if len(parts) == 1 and job.address == address_of(job.address):
        return parts[0]
    found = [item for part in parts for item in part.job.conversions]
    conversions = sorted(found, key=lambda item: (item.position.line, item.position.column))
    outputs = tuple(output for part in parts for output in part.job.outputs)
    address = address_of(job.address)
    job = replace(job, address=address, conversions=tuple(conversions), outputs=outputs, elsewhere=frozenset())
    return replace(parts[0], job=job)
