"""Whether a job that was held ran as it was sent: until its start anybody could change it, and what was set is told by
what the service showed before.

A job that was created and started in one go is taken to have run as it was sent: what a service shows of it only once
it runs may be its own. So may what it shows of an input that no answer showed before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from a2c_spec.core.draft_versions import begun_elsewhere, with_added
from a2c_spec.core.foreign import foreign
from a2c_spec.core.live import LiveInput, LiveJob
from a2c_spec.core.plan import Detail
from a2c_spec.core.reasons import ORDER, changed_reason
from a2c_spec.core.recipe import DECISIVE_FIELDS, NOT_DECISIVE, UPLOADED
from a2c_spec.core.state import Element, JobRecord

SENT_BY_CLIENTS = frozenset({*UPLOADED, "remote", "output", "input_id", "gdrive_picker", "cloud"})
"""The types of inputs that somebody adds."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run as the service shows it, and what of it is not as it was sent, told as reasons."""

    record: JobRecord
    unlike: tuple[str, ...] = ()


def as_it_ran(record: JobRecord, live: LiveJob) -> Ran:
    """A run that was started here, with the recipe that its job shows, and with what was added to it. What is not as it
    was sent, somebody else changed; where that is not only of conversions, none of the recipe is known."""
    ours = record.phase == "started" and not record.unresolved and bool(record.basis.get("conversions"))
    if not ours or live.editable or not any(one.echo for one in record.elements.values()):
        return Ran(record)
    draft = replace(record, phase="building", elements=dict(map(_known, record.elements.items())))
    found = (one for one in foreign(draft, live) if _decides(one[0]) and not _same_order(record, *one))
    unlike = [Detail(*one, foreign=True) for one in found]
    unlike += [Detail(name, None, None, foreign=True) for name in _taken_away(record, live)]
    unlike += [Detail(f"inputs.{row.id}", _kind(row), None, foreign=True) for row in _more_inputs(record, live)]
    if not unlike:
        return Ran(with_added(record, live))
    told = tuple(dict.fromkeys(map(changed_reason, unlike)))
    if all(detail.path.startswith("conversions.") for detail in unlike):
        run = begun_elsewhere(replace(record, phase="building"), live)
        if run is not None:
            return Ran(run, told)
    return Ran(replace(record, basis={}, fingerprint=""), told)


def _same_order(record: JobRecord, path: str, sent: Any, now: Any) -> bool:
    """Whether inputs only stand for each other in two orders: which one of equal ones has which id is not told."""
    recipes = record.basis.get("inputs", {})
    return path == ORDER and [recipes.get(name) for name in sent] == [recipes.get(name) for name in now]


def _taken_away(record: JobRecord, live: LiveJob) -> Iterator[str]:
    """The inputs and conversions that the job no longer shows, where it shows others."""
    rows = {"inputs": {row.id for row in live.inputs}, "conversions": {row.id for row in live.conversions}}
    for name, element in record.elements.items():
        shown = rows.get(name.partition(".")[0])
        if shown and element.api_id and element.api_id not in shown:
            yield name


def _more_inputs(record: JobRecord, live: LiveJob) -> list[LiveInput]:
    """The inputs that nobody here sent, where it is told of all of ours which ones they are. Others than what a client
    sends may be what the service made of ours."""
    inputs = [one for name, one in record.elements.items() if name.startswith("inputs.")]
    known = {one.api_id for one in inputs}
    told = "" not in known
    return [row for row in live.inputs if row.id not in known and row.type in SENT_BY_CLIENTS] if told else []


def _kind(row: LiveInput) -> str:
    return f"{row.type} {row.filename}".rstrip()


def _known(part: tuple[str, Element]) -> tuple[str, Element]:
    """A part, without what is held to be unset of it only because no answer showed it."""
    name, one = part
    return name, replace(one, echo={}) if "unseen" in one.echo else one


def _decides(path: str) -> bool:
    """Whether a value decides what results are."""
    part, _, rest = path.partition(".")
    if part == "job":
        return rest in DECISIVE_FIELDS
    return path == ORDER or part == "inputs" or path.rpartition(".")[2] not in NOT_DECISIVE
