"""What somebody else changed of a job or preset on the service, told by what we sent and what the service showed then.

A reply spells out options that nobody set, with their defaults, so a value that we did not send is somebody else's only
if the service showed another one when it answered us. What it showed then is kept as the ``echo`` of an element.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from a2c_spec.core import compare
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob, mapping
from a2c_spec.core.patchable_fields import INPUT_SETTINGS, JOB_FIELDS
from a2c_spec.core.plan import Change, Detail
from a2c_spec.core.reasons import ORDER, changed_reason, counted, only_there
from a2c_spec.core.recipe import UNPLACED, holds_secret
from a2c_spec.core.results import still_there
from a2c_spec.core.run_keys import added_part
from a2c_spec.core.sensitive import HIDDEN, names_secret
from a2c_spec.core.state import Element, JobRecord

Found = tuple[str, Any, Any]
"""A difference: where, what was recorded, what is now."""

DEFAULTS: Mapping[str, Mapping[str, Any]] = {"fields": {name: field.reset for name, field in JOB_FIELDS.items()}}
"""What a value is that the service showed no other for; unset, where nothing is said here."""


UNSEEN: Mapping[str, Mapping[str, Any]] = {"settings": {}, "unseen": {}}
"""The echo of an input that no answer has shown yet: nothing is set of it, unless a first look shows a default."""


ELSEWHERE = "elsewhere"
"""The part of an echo that has values of a recipe, as ``options.width``, from before somebody else set others."""


def echo_of(
    sent: Mapping[str, Any],
    shown: Mapping[str, Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]] | None = None,
    touched: Mapping[str, Collection[str]] | None = None,
) -> Mapping[str, Mapping[str, Any]]:
    """The echo of an element after an answer: of a new one all that it shows; else, of what the call ``touched``.

    ``sent`` and ``shown`` hold one mapping for each part. What an answer shows of other keys may be somebody else's.
    """
    if touched is None:
        return {part: _beside(part, sent.get(part, {}), values) for part, values in shown.items()}
    after = dict(before or {})
    for part, keys in touched.items():
        if part in after:
            new = {key: value for key, value in shown.get(part, {}).items() if key in keys}
            kept = {key: value for key, value in after[part].items() if key not in keys}
            after[part] = kept | _beside(part, sent.get(part, {}), new)
    return after


def _beside(part: str, sent: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in shown.items() if key not in sent and not _same(value, _default(part, key))}
    return {key: HIDDEN if names_secret(key) else value for key, value in own.items()}


def _default(part: str, key: str) -> Any:
    return DEFAULTS.get(part, {}).get(key)


def _same(one: Any, other: Any) -> bool:
    """Whether two values of an echo mean the same; services write what is unset in several ways."""
    return compare.echoes(one, other) or (is_empty(one) and is_empty(other))


def is_empty(value: Any) -> bool:
    """Whether a value of an echo means that nothing is set."""
    return value is None or value is False or value in ("", [], {}, ())


def conversion_parts(live: LiveConversion, sent: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What an answer shows of a conversion: the parts in which it shows everything that was sent.

    Options count only where they came back expanded, as they should: else a later answer may show defaults that this
    one did not.
    """
    options, metadata = sent.get("options", {}), sent.get("metadata", {})
    parts: dict[str, Mapping[str, Any]] = {}
    if options.keys() <= live.options.keys() and len(live.options) > len(options):
        parts["options"] = live.options
    if {key for key, value in metadata.items() if value is not None} <= live.metadata.keys():
        parts["metadata"] = live.metadata
    return parts


def settings_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that are settings of an input."""
    return {key: values[key] for key in INPUT_SETTINGS if key in values}


def input_parts(live: LiveInput) -> dict[str, Mapping[str, Any]]:
    """What an answer shows of an input: its settings, unless it tells nothing but ids, as answers to uploads do."""
    return {"settings": settings_in(live.options)} if live != LiveInput(live.id) else {}


def completed(element: Element, part: str, shown: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is shown of a part; a key that we set, and that the service no longer shows although it did, is unset."""
    missing = [key for key in element.sent.get(part, {}) if key not in shown] if part in element.echo else []
    return {**shown, **dict.fromkeys(missing)}


