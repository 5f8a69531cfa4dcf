"""What the service can convert, as a snapshot: ``a2c.catalog.json`` of the project, else the built-in one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.core.json_text import inert_json
from a2c_spec.core.live import CATALOG_BYTES, CATALOG_ROWS
from a2c_spec.core.reasons import shown
from a2c_spec.errors import InvalidError, why
from a2c_spec.manifests.option_values import UNIVERSAL
from a2c_spec.regular_files import TooLarge, content

CATALOG_FILE = "a2c.catalog.json"
FORMAT = 1
BUILT_IN = Path(__file__).with_name("built_in_catalog.json")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")

CatalogRow = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows of ``GET /conversions`` as they were on ``date`` (empty: unknown) at ``service``.

    A row without ``options`` is a target whose options are not known.
    """

    rows: Sequence[CatalogRow]
    date: str = ""
    service: str = ""

    def text(self) -> str:
        """The snapshot as it stands in a file."""
        head = {"format": FORMAT, "date": self.date, "service": self.service}
        return inert_json(json.dumps({**head, "conversions": list(self.rows)}, indent=1, ensure_ascii=False)) + "\n"


@dataclass(frozen=True, slots=True)
class Catalog:
    """A snapshot, ready to check many manifests: its rows by target, with the options that every target has.

    ``name`` is what messages call it.
    """

    targets: Mapping[str, Sequence[CatalogRow]]
    name: str
    built_in: bool = False

    def fitting(self, target: str, category: str) -> list[CatalogRow]:
        """The rows of a target; without a category in all categories."""
        return [row for row in self.targets.get(target, ()) if not category or row.get("category") == category]

    def row(self, target: str, category: str) -> CatalogRow | None:
        """The one row that is meant; None when there is none, or more than one."""
        rows = self.fitting(target, category)
        return rows[0] if len(rows) == 1 else None


def catalog_rows(root: Path) -> Sequence[CatalogRow] | None:
    """The rows of the project's own snapshot; None when there is none. Raises InvalidError."""
    snapshot = project_snapshot(root)
    return None if snapshot is None else snapshot.rows


def project_snapshot(root: Path) -> Snapshot | None:
    """The project's own snapshot; None when there is none. Raises InvalidError."""
    file = root / CATALOG_FILE
    try:
        tree = json.loads(content(file, CATALOG_BYTES, within=root))
    except TooLarge as error:
        raise _unusable(f"has more than {CATALOG_BYTES} bytes") from error
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unusable(f"cannot be read: {why(error)}") from error
    except (ValueError, RecursionError) as error:
        raise _unusable("is not valid JSON", getattr(error, "lineno", 1), getattr(error, "colno", 1)) from error
    if (form := _format(tree)) != FORMAT:
        raise _unusable(f"has the format {shown(form)}; this a2c-spec reads format {FORMAT}")
    snapshot = _snapshot(tree)
    if snapshot is None:
        raise _unusable("is not a list of targets")
    if len(snapshot.rows) > CATALOG_ROWS:
        raise _unusable(f"has more than {CATALOG_ROWS} targets")
    if lacks := lacking(snapshot.rows):
        raise _unusable(lacks)
    return snapshot


def _format(tree: Any) -> Any:
    """The format that a file names; older ones name none."""
    return tree.get("format", FORMAT) if isinstance(tree, dict) else FORMAT


def lacking(rows: Sequence[CatalogRow]) -> str:
    """Why nothing can be checked against these rows; empty where it can. It goes on the name of what has them."""
    if not rows:
        return "has no targets"
    without = next((row for row in rows if not row.get("target") or not row.get("category")), None)
    return "" if without is None else f"has a target without a category (`{str(without.get('target'))[:100]}`)"


def _unusable(why: str, line: int = 1, column: int = 1) -> InvalidError:
    message = f"{CATALOG_FILE} {why}"
    problem = Diagnostic(Position(CATALOG_FILE, line, column), message, "run `a2c-spec catalog pull` to write it again")
    return InvalidError(message, diagnostics=[problem])


def _snapshot(tree: Any) -> Snapshot | None:
    """The snapshot in a file; older files hold the rows alone. None when it is none."""
    rows = tree.get("conversions") if isinstance(tree, dict) else tree
    if not isinstance(rows, list) or not all(map(_is_row, rows)):
        return None
    head = tree if isinstance(tree, dict) else {}
    date, service = str(head.get("date")), head.get("service")
    return Snapshot(rows, date if _DATE.match(date) else "", service if isinstance(service, str) else "")


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("target"), str) and isinstance(row.get("category", ""), str)


@cache
def built_in() -> Snapshot:
    """The snapshot that comes with this version, for projects that have none of their own."""
    snapshot = _snapshot(json.loads(BUILT_IN.read_bytes()))
    assert snapshot is not None  # noqa: S101 - a test reads it
    return snapshot


def catalog_of(root: Path) -> Catalog:
    """What the manifests of the project at ``root`` are checked against; raises InvalidError."""
    own = project_snapshot(root)
    if own is None:
        return index_catalog(built_in(), "the built-in catalog", built_in=True)
    return index_catalog(own, CATALOG_FILE)


def index_catalog(snapshot: Snapshot, name: str, *, built_in: bool = False) -> Catalog:
    """The catalog that messages call by ``name`` and its date."""
    targets: dict[str, list[CatalogRow]] = {}
    for row in map(_with_universal, snapshot.rows):
        targets.setdefault(row["target"], []).append(row)
    return Catalog(targets, f"{name} of {snapshot.date}" if snapshot.date else f"{name} (no date)", built_in)


def _with_universal(row: CatalogRow) -> CatalogRow:
    if "options" not in row:
        return row
    options = row["options"]  # an empty map may come as []
    return {**row, "options": {**UNIVERSAL, **(options if isinstance(options, Mapping) else {})}}


def unnamed_targets(rows: Iterable[CatalogRow]) -> frozenset[str]:
    """``category/target`` (and ``/target``) of every row that does not take the option ``output_filename``."""
    lacking = [row for row in rows if row.get("options") and "output_filename" not in row["options"]]
    return frozenset(f"{part}/{row['target']}" for row in lacking for part in (row.get("category", ""), ""))
