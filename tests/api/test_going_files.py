"""What leaves its place: moved, or copied where others have it, too; removed, or left for them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.api.going_files import move, removable, remove, stays_for_others
from a2c_spec.api.kept_sources import KeptSources
from a2c_spec.api.output_files import OutputFiles
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.errors import SpecError
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
    file = SavedFile("dist/b.pdf", 1, hashlib.sha256(b"b").hexdigest(), "o-2", "pdf")
    asyncio.run(files.store.put(JobRecord("pack", "host", "done", files=(file,))))
    move(kept, "dist/b.pdf", "dist/c.pdf", "pack", "o-2")
    assert [(files.root / f"dist/{name}.pdf").read_text() for name in "bc"] == ["b", "b"]


def test_what_is_ours_alone_is_moved_and_removed(files: OutputFiles) -> None:
    (files.root / PATH).write_text("other")
    assert (removable(files, PATH, "pack"), remove(files, PATH, "pack")) == (False, False), "somebody changed it"
    (files.root / PATH).write_text("same")
    trial = SqliteStore(files.root / "state.db", "local")
    asyncio.run(trial.put(without=["pack"]))
    trial.close()
    move(files, PATH, "dist/b.pdf", "pack", "o-1")
    assert [path.name for path in (files.root / "dist").iterdir()] == ["b.pdf"]
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


def by_a_link(root: Path, content: str) -> None:
    outside = root.parent / f"{root.name}-outside"
    outside.mkdir()
    (outside / "a.pdf").write_text(content)
    (root / "dist").rename(root / "away")
    (root / "dist").symlink_to(outside)


def by_a_folder(root: Path, content: str) -> None:
    (root / "dist").rename(root / "away")
    (root / "dist").mkdir()
    (root / PATH).write_text(content)


def by_a_file(root: Path, content: str) -> None:
    (root / PATH).rename(root / "away")
    (root / PATH).write_text(content)


@pytest.mark.parametrize("content", ["same", "foreign"])
@pytest.mark.parametrize("exchange", [by_a_link, by_a_folder, by_a_file])
@pytest.mark.parametrize("does", ["remove", "move"])
def test_what_takes_the_place_of_a_file_that_goes_stays(
    files: OutputFiles, does: str, exchange: Callable[[Path, str], None], content: str
) -> None:
    """It is exchanged once it was looked at, right before anything is done."""
    trial = SqliteStore(files.root / "state.db", "local")
    asyncio.run(trial.put(without=["pack"]))
    trial.close()

    def probe(what: str) -> None:
        if what in (f"remove {PATH}", "place new/b.pdf"):
            exchange(files.root, content)

    ours = replace(files, probe=probe)
    done = False
    with contextlib.suppress(SpecError):
        if does == "move":
            move(ours, PATH, "new/b.pdf", "pack", "o-1")
        else:
            done = remove(ours, PATH, "pack")
    if exchange is not by_a_link and content == "same":  # what was written, whoever put it there
        assert not (files.root / PATH).exists()
        return
    assert not done
    assert (files.root / PATH).read_text() == content
    assert not (files.root / "new/b.pdf").exists()
    assert [path.name for path in (files.root / "dist").iterdir()] == ["a.pdf"]


def test_no_empty_folder_is_removed_through_a_link(files: OutputFiles) -> None:
    empty = files.root.parent / f"{files.root.name}-outside"
    (empty / "deep").mkdir(parents=True)
    (files.root / "dist/deep").mkdir()
    (files.root / PATH).rename(files.root / "dist/deep/a.pdf")
    file = SavedFile("dist/deep/a.pdf", 4, hashlib.sha256(b"same").hexdigest(), "o-1", "pdf")
    asyncio.run(files.store.put(JobRecord("pack", "host", "done", files=(file,))))

    def probe(what: str) -> None:
        if what == "removed dist/deep/a.pdf":
            (files.root / "dist").rename(files.root / "away")
            (files.root / "dist").symlink_to(empty)

    assert remove(replace(files, probe=probe), file.path, "pack")
    assert (empty / "deep").is_dir()


def test_through_a_link_within_the_project_files_go_as_ever(files: OutputFiles) -> None:
    trial = SqliteStore(files.root / "state.db", "local")
    asyncio.run(trial.put(without=["pack"]))
    trial.close()
    (files.root / "dist").rename(files.root / "build")
    (files.root / "dist").symlink_to("build")
    move(files, PATH, "dist/b.pdf", "pack", "o-1")
    file = SavedFile("dist/b.pdf", 4, hashlib.sha256(b"same").hexdigest(), "o-1", "pdf")
    asyncio.run(files.store.put(JobRecord("pack", "host", "done", files=(file,))))
    assert remove(files, "dist/b.pdf", "pack")
    assert ([*(files.root / "build").iterdir()], (files.root / "dist").is_symlink()) == ([], True)
