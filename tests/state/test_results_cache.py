"""The results cache gives back exactly what was paid for, or nothing; and it is safe to prune."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.state.results_cache import MARK, MOST_FILES, ResultsCache, _draft, copy

KEY, OTHER = "a" * 64, "b" * 64


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def data_of(*contents: bytes) -> dict[str, Any]:
    """The data of a result with these files."""
    files = [{"sha256": sha256(one), "size": len(one), "inputs": [], "conversion": 0} for one in contents]
    return {"fingerprint": "f", "files": files}


def test_whether_it_can_be_written_is_tried_and_leaves_nothing(tmp_path: Path) -> None:
    assert ResultsCache(tmp_path / "a" / "b").unwritable() == ""
    assert [*tmp_path.iterdir()] == []
    (tmp_path / "entries").mkdir()
    (tmp_path / "files").touch()
    assert ResultsCache(tmp_path).unwritable() == "Not a directory"
    (tmp_path / "files").unlink()
    assert (ResultsCache(tmp_path).unwritable(), [*(tmp_path / "entries").iterdir()]) == ("", [])


def test_a_file_system_that_only_reads_is_noticed_whatever_the_permissions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: Any, **_more: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "open", refused)
    assert ResultsCache(tmp_path).unwritable() == "Read-only file system"


def save(cache: ResultsCache, key: str, *contents: bytes) -> Mapping[str, Any]:
    """Keeps a result whose files are in the folder of the cache's own."""
    sources = {}
    for content in contents:
        source = cache.root.parent / sha256(content)
        source.write_bytes(content)
        sources[sha256(content)] = source
    data = data_of(*contents)
    assert cache.save(key, data, sources)
    return data


@pytest.fixture
def cache(tmp_path: Path) -> ResultsCache:
    return ResultsCache(tmp_path / "cache")


def test_a_result_comes_back_as_it_was_kept(cache: ResultsCache, tmp_path: Path) -> None:
    data = save(cache, KEY, b"one", b"two")
    assert cache.load(KEY) == data
    assert cache.load(OTHER) is None
    target = tmp_path / "dist" / "one.txt"
    assert cache.fetch(sha256(b"one"), target)
    assert target.read_bytes() == b"one"


@pytest.mark.parametrize("damage", [b"owe", b"on", b"one more", b""])
def test_a_damaged_file_is_no_result_and_goes(cache: ResultsCache, tmp_path: Path, damage: bytes) -> None:
    save(cache, KEY, b"one", b"two")
    cache.file(sha256(b"one")).write_bytes(damage)
    target = tmp_path / "target"
    assert cache.load(KEY) is None
    assert list(cache.entries()) == []
    assert not cache.file(sha256(b"one")).exists()
    cache.file(sha256(b"two")).write_bytes(damage)
    assert not cache.fetch(sha256(b"two"), target)
    assert not target.exists()
    assert not cache.file(sha256(b"two")).exists()


def test_a_file_that_is_missing_is_no_result(cache: ResultsCache, tmp_path: Path) -> None:
    save(cache, KEY, b"one")
    cache.file(sha256(b"one")).unlink()
    assert not cache.fetch(sha256(b"one"), tmp_path / "target")
    assert cache.load(KEY) is None


def test_a_file_that_is_not_what_was_recorded_is_not_kept(cache: ResultsCache, tmp_path: Path) -> None:
    (tmp_path / "changed").write_bytes(b"changed since")
    assert not cache.save(KEY, data_of(b"one"), {sha256(b"one"): tmp_path / "changed"})
    assert cache.load(KEY) is None
    assert not cache.file(sha256(b"one")).exists()


@pytest.mark.parametrize(
    "text",
    ["", "no JSON", "[]", "{}", '{"files": 7}', '{"files": [{}]}', '{"files": []}', "[" * 9000],
    ids=["empty", "text", "array", "object", "number", "no fields", "no files", "bomb"],
)
def test_an_entry_that_is_none_counts_as_nothing(cache: ResultsCache, text: str) -> None:
    save(cache, KEY, b"one")
    entry = next(cache.root.glob("entries/*/*.json"))
    entry.write_text(text)
    assert cache.load(KEY) is None
    assert list(cache.entries()) == []


def test_an_entry_cannot_name_a_file_outside_the_cache(cache: ResultsCache) -> None:
    data = save(cache, KEY, b"one")
    entry = next(cache.root.glob("entries/*/*.json"))
    for name in ("../../secret", "A" * 64, "a" * 63, "a" * 65):
        entry.write_text(json.dumps({**data, "files": [{**data["files"][0], "sha256": name}]}))
        assert list(cache.entries()) == [], name
        assert cache.load(KEY) is None, name


