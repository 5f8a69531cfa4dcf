"""The entries of the results cache as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from a2c_spec.core.reasons import counted, size
from a2c_spec.views.records import when
from a2c_spec.views.style import Style
from a2c_spec.views.table import table


class Kept(Protocol):
    """One cached result."""

    @property
    def key(self) -> str: ...
    @property
    def data(self) -> Mapping[str, Any]: ...
    @property
    def size(self) -> int: ...
    @property
    def used_at(self) -> float: ...


def listing(entries: Sequence[Kept], style: Style) -> str:
    """One line per entry, then the sum."""
    if not entries:
        return "the results cache is empty"
    rows = [
        (
            entry.data["fingerprint"][:12],
            str(len(entry.data["files"])),
            size(entry.size),
            when(entry.used_at),
            _names(entry),
        )
        for entry in entries
    ]
    total = f"{counted(len(entries), 'result')}, {size(sum(entry.size for entry in entries))}"
    return f"{table(('FINGERPRINT', 'FILES', 'SIZE', 'LAST USED (UTC)', 'NAMES'), rows, style)}\n{total}"


def _names(entry: Kept) -> str:
    names = [str(row.get("service_name", "")) for row in entry.data["files"]]
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")


def entry_json(entry: Kept) -> dict[str, Any]:
    return {
        "key": entry.key,
        "fingerprint": entry.data["fingerprint"],
        "size": entry.size,
        "used_at": entry.used_at,
        "files": [{"sha256": row["sha256"], "size": row["size"]} for row in entry.data["files"]],
    }
