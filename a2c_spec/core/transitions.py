"""What becomes of a record: after a call that succeeded, after a refresh, after a lost create was found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from a2c_spec.core import compare
from a2c_spec.core.calls import Call, Effect
from a2c_spec.core.foreign import conversion_parts, echo_of
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob, mapping, parse_conversion, parse_job, rows
from a2c_spec.core.patchable_fields import JOB_FIELDS
from a2c_spec.core.recipe import holds_secret
from a2c_spec.core.recognition import covered, sent_conversion, sent_input, tell_conversions, tell_inputs
from a2c_spec.core.results import with_results
from a2c_spec.core.state import ENDED, Element, Intent, JobRecord


def apply_response(record: JobRecord, call: Call, ids: Mapping[str, str]) -> JobRecord:
    """The record after ``call`` was answered: new ids, and what each element was sent.

    A new part without an id is known to be there, and not which one it is. A new input stands behind the others, so
    that its position is known where theirs are, and unless the call says another. A job that was deleted is no longer
    there; what it had given, files included, stays known.
    """
    if call.kind == "delete_job":
        gone = replace(record, job_id="", elements={}, phase="canceled")
        return gone if record.job_id == call.subject else record
    elements = dict(record.elements)
    for effect in call.effects:
        place = _last_place(elements) if effect.name in call.creates and effect.name.startswith("inputs.") else {}
        new = effect if effect.sent is None else replace(effect, sent={**place, **effect.sent})
        _apply(elements, new, ids.get(effect.name, ""), fresh=effect.name in call.creates)
    return replace(record, elements=elements)


def _last_place(elements: Mapping[str, Element]) -> Mapping[str, int]:
    """The position behind all inputs that are there, if that of each is known."""
    places = [element.sent.get("position") or 0 for _, element in parts(elements, "inputs")]
    return {"position": max(places, default=0) + 1} if all(places) else {}


def noticed(record: JobRecord, call: Call, reply: Any) -> JobRecord:
    """The record with what the answer to a call shows beside what was sent, to tell later what somebody else set."""
    elements, names = dict(record.elements), record.names()
    shown = rows(reply) if isinstance(reply, list) else [mapping(reply)]
    for row in shown if call.kind in ("add_conversions", "patch_conversion") else ():
        live = parse_conversion(row)
        if name := names.get(live.id):
            elements[name] = _noticed(elements[name], conversion_parts(live, elements[name].sent), call)
    if call.kind in ("create_job", "patch_job") and "job" in elements:
        job = parse_job(mapping(reply))
        elements["job"] = _noticed(elements["job"], {"fields": job.fields}, call)
        for live in job.conversions if call.kind == "create_job" else ():
            if name := names.get(live.id):
                elements[name] = _noticed(elements[name], conversion_parts(live, elements[name].sent), call)
    return replace(record, elements=elements)


def _noticed(element: Element, parts: Mapping[str, Mapping[str, Any]], call: Call) -> Element:
    """An edit tells only of the keys that it named: the others may be somebody else's meanwhile."""
    body = mapping(call.body)
    touched: Mapping[str, Mapping[str, Any]] | None = None
    if call.kind == "patch_job":
        touched = {"fields": body}
    elif call.kind == "patch_conversion":
        touched = {part: mapping(value) for part, value in body.items()}
    sent = {"fields": element.sent} if "fields" in parts else element.sent
    return replace(element, echo=echo_of(sent, parts, element.echo, touched))


def intended(record: JobRecord, intent: Intent) -> JobRecord:
    """The record with what is about to be sent; no fact changes. What an earlier intent left open stays open."""
    open_adds = record.intent is not None and record.intent.adds
    return replace(record, intent=replace(intent, adds=intent.adds or open_adds))


def settled(record: JobRecord) -> JobRecord:
    """The record once it is known what became of the intent."""
    return replace(record, intent=None)


def without_untold(record: JobRecord) -> JobRecord:
    """The record without the parts of which it was not known which ones they are, once all of them were made anew."""
    return replace(record, elements={name: one for name, one in record.elements.items() if one.api_id})


