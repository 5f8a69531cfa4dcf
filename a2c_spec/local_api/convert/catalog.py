"""What this machine can really convert: the rows whose libraries and programs are here."""

from __future__ import annotations

import functools

from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.contract import CatalogEntry
from a2c_spec.local_api.convert.registry import ROWS, Row


@functools.cache
def catalog() -> tuple[CatalogEntry, ...]:
    """Every available conversion, in the order of the ids; nothing heavy is imported to find out."""
    rows = sorted(available(), key=lambda row: int(row.id))
    return tuple(CatalogEntry(row.id, row.target, row.category, row.all_options) for row in rows)


@functools.cache
def available() -> tuple[Row, ...]:
    """The rows for which everything needed is installed."""
    return tuple(row for row in ROWS if all(programs.has(need) for need in row.needs))


def resolve(target: str, category: str | None = None) -> CatalogEntry | None:
    """The entry for a target; without a category only when no other category has that target."""
    found = [entry for entry in catalog() if entry.target == target and category in (None, "", entry.category)]
    return found[0] if len(found) == 1 else None


def row_of(target: str, category: str) -> Row | None:
    """The row behind an entry."""
    return next((row for row in available() if (row.target, row.category) == (target, category)), None)


def missing_for(target: str, category: str) -> tuple[str, ...]:
    """What would have to be installed for a conversion this machine does not offer."""
    rows = (row for row in ROWS if (row.target, row.category) == (target, category))
    return tuple(need for row in rows for need in row.needs if not programs.has(need))
