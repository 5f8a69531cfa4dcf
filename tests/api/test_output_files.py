"""Results are written where they may be: inside the project, and not over a file that is not ours."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.api.going_files import remove
from a2c_spec.api.output_files import OutputFiles
from a2c_spec.core.moves import Move
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.errors import Conflict, IntegrityError
from a2c_spec.manifests.digests import measure
from a2c_spec.state.sqlite import SqliteStore


@pytest.fixture
def files(tmp_path: Path) -> Iterator[OutputFiles]:
    root = tmp_path / "project"
    (root / "dist").mkdir(parents=True)
    store = SqliteStore(tmp_path / "state.db", "host")
    yield OutputFiles(root, store, lambda path: measure(path).sha256)
    store.close()


def test_a_folder_that_links_out_of_the_project_is_not_written_to(files: OutputFiles, tmp_path: Path) -> None:
    (files.root / "out").symlink_to(tmp_path)
    with pytest.raises(IntegrityError, match="symbolic link"):
        files.absolute("out/a.pdf")
    assert files.absolute("dist/a.pdf") == (files.root / "dist" / "a.pdf").resolve()


def test_a_link_in_the_place_of_a_result_is_somebody_elses(files: OutputFiles, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("theirs")
    (files.root / "dist" / "a.pdf").symlink_to(tmp_path / "outside")
    assert files.status("dist/a.pdf", "pack") == "foreign"
    with pytest.raises(Conflict):
        files.resolve_conflict("dist/a.pdf", "error", "pack")


def test_a_file_that_was_about_to_land_counts_once_it_stands_there(files: OutputFiles) -> None:
    (files.root / "dist" / "a.pdf").write_text("new")
    digest = hashlib.sha256(b"new").hexdigest()
    old = SavedFile("dist/a.pdf", 3, "0" * 64, "out-1", "pdf")
    new = SavedFile("dist/a.pdf", 3, digest, "out-2", "pdf")
    record = JobRecord("pack", "host", "completed", files=(old,), landing=(new,))
    assert files.recover_files(record).files == (new,)
    (files.root / "dist" / "a.pdf").write_text("old")
    assert files.recover_files(record).files == (old,)


def ours(files: OutputFiles, path: str, text: str = "ours", address: str = "pack") -> SavedFile:
    """A file that stands there and is recorded as ours."""
    target = files.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    file = SavedFile(path, len(text), hashlib.sha256(text.encode()).hexdigest(), f"out of {path}", "pdf")
    known = files.store.get(address)
    earlier = known.files if known else ()
    asyncio.run(files.store.put(JobRecord(address, "host", files=(*earlier, file))))
    return file


def test_what_stands_at_a_path_is_told_apart(files: OutputFiles) -> None:
    ours(files, "dist/intact.pdf")
    for name in ("changed", "longer", "a folder"):
        ours(files, f"dist/{name}.pdf")
    (files.root / "dist/changed.pdf").write_text("OURS")
    (files.root / "dist/longer.pdf").write_text("ours and more")
    (files.root / "dist/a folder.pdf").unlink()
    (files.root / "dist/a folder.pdf").mkdir()
    (files.root / "dist/foreign.pdf").write_text("ours")
    names = ("intact", "changed", "longer", "a folder", "foreign", "absent")
    status = {name: files.status(f"dist/{name}.pdf", "pack") for name in names}
    assert status == {
        "intact": "intact",
        "changed": "changed",
        "longer": "changed",
        "a folder": "folder",
        "foreign": "foreign",
        "absent": "absent",
    }


@pytest.fixture
def far(tmp_path: Path, files: OutputFiles) -> Iterator[SqliteStore]:
    """The same state, of another endpoint."""
    store = SqliteStore(tmp_path / "state.db", "far")
    yield store
    store.close()


def test_what_another_endpoint_wrote_is_ours_to_replace_and_no_result_of_this_one(
    files: OutputFiles, far: SqliteStore
) -> None:
    mine = ours(files, "dist/a.pdf")
    theirs = replace(mine, size=6, sha256=hashlib.sha256(b"theirs").hexdigest())
    asyncio.run(far.put(JobRecord("pack", "far", files=(theirs, replace(theirs, path="dist/b.pdf")))))
    assert files.status("dist/a.pdf", "pack") == "intact", "each has its own"
    for name in "ab":
        (files.root / f"dist/{name}.pdf").write_text("theirs")
        assert files.status(f"dist/{name}.pdf", "pack") == "outdated"
        assert files.origin(f"dist/{name}.pdf", "pack") == "was written for another endpoint (far)"
        with pytest.raises(Conflict, match="was written for another endpoint"):
            files.resolve_conflict(f"dist/{name}.pdf", "error", "pack")
        files.told.add(f"dist/{name}.pdf")
        for policy in ("error", "skip", "rename", "overwrite"):
            assert files.resolve_conflict(f"dist/{name}.pdf", policy, "pack") == f"dist/{name}.pdf"
        assert not remove(files, f"dist/{name}.pdf", "pack")
    assert files.owner("dist/b.pdf") == ""
    (files.root / "dist/b.pdf").write_text("THEIRS")
    assert files.status("dist/b.pdf", "pack") == "changed"


def test_what_another_endpoint_wrote_over_a_result_of_another_address_is_not_free(
    files: OutputFiles, far: SqliteStore
) -> None:
    mine = ours(files, "dist/a.pdf", address="other")
    theirs = replace(mine, size=6, sha256=hashlib.sha256(b"theirs").hexdigest())
    asyncio.run(far.put(JobRecord("pack", "far", files=(theirs,))))
    (files.root / "dist/a.pdf").write_text("theirs")
    with pytest.raises(Conflict, match="is a result of other"):
        files.resolve_conflict("dist/a.pdf", "overwrite", "pack")


def test_a_result_of_another_run_may_be_replaced_where_the_address_has_a_file(files: OutputFiles) -> None:
    ours(files, "dist/a.pdf")
    earlier = SavedFile("", 5, hashlib.sha256(b"first").hexdigest(), "out-0", "pdf")
    asyncio.run(files.store.put(JobRecord("pack#2", "host", "done", files=(earlier,), gone_since=5.0)))
    for name in ("a", "b"):
        (files.root / f"dist/{name}.pdf").write_text("first")
    assert files.status("dist/a.pdf", "pack") == files.status("dist/a.pdf", "pack#2") == "outdated"
    assert files.status("dist/b.pdf", "pack") == "foreign", "a copy that the user made"
    assert files.came_back(earlier, "dist/a.pdf", "pack#2")
    assert files.came_back(earlier, "dist/a.pdf", "other"), "where nobody's present result stands"
    present = SavedFile("", 4, hashlib.sha256(b"ours").hexdigest(), "out-0", "pdf")
    (files.root / "dist/a.pdf").write_text("ours")
    assert not files.came_back(present, "dist/a.pdf", "other"), "that is another's"


def test_a_link_is_a_result_of_ours_only_within_the_project(files: OutputFiles, tmp_path: Path) -> None:
    ours(files, "dist/a.pdf")
    target = files.root / "dist/a.pdf"
    for place, status in (
        (files.root / "twin", "intact"),
        (tmp_path / "twin", "changed"),
        (tmp_path / "no", "changed"),
    ):
        if place.name == "twin":
            place.write_text("ours")
        target.unlink()
        target.symlink_to(place)
        assert files.status("dist/a.pdf", "pack") == status


@pytest.mark.parametrize(
    ("path", "free"),
    [
        ("dist/a.pdf", "dist/a-2.pdf"),
        ("dist/README", "dist/README-2"),
        ("dist/.hidden", "dist/.hidden-2"),
        ("dist/a.tar.gz", "dist/a.tar-2.gz"),
        ("a.pdf", "a-2.pdf"),
    ],
)
def test_a_free_path_has_the_first_free_number_before_its_ending(files: OutputFiles, path: str, free: str) -> None:
    (files.root / path).write_text("theirs")
    (files.root / free.replace("-2", "-1")).write_text("theirs too")
    assert files.resolve_conflict(path, "rename", "pack") == free


def test_a_file_of_ours_may_be_replaced_under_any_policy(files: OutputFiles) -> None:
    ours(files, "dist/a.pdf")
    for policy in ("error", "skip", "rename", "overwrite"):
        assert files.resolve_conflict("dist/a.pdf", policy, "pack") == "dist/a.pdf"


def test_a_move_to_a_path_that_is_to_be_left_alone_is_none(files: OutputFiles) -> None:
    (files.root / "dist/b.pdf").write_text("theirs")
    move = Move("dist/a.pdf", "dist/b.pdf")
    assert files.destination(move, "skip", "pack") == "dist/a.pdf"
    assert files.destination(move, "rename", "pack") == "dist/b-1.pdf"
    assert files.destination(Move("dist/a.pdf", "dist/c.pdf"), "skip", "pack") == "dist/c.pdf"


def test_a_result_that_was_about_to_move_counts_in_its_new_place_alone(files: OutputFiles) -> None:
    new = ours(files, "dist/new.pdf")
    old = SavedFile("dist/old.pdf", new.size, new.sha256, new.output_id, "pdf")
    other = SavedFile("dist/other.pdf", 1, "", "out-9", "pdf")
    record = JobRecord("pack", "host", files=(old, other), landing=(new,))
    assert files.recover_files(record).files == (other, new)
    assert files.recover_files(record).landing == ()


def test_removing_a_file_takes_the_empty_folders_along_and_never_the_project(files: OutputFiles) -> None:
    ours(files, "dist/deep/er/a.pdf")
    assert remove(files, "dist/deep/er/a.pdf", "pack")
    assert [*files.root.iterdir()] == []
    assert files.root.exists()


def test_only_a_file_of_ours_that_nobody_changed_is_removed(files: OutputFiles) -> None:
    ours(files, "dist/a.pdf")
    (files.root / "dist/a.pdf").write_text("changed")
    (files.root / "dist/b.pdf").write_text("theirs")
    assert [remove(files, f"dist/{name}.pdf", "pack") for name in "abc"] == [False] * 3
    assert sorted(path.name for path in (files.root / "dist").iterdir()) == ["a.pdf", "b.pdf"]


def test_a_result_of_another_address_is_never_written_over(files: OutputFiles) -> None:
    ours(files, "dist/a.pdf", address="other")
    assert files.status("dist/a.pdf", "pack") == "another's"
    assert files.owner("dist/a.pdf") == "other"
    for policy in ("error", "overwrite"):
        with pytest.raises(Conflict, match="is a result of other"):
            files.resolve_conflict("dist/a.pdf", policy, "pack")
    assert files.resolve_conflict("dist/a.pdf", "rename", "pack") == "dist/a-1.pdf"
    assert files.resolve_conflict("dist/a.pdf", "skip", "pack") == ""
    assert not remove(files, "dist/a.pdf", "pack")


def test_a_result_that_no_manifest_asks_for_any_more_is_replaced_where_the_plan_says_so(files: OutputFiles) -> None:
    ours(files, "dist/a.pdf", address="other")
    known = files.store.get("other")
    assert known is not None
    asyncio.run(files.store.put(replace(known, gone_since=1.0)))
    assert files.expected("dist/a.pdf", "rename", "pack") == "dist/a.pdf"
    with pytest.raises(Conflict, match="is a result that other has let go of, and on_conflict is error"):
        files.resolve_conflict("dist/a.pdf", "error", "pack")
    assert files.resolve_conflict("dist/a.pdf", "skip", "pack") == ""
    assert files.resolve_conflict("dist/a.pdf", "rename", "pack") == "dist/a-1.pdf"
    files.told.add("dist/a.pdf")
    assert files.resolve_conflict("dist/a.pdf", "error", "pack") == "dist/a.pdf"


def test_what_hinders_every_file_of_a_folder_is_told_before_anything_is_written(files: OutputFiles) -> None:
    (files.root / "file").write_text("x")
    told = {
        "a.pdf": "",
        "file/a.pdf": "file is a file, not a folder",
        f"dist/{'x' * 252}.pdf": "the name xxxxxxxxxxxxxxxxxxxx... is longer than 255 bytes",
    }
    assert {path: files.obstacle(path).partition(";")[0] for path in told} == told
    with pytest.raises(Conflict, match=r"file/a\.pdf cannot be written, because file is a file"):
        files.resolve_conflict("file/a.pdf", "rename", "pack")


def test_a_folder_in_the_place_of_a_result_is_never_replaced(files: OutputFiles) -> None:
    (files.root / "dist/a.pdf").mkdir()
    for policy in ("error", "overwrite"):
        with pytest.raises(Conflict, match=r"dist/a\.pdf is a folder"):
            files.resolve_conflict("dist/a.pdf", policy, "pack")
    assert files.resolve_conflict("dist/a.pdf", "skip", "pack") == ""
    assert files.resolve_conflict("dist/a.pdf", "rename", "pack") == "dist/a-1.pdf"


def test_a_numbered_name_is_no_longer_than_any_system_allows(files: OutputFiles) -> None:
    (files.root / "dist" / f"{'x' * 251}.pdf").write_text("theirs")
    free = files.resolve_conflict(f"dist/{'x' * 251}.pdf", "rename", "pack")
    assert free == f"dist/{'x' * 249}-1.pdf"


@pytest.mark.parametrize("path", ["dist/a.pdf", "dist/A.PDF"])
def test_what_an_address_is_about_to_write_no_other_one_gets(files: OutputFiles, path: str) -> None:
    assert files.resolve_conflict("dist/a.pdf", "rename", "pack") == "dist/a.pdf"
    assert files.resolve_conflict("dist/a.pdf", "rename", "pack") == "dist/a.pdf"
    for policy in ("error", "overwrite"):
        with pytest.raises(Conflict, match="is a result of pack"):
            files.resolve_conflict(path, policy, "other")
    assert files.resolve_conflict(path, "skip", "other") == ""
    first = files.resolve_conflict(path, "rename", "other")
    assert first.lower() == "dist/a-1.pdf"
    assert files.resolve_conflict(path, "rename", "third").lower() == "dist/a-2.pdf"