def created(record: JobRecord, live: LiveJob, ids: Mapping[str, str], *, starts: bool, now: float) -> JobRecord:
    """The record once a create was answered: the new job in place of the old one, whose files are leftovers now.

    ``starts``: the job runs at once, so the recipe of the intent is what it runs. ``now`` is the service's clock.
    """
    intent = record.intent or Intent()
    elements = {name: replace(one, api_id=ids.get(name, "")) for name, one in intent.elements.items()}
    for place, (name, one) in enumerate(parts(elements, "inputs"), start=1):
        elements[name] = replace(one, sent={"position": place, **one.sent})
    return replace(
        record,
        phase="started" if starts else "building",
        job_id=ids["job"],
        elements=elements,
        fingerprint=intent.fingerprint if starts else "",
        basis=intent.basis if starts else {},
        files=(),
        leftover=tuple(replace(file, aside=False) for file in (*record.leftover, *record.files) if file.path),
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


def handed_over(giver: JobRecord, taker: JobRecord, path: str) -> tuple[JobRecord, JobRecord]:
    """Both records once what the giver has at ``path`` is a leftover of the taker, which may replace it."""
    taken = tuple(replace(file, aside=False) for file in (*giver.files, *giver.leftover) if file.path == path)
    return without_files(giver, {path}), replace(taker, leftover=(*taker.leftover, *taken))


def started(record: JobRecord, fingerprint: str, basis: Mapping[str, Any]) -> JobRecord:
    """The record once the service said that the job runs this recipe."""
    return replace(record, phase="started", fingerprint=fingerprint, basis=basis)


def epoch(text: str) -> float | None:
    """A time as the service writes it, read as UTC where it names no zone; None when it is none."""
    made = _moment(text)
    return (made if made.tzinfo else made.replace(tzinfo=UTC)).timestamp() if made else None


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

    A finished job keeps its record even if the service forgot it, as it does after a while. One that failed and gave
    results all the same has not ended for us before they are here.
    """
    if record.phase not in ("building", "started") or record.unresolved:
        return record
    if live is None:
        return replace(record, job_id="", elements={}, phase="canceled", intent=None)
    if record.phase != "started" or live.status not in ENDED:
        return record
    if live.status == "completed":
        return with_results(replace(record, phase="completed", spent=live.spent, problem=""), live)
    problem = "; ".join(error.message for error in live.errors)
    return record if live.outputs else replace(record, phase=ENDED[live.status], spent=live.spent, problem=problem)


EARLY = 2.0
"""Seconds that a job may seem older than its create, because services write whole seconds."""
ZONES = 14 * 3600.0
"""Seconds by which a time without its zone may be off."""
QUARTER = 900.0
"""Every zone is off by a multiple of this, in seconds."""

Evidence = Literal["ours", "not ours", "unclear"]


def zone_of(records: Iterable[JobRecord]) -> float | None:
    """By how much the service's times without a zone differ from UTC (seconds), told by a create that was answered."""
    known = [record for record in records if record.created_at and record.answered_at]
    if not known:
        return None
    newest = max(known, key=lambda record: record.answered_at)
    return round((newest.created_at - newest.answered_at) / QUARTER) * QUARTER


def evidence(intent: Intent, live: LiveJob, zone: float | None, window: float) -> Evidence:
    """Whether a job of equal content was made by the create that was intended.

    It was if it was created after the intent and at most ``window`` seconds later, by the service's clock. Where
    neither the time nor anything else tells its zone, a job that is off by whole quarters of an hour is unclear, and so
    is one that is not off at all: it may be hours older.
    """
    made, text = epoch(live.created_at), _moment(live.created_at)
    if made is None or text is None:
        return "unclear"
    zone = 0.0 if text.tzinfo else zone
    late = made - (zone or 0.0) - intent.noted_at
    if zone is not None:
        return "ours" if -EARLY <= late <= window else "not ours"
    possible = abs(late) <= ZONES + window and (late + EARLY) % QUARTER <= window + EARLY
    return "unclear" if possible else "not ours"


def parts(elements: Mapping[str, Element], kind: str) -> list[tuple[str, Element]]:
    """The elements of one kind (``inputs``, ``conversions``), in the order in which they were sent."""
    return [(name, element) for name, element in elements.items() if name.startswith(f"{kind}.")]


def matches(intent: Intent, live: LiveJob) -> bool:
    """Whether ``live`` is what a create asked for: it runs, with the same inputs, conversions and callback.

    Options come back expanded, so what was sent need only be contained; secrets never come back and do not count. The
    order of a reply says nothing, so that of the inputs is judged by ``in_order``.
    """
    inputs, conversions = _sent_parts(intent, "inputs"), _sent_parts(intent, "conversions")
    if live.process is False or len(inputs) != len(live.inputs) or len(conversions) != len(live.conversions):
        return False
    fields = intent.elements["job"].sent if "job" in intent.elements else {}
    if any(name in JOB_FIELDS and not _field(name, live.fields[name], fields) for name in live.fields):
        return False
    same_inputs = covered(len(inputs), len(inputs), lambda s, n: _input(inputs[s], live.inputs[n]))
    return same_inputs and covered(
        len(conversions), len(conversions), lambda s, n: _conversion(conversions[s], live.conversions[n])
    )


def in_order(intent: Intent, inputs: Sequence[LiveInput]) -> bool:
    """Whether inputs, in the order in which they are combined, are those that a create asked for."""
    return all(_input(one, have) for one, have in zip(_sent_parts(intent, "inputs"), inputs, strict=True))


def _sent_parts(intent: Intent, kind: str) -> list[Mapping[str, Any]]:
    return [element.sent for _, element in parts(intent.elements, kind)]


def _field(name: str, echo: Any, sent: Mapping[str, Any]) -> bool:
    return compare.echoes(sent.get(name, JOB_FIELDS[name].reset), echo)


def owned(records: Iterable[JobRecord]) -> frozenset[str]:
    """Jobs that belong to some record."""
    return frozenset(record.job_id for record in records if record.job_id)


def lost_creates_of(records: Iterable[JobRecord], live: LiveJob) -> int:
    """How many creates without an answer may have made this job; any of them may have it, since all asked for it."""
    return sum(record.intent is not None and record.unresolved and matches(record.intent, live) for record in records)


def _input(sent: Mapping[str, Any], live: LiveInput) -> bool:
    identity = sent.get("identity", {})
    source = sent.get("wire_source") or identity.get("source", "")
    named = live.filename.startswith(sent.get("filename", "")) or not live.filename
    if "wire_type" in sent:  # nothing says how a service shows bytes that it took from an earlier job
        return named and (not live.checksum or sent.get("checksum", live.checksum) == live.checksum)
    parameters = _contained(identity.get("parameters", {}), live.parameters) or not live.parameters
    return bool(live.type == identity.get("type") and live.source == source and named and parameters)


def _conversion(sent: Mapping[str, Any], live: LiveConversion) -> bool:
    category = compare.same_category(sent.get("category", ""), live.category)
    options = _contained(sent.get("options", {}), live.options)
    metadata = _contained(sent.get("metadata", {}), live.metadata)
    return bool(sent.get("target") == live.target and category and options and metadata)


def _contained(sent: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    return all(holds_secret(value) or compare.echoes(value, live.get(key)) for key, value in sent.items())


def adopt(record: JobRecord, live: LiveJob, now: float) -> JobRecord:
    """The record with the job that its create turned out to have made, and the ids of parts that can be told.

    No answer came, so that it counts as answered when it was sent. What that was by our own clock, tells nothing of
    the zone of the service's times.
    """
    intent = record.intent or Intent()
    inputs, conversions = parts(intent.elements, "inputs"), parts(intent.elements, "conversions")
    of_inputs = tell_inputs([sent_input(one.sent) for _, one in inputs], live.inputs)
    of_conversions = tell_conversions([sent_conversion(one.sent) for _, one in conversions], live.conversions)
    ids = {"job": live.id} | {inputs[sent][0]: live.inputs[n].id for sent, n in of_inputs.items()}
    ids |= {conversions[sent][0]: live.conversions[n].id for sent, n in of_conversions.items()}
    after = created(record, live, ids, starts=not live.editable, now=intent.noted_at or now)
    return replace(after, created_at=0.0) if intent.by_our_clock else after
