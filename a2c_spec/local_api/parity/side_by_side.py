"""Compares the answers of two services, fact by fact."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain

import httpx

from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.parity import with_credits, without_credits
from a2c_spec.local_api.parity.visit import Unanswered, Visit
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings

Answers = dict[str, str]
NONE = "(no answer)"
WIDTHS = (44, 34)


@dataclass(frozen=True, slots=True)
class Row:
    """One fact about the API, and what each service shows for it."""

    fact: str
    local: str
    theirs: str

    @property
    def state(self) -> str:
        """``same``, ``different``, or ``open`` when one of the services did not show it."""
        if with_credits.UNSEEN in (self.local, self.theirs):
            return "open"
        return "same" if self.local == self.theirs else "different"

    def plain(self) -> dict[str, str]:
        """The row as plain data."""
        return {**asdict(self), "state": self.state}


def compare(
    theirs: str, key: str, *, spend: bool = False, ours: str = "", sleep: Callable[[float], None] = time.sleep
) -> list[Row]:
    """Compare two services. ``ours`` is the URL of a local API; without it one is started."""
    if not ours:
        with Background(create_app(Settings(api_keys=(key,)))) as server:
            return compare(theirs, key, spend=spend, ours=server.url, sleep=sleep)
    there, here = (answers(url, key, spend=spend, sleep=sleep) for url in (theirs, ours))
    facts = dict.fromkeys(chain(here, there))
    return [Row(fact, here.get(fact, NONE), there.get(fact, NONE)) for fact in facts]


def answers(
    base: str, key: str, *, spend: bool = False, only: str = "", sleep: Callable[[float], None] = time.sleep
) -> Answers:
    """The answers of one service by fact, of all scenarios or ``only`` one. A scenario that fails is an answer too."""
    found: Answers = {}
    scenarios = {**without_credits.SCENARIOS, **({"run": with_credits.run} if spend else {})}
    scenarios = {only: scenarios[only]} if only else scenarios
    with Visit(base, key, sleep) as visit:
        try:
            visit.job()
        except httpx.HTTPError as error:
            raise Unanswered(f"{base} does not answer: {error or type(error).__name__}") from error
        for name, scenario in scenarios.items():
            _run(name, scenario, visit, found)
    return found


def _run(name: str, scenario: Callable[[Visit], without_credits.Facts], visit: Visit, found: Answers) -> None:
    try:
        for fact, answer in scenario(visit):
            found[f"{name}: {fact}"] = answer
    except (httpx.HTTPError, Unanswered, LookupError, TypeError, ValueError, AttributeError) as error:
        found[f"{name}: could not be finished"] = f"{type(error).__name__}: {error}"[:200]


def table(rows: Sequence[Row]) -> str:
    """A table of four columns with long answers wrapped, and a line with the counts."""
    lines = [_line(("FACT", "LOCAL", "THEIRS", "")), *(_line((r.fact, r.local, r.theirs, r.state)) for r in rows)]
    counts = {state: sum(row.state == state for row in rows) for state in ("same", "different", "open")}
    totals = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return "\n".join([*lines, f"{len(rows)} facts: {totals}"])


def _line(cells: tuple[str, str, str, str]) -> str:
    widths = (WIDTHS[0], WIDTHS[1], WIDTHS[1])
    columns = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells[:3], widths, strict=True)]
    height = max(len(column) for column in columns)
    padded = [column + [""] * (height - len(column)) for column in columns]
    rows = []
    for index in range(height):
        parts = [column[index].ljust(width) for column, width in zip(padded, widths, strict=True)]
        rows.append("  ".join([*parts, cells[3] if index == 0 else ""]).rstrip())
    return "\n".join(rows)