def used_at(cache: ResultsCache, **seconds: float) -> None:
    """Sets when results were last used, by the first letter of their keys."""
    for letter, second in seconds.items():
        (entry,) = cache.root.glob(f"entries/{letter}{letter}/*.json")
        os.utime(entry, (second, second))


def test_loading_a_result_counts_as_using_it(cache: ResultsCache) -> None:
    save(cache, KEY, b"one")
    used_at(cache, a=1000)
    assert [entry.used_at for entry in cache.entries()] == [1000]
    cache.load(KEY)
    assert [entry.used_at > 1000 for entry in cache.entries()] == [True]


def test_pruning_removes_what_was_not_used_since(cache: ResultsCache) -> None:
    save(cache, KEY, b"old one")
    save(cache, OTHER, b"new")
    used_at(cache, a=1000, b=2000)
    pruned = cache.prune(None, 2000)
    assert (pruned.removed, pruned.freed, pruned.left, pruned.size) == (1, 7, 1, 3)
    assert cache.load(KEY) is None
    assert cache.load(OTHER) is not None


def test_pruning_to_a_size_keeps_what_was_used_last(cache: ResultsCache) -> None:
    save(cache, KEY, b"four")
    save(cache, OTHER, b"four more")
    used_at(cache, a=1000, b=2000)
    pruned = cache.prune(9, 0)
    assert (pruned.removed, pruned.freed, pruned.left, pruned.size) == (1, 4, 1, 9)
    assert cache.load(KEY) is None
    assert cache.load(OTHER) is not None


def test_a_file_that_two_results_share_counts_once_and_stays_while_one_is_kept(cache: ResultsCache) -> None:
    save(cache, KEY, b"shared", b"own")
    save(cache, OTHER, b"shared")
    used_at(cache, a=1000, b=2000)
    assert cache.prune(9, 0).removed == 0
    pruned = cache.prune(8, 0)
    assert (pruned.removed, pruned.freed, pruned.left, pruned.size) == (1, 3, 1, 6)
    assert cache.load(OTHER) is not None


def test_a_copy_that_fails_leaves_nothing_and_keeps_what_stood_there(tmp_path: Path) -> None:
    target = tmp_path / "folder" / "target"
    target.parent.mkdir()
    target.write_text("before")
    with pytest.raises(OSError):  # noqa: PT011 - whatever the system says
        copy(tmp_path / "missing", target)
    (tmp_path / "a folder").mkdir()
    with pytest.raises(OSError):  # noqa: PT011 - whatever the system says
        copy(tmp_path / "a folder", target)
    with pytest.raises(TypeError), _draft(target) as draft:
        draft.write("half of it, and then no bytes")
    assert [path.name for path in target.parent.iterdir()] == ["target"]
    assert target.read_text() == "before"


def test_what_was_not_fit_to_be_kept_is_known_until_something_is_kept_or_it_is_old(cache: ResultsCache) -> None:
    assert not cache.passed_over(KEY)
    cache.pass_over(KEY)
    cache.pass_over(OTHER)
    assert (cache.passed_over(KEY), cache.load(KEY), [*cache.entries()]) == (True, None, [])
    save(cache, KEY, b"one")
    assert (cache.passed_over(KEY), cache.passed_over(OTHER)) == (False, True)
    cache.prune(None, 0.0)
    assert cache.passed_over(OTHER)
    cache.prune(None, 4e9)
    assert not cache.passed_over(OTHER)


def everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


OTHERS = (
    "entries/users/bob.json",
    "entries/ab/notes.json",
    f"entries/ab/{'c' * 64}.json",
    "files/ab/x",
    f"files/x/{KEY}",
)


def test_what_is_not_ours_stays_and_is_not_even_looked_at(cache: ResultsCache) -> None:
    for name in OTHERS:
        (cache.root / name).parent.mkdir(parents=True, exist_ok=True)
        (cache.root / name).write_text("{")
    before = everything(cache.root)
    save(cache, KEY, b"one")
    assert [entry.key for entry in cache.entries()] == [KEY]
    assert cache.prune(0, 0.0).removed == 1
    assert everything(cache.root) == {**before, MARK: b""}


def test_a_folder_is_ours_if_it_was_made_for_results(cache: ResultsCache) -> None:
    assert cache.is_ours(), "it is not there yet"
    save(cache, KEY, b"one")
    (cache.root / MARK).unlink()
    assert cache.is_ours(), "as an earlier version made it"
    (cache.root / "README").write_text("")
    assert not cache.is_ours()
    save(cache, OTHER, b"two")
    assert not cache.is_ours(), "what is kept there does not make it ours"
    (cache.root / MARK).touch()
    assert cache.is_ours()


