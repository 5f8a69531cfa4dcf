"""A change is carried out to the end: waited for, explained, downloaded, moved, and recorded step by step."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.api.deliver import STARTS
from a2c_spec.api.download import PASSWORD_HEADER, ResultGone
from a2c_spec.api.kept_sources import KeptSources
from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Conversion, Input, Output, Secret
from a2c_spec.core.diagnostics import Position
from a2c_spec.core.moves import Move
from a2c_spec.core.path_claims import Claim
from a2c_spec.core.plan import Change
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.errors import Conflict, ConversionFailed, PartialResult, ResultLocked, SpecError
from a2c_spec.manifests.digests import measure
from tests.api.service import RESULT, Bench, Service, job_of


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, Service())
    yield made
    made.store.close()


def bench_of(folder: Path, **job: Any) -> Bench:
    return Bench(folder, Service(), job_of(**job))


def test_a_job_ends_with_its_result_in_place_and_recorded(bench: Bench) -> None:
    done = bench.deliver(bench.change())
    (file,) = done.files
    assert (bench.folder / "dist/result-0.txt").read_bytes() == RESULT
    assert (file.path, file.wanted, file.size, file.service_name) == (
        "dist/result-0.txt",
        "dist/result-0.txt",
        len(RESULT),
        "result-0.txt",
    )
    assert (done.phase, done.spent, done.landing) == ("done", 1, ())
    assert bench.durable() == done
    ended = [event for event in bench.events if event.kind == "done"]
    assert [(event.text, event.spent) for event in ended] == [("1 file", 1)]
    assert {event.subject for event in bench.events if event.kind == "download"} == {file.path}
    assert [event.subject for event in bench.events if event.kind == "saved"] == [file.path for file in done.files]


def test_a_file_is_known_to_be_ours_before_it_has_its_name(bench: Bench) -> None:
    landing: list[tuple[SavedFile, ...]] = []

    def probe(moment: str) -> None:
        if moment.startswith("place "):
            found = bench.durable()
            landing.append(found.landing if found else ())

    bench.delivery.results.downloads.wire.probe = probe
    bench.deliver(bench.change())
    ((file,),) = landing
    assert (file.path, file.size) == ("dist/result-0.txt", len(RESULT))
    assert file.sha256


def test_a_change_with_a_problem_sends_nothing(bench: Bench) -> None:
    with pytest.raises(Conflict, match="in the way"):
        bench.deliver(replace(bench.change(), problem="a file is in the way"))
    assert bench.service.requests == []


def test_a_job_that_failed_says_why_in_the_words_of_the_manifest(bench: Bench) -> None:
    bench.service.ends_as, bench.service.results = "failed", 0

    def rule(service: Service, _request: httpx.Request) -> None:
        for job in service.jobs.values():
            job["errors"] = [{"source": "input", "id_source": "input-0", "code": 7, "message": "broken"}]

    bench.service.rule = rule
    with pytest.raises(ConversionFailed, match=r"job-1 failed: input in0: broken \(code 7\)") as caught:
        bench.deliver(bench.change())
    assert caught.value.hint == "fix the manifest or the input and apply again"
    found = bench.durable()
    assert found is not None
    assert (found.phase, found.spent, found.problem) == ("failed", 1, "input in0: broken (code 7)")


def test_what_failed_and_gave_results_all_the_same_is_asked_about_before_it_is_paid_again(bench: Bench) -> None:
    bench.service.ends_as = "failed"

    def rule(service: Service, _request: httpx.Request) -> None:
        for job in service.jobs.values():
            about = job["conversion"][0]["id"]
            job["errors"] = [{"source": "conversion", "id_source": about, "code": 7, "message": "broken"}]

    bench.service.rule = rule
    with pytest.raises(ConversionFailed):
        bench.deliver(bench.change())
    found = bench.durable()
    assert found is not None
    assert (found.phase, [file.path for file in found.files]) == ("failed", [""])
    assert bench.change(found).paid_again


@pytest.mark.parametrize("ended", ["failed", "canceled"])
def test_results_that_no_error_is_about_are_kept_however_the_job_ended(bench: Bench, ended: str) -> None:
    bench.service.ends_as = ended
    with pytest.raises(ConversionFailed, match="the results of sum are kept"):
        bench.deliver(bench.change())
    found = bench.durable()
    assert found is not None
    assert (found.phase, [file.path for file in found.files]) == ("done", ["dist/result-0.txt"])
    assert found.warnings == ("the service does not say why",)


def test_a_job_that_was_canceled_is_recorded_as_that(bench: Bench) -> None:
    bench.service.ends_as, bench.service.results = "canceled", 0
    with pytest.raises(ConversionFailed, match="was canceled: the service does not say why"):
        bench.deliver(bench.change())
    found = bench.durable()
    assert found is not None
    assert found.phase == "canceled"


def test_warnings_are_told(bench: Bench) -> None:
    def rule(service: Service, _request: httpx.Request) -> None:
        for job in service.jobs.values():
            job["warnings"] = [{"message": "blurred"}]

    bench.service.rule = rule
    bench.deliver(bench.change())
    assert bench.notes() == ["warning: blurred"]


def test_warnings_are_recorded_of_a_job_that_was_only_seen_to_have_ended_before(bench: Bench) -> None:
    """A record that a refresh or an import left says nothing of them, and a result with a warning is never whole."""
    started = bench.execute(bench.change())
    for job in bench.service.jobs.values():
        job["warnings"] = [{"message": "blurred"}]
    seen = bench.put(replace(started, phase="completed"))
    done = bench.deliver(Change("pack", "wait", fetch=True, reasons=()), seen)
    assert (done.phase, done.warnings) == ("done", ("blurred",))


def test_a_job_that_does_not_start_by_itself_is_started_and_given_up_in_the_end(bench: Bench) -> None:
    patches = 0

    def rule(_service: Service, request: httpx.Request) -> None:
        nonlocal patches
        patches += request.method == "PATCH"

    bench.service.rule = rule
    bench.service.ends_as = ""
    with pytest.raises(SpecError, match="stays incomplete"):
        bench.deliver(bench.change())
    assert patches == STARTS
    assert len(bench.notes()) == STARTS


def test_detached_nothing_is_waited_for(bench: Bench) -> None:
    record = JobRecord("pack", "host")
    done = asyncio.run(bench.delivery.carry_out(bench.task(), bench.change(), record, detach=True))
    assert done.phase == "started"
    assert bench.service.requests == ["POST /jobs"]


def with_passwords(folder: Path, right: str) -> tuple[Bench, list[str]]:
    """A job whose output, conversion and fields have passwords; the service takes one of them."""
    job = job_of(download_password=Secret("env:OUTPUT"))
    conversion = Conversion("sum", "sha256", "hash", options={"download_password": "of the conversion"})
    words = ("of the job", "of the conversion")
    bench = Bench(folder, Service(), replace(job, conversions=(conversion,), fields={"download_passwords": words}))
    tried: list[str] = []

    def rule(_service: Service, request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith("/results"):
            return None
        tried.append(request.headers.get(PASSWORD_HEADER, ""))
        return None if tried[-1] == right else httpx.Response(401)

    bench.service.rule = lambda service, request: rule(service, request)
    return bench, tried


def test_passwords_are_tried_from_the_likeliest_on_and_each_once(tmp_path: Path) -> None:
    bench, tried = with_passwords(tmp_path, "of the job")
    bench.deliver(bench.change())
    assert tried == ["value of env:OUTPUT", "of the conversion", "of the job"]
    bench.store.close()


def test_a_result_that_no_password_opens_is_an_error(tmp_path: Path) -> None:
    bench, tried = with_passwords(tmp_path, "none of them")
    with pytest.raises(ResultLocked, match="another password"):
        bench.deliver(bench.change())
    assert len(tried) == 3
    bench.store.close()


def gone_at(*paths: str) -> Any:
    def rule(service: Service, request: httpx.Request) -> httpx.Response | None:
        if request.url.path in paths:
            for output in service.jobs["job-1"]["output"]:
                output["uri"] = "https://service.example/results/new"
            return httpx.Response(404)
        return None

    return rule


def test_a_link_that_has_moved_is_read_again_once(bench: Bench) -> None:
    bench.service.rule = gone_at("/results/0")
    assert bench.deliver(bench.change()).phase == "done"
    assert bench.service.requests[-3:] == ["GET /results/0", "GET /jobs/job-1", "GET /results/new"]


REMOVED: list[tuple[str, bool, list[str]]] = [
    ("value of env:OUTPUT", True, ["of the job", "value of env:OUTPUT"]),
    ("value of env:OUTPUT", False, ["of the job"]),
    ("of the job", True, ["of the job"]),
]


@pytest.mark.parametrize(("right", "known", "expected"), REMOVED)
def test_a_password_that_was_set_and_is_no_longer_in_the_manifest_is_tried_if_it_can_be_had(
    tmp_path: Path, right: str, known: bool, expected: list[str]
) -> None:
    bench, tried = with_passwords(tmp_path, right)
    started = bench.execute(bench.change())
    mark = {"$secret": f"env:OUTPUT#{'ab' * 32}"}
    element = replace(started.elements["conversions.sum"], sent={"options": {"download_password": mark}})
    record = bench.put(replace(started, elements={**started.elements, "conversions.sum": element}))
    without = replace(job_of(), fields={"download_passwords": ("of the job",)})
    bench.desired = replace(bench.desired, job=without)
    reveal = bench.delivery.results.client.reveal

    def resolve(secret: Secret) -> str:
        if not known:
            raise SpecError("not set")
        return reveal(secret)

    bench.delivery.results.client.reveal = resolve
    with contextlib.nullcontext() if right in expected else pytest.raises(ResultLocked):
        bench.deliver(Change("pack", "download", ("again",), fetch=True), record)
    assert tried == expected
    bench.store.close()


SHOWN: list[tuple[str, str, Any, str, tuple[str, ...]]] = [
    ("the same link", "/results/0", {}, "its job shows it", ()),
    ("a new link", "/results/new", {"uri": "https://service.example/results/new"}, "its job shows it", ()),
    ("a status of its own", "/results/0", {"status": "odd"}, "its job shows it", ()),
    ("disabled", "/results/0", {"status": "disabled"}, "no longer on the service", ("out-0",)),
    ("expired", "/results/0", {"status": "expired"}, "no longer on the service", ("out-0",)),
    ("overuse", "/results/0", {"status": "overuse"}, "no longer on the service", ("out-0",)),
    ("another one", "/results/0", {"id": "other"}, "no longer on the service", ("out-0",)),
    ("no job", "/results/0", None, "no longer on the service", ("out-0",)),
]


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize(("last", "shown", "said", "gone"), [row[1:] for row in SHOWN], ids=[row[0] for row in SHOWN])
def test_gone_is_only_what_its_job_does_not_show_whatever_a_download_is_answered(
    bench: Bench, last: str, shown: Any, said: str, gone: tuple[str, ...], status: int
) -> None:
    def rule(service: Service, request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith("/results"):
            return None
        if shown is None:
            service.jobs.clear()
        for job in service.jobs.values():
            job["output"] = [{**output, **shown} for output in job["output"]]
        return httpx.Response(status, json={"error_code": 107, "message": "has been disabled"})

    bench.service.rule = rule
    with pytest.raises(ResultGone, match=f"{said}, and its download was answered {status}: has been disabled"):
        bench.deliver(bench.change())
    assert bench.service.requests.count(f"GET {last}") == 1, "each apply tries once"
    found = bench.durable()
    assert found is not None
    assert [(file.output_id, file.refused) for file in found.files] == [("out-0", f"{status}: has been disabled")]
    assert (found.phase, found.gone) == ("completed", gone)
    bench.service.rule = lambda *_: None
    if not gone:
        (file,) = bench.deliver(Change("pack", "download", ("again",), fetch=True), found).files
        assert (file.path, file.refused) == ("dist/result-0.txt", ""), "that was so once"


@pytest.mark.parametrize(("hours", "gone"), [(23, ()), (25, ("out-0",))])
def test_what_is_refused_once_the_service_need_not_keep_it_is_gone_whatever_its_job_shows(
    bench: Bench, hours: float, gone: tuple[str, ...]
) -> None:
    done = bench.deliver(bench.change())
    (bench.folder / done.files[0].path).unlink()
    bench.service.clock.now += hours * 3600
    bench.service.rule = lambda _, request: httpx.Response(410) if "/results" in request.url.path else None
    with pytest.raises(ResultGone, match="answered 410"):
        bench.deliver(Change("pack", "download", ("again",), fetch=True), done)
    found = bench.durable()
    assert found is not None
    assert (found.gone, found.files[0].refused) == (gone, "410")


def test_what_was_downloaded_stays_recorded_when_another_result_fails(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Service(results=2))
    earlier = SavedFile("dist/earlier.txt", 3, "", "out-9", "sum")

    def rule(_service: Service, request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(403) if request.url.path == "/results/1" else None

    bench.service.rule = rule
    with pytest.raises(ResultLocked):
        bench.deliver(bench.change(), bench.put(JobRecord("pack", "host", files=(earlier,))))
    found = bench.durable()
    assert found is not None
    assert found.phase == "completed"
    assert [file.path for file in found.files] == ["dist/result-0.txt", ""]
    assert [file.path for file in found.leftover] == ["dist/earlier.txt"]
    bench.service.rule = lambda _service, _request: None
    bench.service.requests.clear()
    done = bench.deliver(Change("pack", "download", ("again",), fetch=True), found)
    assert [file.path for file in done.files] == ["dist/result-0.txt", "dist/result-1.txt"]
    assert "GET /results/0" not in bench.service.requests, "it is here already"
    bench.store.close()


def test_files_of_an_earlier_run_stay_under_their_names_and_stay_known(bench: Bench) -> None:
    ours = bench.folder / "dist/old/ours.txt"
    ours.parent.mkdir(parents=True)
    ours.write_text("old")
    file = SavedFile("dist/old/ours.txt", 3, bench.files.digest(ours), "o-1", "sum")
    done = bench.deliver(bench.change(), bench.put(JobRecord("pack", "host", files=(file,))))
    assert [saved.path for saved in done.files] == ["dist/result-0.txt"]
    assert done.leftover == (file,)
    assert ours.read_text() == "old"
    assert bench.files.owner("dist/old/ours.txt") == "pack"


@pytest.mark.parametrize(
    ("policy", "path", "standing"),
    [("skip", "", "theirs"), ("rename", "dist/result-0-1.txt", "theirs"), ("overwrite", "dist/result-0.txt", None)],
)
def test_a_file_in_the_way_is_treated_as_the_manifest_says(
    tmp_path: Path, policy: str, path: str, standing: str | None
) -> None:
    bench = bench_of(tmp_path, on_conflict=policy)
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/result-0.txt").write_text("theirs")
    bench.files.sources.claimed["dist/result-0.txt"] = Claim("pack", "dist/result-0.txt", Position("m.yaml"))
    (file,) = bench.deliver(bench.change()).files
    assert (file.path, file.wanted) == (path, "dist/result-0.txt")
    assert (tmp_path / "dist/result-0.txt").read_bytes() == (standing.encode() if standing else RESULT)
    bench.store.close()


@pytest.mark.parametrize("claimant", ["", "another"])
def test_a_file_in_the_way_is_a_conflict_where_no_manifest_gives_the_result_its_name(
    tmp_path: Path, claimant: str
) -> None:
    """Nobody could know, so nobody agreed that this file is written over."""
    bench = bench_of(tmp_path, on_conflict="overwrite")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/result-0.txt").write_text("theirs")
    if claimant:
        bench.files.sources.claimed["dist/result-0.txt"] = Claim(claimant, "dist/result-0.txt", Position("m.yaml"))
    with pytest.raises(Conflict, match="not for names that the service gives"):
        bench.deliver(bench.change())
    assert (tmp_path / "dist/result-0.txt").read_text() == "theirs"
    bench.store.close()


def test_a_result_that_says_that_it_is_a_manifest_is_not_given_a_name_under_which_it_is_one(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    says = KeptSources(says=lambda path, file: f"{file.read_bytes() == RESULT} of {path}")
    bench.files = replace(bench.files, sources=says)
    bench.delivery.files = bench.files
    bench.delivery.results = replace(bench.delivery.results, files=bench.files)
    with pytest.raises(Conflict, match="because True of dist"):
        bench.deliver(bench.change())
    assert list((tmp_path / "dist").iterdir()) == []
    bench.store.close()


def test_a_file_in_the_way_is_a_conflict_unless_the_manifest_says_otherwise(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/result-0.txt").write_text("theirs")
    with pytest.raises(Conflict, match="is not recorded as a result of a2c-spec, and on_conflict is error"):
        bench.deliver(bench.change())
    assert (tmp_path / "dist/result-0.txt").read_text() == "theirs"
    bench.store.close()


def test_a_result_that_is_not_saved_stays_on_the_service(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, save="")
    (file,) = bench.deliver(bench.change()).files
    assert (file.path, file.sha256, file.service_name) == ("", "", "result-0.txt")
    assert not any("results" in request for request in bench.service.requests)
    bench.store.close()


def delivered(bench: Bench) -> JobRecord:
    record = bench.deliver(bench.change())
    bench.moments.clear()
    bench.events.clear()
    return record


def test_a_move_is_recorded_before_and_after_it_is_made(bench: Bench) -> None:
    record = delivered(bench)
    landing: list[list[str]] = []

    def probe(moment: str) -> None:
        if moment.startswith("place") and (found := bench.durable()):
            landing.append([file.path for file in found.landing])

    object.__setattr__(bench.files, "probe", probe)
    move = Change("pack", "rename", ("renamed",), moves=(Move("dist/result-0.txt", "dist/sub/new.txt"),))
    done = bench.deliver(move, record)
    assert landing == [["dist/sub/new.txt"]] * 2
    assert [(file.path, file.wanted) for file in done.files] == [("dist/sub/new.txt", "dist/sub/new.txt")]
    assert (bench.folder / "dist/sub/new.txt").read_bytes() == RESULT
    assert not (bench.folder / "dist/result-0.txt").exists()
    assert bench.durable() == done


def test_a_file_that_the_manifest_no_longer_saves_stays_as_a_leftover(bench: Bench) -> None:
    record = delivered(bench)
    done = bench.deliver(Change("pack", "rename", ("unsaved",), leaves=("dist/result-0.txt",)), record)
    assert [(file.path, file.wanted) for file in done.files] == [("", "")]
    assert [file.path for file in done.leftover] == ["dist/result-0.txt"]
    assert (bench.folder / "dist/result-0.txt").exists()


def test_a_conversion_that_gave_nothing_is_told_each_time_and_is_not_paid_again(tmp_path: Path) -> None:
    job = job_of()
    other = Conversion("png", "png", "image")
    outputs = (*job.outputs, Output("png", save="dist/"))
    bench = Bench(tmp_path, Service(), replace(job, conversions=(*job.conversions, other), outputs=outputs))
    with pytest.raises(PartialResult, match="png has no result there") as caught:
        bench.deliver(bench.change())
    assert caught.value.exit_code == 9
    record = bench.durable()
    assert record is not None
    assert (record.phase, [file.conversion for file in record.files]) == ("completed", ["sum"])
    change, record = asyncio.run(bench.executor.replan(bench.task(), record))
    with pytest.raises(Conflict, match=r"png has no result there; --replace pack\.png runs it again"):
        bench.deliver(change, record)
    assert bench.service.requests.count("POST /jobs") == 1
    bench.store.close()


def test_an_input_of_which_nothing_came_is_told_each_time_where_the_service_warns(tmp_path: Path) -> None:
    job = job_of()
    more = Input("in1", "remote", source="https://example.com/b.txt")
    bench = Bench(tmp_path, Service(), replace(job, inputs=(*job.inputs, more)))

    def rule(service: Service, request: httpx.Request) -> httpx.Response | None:
        found = service.jobs.get(request.url.path.rsplit("/", 1)[1])
        if request.method == "GET" and found and found["output"]:
            first, second = (one["id"] for one in found["input"])
            found["output"][0]["source"]["input"] = [first]
            found["warnings"] = [{"source": "input", "id_source": second, "code": 404, "message": "not there"}]
        return None

    bench.service.rule = rule
    with pytest.raises(PartialResult, match="sum of in1 has no result there: input in1: not there"):
        bench.deliver(bench.change())
    record = bench.durable()
    assert record is not None
    assert (record.phase, [file.inputs for file in record.files]) == ("completed", [("in0",)])
    change, record = asyncio.run(bench.executor.replan(bench.task(), record))
    with pytest.raises(Conflict, match=r"sum of in1 has no result there; --replace pack\.sum runs it again"):
        bench.deliver(change, record)
    bench.store.close()


def uploading(folder: Path, checksum: str, status: str = "completed") -> Bench:
    """A job whose upload is answered 409, because the service has started it with a file that somebody else sent."""
    (folder / "a.txt").write_bytes(b"our bytes")
    item = Input("in0", "upload", path="a.txt", content=measure(folder / "a.txt"))
    bench = Bench(folder, Service(), replace(job_of(), inputs=(item,)))

    def rule(service: Service, request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and request.url.path == "/v2/jobs":
            job = service.create(json.loads(request.content))
            job |= {"server": "https://service.example/v2/dl", "token": "t"}
            return httpx.Response(201, json=job)
        if "upload-file" not in request.url.path:
            return None
        job = service.jobs[request.url.path.rsplit("/", 1)[1]]
        first = job["id"] == "job-1"
        sent = checksum if first else item.content.md5 if item.content else ""
        job["input"] = [{"id": "i1", "type": "upload", "filename": "a.txt", "checksum": sent, "status": "ready"}]
        service.ends_as = status
        service.run(job)
        return httpx.Response(409, json={}) if first else httpx.Response(200, json={"id": "i1"})

    bench.service.rule = rule
    return bench


def md5_of(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def test_an_upload_refused_because_other_bytes_run_is_not_believed(tmp_path: Path) -> None:
    bench = uploading(tmp_path, md5_of(b"other bytes"))
    with pytest.raises(Conflict, match=r"input upload a\.txt is on the service, and not known here") as caught:
        bench.deliver(bench.change(), task=bench.task(paid_again_allowed=False))
    assert caught.value.address == "pack"
    found = bench.durable()
    assert found is not None
    assert (found.fingerprint, found.basis, found.files) == ("", {}, ())
    assert not [*tmp_path.rglob("result-*")]
    bench.store.close()


def test_where_paying_again_is_allowed_our_own_bytes_are_run(tmp_path: Path) -> None:
    bench = uploading(tmp_path, md5_of(b"other bytes"))
    done = bench.deliver(bench.change())
    assert bench.service.requests.count("POST /jobs") == 2
    assert (done.job_id, done.phase, done.fingerprint) == ("job-2", "done", bench.desired.fingerprint)
    bench.store.close()


def test_a_job_that_turns_out_to_have_run_other_bytes_saves_nothing_and_has_no_known_recipe(tmp_path: Path) -> None:
    bench = uploading(tmp_path, md5_of(b"our bytes"), status="")
    with pytest.raises(SpecError):  # it never ends
        bench.deliver(bench.change())
    record = bench.durable()
    assert record is not None
    assert (record.phase, record.fingerprint) == ("started", bench.desired.fingerprint)
    job = bench.service.jobs["job-1"]
    job["input"][0]["checksum"] = md5_of(b"other bytes")
    bench.service.ends_as = "completed"
    bench.service.run(job)
    with pytest.raises(Conflict, match=r"ran with other content: input in0 .* is not the file here") as caught:
        bench.deliver(Change("pack", "wait", ("runs",), fetch=True), record)
    assert "nothing of it was saved" in caught.value.hint
    found = bench.durable()
    assert found is not None
    assert (found.phase, found.fingerprint, found.basis, found.files) == ("completed", "", {}, ())
    assert not [*tmp_path.rglob("result-*")]
    bench.store.close()


@pytest.mark.parametrize(("kind", "told"), [("upload", True), ("remote", False)])
def test_an_upload_that_nobody_here_sent_is_found_in_the_job_that_ran(tmp_path: Path, kind: str, told: bool) -> None:
    bench = bench_of(tmp_path)
    create = bench.service.create

    def with_a_rival(body: dict[str, Any]) -> dict[str, Any]:
        job = create(body)
        job["input"].append({"id": "i-9", "type": kind, "source": "rival.txt", "filename": "rival.txt"})
        return job

    bench.service.create = with_a_rival  # type: ignore[method-assign]
    if told:
        with pytest.raises(Conflict, match=r"not sent from here \(rival.txt\)"):
            bench.deliver(bench.change())
    else:
        assert bench.deliver(bench.change()).phase == "done"
    bench.store.close()


def test_an_upload_that_was_refused_although_it_arrived_is_believed_by_its_checksum(tmp_path: Path) -> None:
    bench = uploading(tmp_path, md5_of(b"our bytes"))
    done = bench.deliver(bench.change())
    assert (done.phase, done.fingerprint) == ("done", bench.desired.fingerprint)
    assert [file.path for file in done.files] == ["dist/a.txt"]
    bench.store.close()


def test_a_name_that_could_not_be_given_before_the_run_is_given_after_it(tmp_path: Path) -> None:
    options = PlannerOptions(unnamed_targets=frozenset({"hash/sha256"}))
    bench = Bench(tmp_path, Service(), job_of(filename="total"), options=options)
    done = bench.deliver(bench.change())
    assert bench.service.requests[-2:] == ["PATCH /jobs/job-1/output/out-0", "GET /results/0"]
    assert [file.path for file in done.files] == ["dist/total.txt"]
    assert done.elements["outputs.out-0"].sent == {"filename": "total"}
    bench.store.close()


def test_a_job_gives_its_slot_to_others_while_it_waits(bench: Bench) -> None:
    busy: dict[str, int] = {}

    def look(_service: Service, request: httpx.Request) -> None:
        busy[f"{request.method} {request.url.path.split('/')[2]}"] = bench.delivery.slots.slots.busy

    async def run() -> None:
        async with bench.delivery.slots.slot():
            await bench.delivery.carry_out(bench.task(), bench.change(), JobRecord("pack", "host"))

    bench.service.rule = look
    asyncio.run(run())
    assert busy == {"POST jobs": 1, "GET jobs": 0, "GET 0": 1}, "it has the slot again for its download"


def test_a_result_that_is_here_under_another_name_is_not_taken_for_the_one_that_is_wanted(bench: Bench) -> None:
    other = bench.folder / "dist/other.txt"
    other.parent.mkdir()
    other.write_bytes(RESULT)
    file = SavedFile("dist/other.txt", len(RESULT), bench.files.digest(other), "out-0", "sum", wanted="dist/other.txt")
    done = bench.deliver(bench.change(), bench.put(JobRecord("pack", "host", files=(file,))))
    assert [saved.path for saved in done.files] == ["dist/result-0.txt"]
    assert done.leftover == (file,)


def test_parts_whose_ids_are_not_known_are_recognised_before_results_are_named(bench: Bench) -> None:
    record = bench.execute(bench.change())
    elements = {name: replace(element, api_id="") for name, element in record.elements.items() if name != "job"}
    record = bench.put(replace(record, elements=elements))
    (file,) = bench.deliver(Change("pack", "wait", ("running",), fetch=True), record).files
    assert (file.conversion, file.inputs) == ("sum", ("in0",))


def test_a_job_with_many_results_that_are_refused_is_not_read_for_each_of_them(tmp_path: Path) -> None:
    """It was, which took the square of their number."""

    def refused(_service: Service, request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(404) if "/results" in request.url.path else None

    many = Bench(tmp_path, Service(rule=refused, results=60))
    with pytest.raises(ResultGone):
        many.deliver(many.change())
    assert len([one for one in many.service.requests if one == "GET /jobs/job-1"]) < 20
    many.store.close()


def test_where_very_many_results_belong_is_decided_one_by_one(tmp_path: Path) -> None:
    """So that a signal is heeded between two of them."""
    many = Bench(tmp_path, Service(results=300))
    decided: list[int] = []

    async def watch() -> None:
        work = asyncio.ensure_future(many.delivery.carry_out(many.task(), many.change(), JobRecord("pack", "host")))
        while not (many.files.reserved or work.done()):  # noqa: ASYNC110 - step by step is what is looked at
            await asyncio.sleep(0)
        decided.append(len(many.files.reserved))
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work

    asyncio.run(watch())
    assert 0 < decided[0] < 10
    many.store.close()
