"""What becomes of a record: after a call that succeeded, after a refresh, after a lost create was found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from a2c_spec.core.calls import Call, Effect
from a2c_spec.core.foreign import foreign_of_preset
from a2c_spec.core.live import LiveJob
from a2c_spec.core.recipe import extension
from a2c_spec.core.results import missing_results, renamed_results, with_results
from a2c_spec.core.run_records import left_apart
from a2c_spec.core.state import ENDED, Element, Intent, JobRecord, Phase, SavedFile


def apply_response(record: JobRecord, call: Call, ids: Mapping[str, str]) -> JobRecord:
    """The record after ``call`` was answered: new ids, and what each element was sent.

    A new part without an id is known to be there, and not which one it is. A new input stands behind the others, so
    that its position is known where theirs are, and unless the call says another. A job that was deleted is no longer
    there; what it had given, files included, stays known.
    """
    if call.kind == "delete_job":
        gone = replace(record, job_id="", elements={}, phase="canceled")
        return gone if record.job_id == call.subject else without_job(record, str(call.subject))
    elements = dict(record.elements)
    for effect in call.effects:
        place = _last_place(elements) if effect.name in call.creates and effect.name.startswith("inputs.") else {}
        new = replace(effect, sent={**place, **effect.sent}) if place and effect.sent is not None else effect
        _apply(elements, new, ids.get(effect.name, ""), fresh=effect.name in call.creates)
    return replace(record, elements=elements)


def answered(record: JobRecord, calls: Iterable[Call]) -> JobRecord:
    """The record as it will be once all of these calls, which create no job, have done what they are sent for."""
    for call in calls:
        record = apply_response(record, call, {})
    return record


def without_job(record: JobRecord, job_id: str) -> JobRecord:
    """The record once an earlier job was deleted on the service; what it had given stays known, and that only what is
    here is left of it."""
    former = tuple(one for one in record.former_jobs if one != job_id)
    if record.job_id != job_id:
        return replace(record, former_jobs=former)
    gone = (file.output_id for file in record.files if not file.path)
    return replace(record, job_id="", former_jobs=former, gone=tuple(dict.fromkeys((*record.gone, *gone))))


def refused_to_delete(record: JobRecord, job_id: str) -> JobRecord:
    """The record once the service refused to delete one of its jobs that has ended: it is there, and stays."""
    return replace(record, undeletable=(*record.undeletable, job_id))


def _last_place(elements: Mapping[str, Element]) -> Mapping[str, int]:
    """The position behind all inputs that are there, if that of each is known."""
    places = [element.sent.get("position") or 0 for _, element in parts(elements, "inputs")]
    return {"position": max(places, default=0) + 1} if all(places) else {}


def intended(record: JobRecord, intent: Intent) -> JobRecord:
    """The record with what is about to be sent; no fact changes. What an earlier intent left open stays open."""
    open_adds = record.intent is not None and record.intent.adds
    return replace(record, intent=replace(intent, adds=True) if open_adds else intent)


def settled(record: JobRecord) -> JobRecord:
    """The record once it is known what became of the intent."""
    return replace(record, intent=None) if record.intent else record


def without_untold(record: JobRecord) -> JobRecord:
    """The record without the parts of which it was not known which ones they are, once all of them were made anew."""
    return replace(record, elements={name: one for name, one in record.elements.items() if one.api_id})


def without_vanished(record: JobRecord, live: LiveJob) -> JobRecord:
    """The record without inputs and conversions that somebody deleted from the job."""
    there = {item.id for item in live.inputs} | {item.id for item in live.conversions}
    parts = {name for name in record.elements if name.startswith(("inputs.", "conversions."))}
    gone = {name for name in parts if record.elements[name].api_id and record.elements[name].api_id not in there}
    left = {name: element for name, element in record.elements.items() if name not in gone}
    return replace(record, elements=left) if gone else record


def created(record: JobRecord, live: LiveJob, ids: Mapping[str, str], *, starts: bool, now: float) -> JobRecord:
    """The record once a create was answered: the new job in place of the old one, whose files are leftovers now.

    ``starts``: the job runs at once, so the recipe of the intent is what it runs. ``now`` is the service's clock.
    """
    intent = record.intent or Intent()
    elements = {name: replace(one, api_id=ids.get(name, "")) for name, one in intent.elements.items()}
    for place, (name, one) in enumerate(parts(elements, "inputs"), start=1):
        elements[name] = replace(one, sent={"position": place, **one.sent})
    apart = left_apart(record, intent.basis.get("conversions", {}))  # the earlier run keeps these
    left = [file for file in record.leftover if file not in apart]
    return replace(
        record,
        phase="started" if starts else "building",
        job_id=ids["job"],
        elements=elements,
        fingerprint=intent.fingerprint if starts else "",
        basis=intent.basis if starts else {},
        files=(),
        leftover=tuple(replace(file, aside=False) for file in (*left, *record.files) if file.path),
        created_at=epoch(live.created_at) or 0.0,
        answered_at=now,
        spent=0,
        problem="",
        warnings=(),
        gone=(),
        intent=None,
    )


def without_files(record: JobRecord, paths: Collection[str]) -> JobRecord:
    """The record without the files at ``paths``, which are another run's from now on."""
    files = tuple(replace(file, path="", wanted="") if file.path in paths else file for file in record.files)
    there = (replace(file, path="", wanted="") if file.path in paths else file for file in record.leftover)
    return replace(record, files=files, leftover=tuple(file for file in there if file.path or file.aside))