def strangers(element: Element, part: str, sent: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """Key -> what it was before, of every value that neither we nor the service had set; None: it was unset."""
    known = element.echo.get(part)
    if known is None:
        return {}
    before = {key: known.get(key, _default(part, key)) for key in shown if key not in sent}
    return {key: value for key, value in before.items() if not _same(value, shown[key])}


def foreign(record: JobRecord, live: LiveJob) -> Iterator[Found]:
    """Every value of the job, of its inputs and of its conversions that somebody else changed.

    Of a job that was started, only values that we sent count: nobody can change it any more.
    """
    inputs = {row.id: row for row in live.inputs}
    conversions = {row.id: row for row in live.conversions}
    for name, recorded in record.elements.items():
        element = recorded if record.phase == "building" else replace(recorded, echo={})
        if name == "job":
            yield from _values("job", "fields", element, element.sent, live.fields)
        elif element.api_id in inputs:
            shown = settings_in(inputs[element.api_id].options)
            yield from _values(name, "settings", element, settings_in(element.sent), shown)
        elif element.api_id in conversions:
            yield from _conversion(name, element, conversions[element.api_id])
    yield from _order(record, live)


def _order(record: JobRecord, live: LiveJob) -> Iterator[Found]:
    """That inputs of ours stand in another order than they were sent in, as the positions say that the service shows.

    Nothing is said as long as it is not known which order ours has come to have: calls were lost, or not sent yet.
    """
    names, places = {api_id: name.removeprefix("inputs.") for api_id, name in record.names().items()}, live.positions
    settled = record.phase == "building" and record.intent is None and len(set(places)) == len(places)
    if any(element.sent.get("position") == UNPLACED for element in record.elements.values()) or not settled:
        return
    rows = sorted(zip(places, live.inputs, strict=False), key=lambda pair: pair[0])
    now = [names[row.id] for _, row in rows if row.id in names]
    sent = [name for name in record.basis.get("order", ()) if name in now]
    if sent != now and sorted(sent) == sorted(now):
        yield ORDER, sent, now


def _conversion(name: str, element: Element, live: LiveConversion) -> Iterator[Found]:
    options = element.sent.get("options", {})
    if element.sent.get("preset"):  # it was sent as an id, which is compared elsewhere
        options = {**options, "preset": live.options.get("preset")}
    yield from _values(f"{name}.options", "options", element, options, completed(element, "options", live.options))
    metadata = element.sent.get("metadata", {})
    yield from _values(f"{name}.metadata", "metadata", element, metadata, completed(element, "metadata", live.metadata))


def _values(
    where: str, part: str, element: Element, sent: Mapping[str, Any], shown: Mapping[str, Any]
) -> Iterator[Found]:
    same = compare.equal if part == "fields" else compare.echoes
    for key, value in sent.items():
        if key in shown and not holds_secret(value) and not same(value, shown[key]):
            yield f"{where}.{key}", value, shown[key]
    for key, before in strangers(element, part, sent, shown).items():
        yield f"{where}.{key}", before, HIDDEN if names_secret(key) else shown[key]


def foreign_of_preset(record: JobRecord, live: Mapping[str, Any]) -> Iterator[Found]:
    """Every value of a preset that somebody else changed. A preset that hides its options says nothing of them."""
    element = record.elements.get("preset", Element(record.job_id))
    for key in ("name", "target"):
        if live.get(key) is not None and key in element.sent and not compare.echoes(element.sent[key], live[key]):
            yield key, element.sent[key], live[key]
    if "options" in live:
        shown = completed(element, "options", mapping(live["options"]))
        yield from _values("options", "options", element, element.sent.get("options", {}), shown)


def added(record: JobRecord, live: LiveJob) -> tuple[LiveConversion, ...]:
    """The conversions of the job that nobody here asked for, where it is told of all others which ones they are."""
    names = record.names()
    whole = all(one.api_id for name, one in record.elements.items() if name.startswith("conversions."))
    new = (row for row in live.conversions if names.get(row.id) in (None, added_part("conversions", row.id)))
    return tuple(new) if whole and names else ()


def shown_kind(row: LiveConversion) -> str:
    """``image/gif``, or what is told of it."""
    return f"{row.category}/{row.target}" if row.category else row.target


def told_of_start(change: Change, live: LiveJob | None, record: JobRecord | None = None) -> Change:
    """The change of a job that was held; where it runs, or ran, although nothing was sent from here that starts it,
    with that and what it costs, and with what was added to it or changed of it, of which nothing is taken here."""
    if live is None or live.editable:
        return change
    cost = f"cost {counted(live.spent, 'credit')}"
    if not live.terminal:
        cost = f"costs about {counted(max(1, len(live.conversions)), 'credit')}"
    told = [f"started elsewhere, which {cost}", *change.reasons]
    others = added(record, live) if record else ()
    draft = replace(record, phase="building") if record else None
    odd = [one for one in foreign(draft, live) if one[0].startswith("job.")] if draft else []
    told += [changed_reason(Detail(*one, foreign=True)) for one in odd]
    told += [f"it makes {shown_kind(row)}, too, which was added outside a2c-spec" for row in others]
    there = still_there(live)
    if record is not None and change.action not in ("re-run", "replace"):
        left = {row.id for row in others} | {one.api_id for one in record.elements.values() if ELSEWHERE in one.echo}
        there = still_there(replace(live, outputs=tuple(one for one in live.outputs if one.conversion in left)))
    if there:
        told.append(f"{only_there(there)}, and will not be downloaded")
    return replace(change, reasons=(*dict.fromkeys(told),))
