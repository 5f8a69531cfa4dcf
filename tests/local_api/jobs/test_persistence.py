"""Jobs outlive the service, also when it is killed, and several processes can use one folder."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from a2c_spec.local_api.settings import Settings
from tests.local_api.harness import KEY, Api, Start, TinyConverters, running

ROOT = Path(__file__).parents[3]
SERVER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from a2c_spec.local_api.server import run
    from a2c_spec.local_api.settings import Settings
    from tests.local_api.harness import KEY, TinyConverters

    settings = Settings(data_dir=Path(sys.argv[1]), api_keys=(KEY,))
    run(settings, on_ready=lambda url: print(url, flush=True), converters=TinyConverters())
    """
)


@contextmanager
def other_process(folder: Path) -> Iterator[tuple[Api, subprocess.Popen[str]]]:
    command = [sys.executable, "-c", SERVER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            with httpx.Client(timeout=30) as http:
                yield Api(None, http, url), process  # type: ignore[arg-type] # the application is in the other process
        finally:
            process.kill()


def test_jobs_outlive_the_service(way: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with running(way, settings) as api:
        done = api.run("hello", download_passwords=["geheim"])
        staged = api.job()
    with running(way, settings) as api:
        again = api.ok("GET", f"/jobs/{done['id']}")
        assert [row["id"] for row in api.ok("GET", "/jobs")] == [staged["id"], done["id"]]
        headers = {"X-Oc-Download-Password": "geheim"}
        assert api("GET", again["output"][0]["uri"], headers=headers).content == b"HELLO"
        assert again["modified_at"] == done["modified_at"]


def test_a_temporary_service_deletes_its_folder(way: str) -> None:
    with running(way, Settings()) as api:
        api.run("hello")
        folder = api.app.service.blobs.root.parent
        assert folder.exists()
    assert not folder.exists()


def test_a_job_whose_process_was_killed_is_finished_by_the_next_one(way: str, tmp_path: Path) -> None:
    with other_process(tmp_path) as (api, process):
        conversions = [{"target": "upper"}, {"target": "joined", "options": {"slow": 5}}]
        job = api.job(conversion=conversions)
        api.upload(job, "hello")
        api.ok("PATCH", f"/jobs/{job['id']}", json={"process": True})
        while api.ok("GET", f"/jobs/{job['id']}/threads") != []:
            if api.ok("GET", f"/jobs/{job['id']}/threads")[0]["info"] == "document/joined":
                break
        process.kill()
        process.wait()
    with running(way, Settings(data_dir=tmp_path), TinyConverters(sleep=lambda _seconds: None)) as api:
        done = api.wait(job)
        assert done["status"]["code"] == "completed"
        assert [api("GET", row["uri"]).text for row in done["output"]] == ["HELLO", "hello"]
        assert done["spent"] == 2
        infos = [row["info"] for row in api.ok("GET", f"/jobs/{job['id']}/history")]
        assert infos.count("The work was interrupted and is being resumed.") == 1


def test_a_job_of_a_running_process_is_not_taken_over(tmp_path: Path) -> None:
    with other_process(tmp_path) as (api, _), running("in process", Settings(data_dir=tmp_path)) as second:
        job = api.job(process=True, conversion=[{"target": "upper", "options": {"slow": 0.5}}])
        api.upload(job)
        assert second.ok("GET", f"/jobs/{job['id']}")["status"]["code"] in ("ready", "running")
        done = second.wait(job)
        infos = [row["info"] for row in second.ok("GET", f"/jobs/{job['id']}/history")]
        assert done["status"]["code"] == "completed"
        assert "The work was interrupted and is being resumed." not in infos


def test_two_processes_write_to_one_folder_without_losing_anything(tmp_path: Path) -> None:
    with other_process(tmp_path) as (first, _), running("in process", Settings(data_dir=tmp_path)) as second:
        job = first.job()

        def add(api: Api, name: str) -> None:
            for number in range(15):
                api.upload(job, name, f"{name}-{number}.txt")

        threads = [threading.Thread(target=add, args=(api, name)) for api, name in ((first, "a"), (second, "b"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        names = {row["filename"] for row in first.ok("GET", f"/jobs/{job['id']}/input")}
        assert len(names) == 30
        positions = sorted(entry.position for entry in second.app.service.store.job(job["id"]).inputs)  # type: ignore[union-attr] # it is there
        assert positions == list(range(1, 31))


def test_reset_deletes_the_files(api_with: Start, tmp_path: Path) -> None:
    api = api_with(data_dir=tmp_path)
    api.run("hello")
    api.ok("POST", "/_a2c/reset")
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_the_files_of_expired_jobs_are_deleted_at_the_next_start(way: str, tmp_path: Path) -> None:
    with running(way, Settings(data_dir=tmp_path)) as api:
        done, staged = api.run("hello"), api.job()
        api.upload(staged)
    later = time.time() + 25 * 3600
    with running(way, Settings(data_dir=tmp_path, clock=lambda: later)) as api:
        (output,) = api.ok("GET", f"/jobs/{done['id']}/output")
        assert output["status"] == "expired"
        assert api("GET", output["uri"]).status_code == 410
        assert [path.name for path in (tmp_path / "files").iterdir()] == [staged["id"]]


def test_no_key_is_kept_on_disk(way: str, tmp_path: Path) -> None:
    with running(way, Settings(data_dir=tmp_path)) as api:
        api.run("hello")
    assert not any(KEY.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_credentials_are_deleted_when_the_job_is_finished(api_with: Start) -> None:
    api = api_with()
    job = api.job(process=True, conversion=[{"target": "upper"}])
    api.upload(job, "LOCKED:sesame:inside", data={"decrypt_password": "sesame"})
    api.wait(job)
    kept = api.app.service.store.job(job["id"])
    assert kept is not None
    assert [dict(entry.credentials) for entry in kept.inputs] == [{}]


def test_closing_during_a_conversion_logs_nothing_and_the_job_is_resumed(
    way: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before, finish = threading.enumerate(), threading.Event()
    with running(way, Settings(data_dir=tmp_path), TinyConverters(sleep=lambda _seconds: finish.wait(20))) as api:
        job = api.job(process=True, conversion=[{"target": "upper", "options": {"slow": 1}}])
        api.upload(job)
    finish.set()
    for thread in set(threading.enumerate()) - set(before):
        thread.join(20)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("a2c_spec")] == []
    with running(way, Settings(data_dir=tmp_path), TinyConverters(sleep=lambda _seconds: None)) as api:
        assert api.wait(job)["status"]["code"] == "completed"
