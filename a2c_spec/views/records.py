"""What is recorded, and what is live, as text and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from a2c_spec.core.live import LiveJob
from a2c_spec.core.reasons import counted, size
from a2c_spec.core.results import partial
from a2c_spec.core.run_keys import added_part, address_of
from a2c_spec.core.state import Element, Intent, JobRecord
from a2c_spec.views.style import Style
from a2c_spec.views.table import table

COLOURS = {"done": "green", "failed": "red", "canceled": "red"}


def when(epoch: float) -> str:
    """UTC, to the second."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%S") if epoch else ""


def listing(records: Sequence[JobRecord], style: Style) -> str:
    """One line per run."""
    alive = {address_of(record.address) for record in records if not record.gone_since}
    rows = [
        (
            record.address,
            f"{record.phase}{', partial' if partial(record) else ''}{_left(record, alive)}",
            record.job_id,
            str(len([file for file in record.files if file.path])),
            when(record.updated_at),
        )
        for record in records
    ]
    return table(("ADDRESS", "PHASE", "JOB", "FILES", "UPDATED (UTC)"), rows, style) if rows else "nothing is recorded"


def _left(record: JobRecord, alive: Collection[str]) -> str:
    """That the job of a run is gone before its end was seen; or why it counts no more: another one has taken its place,
    or no manifest asks for its address."""
    if not record.gone_since:
        return ", job gone" if record.phase == "started" and not record.job_id else ""
    return ", replaced" if address_of(record.address) in alive else ", in no manifest"


def detail(record: JobRecord, live: LiveJob | None, style: Style) -> str:
    """Everything about one address that may be shown: the facts, then what was about to be done."""
    lines = [
        style(record.address, "bold"),
        f"  phase        {style(record.phase, *filter(None, [COLOURS.get(record.phase)]))}",
        f"  service      {record.realm}",
        f"  {'preset' if record.is_preset else 'job':<11}  {record.job_id or '(none)'}",
        f"  fingerprint  {record.fingerprint}",
    ]
    if record.updated_at:
        lines.append(f"  updated      {when(record.updated_at)} UTC")
    if record.spent:
        lines.append(f"  spent        {counted(record.spent, 'credit')}")
    if record.problem:
        lines.append(f"  problem      {style(record.problem, 'red')}")
    lines += [f"  warning      {warning}" for warning in record.warnings]
    lines += [f"  partial      {name} was made without {', '.join(some)}" for name, some in partial(record).items()]
    if record.gone_since:
        lines.append(f"  removed      in no manifest since {when(record.gone_since)} UTC")
    if live is not None:
        lines.append(f"  live         {live.status}{f' ({live.info})' if live.info else ''}")
    known = [(_named(name, one), one.api_id) for name, one in record.elements.items() if name != "job"]
    known += [("earlier job", job) for job in record.former_jobs]
    width = max((24, *(len(name) for name, _ in known)))
    parts = [f"  {name:<{width}} {api_id}" for name, api_id in known]
    there = {True: "(no longer on the service)", False: "(on the service)"}
    places = [(file, file.path or there[file.output_id in record.gone]) for file in record.files]
    files = [f"  {place}  {size(file.size)}  {file.sha256}" for file, place in places]
    left = [f"  {file.path}  {size(file.size)}  of an earlier run" for file in record.leftover if file.path]
    return style.lines([*lines, *parts, *files, *left, *_intent_lines(record.intent)])


def _named(name: str, element: Element) -> str:
    """How a part of a job is called; one that has no name here, because somebody else added it, by what it is."""
    kind = name.partition(".")[0]
    return f"{kind.removesuffix('s')} added elsewhere" if name == added_part(kind, element.api_id) else name


def _intent_lines(intent: Intent | None) -> list[str]:
    """What was about to be sent when the last apply ended; whether it happened is not known."""
    if intent is None:
        return []
    does = [word for word, said in (("creates a job", intent.creates), ("starts it", intent.starts)) if said]
    told = f" ({', '.join(does)})" if does else ""
    lines = [f"  intent       {', '.join(intent.kinds) or 'parts added'}{told}"]
    lines += [f"    noted      {when(intent.noted_at)} UTC, answer not known"] if intent.noted_at else []
    return lines + ([f"    recipe     {intent.fingerprint}"] if intent.fingerprint else [])


def record_json(record: JobRecord, live: LiveJob | None = None) -> dict[str, Any]:
    """One record; sent values stand as they are recorded, secrets as marks cut down to their reference."""
    return {
        "address": address_of(record.address),
        "run": record.address,
        "realm": record.realm,
        "phase": record.phase,
        "job_id": record.job_id,
        "former_jobs": list(record.former_jobs),
        "fingerprint": record.fingerprint,
        "spent": record.spent,
        "problem": record.problem,
        "warnings": list(record.warnings),
        "left_out": partial(record),
        "updated_at": record.updated_at,
        "gone_since": record.gone_since,
        "intent": _intent_json(record.intent),
        "elements": {name: {"id": element.api_id} for name, element in record.elements.items()},
        "files": [
            {"path": file.path, "size": file.size, "sha256": file.sha256, "output_id": file.output_id}
            for file in record.files
        ],
        "leftover": [
            {"path": file.path, "size": file.size, "sha256": file.sha256} for file in record.leftover if file.path
        ],
        **({"live": {"status": live.status, "info": live.info}} if live else {}),
    }


def runs_json(found: Sequence[JobRecord]) -> dict[str, Any]:
    """An address as its first run, and its further runs, if there are any, beside it."""
    first, *further = map(record_json, found)
    return first | ({"further_runs": further} if further else {})


def _intent_json(intent: Intent | None) -> dict[str, Any] | None:
    if intent is None:
        return None
    told = {"calls": list(intent.kinds), "starts": intent.starts, "noted_at": intent.noted_at}
    return told | {"fingerprint": intent.fingerprint}


def history_text(rows: Sequence[Any], style: Style) -> str:
    """The service's own list of events of one job."""
    cells = [(str(row.get("created_at", "")), str(row.get("status", "")), str(row.get("info", ""))) for row in rows]
    return table(("AT", "STATUS", "INFO"), cells, style) if cells else "the service has no events of this job"


def what_is_told(record: JobRecord) -> tuple[object, ...]:
    """What a person is told of a record that changes."""
    return phase_told(record), record.elements, record.gone


def change_told(old: JobRecord, new: JobRecord) -> str:
    """How a record changes."""
    if lost := len(new.gone) - len(old.gone):
        return f"{counted(lost, 'result')} gone, which stayed on the service"
    renamed = [name for name, one in new.elements.items() if name.startswith("outputs.") and one != old.element(name)]
    if renamed:
        return f"{counted(len(renamed), 'result')} renamed on the service"
    gone = [name for name in old.elements if name not in new.elements]
    return f"{', '.join(gone)} gone" if gone and new.job_id else f"{phase_told(old)} -> {phase_told(new)}"


def phase_told(record: JobRecord) -> str:
    """The phase of a record, or what it has not."""
    return record.phase if record.job_id else "no preset" if "preset" in record.basis else "no job"
