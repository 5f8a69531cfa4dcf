"""Digests are right, cheap the second time, and never believed when a file may have changed unseen."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from pathlib import Path

import pytest

from a2c_spec.core.desired import Content, Input, Job
from a2c_spec.errors import InvalidError
from a2c_spec.manifests import digests
from a2c_spec.manifests.digests import DigestCache, fill, measure

LONG_AGO = 1_000_000_000_000_000_000


def _content(data: bytes) -> Content:
    return Content(len(data), hashlib.sha256(data).hexdigest(), hashlib.md5(data).hexdigest())


def _file(folder: Path, data: bytes, mtime_ns: int = LONG_AGO) -> Path:
    path = folder / "file"
    path.write_bytes(data)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return path


def later() -> int:
    """Long enough after a file of the test was written."""
    return time.time_ns() + 60 * 10**9


def test_a_file_is_measured_in_one_pass(tmp_path: Path) -> None:
    data = os.urandom(3 * 1024 * 1024 + 7)
    assert measure(_file(tmp_path, data)) == _content(data)


def test_an_unchanged_file_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _file(tmp_path, b"one")
    with DigestCache(tmp_path / "cache.db", later) as cache:
        assert cache.measure(path) == _content(b"one")
    monkeypatch.setattr(digests, "_measured", lambda _descriptor: pytest.fail("read again"))
    with DigestCache(tmp_path / "cache.db", later) as cache:
        assert cache.measure(path) == _content(b"one")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    with DigestCache(tmp_path / "cache.db", later) as cache:
        cache.measure(_file(tmp_path, b"one"))
        assert cache.measure(_file(tmp_path, b"two", LONG_AGO + 1)) == _content(b"two")
        assert cache.measure(_file(tmp_path, b"three", LONG_AGO)) == _content(b"three")


def test_a_file_that_was_just_written_is_not_believed(tmp_path: Path) -> None:
    with DigestCache(tmp_path / "cache.db", time.time_ns) as cache:
        cache.measure(_file(tmp_path, b"one"))
        assert cache.measure(_file(tmp_path, b"two")) == _content(b"two")  # same size, time and inode


def test_bytes_changed_under_the_old_time_are_read_again(tmp_path: Path) -> None:
    with DigestCache(tmp_path / "cache.db", later) as cache:
        cache.measure(_file(tmp_path, b"one"))
        time.sleep(0.02)  # the file system's own clock must have moved on
        assert cache.measure(_file(tmp_path, b"two")) == _content(b"two")  # same size, time and inode


def test_a_file_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    with DigestCache(tmp_path / "cache.db", later) as cache:
        cache.measure(_file(tmp_path, b"one"))
        (tmp_path / "new").mkdir()
        _file(tmp_path / "new", b"two").replace(tmp_path / "file")  # same size and time, another inode
        assert cache.measure(tmp_path / "file") == _content(b"two")


def test_a_file_that_changes_while_it_is_measured_is_not_remembered(tmp_path: Path) -> None:
    def clock() -> int:
        (tmp_path / "file").write_bytes(b"meanwhile")
        return time.time_ns()

    with DigestCache(tmp_path / "cache.db", clock) as cache:
        assert cache.measure(_file(tmp_path, b"one")) == _content(b"meanwhile")
        with (tmp_path / "file").open("r+b") as file:
            file.write(b"two")
            file.truncate()
        os.utime(tmp_path / "file", ns=(LONG_AGO, LONG_AGO))
        cache.clock = later
        assert cache.measure(tmp_path / "file") == _content(b"two")


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "cache.db").write_bytes(b"not a database" * 100)
    with DigestCache(tmp_path / "cache.db", later) as cache:
        assert cache.measure(_file(tmp_path, b"one")) == _content(b"one")


def test_inputs_are_filled_and_missing_files_are_all_named(tmp_path: Path) -> None:
    _file(tmp_path, b"one")
    job = Job(
        "a",
        inputs=(Input("i", "upload", path="file"), Input("j", "base64", source="b25l"), Input("k", "remote", pin="p")),
    )
    filled = fill(job, tmp_path).inputs
    assert [item.content for item in filled] == [_content(b"one"), _content(b"one"), None]
    assert filled[2] is job.inputs[2]
    broken = Job("a", inputs=(Input("i", "upload", path="no"), Input("j", "upload", path="nor")))
    with pytest.raises(InvalidError) as caught:
        fill(broken, tmp_path)
    assert [problem.message.split()[2] for problem in caught.value.diagnostics] == ["no", "nor"]


def test_two_runs_can_share_a_cache(tmp_path: Path) -> None:
    path = _file(tmp_path, b"one")
    with (
        DigestCache(tmp_path / "cache.db", later) as one,
        DigestCache(tmp_path / "cache.db", later) as two,
    ):
        two.connection.execute("pragma busy_timeout = 0")  # so that nobody waits here
        one.connection.execute("begin exclusive")
        with pytest.raises(sqlite3.OperationalError):
            two.connection.execute("insert into digest values ('x', 1, 1, 1, '', '')")
        assert two.measure(path) == _content(b"one")
        one.connection.execute("commit")
        assert one.measure(path) == _content(b"one")