def test_a_folder_with_something_else_in_it_is_marked_where_we_make_ours(cache: ResultsCache) -> None:
    cache.root.mkdir()
    (cache.root / "README").write_text("")
    save(cache, KEY, b"one")
    assert (cache.root / MARK).exists()
    assert cache.is_ours()


@pytest.mark.parametrize("part", ["entries", "files", f"entries/{KEY[:2]}", f"files/{sha256(b'ab')[:2]}"])
def test_no_link_within_it_is_followed(cache: ResultsCache, tmp_path: Path, part: str) -> None:
    """A pull request may have put it there: nothing of another cache is read, written or removed."""
    theirs = ResultsCache(tmp_path / "theirs")
    save(theirs, KEY, b"ab")
    save(cache, KEY, b"ab")
    shutil.rmtree(cache.root / part)
    (cache.root / part).symlink_to(theirs.root / part)
    before = everything(theirs.root)
    assert cache.load(KEY) is None
    cache.prune(0, 0.0)
    with pytest.raises(OSError, match="Not a directory"):
        save(cache, KEY, b"ab")
    assert everything(theirs.root) == before


@pytest.mark.parametrize("there", [True, False])
def test_no_file_in_it_is_written_through_a_link(cache: ResultsCache, tmp_path: Path, there: bool) -> None:
    victim = tmp_path / "victim"
    for place in (
        f"entries/{KEY[:2]}/{KEY}.none",
        MARK,
        f"files/{sha256(b'ab')[:2]}/{sha256(b'ab')}",
        f"entries/{KEY[:2]}/{KEY}.json",
    ):
        shutil.rmtree(cache.root, ignore_errors=True)
        (cache.root / place).parent.mkdir(parents=True)
        (cache.root / place).symlink_to(victim)
        victim.write_text("mine") if there else victim.unlink(missing_ok=True)
        before = victim.stat().st_mtime_ns if there else 0
        assert not cache.passed_over(KEY)
        with contextlib.suppress(OSError):
            cache.pass_over(KEY)
        with contextlib.suppress(OSError):
            save(cache, KEY, b"ab")
        assert (victim.exists(), victim.stat().st_mtime_ns if there else 0) == (there, before)


ROW = {"sha256": sha256(b"one"), "size": 3, "conversion": 0, "inputs": [0], "index": 0, "service_name": "one"}


@pytest.mark.parametrize(
    "rows",
    [
        [{**ROW, "conversion": "7"}],
        [{**ROW, "conversion": -1}],
        [{**ROW, "inputs": None}],
        [{**ROW, "inputs": [True]}],
        [{**ROW, "size": 10**400}],
        [{**ROW, "service_name": 7}],
        [7],
        "rows",
        [ROW] * (MOST_FILES + 1),
    ],
    ids=lambda rows: repr(rows)[:60],
)
def test_an_entry_that_somebody_else_wrote_is_none(cache: ResultsCache, rows: Any) -> None:
    save(cache, KEY, b"one")
    (entry,) = (cache.root / "entries").rglob(f"{KEY}.json")
    entry.write_text(json.dumps({"files": rows}))
    assert cache.load(KEY) is None
    assert list(cache.entries()) == []


USES: dict[str, Callable[[ResultsCache], object]] = {
    "a result is kept": lambda cache: cache.save(
        OTHER, data_of(b"new"), {sha256(b"new"): cache.root.parents[1] / "new"}
    ),
    "one is found": lambda cache: cache.load(KEY),
    "one is passed over": lambda cache: cache.pass_over(OTHER),
    "one is restored": lambda cache: cache.fetch(sha256(b"one"), cache.root.parents[1] / "dist/one"),
    "it is pruned": lambda cache: cache.prune(0, 9e9),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("holds", ["a copy", "a damaged copy", "nothing"])
@pytest.mark.parametrize("what", ["home", "home/cache", "home/cache/files", "home/cache/entries"])
def test_what_takes_the_place_of_its_folders_meanwhile_is_not_touched(
    tmp_path: Path, what: str, holds: str, use: str
) -> None:
    cache, outside = ResultsCache(tmp_path / "home/cache"), tmp_path / "outside"
    cache.root.parent.mkdir()
    save(cache, KEY, b"one")
    place = tmp_path / what
    shutil.copytree(place, outside) if holds != "nothing" else outside.mkdir()
    if holds == "a damaged copy":
        for file in filter(Path.is_file, outside.rglob("*")):
            file.write_bytes(b"x")

    def outside_is() -> dict[Path, tuple[int, bytes]]:
        found = outside.rglob("*")
        return {path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in found}

    (tmp_path / "new").write_bytes(b"new")
    old = outside_is()
    place.rename(tmp_path / "away")
    place.symlink_to(outside)
    with contextlib.suppress(OSError):
        USES[use](cache)
    assert outside_is() == old
