"""What becomes of the record of a run beside others of its address: new ids, results that are another's by now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from a2c_spec.core.desired import Conversion
from a2c_spec.core.recipe import fingerprint
from a2c_spec.core.run_keys import address_of, free_key
from a2c_spec.core.state import JobRecord, SavedFile

ALIVE = frozenset({"started", "completed", "done"})
"""Phases of a run that has made its results, or is about to."""


def renamed(record: JobRecord, conversions: Mapping[str, str], inputs: Mapping[str, str]) -> JobRecord:
    """The record with its parts under other ids (old id -> new id); nothing else of it changes."""
    names = record.basis.get("conversions", {})
    parts = _made_by_elements(record)
    taken = {new for old, new in conversions.items() if old != new}
    every = dict.fromkeys((*names, *parts))
    called = {name: conversions.get(name, name) for name in every if name in conversions or name not in taken}
    _call_others(every, called)
    if all(old == new for old, new in (*called.items(), *inputs.items())):
        return record
    basis = dict(record.basis)
    basis["conversions"] = {called[name]: recipe for name, recipe in names.items()}
    basis["inputs"] = {inputs.get(name, name): recipe for name, recipe in basis["inputs"].items()}
    basis["order"] = [inputs.get(name, name) for name in basis["order"]]
    elements = {_element(name, called, inputs): element for name, element in record.elements.items()}

    def file(one: SavedFile) -> SavedFile:
        new = tuple(inputs.get(name, name) for name in one.inputs)
        return replace(one, conversion=called.get(one.conversion, one.conversion), inputs=new)

    return replace(
        record,
        basis=basis,
        elements=elements,
        files=tuple(file(one) for one in record.files),
        landing=tuple(file(one) for one in record.landing),
        leftover=tuple(file(one) if one.aside else one for one in record.leftover),
    )


def _made_by_elements(record: JobRecord) -> list[str]:
    """The conversions that a record has as elements."""
    return [name.removeprefix("conversions.") for name in record.elements if name.startswith("conversions.")]


def _call_others(names: Iterable[str], called: dict[str, str]) -> None:
    """Gives each name that is not ``called`` anything yet that of a part which nobody asks for: no manifest gives one
    like it, and no other part has it."""
    for name in names:
        spare = f"#{name}"
        while name not in called and spare in called.values():
            spare = f"#{spare}"
        called.setdefault(name, spare)


def _element(name: str, conversions: Mapping[str, str], inputs: Mapping[str, str]) -> str:
    kind, _, old = name.partition(".")
    names = {"conversions": conversions, "inputs": inputs}.get(kind, {})
    return f"{kind}.{names[old]}" if old in names else name


def made_by(runs: Iterable[JobRecord], conversion: str) -> JobRecord | None:
    """The newest run of an address that has any result of a conversion."""
    alive = [run for run in runs if run.phase not in ("failed", "canceled")]
    having = [run for run in alive if any(file.conversion == conversion for file in run.files)]
    return max(having, key=lambda run: run.age, default=None)


def made(runs: Iterable[JobRecord], conversion: str) -> tuple[SavedFile, ...]:
    """The results of one conversion of an address: those of the newest run that has any."""
    newest = made_by(runs, conversion)
    return tuple(file for file in newest.files if file.conversion == conversion) if newest else ()


def names_there(runs: Sequence[JobRecord], items: Iterable[Conversion]) -> dict[str, str]:
    """By conversion, what the service called its one result. One of another target tells nothing, though it has the
    same id: the run was another address's, or the manifest says something else by now."""
    found: dict[str, str] = {}
    for item in items:
        recipes = ((run, run.basis.get("conversions", {}).get(item.id, {})) for run in runs)
        files = made([run for run, recipe in recipes if recipe.get("target") == item.target], item.id)
        found |= {item.id: files[0].service_name} if len(files) == 1 else {}
    return found


def without_conversions(record: JobRecord, conversions: Collection[str]) -> JobRecord:
    """The record once another run makes these conversions."""
    kept = {name for name in record.basis.get("conversions", {}) if name not in conversions}
    return _aside(record, tuple(file for file in record.files if file.conversion and file.conversion not in kept))


