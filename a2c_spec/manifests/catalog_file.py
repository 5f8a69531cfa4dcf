"""The committed snapshot of the service's catalog, ``a2c.catalog.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from a2c_spec.errors import InvalidError

CATALOG_FILE = "a2c.catalog.json"
LARGEST = 64 * 1024 * 1024


def unnamed_targets(rows: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """``category/target`` (and ``/target``) of every row that does not take the option ``output_filename``."""
    lacking = [row for row in rows if row.get("options") and "output_filename" not in row["options"]]
    return frozenset(f"{part}/{row['target']}" for row in lacking for part in (row.get("category", ""), ""))


def catalog_rows(root: Path) -> list[Mapping[str, Any]] | None:
    """The rows of ``GET /conversions`` as they were pulled; None when there is no snapshot. Raises InvalidError."""
    file = root / CATALOG_FILE
    try:
        if file.stat().st_size > LARGEST:
            raise InvalidError(f"{CATALOG_FILE} is too large for a catalog")
        rows = json.loads(file.read_bytes())
    except OSError:
        return None
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"{CATALOG_FILE} is not JSON", hint="`a2c-spec catalog pull` writes it anew") from error
    sound = isinstance(rows, list) and all(isinstance(row, dict) and isinstance(row.get("target"), str) for row in rows)
    if not sound:
        raise InvalidError(f"{CATALOG_FILE} is no list of targets", hint="`a2c-spec catalog pull` writes it anew")
    return list(rows)
