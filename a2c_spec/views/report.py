"""A run as one self-contained HTML page: no script, nothing fetched, every text escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from a2c_spec.core.reasons import size
from a2c_spec.core.state import JobRecord
from a2c_spec.views import inert
from a2c_spec.views.board import duration

ROWS = 1000
"""So many jobs get a row of their own: failures first, then the slowest."""

BUCKETS = 60

Thumbnail = Callable[[str], str]
"""A path below the project root -> a small image as a ``data:`` URI; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is kept of one job: ``began`` and ``ended`` are epoch seconds, ``began`` 0 when it was never created."""

    address: str
    phase: str
    problem: str
    spent: int
    began: float
    ended: float
    size: int
    paths: tuple[str, ...]

    @property
    def took(self) -> float:
        return max(0.0, self.ended - self.began) if self.began else 0.0

    @property
    def failed(self) -> bool:
        return self.phase in ("failed", "canceled")


def row_of(record: JobRecord) -> Row:
    saved = [file for file in record.files if file.path]
    paths = tuple(file.path for file in saved)
    volume = sum(file.size for file in saved)
    return Row(
        record.address, record.phase, record.problem, record.spent, record.answered_at, record.updated_at, volume, paths
    )


def report(records: Iterable[JobRecord], thumbnail: Thumbnail, *, title: str, made_at: float) -> str:
    """The whole page."""
    from jinja2 import Environment, StrictUndefined

    rows = sorted((row_of(record) for record in records), key=lambda row: (not row.failed, -row.took))
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_inert
    )
    environment.filters.update(size=size, duration=_took, moment=_moment)
    template = environment.from_string(files("a2c_spec.views").joinpath("report.html.j2").read_text("utf-8"))
    return template.render(
        title=title,
        made_at=made_at,
        facts=_facts(rows),
        causes=_causes(rows),
        rows=_placed(rows[:ROWS]),
        left_out=max(0, len(rows) - ROWS),
        buckets=_buckets(rows),
        thumbnail=thumbnail,
    )


def _facts(rows: Sequence[Row]) -> dict[str, str]:
    took = sorted(row.took for row in rows if row.took)
    facts = {
        "jobs": str(len(rows)),
        "done": str(sum(row.phase == "done" for row in rows)),
        "failed": str(sum(row.failed for row in rows)),
        "files": str(sum(len(row.paths) for row in rows)),
        "bytes saved": size(sum(row.size for row in rows)),
        "credits": str(sum(row.spent for row in rows)),
    }
    if took:
        facts |= {"median job": _took(took[len(took) // 2]), "slowest job": _took(took[-1])}
    return facts


def _causes(rows: Sequence[Row]) -> list[tuple[str, int]]:
    return Counter(row.problem or "the service gives no reason" for row in rows if row.failed).most_common()


def _placed(rows: Sequence[Row]) -> list[tuple[Row, float, float]]:
    """Each row with the left edge and width of its bar, in per cent of the whole time."""
    timed = [row for row in rows if row.began]
    start = min((row.began for row in timed), default=0.0)
    span = max((row.ended for row in timed), default=0.0) - start or 1.0
    return [
        (
            row,
            (row.began - start) / span * 100 if row.began else 0.0,
            max(0.3, row.took / span * 100) if row.began else 0,
        )
        for row in rows
    ]


def _buckets(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """How many jobs ended in each part of the time, as bars of up to 100 per cent."""
    ends = [row.ended for row in rows if row.ended]
    if len(ends) < 2:
        return []
    start, span = min(ends), max(ends) - min(ends) or 1.0
    counts = Counter(min(BUCKETS - 1, int((end - start) / span * BUCKETS)) for end in ends)
    most = max(counts.values())
    return [
        {"at": start + span * number / BUCKETS, "count": counts[number], "height": counts[number] / most * 100}
        for number in range(BUCKETS)
    ]


def _inert(value: Any) -> Any:
    return inert.line(value) if isinstance(value, str) else value


def _took(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s" if seconds < 60 else duration(seconds)


def _moment(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if epoch else ""
