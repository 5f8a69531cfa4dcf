"""The result of an apply: files saved, credits spent, failures grouped by their cause."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from a2c_spec.core.plan import Change
from a2c_spec.core.reasons import counted, size
from a2c_spec.core.results import partial
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.core.tally import FILES_SHOWN, LEFT, Tally
from a2c_spec.errors import NotCleanedUp, NotStarted, SpecError, by_end, end_of
from a2c_spec.views.problems import error_json
from a2c_spec.views.style import Style

ADDRESSES_SHOWN = 5
_VARYING = re.compile(r"\bjob [\w-]+\b|[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{16,}\b|\"[^\"]*\"|\b\d+\b|\S*/\S+")


def summary_text(tally: Tally, errors: Sequence[SpecError], counts: Mapping[str, int] | None, style: Style) -> str:
    """Ends without a line break. ``counts``: the calls by method, where they are told."""
    calls = "" if counts is None else f"; {_sent(counts)}"
    if not tally.busy:
        return style("Nothing to do", "green") + f"{calls}."
    lines = [f"  {path} ({size(count)})" for path, count in tally.first]
    if tally.files > len(lines):
        more = counted(tally.files - len(lines), "more file")
        lines.append(f"  and {more} ({size(tally.size)} in all)")
    lines += (f"  {told}" for told in tally.told_incomplete)
    lines += (f"  {address}: {LEFT}: {why}" for address, why in islice(tally.later.items(), FILES_SHOWN))
    lines += _failures(errors, style)
    lines += (f"  more than is allowed: {told}" for told in tally.exceeded)
    ends = by_end(errors)
    if tally.unstarted:
        ends["not started"] = ends.get("not started", 0) + tally.unstarted
    running = tally.started - tally.begun
    parts = [
        f"{tally.applied} applied" if tally.applied or not tally.started else "",
        f"{counted(len(tally.begun), 'job')} started, not waited for" if tally.begun else "",
        f"{counted(len(running), 'job')} running, not waited for" if running else "",
        *(f"{count} {word}" for word, count in ends.items()),
        f"{len(tally.later)} {LEFT}" if tally.later else "",
        f"{tally.incomplete} partial" if tally.incomplete else "",
        f"{counted(tally.held, 'job')} held, not started" if tally.held else "",
        f"{tally.cached} from the results cache" if tally.cached else "",
        f"{counted(tally.spent, 'credit')} spent" if tally.spent else "",
    ]
    whole = not errors and not tally.unstarted
    head = style("Done:" if whole else "Not all done:", "green" if whole else "red", "bold")
    return style.lines([*lines, f"{head} {', '.join(part for part in parts if part)}{calls}."])


def cause(error: SpecError) -> str:
    """What failures have in common: the message without the names and numbers that differ from job to job."""
    return _VARYING.sub("..", error.message)


def by_cause(errors: Iterable[SpecError]) -> Mapping[str, list[SpecError]]:
    """Failures of one cause together, the most frequent first."""
    groups: dict[str, list[SpecError]] = {}
    for error in errors:
        groups.setdefault(cause(error), []).append(error)
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def _failures(errors: Sequence[SpecError], style: Style) -> Iterator[str]:
    for group in by_cause(errors).values():
        first = group[0]
        if isinstance(first, NotStarted | NotCleanedUp):
            yield from (f"  {address_of(error.address)}: {error.message}" for error in group)
            continue
        failed = f"{style('failed', 'red')} " if end_of(first) == "failed" else ""
        if len(group) == 1:
            yield f"  {failed}{address_of(first.address)}: {first.told}"
            continue
        shown = ", ".join(address_of(error.address) for error in group[:ADDRESSES_SHOWN])
        more = f" and {len(group) - ADDRESSES_SHOWN} more" if len(group) > ADDRESSES_SHOWN else ""
        spent = sum(error.spent for error in group)
        paid = f" ({counted(spent, 'credit')} spent)" if spent else ""
        alike = len({error.message for error in group}) == 1
        yield f"  {failed}{len(group)} times{'' if alike else ', the first one'}: {first.message}{paid}"
        yield f"    {shown}{more}"


def _sent(counts: Mapping[str, int]) -> str:
    if not counts:
        return "no API calls"
    return f"{counted(sum(counts.values()), 'call')} ({', '.join(f'{name} {counts[name]}' for name in sorted(counts))})"


def summary_json(
    rows: Iterable[tuple[Change, JobRecord | None]],
    tally: Tally,
    errors: Sequence[SpecError],
    counts: Mapping[str, int],
) -> dict[str, Any]:
    """The last line of ``apply --json``; records come one at a time, and little is kept of each."""
    return {
        "event": "summary",
        "jobs": [_job(change, record) for change, record in rows],
        "errors": [error_json(error) for error in errors],
        "causes": [
            {"message": message, "addresses": [*dict.fromkeys(address_of(error.address) for error in group)]}
            for message, group in by_cause(errors).items()
        ],
        "requests": dict(counts),
        "spent": tally.spent,
        "exceeded": list(tally.exceeded),
        "later": dict(tally.later),
        "unstarted": tally.unstarted,
        "started": sorted(tally.started),
    }


def _job(change: Change, record: JobRecord | None) -> dict[str, Any]:
    files = [file for file in record.files if file.path] if record else []
    return {
        "address": address_of(change.address),
        "run": change.address,
        "action": change.action,
        "job_id": record.job_id if record else "",
        "phase": record.phase if record else "",
        "spent": record.spent if record else 0,
        "left_out": partial(record) if record else {},
        "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in files],
    }
