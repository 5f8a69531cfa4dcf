"""One command's session: records by address, files of an interrupted apply, what stands on the disk."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.core.live import LiveJob, LiveOutput
from a2c_spec.core.state import SavedFile
from a2c_spec.engine.session import lock_holder
from a2c_spec.errors import UsageError
from tests.engine.projects import desired, job, record, session_in

SHA = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of b"abc"
FILE = SavedFile(
    "dist/cover.webp", 3, SHA, "out-1", "webp", ("cover",), service_name="cover.webp", wanted="dist/cover.webp"
)


def test_an_address_that_is_not_recorded_is_a_mistake_that_names_the_nearest(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        with pytest.raises(UsageError, match="nothing is recorded for photo") as error:
            session.recorded("photo")
        assert error.value.hint == "nothing is recorded for local"
        asyncio.run(session.store.put(record(job("else"))))
        with pytest.raises(UsageError) as error:
            session.recorded("photo")
        assert error.value.hint == "`a2c-spec state list` shows all addresses"
        asyncio.run(session.store.put(record(job("photos"))))
        with pytest.raises(UsageError) as error:
            session.recorded("photo")
        assert error.value.hint == "did you mean photos?"
        assert session.recorded("photos").address == "photos"


def test_globs_mean_recorded_runs_and_one_that_means_none_is_a_mistake(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        assert session.keys(()) == ()
        asyncio.run(session.store.put(*(record(job(name)) for name in ("a", "a#2", "photos"))))
        assert [session.keys(globs) for globs in ((), ("a",), ("a#2",), ("p*", "a"))] == [
            ("a", "a#2", "photos"), ("a", "a#2"), ("a#2",), ("a", "a#2", "photos"),
        ]  # fmt: skip
        with pytest.raises(UsageError, match="nothing is recorded for photo") as error:
            session.keys(("a", "photo"))
        assert error.value.hint == "did you mean photos?"


def test_a_file_that_landed_in_the_moment_of_a_crash_is_counted(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / FILE.path).write_bytes(b"abc")
    with session_in(tmp_path) as session:
        assert session.record("job") is None
        asyncio.run(session.store.put(record(job(), phase="completed", landing=(FILE,))))
        found = session.record("job")
        assert found is not None
        assert [file.path for file in found.files] == [FILE.path]
        asyncio.run(session.recover_files())
        written = session.store.get("job")
        assert written is not None
        assert (written.files, written.landing) == ((FILE,), ())


def test_what_a_job_has_written_and_will_write_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / FILE.path).write_bytes(b"abc")
    (tmp_path / "dist/x.webp").write_bytes(b"mine")
    one = desired(job(outputs=(replace(job().outputs[0], filename="x"),)))
    with session_in(tmp_path) as session:
        known = record(job(), files=(FILE,))
        asyncio.run(session.store.put(known))
        assert session.observe(one, None, None).disk == {"dist/x.webp": "foreign"}
        seen = session.observe(one, known, None)
        assert seen.disk == {"dist/x.webp": "foreign", FILE.path: "intact"}
        assert seen.placed is not None
        assert [placement.path for placement in seen.placed] == ["dist/x.webp"]


def test_results_that_are_live_have_the_ending_that_the_service_says(tmp_path: Path) -> None:
    live = LiveJob("job-1", "completed", outputs=(LiveOutput("o", "id-webp", ("id-cover",), "other.zip"),))
    with session_in(tmp_path) as session:
        seen = session.observe(desired(job()), record(job(), phase="completed"), live)
    assert seen.placed is None
    assert seen.live is live
    assert seen.disk == {"dist/cover.webp": "absent", "dist/cover.zip": "absent"}


@pytest.mark.parametrize(
    ("environ", "end"),
    [
        ({}, ""),
        ({"GITHUB_RUN_ID": "7"}, ", run 7"),
        ({"CI_JOB_URL": "https://ci"}, ", run https://ci"),
        ({"GITHUB_RUN_ID": "7", "CI_JOB_URL": "https://ci"}, ", run 7"),
    ],
)
def test_who_holds_the_state_says_which_run_it_is(environ: dict[str, str], end: str) -> None:
    who = lock_holder(environ)
    assert who.rpartition(", pid ")[2].lstrip("0123456789") == end
    assert " on " in who


def test_the_state_and_the_digests_lie_in_our_folder(tmp_path: Path) -> None:
    with session_in(tmp_path):
        assert {"state.db", "digests.db"} <= {path.name for path in (tmp_path / ".a2c").iterdir()}