ENDED_WELL = frozenset({"completed", "done"})
KEPT_BY_SERVICE = 24 * 3600.0
"""Seconds for which the service keeps results, by its documentation; afterwards an earlier run is of no use."""


def superseded(run: JobRecord, taken: Collection[str], now: float, anew: Collection[str] = ()) -> JobRecord | None:
    """A finished run, under a key of its own, once another one stands in its place; None if there is nothing to keep.

    Its files here belong to the new one, but for those of conversions that nobody asks for any more: ``anew`` are the
    ones that the new run makes. ``now`` is the service's clock (epoch seconds).
    """
    apart = left_apart(run, anew)
    if run.phase not in ENDED_WELL or not (apart or (run.job_id and run.files)):
        return None
    files = tuple(replace(file, path="", wanted="", aside=False) for file in run.files)
    key = free_key(address_of(run.address), taken)
    run = replace(run, address=key, files=files, landing=(), leftover=apart, former_jobs=())
    return replace(run, intent=None, gone_since=now)


def left_apart(run: JobRecord, anew: Collection[str]) -> tuple[SavedFile, ...]:
    """Files here of a finished run, of conversions that nobody asks for any more and that are not made ``anew``."""
    left = run.leftover if run.phase in ENDED_WELL else ()
    return tuple(file for file in left if file.aside and file.path and file.conversion not in anew)


def reclaimed(run: JobRecord, runs: Sequence[JobRecord]) -> JobRecord:
    """A run that is wanted again, with its results where they still lie as leftovers of another run of its address.

    Of several results of equal bytes each takes a file of its own, its own one before another's.
    """
    left = [file for other in runs if other is not run for file in other.leftover if file.path]
    files = list(run.files)
    for same in (lambda one, other: one.conversion == other.conversion, lambda _one, _other: True):
        for number, file in enumerate(files):
            fits = [one for one in left if one.sha256 == file.sha256 and same(one, file)]
            if fits and file.sha256 and not file.path:
                left.remove(fits[0])
                files[number] = replace(file, path=fits[0].path, wanted=fits[0].wanted or fits[0].path)
    return replace(run, files=tuple(files)) if tuple(files) != run.files else run


def split_off(run: JobRecord, conversion: str, key: str) -> JobRecord:
    """What a run made of one conversion, as a run of its own: the job is the same, which costs nothing more."""
    basis = {**run.basis, "conversions": {conversion: run.basis["conversions"][conversion]}}
    made = [file for file in (*run.files, *(one for one in run.leftover if one.aside)) if file.conversion == conversion]
    called = {conversion: conversion}
    _call_others(_made_by_elements(run), called)
    elements = {_element(name, called, {}): one for name, one in run.elements.items()}
    part = replace(run, address=key, fingerprint=fingerprint(basis), basis=basis, elements=elements, spent=0)
    files = tuple(replace(file, aside=False) for file in made)
    return replace(part, files=files, landing=(), leftover=(), former_jobs=(), undeletable=())


def beside(run: JobRecord) -> JobRecord:
    """The run for who has it, too: the job is the same, which costs nothing more, and the files here are not its."""
    files = tuple(replace(file, path="", wanted="", aside=False) for file in run.files)
    return replace(run, files=files, landing=(), leftover=(), former_jobs=(), undeletable=(), spent=0, gone_since=0.0)


def beside_new_run(
    record: JobRecord, runs: Sequence[JobRecord], conversions: Collection[str], before: JobRecord | None, now: float
) -> tuple[list[JobRecord], list[str]]:
    """What changes when a run is recorded: itself, then other runs of its address, and the keys of those that go.

    The others no longer make its conversions. Jobs of runs that go, or in whose place it stands, it knows by their ids.
    ``before`` is the run in whose place it stands; ``now`` is the service's clock.
    """
    others = [run for run in runs if run.address != record.address]
    expired = [run for run in others if before and is_expired(run, now)]
    kept = [run for run in others if run not in expired]
    changed = [new for run in kept if (new := without_conversions(run, conversions)) != run]
    earlier = superseded(before, [run.address for run in runs], now, conversions) if before else None
    changed += [earlier] if earlier else []
    known = {run.job_id for run in (record, *kept, *changed)}
    going = [*record.former_jobs, *(job for run in runs if run not in kept for job in run.jobs)]
    record = replace(record, former_jobs=tuple(job for job in dict.fromkeys(going) if job not in known))
    return [record, *changed], [run.address for run in expired]


