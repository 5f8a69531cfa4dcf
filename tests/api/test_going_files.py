"""What leaves its place: moved, or copied where others have it, too; removed, or left for them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.api.going_files import move, removable, remove, stays_for_others
from a2c_spec.api.kept_sources import KeptSources
from a2c_spec.api.output_files import OutputFiles
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.manifests.digests import measure
from a2c_spec.state.sqlite import SqliteStore

PATH = "dist/a.pdf"


@pytest.fixture
def files(tmp_path: Path) -> Iterator[OutputFiles]:
    """A result, as the trial has it and as its own endpoint has it."""
    (tmp_path / "dist").mkdir()
    (tmp_path / PATH).write_text("same")
    state = tmp_path / "state.db"
    file = SavedFile(PATH, 4, hashlib.sha256(b"same").hexdigest(), "o-1", "pdf")
    for realm in ("local", "host"):
        store = SqliteStore(state, realm)
        asyncio.run(store.put(JobRecord("pack", realm, "done", files=(file,))))
    yield OutputFiles(tmp_path, store, lambda path: measure(path).sha256)
    store.close()


def test_what_another_endpoint_has_is_copied_and_not_removed(files: OutputFiles) -> None:
    assert stays_for_others(files, PATH) == "it is a result of another endpoint, too (local)"
    assert (removable(files, PATH, "pack"), remove(files, PATH, "pack")) == (False, False)
    move(files, PATH, "new/deep/b.pdf", "pack", "o-1")
    names = sorted(path.relative_to(files.root).as_posix() for path in files.root.rglob("*.p*"))
    assert names == [PATH, "new/deep/b.pdf"]
    assert (files.root / "new/deep/b.pdf").read_text() == "same"


def test_so_is_what_another_environment_has(files: OutputFiles) -> None:
    kept = replace(files, kept=lambda path: "another's" if path == "dist/b.pdf" else "")
    (files.root / "dist/b.pdf").write_text("b")
    move(kept, "dist/b.pdf", "dist/c.pdf", "pack", "o-2")
    assert [(files.root / f"dist/{name}.pdf").read_text() for name in "bc"] == ["b", "b"]


def test_what_is_ours_alone_is_moved_and_removed(files: OutputFiles) -> None:
    (files.root / PATH).write_text("other")
    assert (removable(files, PATH, "pack"), remove(files, PATH, "pack")) == (False, False), "somebody changed it"
    move(files, PATH, "dist/b.pdf", "pack", "o-1")
    assert [path.name for path in (files.root / "dist").iterdir()] == ["b.pdf"]
    (files.root / "dist/b.pdf").write_text("same")
    file = SavedFile("dist/b.pdf", 4, hashlib.sha256(b"same").hexdigest(), "o-1", "pdf")
    asyncio.run(files.store.put(JobRecord("pack", "host", "done", files=(file,))))
    assert (removable(files, "dist/b.pdf", "pack"), remove(files, "dist/b.pdf", "pack")) == (True, True)
    assert not (files.root / "dist").exists()


@pytest.mark.parametrize(
    ("sources", "stands"),
    [
        (KeptSources(at=lambda path: "a manifest stands there" if path == PATH else ""), "changed"),
        (KeptSources(read={PATH}), "intact"),
        (KeptSources(), "intact"),
    ],
    ids=["where no result may be", "what manifests read", "any other"],
)
def test_what_a_state_calls_a_result_is_one_only_where_one_may_be(
    files: OutputFiles, sources: KeptSources, stands: str
) -> None:
    """Somebody else may have written the state."""
    trial = SqliteStore(files.root / "state.db", "local")
    asyncio.run(trial.put(without=["pack"]))
    trial.close()
    ours = replace(files, sources=sources)
    assert ours.status(PATH, "pack") == stands
    gone = sources == KeptSources()
    assert (removable(ours, PATH, "pack"), remove(ours, PATH, "pack")) == (gone, gone)
