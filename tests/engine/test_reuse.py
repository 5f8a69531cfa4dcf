"""Results that were paid for before: found by their recipe, put in their places, kept for the next time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.api.execute import Executor
from a2c_spec.core.desired import Content, Input, Output
from a2c_spec.core.events import Event
from a2c_spec.core.plan import Change
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.engine.reuse import Restorer, Results, cache_of
from a2c_spec.errors import SpecError, UsageError
from a2c_spec.state.results_cache import ResultsCache
from tests.engine.projects import NOW, desired, job, project_in, record, session_in

SHA = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of b"abc"
UPLOAD = Input("cover", "upload", path="a.png", content=Content(3, "ab" * 32, "cd" * 16))
FILE = SavedFile("dist/a.webp", 3, SHA, "out-1", "webp", ("cover",), 1, "a.webp")
PLACES: list[tuple[dict[str, str], str, str]] = [
    ({}, "", ".a2c/cache"),
    ({}, "kept", "kept"),
    ({"A2C_SPEC_CACHE": "../near"}, "kept", "../near"),
    ({"A2C_SPEC_CACHE": "/env"}, "/shared", "/env"),
]


@pytest.mark.parametrize(("environ", "setting", "place"), PLACES)
def test_the_cache_is_a_folder_and_the_environment_wins(
    environ: dict[str, str], setting: str, place: str, tmp_path: Path
) -> None:
    cache = cache_of(project_in(tmp_path, environ, cache=setting))
    assert cache is not None
    assert cache.root == (tmp_path / place).resolve()


def test_no_cache_is_used_if_that_is_wished_and_only_a_folder_can_be_one(tmp_path: Path) -> None:
    assert cache_of(project_in(tmp_path, no_cache=True)) is None
    with pytest.raises(UsageError, match="must be a folder"):
        cache_of(project_in(tmp_path, cache="s3://bucket"))
    (tmp_path / "taken").write_text("a file")
    for place in ("taken", "taken/in/it"):
        with pytest.raises(
            UsageError, match=f"^A2C_SPEC_CACHE: the results cache {place} must be a folder, and is a file"
        ):
            cache_of(project_in(tmp_path, {"A2C_SPEC_CACHE": place}))


def uploading(**more: Any) -> DesiredJob:
    return desired(job(inputs=(UPLOAD,), **more))


def done(**more: Any) -> JobRecord:
    return record(uploading().job, job_id="job-1", files=(FILE,), spent=2, **more)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """A cache in which the result of the job is kept."""
    (tmp_path / "dist").mkdir()
    (tmp_path / FILE.path).write_bytes(b"abc")
    kept = Results(ResultsCache(tmp_path / "cache"), "local")
    kept.keep(uploading(), done(), tmp_path, NOW)
    return kept


def test_a_result_that_was_kept_is_known_for_the_same_recipe_and_service(results: Results) -> None:
    found = results.known(uploading(), None)
    assert found is not None
    assert [(file.sha256, file.conversion, file.inputs, file.path) for file in found.files] == [
        (SHA, "webp", ("cover",), "")
    ]
    assert (found.phase, found.job_id, found.spent) == ("done", "", 0)
    assert replace(results, realm="other").known(uploading(), None) is None
    other = replace(UPLOAD, content=Content(3, "00" * 32, "cd" * 16))
    assert results.known(desired(job(inputs=(other,))), None) is None


def test_what_rests_on_unknown_bytes_is_not_looked_up(results: Results) -> None:
    assert results.known(desired(job()), None) is None
    assert Results(None, "local").known(uploading(), None) is None


@pytest.mark.parametrize("more", [{"fields": {"callback": "https://example.com/"}}, {"process": False}])
def test_a_job_that_does_more_than_its_result_is_not_answered_from_here(results: Results, more: dict[str, Any]) -> None:
    """Its recipe is the same; but somebody waits for its call, or for a job that is held."""
    one = uploading(**more)
    assert one.fingerprint == uploading().fingerprint
    assert (results.known(one, None), results.sources(one)) == (None, [])


def test_a_result_that_shall_stay_on_the_service_is_not_taken_from_here(results: Results) -> None:
    assert results.known(uploading(outputs=(Output("webp"),)), None) is None
    assert results.known(uploading(outputs=()), None) is None


def test_a_damaged_result_is_none(results: Results) -> None:
    assert results.cache is not None
    results.cache.file(SHA).write_bytes(b"abd")
    assert results.known(uploading(), None) is None


def test_a_disk_that_is_full_is_no_failure_of_the_job(results: Results, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Results(ResultsCache(tmp_path / "file/cache"), "local").keep(uploading(), done(), tmp_path, NOW)
    Results(None, "local").keep(uploading(), done(), tmp_path, NOW)


def test_only_finished_jobs_are_kept(results: Results, tmp_path: Path) -> None:
    empty = Results(ResultsCache(tmp_path / "empty"), "local")
    empty.keep(uploading(), done(phase="failed"), tmp_path, NOW)
    empty.keep(desired(job()), done(), tmp_path, NOW)
    assert empty.cache is not None
    assert list(empty.cache.entries()) == []


def test_another_job_finds_the_file_of_a_kept_conversion(results: Results) -> None:
    ((name, kept),) = results.sources(uploading())
    assert (name, kept.read_bytes()) == ("webp", b"abc")
    assert results.holds(uploading(), "webp")
    assert Results(None, "local").sources(uploading()) == []


def test_who_wants_the_same_meanwhile_waits_for_the_end() -> None:
    async def run() -> None:
        results = Results(ResultsCache(Path("nowhere")), "local")
        twin = desired(job("twin", inputs=(UPLOAD,)))
        other = desired(job("other"))
        assert results.twin(results.keys(twin).values()) is None
        with results.claimed(results.keys(uploading()).values()):
            event = results.twin(results.keys(twin).values())
            assert event is not None
            assert not event.is_set()
            assert results.twin(results.keys(other).values()) is None
        assert event.is_set()
        assert results.twin(results.keys(twin).values()) is None

    asyncio.run(run())


def test_without_a_cache_nobody_has_a_twin() -> None:
    async def run() -> None:
        results = Results(None, "local")
        with results.claimed(results.keys(uploading()).values()):
            assert results.twin(results.keys(desired(job("twin", inputs=(UPLOAD,)))).values()) is None
            assert results.twin(results.keys(uploading()).values()) is None

    asyncio.run(run())


def restored(
    root: Path, results: Results, before: JobRecord | None = None, policy: str = "error"
) -> tuple[JobRecord, list[Event]]:
    """The record of the job once its result is put in its place, and what was told meanwhile."""
    told: list[Event] = []
    wanted = uploading(outputs=(Output("webp", filename="new", save="dist/", on_conflict=policy),))
    with session_in(root) as session:
        known = results.known(uploading(), before)
        assert known is not None
        assert results.cache is not None
        no: Any = None
        executor = Executor(no, session.store, told.append, lambda: NOW, no, str, no)
        restorer = Restorer(results.cache, session.files, executor, told.append)
        record = asyncio.run(restorer.restore(wanted, known, before, Change("job", "cached", ())))
        assert session.store.get("job") == record
        return record, told


def test_a_restored_file_stands_in_its_place_and_is_ours(results: Results, tmp_path: Path) -> None:
    record, told = restored(tmp_path, results)
    assert (tmp_path / "dist/new.webp").read_bytes() == b"abc"
    assert [(file.path, file.name, file.wanted) for file in record.files] == [("dist/new.webp", "new", "dist/new.webp")]
    assert record.landing == ()
    assert [(event.kind, event.subject) for event in told] == [("saved", "dist/new.webp"), ("done", "")]


def test_files_of_the_run_before_are_leftovers_unless_they_were_replaced(results: Results, tmp_path: Path) -> None:
    old = replace(FILE, path="dist/new.webp"), replace(FILE, path="dist/old.webp"), replace(FILE, path="")
    (tmp_path / "dist/old.webp").write_bytes(b"abc")
    record, _ = restored(tmp_path, results, replace(done(), files=old, leftover=(FILE, replace(FILE, path="gone"))))
    assert [file.path for file in record.leftover] == ["dist/old.webp", "dist/a.webp", "gone"]


def test_a_file_of_somebody_else_is_in_the_way(results: Results, tmp_path: Path) -> None:
    (tmp_path / "dist/new.webp").write_bytes(b"mine")
    with pytest.raises(SpecError, match="is not recorded as a result of a2c-spec"):
        restored(tmp_path, results)
    record, _ = restored(tmp_path, results, policy="rename")
    (file,) = record.files
    assert (file.path != "dist/new.webp", file.wanted) == (True, "dist/new.webp")
    assert (tmp_path / "dist/new.webp").read_bytes() == b"mine"


ELSEWHERE = ["/shared", "../up", "~/x", ".git/objects", ".github", ".env.d", "out/x", "inside/x", ".a2c/env"]


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_project_names_no_cache_where_it_writes_nothing_else(place: str, tmp_path: Path) -> None:
    """Whoever changes a2c.yaml cannot have results written there, or those of others removed."""
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    (root / "out").symlink_to(tmp_path)
    (root / "inside").symlink_to(".git")
    with pytest.raises(UsageError, match="the results cache"):
        cache_of(project_in(root, cache=place))
    named = cache_of(project_in(root, {"A2C_SPEC_CACHE": str(tmp_path / "up")}, cache=place))
    assert named is not None, "it is not used"


def test_limits_of_a_project_are_for_its_own_cache(results: Results, tmp_path: Path) -> None:
    assert results.cache is not None
    for environ, left in (({"A2C_SPEC_CACHE": str(results.cache.root)}, 1), ({}, 0)):
        project = project_in(tmp_path, environ, cache="cache")
        project = replace(project, file=replace(project.file, cache={"url": "cache", "max_bytes": 0}))
        results.kept = True
        results.tidy(project)
        assert len(list(results.cache.entries())) == left
