"""A draft, a job that is held: what it ran once somebody started it.

While a draft is edited it has two versions: what it was before the calls that are under way (the facts of its record),
and what it is after them (its intent). Once it was started, what the service shows tells of each part which of them it
has, so that the run is known although an answer was lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from a2c_spec.core.compare import echoes
from a2c_spec.core.draft_recipe import CONVERSIONS, INPUTS, Recipe
from a2c_spec.core.foreign import ELSEWHERE, foreign, settings_in
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob
from a2c_spec.core.recipe import NOT_DECISIVE, digest, fingerprint
from a2c_spec.core.recognition import (
    conversion_may_be,
    input_may_be,
    sent_conversion,
    sent_input,
    tell_conversions,
    tell_inputs,
)
from a2c_spec.core.run_keys import added_part
from a2c_spec.core.sensitive import HIDDEN
from a2c_spec.core.state import Element, Intent, JobRecord
from a2c_spec.core.transitions import parts, started

PARTS = ("options", "metadata")
"""What can be changed of a conversion."""

JOB = "job"


def begun(record: JobRecord, live: LiveJob) -> JobRecord | None:
    """The record once the start of its job, whose answer was lost, is known to have been done: the job runs, or ran,
    and shows what was to be started, checksums included, and nothing else. None where it does not."""
    intent = record.intent
    if intent is None or not intent.starts or intent.creates or record.phase != "building" or live.editable:
        return None
    after = _after(record, intent)
    run = _run_of(after, [after], live)
    return run if run and run.basis["conversions"] == intent.basis.get("conversions") else None


def begun_elsewhere(record: JobRecord, live: LiveJob) -> JobRecord | None:
    """The record of a draft once somebody started its job, as it was sent or while it was being edited: the run that it
    is. None where none of it was started as it was sent, or its inputs are not told.

    A conversion that somebody else changed has the recipe that it ran with. One that somebody added, or of which it is
    not told what was sent to it, has none, and a name that nobody asks for.
    """
    if record.phase != "building" or live.editable or record.unresolved or not record.basis.get("conversions"):
        return None
    before, intent = replace(record, intent=None), record.intent
    if intent is None or not intent.basis:
        return _run_of(before, [before], live)
    return _run_of(before, [before, _after(record, intent)], live)


def _after(record: JobRecord, intent: Intent) -> JobRecord:
    """The record once all that is intended was done."""
    elements, basis = intent.elements, intent.basis
    return replace(record, elements=elements, basis=basis, fingerprint=intent.fingerprint, intent=None)


def as_shown(record: JobRecord, live: LiveJob) -> JobRecord:
    """The record of a draft whose edit was left in the middle, each part being as the service shows it: as it was, or
    as it was to be. A part of which that is not told is held to be as it was, and has no recipe; an input that no
    answer showed is not known to be as it was sent."""
    if record.phase != "building" or record.intent is None or record.unresolved:
        return record
    before = replace(record, intent=None)
    after = _after(record, record.intent)
    told = _told([before, after], live, {})
    shown = {name: one for name, one in told.elements.items() if not name.startswith(INPUTS) or _has_id(record, name)}
    untold = {name: one for name, one in record.elements.items() if name not in shown and not one.api_id}
    return replace(record, elements={**shown, **untold}, basis=told.basis, fingerprint=told.fingerprint)


def _has_id(record: JobRecord, name: str) -> bool:
    return name in record.elements and bool(record.elements[name].api_id)


def _run_of(record: JobRecord, versions: Sequence[JobRecord], live: LiveJob) -> JobRecord | None:
    """The record as that of a run of those conversions of its job that one of the versions has so; None without any."""
    told = _told(versions, live, _changed(versions, live))
    if not (told.whole and told.basis.get("conversions")):
        return None
    named = {name if _is_known(name, told.basis) else _spare(name): one for name, one in told.elements.items()}
    run = with_added(replace(record, elements=named, intent=None), live)
    return started(run, told.fingerprint, told.basis)


def with_added(record: JobRecord, live: LiveJob) -> JobRecord:
    """The record of a run with the conversions of its job that somebody else added, under names that no manifest gives;
    as it is where some of its own are not told."""
    known = {one.api_id for name, one in record.elements.items() if _is_made(name)}
    others = [row for row in live.conversions if row.id not in known] if "" not in known else []
    new = {_spare(row.id): Element(row.id, {"target": row.target, "category": row.category}) for row in others}
    return replace(record, elements={**record.elements, **new}) if new else record


def _is_known(name: str, basis: Recipe) -> bool:
    return not _is_made(name) or name.removeprefix(CONVERSIONS) in basis["conversions"]


def _spare(name: str) -> str:
    """What a conversion is called that no manifest asks for."""
    return added_part("conversions", name.removeprefix(CONVERSIONS))


@dataclass(frozen=True, slots=True)
class _Told:
    """What a job shows of a draft: the ids of its parts, these as they are there, and what that would run (``basis``,
    empty where it is not told of the inputs). ``whole``: the job and all of its inputs are as one of the versions has
    them."""

    ids: Mapping[str, str]
    elements: Mapping[str, Element]
    basis: Recipe
    fingerprint: str
    whole: bool


def _told(versions: Sequence[JobRecord], live: LiveJob, changed: Mapping[str, tuple[Element, Recipe]]) -> _Told:
    """``changed`` are the conversions that somebody else changed, as they are now, and their recipes."""
    ids = _ids(versions, live)
    fit = _fit(versions, ids, live)
    of_job = [one for one in versions if _holds(one, JOB, "", versions, live)]
    inputs_fit = all(having for name, having in fit.items() if not _is_made(name))
    whole = bool(of_job) and inputs_fit and _has_all_inputs(ids, versions, live)
    of_job = of_job or [versions[0]]
    recipes = {name: _agreed([_recipe(one, name) for one in having]) for name, having in fit.items()}
    recipes |= {name: recipe for name, (_, recipe) in changed.items()}
    fit = {name: having or [one for one in versions if name in one.elements][:1] for name, having in fit.items()}
    elements = {JOB: of_job[-1].elements[JOB]} if JOB in of_job[-1].elements else {}
    elements |= {name: replace(having[-1].elements[name], api_id=ids[name]) for name, having in fit.items()}
    elements |= {name: element for name, (element, _) in changed.items()}
    made = {name.removeprefix(CONVERSIONS): one for name, one in recipes.items() if one and _is_made(name)}
    inputs = {name.removeprefix(INPUTS): one for name, one in recipes.items() if not _is_made(name)}
    fields = _agreed([one.basis.get("fields", {}) for one in of_job])
    order = _order(versions, ids, live)
    if None in (fields, order, *inputs.values()):
        return _Told(ids, elements, {}, "", whole=whole)
    basis = {"order": order, "inputs": inputs, "conversions": made, **({"fields": fields} if fields else {})}
    known = (one.fingerprint for one in versions if one.basis == basis)
    return _Told(ids, elements, basis, next(known, fingerprint(basis)), whole=whole)


def _fit(versions: Sequence[JobRecord], ids: Mapping[str, str], live: LiveJob) -> dict[str, list[JobRecord]]:
    """By part, the versions that have it as it is."""
    return {name: [one for one in versions if _holds(one, name, ids[name], versions, live)] for name in ids}


def _changed(versions: Sequence[JobRecord], live: LiveJob) -> dict[str, tuple[Element, Recipe]]:
    ids = _ids(versions, live)
    odd = [name for name, having in _fit(versions, ids, live).items() if not having and _is_made(name)]
    return {name: found for name in odd if (found := _as_changed(name, versions, ids[name], live))}


def _as_changed(name: str, versions: Sequence[JobRecord], api_id: str, live: LiveJob) -> tuple[Element, Recipe] | None:
    """A conversion of which somebody else changed options or metadata, as it is now, and its recipe; None where it is
    being edited here, too, or it is not told what it was changed to."""
    same = [one for one in versions if name in one.elements]
    if len({_digest(one, name) for one in same}) != 1 or not (recipe := _recipe(same[0], name)):
        return None
    element = replace(same[0].elements[name], api_id=api_id)
    sent = {part: dict(element.sent.get(part, {})) for part in PARTS}
    decides = {part: dict(recipe.get(part, {})) for part in PARTS}
    before: dict[str, Any] = {}
    for where, _, now in foreign(replace(same[0], elements={name: element}, basis={}), live):
        part, _, key = where.removeprefix(f"{name}.").partition(".")
        if part not in PARTS or now == HIDDEN or key == "preset":
            return None
        sent[part][key] = now
        if part == "metadata" or key not in NOT_DECISIVE:
            before[f"{part}.{key}"] = decides[part].get(key)
            decides[part][key] = now
    kept = {key: value for key, value in recipe.items() if key not in PARTS}
    set_now = {part: {key: one for key, one in values.items() if one is not None} for part, values in decides.items()}
    element = replace(element, sent={**element.sent, **sent}, echo={**element.echo, ELSEWHERE: before})
    return element, kept | {part: one for part, one in set_now.items() if one}


def _digest(version: JobRecord, name: str) -> str:
    return digest([version.elements[name].sent, _recipe(version, name)])


def _is_made(name: str) -> bool:
    return name.startswith(CONVERSIONS)


def _agreed(told: Sequence[Any]) -> Any:
    """What all versions say that a part may be of; None where they differ, or one does not know it."""
    return told[0] if told and all(one == told[0] for one in told) else None


def _recipe(version: JobRecord, name: str) -> Any:
    kind, _, key = name.partition(".")
    return version.basis.get(kind, {}).get(key)


def _ids(versions: Sequence[JobRecord], live: LiveJob) -> dict[str, str]:
    """By part, its id in the job, as far as that is told."""
    rows = {*(row.id for row in live.inputs), *(row.id for row in live.conversions)}
    ids: dict[str, str] = {}
    new: dict[str, Element] = {}
    for name, element in (item for version in versions for item in version.elements.items() if item[0] != JOB):
        if element.api_id in rows:
            ids.setdefault(name, element.api_id)
        else:
            new[name] = element
    found = _matched({name: one for name, one in new.items() if name not in ids}, live, rows.difference(ids.values()))
    every = ids | found
    return {name: every[name] for version in reversed(versions) for name in version.elements if name in every}


def _has_all_inputs(ids: Mapping[str, str], versions: Sequence[JobRecord], live: LiveJob) -> bool:
    """Whether the job has these inputs and no others, and all that each version has."""
    always = set.intersection(*(set(version.elements) for version in versions))
    told = {api_id for name, api_id in ids.items() if name.startswith(INPUTS)}
    return all(name in ids for name in always if name.startswith(INPUTS)) and len(told) == len(live.inputs)


def _matched(new: Mapping[str, Element], live: LiveJob, free: Collection[str]) -> dict[str, str]:
    """The ids of parts that no answer told, of those that are free."""
    inputs, conversions = parts(new, "inputs"), parts(new, "conversions")
    free_inputs = [row for row in live.inputs if row.id in free]
    free_conversions = [row for row in live.conversions if row.id in free]
    of_inputs = tell_inputs([sent_input(one.sent) for _, one in inputs], free_inputs)
    of_conversions = tell_conversions([sent_conversion(one.sent) for _, one in conversions], free_conversions)
    ids = {inputs[sent][0]: free_inputs[n].id for sent, n in of_inputs.items()}
    return ids | {conversions[sent][0]: free_conversions[n].id for sent, n in of_conversions.items()}


def _holds(version: JobRecord, name: str, api_id: str, versions: Iterable[JobRecord], live: LiveJob) -> bool:
    """Whether a part of the job is as a version has it, and nobody else changed it."""
    element = version.elements.get(name)
    if element is None:
        return name == JOB and all(JOB not in one.elements for one in versions)
    shown = _shown(api_id, live)
    if isinstance(shown, LiveInput) and not input_may_be(sent_input(element.sent), shown, named=False):
        return False
    if isinstance(shown, LiveConversion) and not conversion_may_be(sent_conversion(element.sent), shown):
        return False
    for other in (one.elements[name] for one in versions if name in one.elements):
        element = _with_reset(element, other, shown)
    one = replace(version, elements={name: replace(element, api_id=api_id)}, basis={})
    return not any(foreign(one, live))


def _shown(api_id: str, live: LiveJob) -> LiveInput | LiveConversion | LiveJob:
    """The part of this id; the job itself where none has it."""
    rows: Sequence[LiveInput | LiveConversion] = (*live.inputs, *live.conversions)
    return next((row for row in rows if row.id == api_id), live)


def _with_reset(element: Element, other: Element, shown: LiveInput | LiveConversion | LiveJob) -> Element:
    """The element, what the service shows of values that only another version of it sets being no change by somebody
    else: taken away, each is the service's default. One that is shown as it was set, was not taken away."""
    echo = dict(element.echo)
    for part, values in _maps(shown).items():
        set_there = _sent(other, part)
        away = [key for key in set_there if key not in _sent(element, part) and key in values]
        if part in echo:
            echo[part] = {**echo[part], **{key: values[key] for key in away if not echoes(set_there[key], values[key])}}
    return replace(element, echo=echo)