def files_alone(record: JobRecord, paths: Collection[str], now: float) -> JobRecord | None:
    """What stays recorded of a run that is taken away: its files at ``paths``, and what made them, for whoever wants
    these, or their places; None where it has none there. ``now`` is the service's clock."""
    every = {file.path for file in (*record.files, *record.leftover)} - {""}
    if every.isdisjoint(paths):
        return None
    left = without_files(record, every.difference(paths))
    gone = (file.output_id for file in left.files if not file.path)
    gone_now = tuple(dict.fromkeys((*record.gone, *gone)))
    left = replace(left, job_id="", former_jobs=(), undeletable=(), elements={}, landing=(), gone=gone_now)
    return replace(left, intent=None, gone_since=record.gone_since or now)


def landed(record: JobRecord, there: Iterable[SavedFile]) -> JobRecord:
    """The record once it is known which of the files that were about to get their names are ``there``.

    What is no result of its run, but was taken from the results cache for another recipe, is left over.
    """
    mine = {file.output_id for file in record.files}
    for new in there:
        if new.from_cache and new.output_id not in mine:
            record = without_files(record, {new.path})
            record = replace(record, leftover=(*record.leftover, new))
        else:
            others = (old for old in record.files if new.path != old.path and new.output_id != old.output_id)
            record = replace(record, files=(*others, new))
    return replace(record, landing=())


def handed_over(giver: JobRecord, taker: JobRecord, path: str) -> tuple[JobRecord, JobRecord]:
    """Both records once what the giver has at ``path`` is a leftover of the taker, which may replace it."""
    taken = tuple(replace(file, aside=False) for file in (*giver.files, *giver.leftover) if file.path == path)
    return without_files(giver, {path}), replace(taker, leftover=(*taker.leftover, *taken))


def started(record: JobRecord, fingerprint: str, basis: Mapping[str, Any]) -> JobRecord:
    """The record once the service said that the job runs this recipe."""
    return replace(record, phase="started", fingerprint=fingerprint, basis=basis)


def begun_since(before: JobRecord, now: JobRecord) -> bool:
    """Whether a job was started after that which was known before."""
    runs = bool(now.job_id) and now.phase != "building"
    return runs and (now.job_id != before.job_id or before.phase == "building")


def epoch(text: str) -> float | None:
    """A time as the service writes it, read as UTC where it names no zone; None when it is none."""
    made = _moment(text)
    return (made if made.tzinfo else made.replace(tzinfo=UTC)).timestamp() if made else None


def names_zone(text: str) -> bool:
    """Whether a time as the service writes it says its zone."""
    made = _moment(text)
    return made is not None and made.tzinfo is not None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _apply(elements: dict[str, Element], effect: Effect, api_id: str, *, fresh: bool) -> None:
    if effect.sent is None:
        elements.pop(effect.name, None)
        return
    old = None if fresh else elements.get(effect.name)
    before: Mapping[str, Any] = old.sent if old and not api_id else {}
    merged = {key: value for key, value in (dict(before) | dict(effect.sent)).items() if value is not None}
    fallback = effect.name.removeprefix("outputs.") if effect.name.startswith("outputs.") else ""
    echo = old.echo if old and not api_id else {}
    elements[effect.name] = Element(api_id or (old.api_id if old else fallback), merged, echo)


def refreshed(record: JobRecord, live: LiveJob | None) -> JobRecord:
    """The record as live has it: ended where the job ended, without a job where the service has none any more.

    A run that was started stays one, also without its job: what it cost is a fact. A finished job keeps its record even
    if the service forgot it, as it does after a while; what only the service had of it is gone then. What it cost is
    told elsewhere, for several runs may be of one job.
    """
    if record.unresolved:
        return record
    if record.phase == "done":
        record = with_results(_with_names(record, live), live) if live else record
        gone = missing_results(record, live)
        return replace(record, gone=(*record.gone, *gone)) if gone else record
    if record.phase not in ("building", "started"):
        return record
    if live is None:
        phase: Phase = "started" if record.phase == "started" else "canceled"
        return replace(record, job_id="", elements={}, phase=phase, intent=None)
    if record.phase == "building" and live.editable:
        return without_vanished(record, live)
    phase = phase_of(live)
    if record.phase != "started" or phase == "started":
        return record
    problem = "; ".join(error.message for error in live.errors) if phase != "completed" else ""
    return with_results(replace(record, phase=phase, problem=problem), live)


def _with_names(record: JobRecord, live: LiveJob) -> JobRecord:
    """The record with the names that somebody else gave to results there, so that the next plan gives them ours."""
    elements = dict(record.elements)
    for path, _, now in renamed_results(record, live):
        name = path.removesuffix(".filename")
        known = elements.get(name, Element(name.removeprefix("outputs.")))
        sent, echo = {**known.sent, "filename": now[: len(now) - len(extension(now))]}, {"output": {"filename": now}}
        elements[name] = replace(known, sent=sent, echo=echo)
    return replace(record, elements=elements) if elements != record.elements else record


def refreshed_preset(record: JobRecord, live: Mapping[str, Any] | None) -> JobRecord:
    """The record of a preset as live has it: without an id where the service has it no more. Of one that somebody
    changed there, it is no longer held to be as it was sent, so that the next plan reads it."""
    if live is None:
        return replace(record, job_id="", elements={})
    return replace(record, fingerprint="") if any(foreign_of_preset(record, live)) else record


def phase_of(live: LiveJob) -> Phase:
    """How far a job is that was started; one that failed and gave results all the same has not ended before these are
    here."""
    given = live.status != "completed" and live.outputs
    return "started" if given else ENDED.get(live.status, "started")


def parts(elements: Mapping[str, Element], kind: str) -> list[tuple[str, Element]]:
    """The elements of one kind (``inputs``, ``conversions``), in the order in which they were sent."""
    return [(name, element) for name, element in elements.items() if name.startswith(f"{kind}.")]
