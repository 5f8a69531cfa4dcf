"""A database that somebody made very large is refused before it is read, and so is one very large record."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from a2c_spec.core.state import JobRecord
from a2c_spec.errors import IntegrityError
from a2c_spec.manifests import digests
from a2c_spec.state import ledger, migrations
from a2c_spec.state.migrations import LARGEST_RECORD
from a2c_spec.state.spending import Spending
from a2c_spec.state.sqlite import SqliteStore


def spent(path: Path) -> None:
    Spending(path, "local").spent("2026-01-01")


OPENED: dict[str, tuple[int, Callable[[Path], object]]] = {
    "a state": (migrations.LARGEST, lambda path: SqliteStore(path, "local")),
    "what was spent": (ledger.LARGEST, spent),
}


@pytest.mark.parametrize(("most", "opening"), OPENED.values(), ids=OPENED)
@pytest.mark.parametrize("end", ["", "-wal"])
def test_a_database_beyond_its_bound_is_refused(
    end: str, most: int, opening: Callable[[Path], object], tmp_path: Path
) -> None:
    (tmp_path / "s.db").touch()
    with (tmp_path / f"s.db{end}").open("ab") as file:
        file.truncate(most + 1)  # it takes no room on the disk
    with pytest.raises(IntegrityError, match=f"has {most + 1} bytes, and at most {most} are read"):
        opening(tmp_path / "s.db")


def test_digests_beyond_their_bound_are_begun_anew(tmp_path: Path) -> None:
    with (tmp_path / "d.db").open("wb") as file:
        file.truncate(digests.LARGEST + 1)
    digests.DigestCache(tmp_path / "d.db", lambda: 0).close()
    assert (tmp_path / "d.db").stat().st_size < 100_000


def test_a_record_beyond_its_bound_is_refused(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db", "local")
    asyncio.run(store.put(JobRecord("a", "local")))
    store.close()
    with sqlite3.connect(tmp_path / "s.db") as db:
        db.execute("UPDATE job SET data = data || ?", (" " * LARGEST_RECORD,))
    db.close()
    store = SqliteStore(tmp_path / "s.db", "local")
    with pytest.raises(IntegrityError, match="too big"):
        list(store.scan())
    store.close()
