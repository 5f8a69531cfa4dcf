"""Ties a record to live parts: which recorded name belongs to which part of the job that is there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from a2c_spec.core.calls import Call
from a2c_spec.core.draft_recipe import renamed_recipe
from a2c_spec.core.draft_versions import as_shown
from a2c_spec.core.foreign import UNSEEN
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob, mapping
from a2c_spec.core.planner.matching import known, looks_like, spare_name
from a2c_spec.core.planner.update import edit
from a2c_spec.core.prepare import DesiredJob, with_conversions
from a2c_spec.core.recipe import NOT_DECISIVE, uploaded
from a2c_spec.core.recognition import (
    Part,
    input_may_be,
    sent_conversion,
    sent_input,
    tell_conversions,
    tell_inputs,
)
from a2c_spec.core.results import made_from, untold
from a2c_spec.core.state import Element, JobRecord
from a2c_spec.core.transitions import parts, without_vanished

Live = TypeVar("Live", LiveInput, LiveConversion)


def rebind(record: JobRecord, desired: DesiredJob, bindings: Mapping[str, str]) -> JobRecord:
    """The record with every desired part tied to the live part it was paired with.

    What was sent to a live part stays known under its new name; of a part we have no record of, only what cannot be
    changed is known, for that is what it was recognised by. A part that is no longer desired stays known until it is
    deleted, in case that is interrupted.
    """
    if not bindings:
        return record
    by_id = {element.api_id: element for element in record.elements.values()}
    bound = {name: by_id.get(api_id) or _unknown(desired, name, api_id) for name, api_id in bindings.items()}
    tied = {*bindings.values()}
    rest = {
        spare_name(name, element.api_id, desired): element
        for name, element in record.elements.items()
        if element.api_id not in tied and name != "job"
    }
    after = replace(record, elements=rest | bound, job_id=bindings.get("job", record.job_id))
    if record.phase != "building":
        return after
    called = after.names()
    names = {name: called[api_id] for api_id, name in record.names().items() if api_id in called}
    return replace(after, basis=renamed_recipe(record.basis, names))


def _unknown(desired: DesiredJob, name: str, api_id: str) -> Element:
    return Element(api_id, _recognised(desired, name), UNSEEN if name.startswith("inputs.") else {})


def recognised(record: JobRecord, desired: DesiredJob, live: LiveJob) -> JobRecord:
    """The record once its job was read: with the ids of parts that no answer told, and the recipe that it runs.

    A job that was started without our having seen the answer counts as running what is desired only if the service
    shows just that, checksums included.
    """
    if live.editable:
        return linked(without_vanished(as_shown(record, live), live), live)
    record = link_ids(record, desired, live)
    if record.phase == "building" and not started_unlike(desired, record, live):
        record = rebind(record, desired, edit(desired, live, known(record)).bindings)
        return replace(record, phase="started", fingerprint=desired.fingerprint, basis=desired.basis)
    return record


def started_in_part(record: JobRecord | None, desired: DesiredJob | None, live: LiveJob | None) -> JobRecord | None:
    """A draft that runs, or has run, although no start of it was answered, as the run of those of the desired
    conversions that the service shows; None where it shows none of them, just them, or anything that is not known."""
    if record is None or desired is None or live is None or record.phase != "building":
        return None
    if live.editable or live.status in ("failed", "canceled"):
        return None
    sent, rows = known(record), live.conversions
    pairs = sent.pair_conversions(desired, live).items()
    made = {d: rows[n] for d, n in pairs if sent.conversion_holds(desired, desired.job.conversions[d], rows[n])}
    told = {*record.names(), *(row.id for row in made.values())}
    if len(made) == len(desired.job.conversions) == len(rows) or not told.issuperset(row.id for row in rows):
        return None
    part = with_conversions(desired.job, [desired.job.conversions[d].id for d in made])
    run = recognised(record, replace(desired, job=part), replace(live, conversions=tuple(made.values())))
    return run if made and run.phase == "started" else None


def started_unlike(desired: DesiredJob, record: JobRecord, live: LiveJob) -> bool:
    """Whether a job that was started shows anything but what is desired; that it runs does not count, nor what its
    results are called."""
    calls = edit(desired, live, known(record)).calls
    return any(not call.starts and not _idle(call) for call in calls)


def _idle(call: Call) -> bool:
    """Whether a call changes nothing that decides a result."""
    if not isinstance(call.body, Mapping):
        return False
    if call.kind == "patch_conversion":
        return call.body.keys() == {"options"} and mapping(call.body["options"]).keys() <= NOT_DECISIVE
    return call.kind == "patch_job" and call.body.keys() == {"process"}


def other_bytes(desired: DesiredJob, record: JobRecord, live: LiveJob) -> tuple[str, ...]:
    """What of the bytes on the service is not what was sent, or is desired where that is not known, told as reasons.

    That is: uploads whose checksum (MD5) is another one, and uploads that nobody here sent. Other inputs that we do not
    know are left alone, for the service may list what it made of ours.
    """
    here = {item.id: item for item in live.inputs}
    elements = [(item, record.element(f"inputs.{item.id}")) for item in desired.job.inputs]
    found = []
    for item, element in elements:
        there = here.get(element.api_id) if element else None
        known = item.content if uploaded(item) and not item.applied_sha256 else None
        sent = (element.sent.get("checksum") if element else None) or (known.md5 if known else "")
        if known and sent and there is not None and there.checksum not in ("", sent):
            found.append(f"input {item.id} on the service is not the file here (checksum {there.checksum[:4]}..)")
    unknown = [there.checksum for there in live.inputs if there.id not in record.names() and there.checksum]
    untold = [item for item, element in elements if element is None or element.api_id not in here]
    for item in untold if unknown else ():
        if uploaded(item) and item.content and item.content.md5 not in unknown:
            found.append(f"input {item.id} on the service is not the file here (checksum {unknown[0][:4]}..)")
    if all(element and element.api_id in here for _, element in elements):
        names = record.names()
        found += [
            f"the job has an upload that was not sent from here ({item.filename})"
            for item in live.inputs
            if item.type == "upload" and item.id not in names
        ]
    return tuple(found)


def linked(record: JobRecord, live: LiveJob) -> JobRecord:
    """The record with the ids of parts that were sent and that no answer told, as far as what live shows decides them.

    Uploads that a checksum shows to have each other's ids change them; the order of an answer had told them.
    """
    inputs = parts(record.elements, "inputs")
    here = {item.id: item for item in live.inputs}
    doubted = {
        name
        for name, element in inputs
        if (item := here.get(element.api_id)) and not input_may_be(sent_input(element.sent), item, named=False)
    }
    told = _told(inputs, doubted, live.inputs, sent_input, tell_inputs)
    told |= _told(
        parts(record.elements, "conversions"),
        set(),
        live.conversions,
        sent_conversion,
        tell_conversions,
    )
    if not told:
        return record
    moved = {*told.values()}
    elements = {
        name: replace(one, api_id=told.get(name, "" if name in doubted and one.api_id in moved else one.api_id))
        for name, one in record.elements.items()
    }
    return replace(record, elements=elements)


def _told(
    elements: Sequence[tuple[str, Element]],
    doubted: Collection[str],
    live: Sequence[Live],
    part: Callable[[Mapping[str, Any]], Part],
    tell: Callable[[Sequence[Part], Sequence[Live]], Mapping[int, int]],
) -> dict[str, str]:
    """Name -> id of the parts without an id, and of those whose id is doubted, as far as it can be told."""
    open_ones = [(name, element) for name, element in elements if not element.api_id or name in doubted]
    taken = {element.api_id for name, element in elements if name not in doubted}
    free = [item for item in live if item.id not in taken]
    pairs = tell([part(element.sent) for _, element in open_ones], free) if open_ones else {}
    return {open_ones[sent][0]: free[n].id for sent, n in pairs.items()}


def link_ids(record: JobRecord, desired: DesiredJob, live: LiveJob) -> JobRecord:
    """The record with the ids of live parts whose answer was lost, recognised by content as the desired ones.

    For jobs that can no longer be edited: what results are named after may depend on it.
    """
    here = {item.id for item in live.inputs} | {item.id for item in live.conversions}
    stale = {name: one for name, one in record.elements.items() if _is_part(name) and one.api_id not in here}
    new = {name: Element("", sent) for name, sent in _desired_parts(desired) if name not in record.elements}
    nameless = {name: replace(one, api_id="") for name, one in stale.items()}
    both = linked(replace(record, elements={**record.elements, **nameless, **new}), live)
    others = _not_ours(desired, both, live)
    elements = {}
    for name, element in both.elements.items():
        if name in new and name in others:
            continue
        if element.api_id or name not in new:
            told = replace(element, sent=_recognised(desired, name)) if name in new else element
            elements[name] = told if element.api_id else stale.get(name, element)
    return replace(record, elements=elements)


def _not_ours(desired: DesiredJob, record: JobRecord, live: LiveJob) -> set[str]:
    """Uploads of which neither a checksum nor name and size show that they are the files here.

    No answer told of them: somebody else may have sent one before ours came.
    """
    here = {item.id: item for item in live.inputs}
    sent = [(f"inputs.{item.id}", item) for item in desired.job.inputs if uploaded(item)]
    found = [(name, item, here.get(record.elements[name].api_id)) for name, item in sent if name in record.elements]
    return {name for name, item, there in found if there is not None and not looks_like(item, there)}


def _is_part(name: str) -> bool:
    return name.startswith(("inputs.", "conversions."))


def _desired_parts(desired: DesiredJob) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from ((f"inputs.{item.id}", desired.sent_input(item)) for item in desired.job.inputs)
    yield from ((f"conversions.{item.id}", desired.sent_conversion(item)) for item in desired.job.conversions)


def untold_results(record: JobRecord, live: LiveJob) -> tuple[str, ...]:
    """Names of conversions that have results of which nothing tells which conversion made which."""
    names = record.names()
    unknown = {item.id for item in live.conversions if item.id not in names}
    conversions = parts(record.elements, "conversions")
    if not any(output.conversion in unknown for output in live.outputs):
        made = {made_from(output, names)[0] for output in live.outputs}
        asked = (name.removeprefix("conversions.") for name, _ in conversions)
        return untold((name for name in asked if not name.startswith("#")), made, several=len(conversions) > 1)
    return tuple(name.removeprefix("conversions.") for name, element in conversions if not element.api_id)


def _recognised(desired: DesiredJob, name: str) -> Mapping[str, Any]:
    part, _, key = name.partition(".")
    if part == "inputs":
        sent = desired.sent_input(next(item for item in desired.job.inputs if item.id == key))
        return {key: sent[key] for key in ("identity", "filename", "checksum") if key in sent}
    if part == "conversions":
        sent = desired.sent_conversion(next(item for item in desired.job.conversions if item.id == key))
        return {key: sent[key] for key in ("target", "category", "output_target")}
    return {}
