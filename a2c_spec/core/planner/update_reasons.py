"""Why a job that has not started is edited: what the manifest changed, and what somebody else changed meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from a2c_spec.core import compare
from a2c_spec.core.calls import Call
from a2c_spec.core.foreign import foreign, is_empty
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob
from a2c_spec.core.patchable_fields import JOB_FIELDS
from a2c_spec.core.plan import Detail
from a2c_spec.core.planner import recipes
from a2c_spec.core.planner.update import ELSEWHERE
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.reasons import ORDER, changed_reason, counted, shown_pair
from a2c_spec.core.recipe import DECISIVE_FIELDS, NOT_DECISIVE, UPLOADED, dumps, holds_secret
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.sensitive import HIDDEN, names_secret, shown_url
from a2c_spec.core.state import JobRecord

NAME = ".options.output_filename"
"""How the paths of names end that results get on the service."""


def why(desired: DesiredJob, record: JobRecord, calls: Sequence[Call], others: Collection[Detail]) -> tuple[str, ...]:
    """The reasons of an edit. A foreign change (``others``) is told with the value there and the value that it gets
    back."""
    besides = [one for one in _besides(desired, record) if one.path not in {other.path for other in others}]
    found = [*recipes.why(desired, record), *foreign_reasons(others), *map(_besides_reason, besides)]
    rest = [call for call in calls if call.reason != ELSEWHERE]
    if len(rest) > sum(call.starts for call in rest) and not found:
        found.append("live differs from the manifest: " + ", ".join(dict.fromkeys(_part(call) for call in rest)))
    if taken := len(calls) - len(rest):
        found.append(f"{counted(taken, 'conversion')} taken out of the job: the result exists elsewhere")
    if any(call.starts for call in calls):
        found.append("not started yet")
    return tuple(found) or ("the job's fields changed",)


def details(desired: DesiredJob, record: JobRecord, others: Collection[Detail]) -> tuple[Detail, ...]:
    """Every attribute that gets another value: from what is on the service, where somebody changed it there."""
    told, ours = {one.path for one in others}, (*recipes.details(desired, record), *_besides(desired, record))
    return (*(one for one in ours if one.path not in told), *others)


def _besides(desired: DesiredJob, record: JobRecord) -> Iterator[Detail]:
    """What the manifest changed that decides no result: job fields, and how results are named and locked."""
    here, names = _values(desired), {"job": [name for name in JOB_FIELDS if name not in DECISIVE_FIELDS]}
    names |= {f"conversions.{item.id}.options": [*NOT_DECISIVE] for item in desired.job.conversions}
    for part in (part for part in names if part.removesuffix(".options") in record.elements):
        for name in sorted(names[part]):
            reset = JOB_FIELDS[name].reset if part == "job" else None
            both = [values.get(name, reset) for values in (_sent(record, part), here[part])]
            if not compare.equal(*both):
                hidden = names_secret(name) or any(map(holds_secret, both))
                before, now = (None if value == reset else value for value in both)
                yield Detail(f"{part}.{name}", before, now, hidden)


def _besides_reason(detail: Detail) -> str:
    """In the words of the manifest, which names a result where the service takes an option of its conversion."""
    if not detail.path.endswith(NAME):
        return changed_reason(detail)
    conversion = detail.path.removeprefix("conversions.").removesuffix(NAME)
    return f"output of {conversion}: {' -> '.join(shown_pair(detail.before, detail.after))}"


def foreign_details(desired: DesiredJob, record: JobRecord, live: LiveJob) -> tuple[Detail, ...]:
    """What somebody else changed and this plan changes back, as (path, value there, value here)."""
    here, ignored = _values(desired), desired.job.lifecycle.ignore
    found = []
    asked = [item.id for item in desired.job.inputs]
    for path, recorded, now in foreign(record, live):
        part, _, key = path.rpartition(".")
        if path == ORDER and now != [name for name in asked if name in now]:
            found.append(Detail(ORDER, now, asked, foreign=True))
        if part in here and not (key in here[part] and compare.echoes(here[part][key], now)):
            removed = key in _sent(record, part)
            if (path in ignored or part in ignored) and not removed and key not in here[part]:
                continue  # it stays as it is
            then = here[part].get(key, None if removed else recorded)
            found.append(Detail(path, now, then, names_secret(key) or holds_secret(then), foreign=True))
    return (*found, *_whole_parts(desired, record, live))


def _whole_parts(desired: DesiredJob, record: JobRecord, live: LiveJob) -> Iterator[Detail]:
    """Inputs and conversions that somebody else added or removed, each as far as the service shows it.

    Where it is not known of some part of ours which one it is on the service, a part may be ours, too.
    """
    names, told = record.names(), all(element.api_id for element in record.elements.values())
    sent = {"inputs": record.basis.get("order", ()), "conversions": record.basis.get("conversions", ())}
    parts = (("inputs", live.inputs, desired.job.inputs), ("conversions", live.conversions, desired.job.conversions))
    for kind, rows, items in parts if told else ():
        there = {names.get(row.id) for row in rows}
        for item in items:
            if item.id in sent[kind] and f"{kind}.{item.id}" not in there:
                yield Detail(f"{kind}.{item.id}", None, item.id, foreign=True)
        yield from (Detail(f"{kind}.{row.id}", _shown(row), None, foreign=True) for row in rows if row.id not in names)


def _shown(row: LiveInput | LiveConversion) -> str:
    """What the service tells of a part, without what is empty and what no one should see."""
    name = f"{row.category}/{row.target}" if isinstance(row, LiveConversion) else _shown_input(row)
    options = {key: value for key, value in row.options.items() if not is_empty(value)}
    told = (f"{key} {HIDDEN if names_secret(key) else dumps(value)}" for key, value in options.items())
    return f"{name} ({', '.join(told)})" if options else name


def _shown_input(row: LiveInput) -> str:
    """Its type and its file name; as long as the service has none, where it is from."""
    told = row.filename or ("" if row.type in UPLOADED else shown_url(row.source))
    return " ".join(filter(None, (row.type, told)))


def foreign_reasons(others: Collection[Detail]) -> tuple[str, ...]:
    """One sentence for each of them."""
    return tuple(map(changed_reason, others))


def _values(desired: DesiredJob) -> dict[str, Mapping[str, Any]]:
    """What is desired, by the part that holds it: job, inputs.a, conversions.b.options, conversions.b.metadata."""
    found: dict[str, Mapping[str, Any]] = {"job": desired.sent_fields}
    for item in desired.job.inputs:
        found[f"inputs.{item.id}"] = item.settings
    for conversion in desired.job.conversions:
        sent = desired.sent_conversion(conversion)
        found |= {f"conversions.{conversion.id}.{part}": sent[part] for part in ("options", "metadata")}
    return found


def _sent(record: JobRecord, part: str) -> Mapping[str, Any]:
    name, _, group = part.rpartition(".") if part.startswith("conversions.") else (part, "", "")
    element = record.elements.get(name)
    sent = element.sent if element else {}
    return sent.get(group, {}) if group else sent


def _part(call: Call) -> str:
    return call.reason or call.kind.replace("_", " ")


def which(desired: DesiredJob) -> str:
    """Of a run that makes some of an address: which conversions."""
    apart = address_of(desired.job.address) != desired.job.address
    return f"{', '.join(item.id for item in desired.job.conversions)} " if apart else ""