def out_of_time(run: JobRecord, now: float) -> bool:
    """Whether the service need not keep the results of a run any more; ``now`` is its clock."""
    made = run.answered_at or run.created_at
    return made > 0 and now - made > KEPT_BY_SERVICE


def is_expired(run: JobRecord, now: float) -> bool:
    """Whether nothing can be had of a run any more that is not asked for."""
    here = any(file.path for file in (*run.files, *run.leftover, *run.landing))
    return bool(run.gone_since and not here and run.intent is None and now - run.answered_at > KEPT_BY_SERVICE)


def of_no_use(run: JobRecord, runs: Iterable[JobRecord]) -> bool:
    """Whether nothing can be had of a run that counts no more, neither here nor on the service, and a job is held among
    the ``runs`` of its address, perhaps in its place."""
    files = run.files if run.gone_since and run.phase in ENDED_WELL else ()
    lost = bool(files) and all(not file.path and file.output_id in run.gone for file in files)
    return lost and any(one.phase == "building" and one.job_id and not one.gone_since for one in runs)


def with_earlier(record: JobRecord, earlier: JobRecord | None, apart: Collection[str] = ()) -> JobRecord:
    """The record, its recipe completed by what other runs made of further conversions before, or of its own after it,
    and without those that they make now (``apart``), which are no loss."""
    mine = {name: one for name, one in record.basis.get("conversions", {}).items() if name not in apart}
    if earlier is None:
        same = mine == record.basis.get("conversions", {})
        return record if same else replace(record, basis={**record.basis, "conversions": mine})
    theirs = earlier.basis.get("conversions", {})
    if record.phase not in ALIVE:  # it made nothing that another run could have made after it
        return replace(record, basis={**earlier.basis, **record.basis, "conversions": {**theirs, **mine}})
    known = {*(f"conversions.{name}" for name in theirs)}
    elements = {name: one for name, one in record.elements.items() if name not in known} | dict(earlier.elements)
    basis = {**record.basis, **earlier.basis, "conversions": {**mine, **theirs}}
    return replace(record, basis=basis, elements=elements)


def set_aside(record: JobRecord, wanted: Collection[str], pending: Collection[str] = ()) -> JobRecord:
    """The record with the files of conversions that nobody asks for any more among the leftovers, and those that are
    asked for again among the results. Those of ``pending`` ones stay where they are: others are about to be made."""
    away = tuple(file for file in record.files if file.conversion and file.conversion not in {*wanted, *pending})
    back = tuple(file for file in record.leftover if file.aside and file.conversion in wanted)
    if not (away or back):
        return record
    record = _aside(record, away)
    leftover = tuple(file for file in record.leftover if file not in back)
    files = record.files + tuple(replace(one, aside=False) for one in back)
    return replace(record, files=files, leftover=leftover)


def _aside(record: JobRecord, away: Collection[SavedFile]) -> JobRecord:
    if not away:
        return record
    files = tuple(file for file in record.files if file not in away)
    leftover = (*record.leftover, *(replace(file, aside=True) for file in away))
    return replace(record, files=files, leftover=leftover)


def merged(runs: Sequence[JobRecord]) -> JobRecord | None:
    """What was last sent for each part of an address, of however many runs: the newest says it."""
    if len(runs) < 2:
        return next(iter(runs), None)
    ordered = sorted(runs, key=lambda run: run.age)
    elements = {name: element for run in ordered for name, element in run.elements.items()}
    return replace(ordered[-1], elements=elements)