def _maps(shown: LiveInput | LiveConversion | LiveJob) -> Mapping[str, Mapping[str, Any]]:
    """What is shown of a part, by the parts of an echo."""
    if isinstance(shown, LiveJob):
        return {"fields": shown.fields}
    if isinstance(shown, LiveInput):
        return {"settings": settings_in(shown.options)}
    return {"options": shown.options, "metadata": shown.metadata}


def _sent(element: Element, part: str) -> Mapping[str, Any]:
    if part == "fields":
        return element.sent
    values: Mapping[str, Any] = settings_in(element.sent) if part == "settings" else element.sent.get(part, {})
    return values


def _order(versions: Sequence[JobRecord], ids: Mapping[str, str], live: LiveJob) -> list[str] | None:
    """In which order the inputs are combined: the one that all versions have, else the one that is shown."""
    names = {name.removeprefix(INPUTS) for name in ids if not _is_made(name)}
    orders = [[name for name in version.basis.get("order", ()) if name in names] for version in versions]
    told = [order for order in orders if len(order) == len(names)]
    if len(set(places := live.positions)) == len(names) and names:
        called = {api_id: name.removeprefix(INPUTS) for name, api_id in ids.items()}
        shown = [called[row.id] for _, row in sorted(zip(places, live.inputs, strict=True), key=lambda pair: pair[0])]
        return shown if shown in told else None
    return told[0] if told and all(one == told[0] for one in told) else None
