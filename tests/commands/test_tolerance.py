"""The client copes with every reading of what the API's documents leave open, and with a service in a bad mood."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Progression, Settings, Unknowns
from a2c_spec.local_api.simulation.faults import Fault
from tests.conftest import Command

STAGED = """\
apiVersion: a2c-spec/v1
kind: Job
name: job
job: {{process: {process}}}
inputs: [{inputs}]
conversions: [{conversions}]
outputs: [{{from: pdf, filename: {name}, save: dist/}}]
"""
COVER = "{id: cover, path: src/cover.png}"
PAGE = "{id: page, path: src/signatures.png}"
MORE = "{id: photo, path: src/mountains.jpg}"
FAR = "{id: far, source: 'https://example.invalid/x.pdf'}, {id: off, source: 'https://example.invalid/y.pdf'}"
PDF = "{id: pdf, category: document, target: pdf, options: {merge: true}}"
ZIP = "{id: zip, category: archive, target: zip}, {id: sha, category: hash, target: sha256}"

Serve = Callable[..., Background]


@pytest.fixture
def serve(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts a local API and points the environment at it."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Background:
            server = stack.enter_context(Background(create_app(Settings(api_keys=("key",), **settings))))
            monkeypatch.setenv("API2CONVERT_BASE_URL", server.url)
            monkeypatch.setenv("API2CONVERT_API_KEY", "key")
            return server

        yield start


def write(project: Path, inputs: str, conversions: str = PDF, *, process: bool = False, name: str = "out") -> None:
    text = STAGED.format(process=str(process).lower(), inputs=inputs, conversions=conversions, name=name)
    (project / "m.yaml").write_text(text)


def applied(a2c: Command) -> dict[str, Any]:
    """The summary of an apply that must succeed."""
    done = a2c("apply", "m.yaml", "--json", "-y")
    assert done.code == 0, done.out + done.err
    tree: dict[str, Any] = json.loads(done.out.splitlines()[-1])
    return tree


def idle(a2c: Command) -> bool:
    shown = a2c("plan", "m.yaml", "--json")
    assert shown.code == 0, shown.err
    return bool(json.loads(shown.out)["noop"])


READINGS = {
    "guide": Unknowns(),
    "staged jobs are ready": Unknowns(staged_status="ready"),
    "other names of statuses": Unknowns(vocabulary="sdk"),
    "no arrays": Unknowns(arrays=False),
    "an upload starts nothing": Unknowns(upload_starts=False),
    "positions are not echoed": Unknowns(position_echoed=False),
    "inputs are listed by position": Unknowns(inputs_listed="position"),
    "by position, not echoed": Unknowns(inputs_listed="position", position_echoed=False),
    "uploads answer with the input": Unknowns(upload_reply="input"),
    "deleted jobs stay as canceled": Unknowns(after_delete="canceled"),
    "finished jobs cannot be deleted": Unknowns(delete_finished=409),
    "an unknown target fails the job": Unknowns(unknown_target="fail"),
}


@pytest.mark.parametrize("reading", READINGS)
def test_build_edit_start_and_rename_work_under_any_reading(
    reading: str, project: Path, serve: Serve, a2c: Command
) -> None:
    serve(unknowns=READINGS[reading])
    write(project, f"{COVER}, {PAGE}")
    applied(a2c)
    assert idle(a2c)
    write(project, f"{PAGE}, {MORE}, {COVER}")
    applied(a2c)
    assert idle(a2c)
    write(project, f"{PAGE}, {MORE}, {COVER}", process=True)
    assert applied(a2c)["jobs"][0]["phase"] == "done"
    assert idle(a2c)
    write(project, f"{PAGE}, {MORE}, {COVER}", process=True, name="renamed")
    applied(a2c)
    assert (project / "dist/renamed.pdf").exists()
    assert idle(a2c)


@pytest.mark.parametrize("reading", READINGS)
def test_a_lone_upload_runs_under_any_reading(reading: str, project: Path, serve: Serve, a2c: Command) -> None:
    serve(unknowns=READINGS[reading])
    write(project, COVER, process=True)
    assert applied(a2c)["jobs"][0]["phase"] == "done"
    assert idle(a2c)
    assert a2c("destroy", "job", "-y").code == 0


def test_refused_arrays_are_posted_one_by_one(project: Path, serve: Serve, a2c: Command) -> None:
    serve(unknowns=Unknowns(arrays=False))
    write(project, COVER)
    applied(a2c)
    write(project, f"{COVER}, {FAR}", f"{PDF}, {ZIP}")
    applied(a2c)
    assert idle(a2c)


def test_a_refused_rename_on_the_service_is_a_rename_here(project: Path, serve: Serve, a2c: Command) -> None:
    serve(faults=(Fault(do="status", status=405, method="PATCH", path="/jobs/*/output/*", times=9),))
    write(project, COVER, process=True)
    applied(a2c)
    write(project, COVER, process=True, name="renamed")
    applied(a2c)
    assert (project / "dist/renamed.pdf").exists()
    assert idle(a2c)


def test_a_start_refused_once_is_read_again_and_done(project: Path, serve: Serve, a2c: Command) -> None:
    serve(faults=(Fault(do="status", status=409, method="PATCH", path="/jobs/*"),))
    write(project, f"{COVER}, {PAGE}", process=True)
    assert applied(a2c)["jobs"][0]["phase"] == "done"


def test_a_job_somebody_else_started_is_a_conflict_with_three_ways_out(
    project: Path, serve: Serve, a2c: Command
) -> None:
    serve(faults=(Fault(do="start_job", method="PATCH", path="/jobs/*/conversions/*"),))
    write(project, f"{COVER}, {PAGE}")
    applied(a2c)
    write(project, f"{COVER}, {PAGE}", PDF.replace("merge: true", "merge: true, dpi: 72"))
    ended = a2c("apply", "m.yaml")
    assert ended.code == 13, ended.out + ended.err
    assert all(way in ended.err for way in ("apply", "import", "state rm"))


def test_an_upload_that_starts_a_held_job_is_noticed(project: Path, serve: Serve, a2c: Command) -> None:
    serve(faults=(Fault(do="start_job", method="POST", path="*/upload-*", when="after"),))
    write(project, f"{COVER}, {PAGE}", process=True)
    assert applied(a2c)["jobs"][0]["phase"] == "done"
    assert idle(a2c)


def test_a_replacement_whose_create_was_lost_is_still_made(project: Path, serve: Serve, a2c: Command) -> None:
    server = serve()
    write(project, COVER, process=True)
    first = applied(a2c)["jobs"][0]["job_id"]
    fault = {"do": "drop", "method": "POST", "path": "/jobs", "when": "before"}
    httpx.post(f"{server.url.removesuffix('/v2')}/_a2c/faults", json=[fault]).raise_for_status()
    ended = a2c("apply", "m.yaml", "--json", "-y", "--replace", "job")
    assert ended.code == 0, ended.out + ended.err
    summary = json.loads(ended.out.splitlines()[-1])
    assert summary["jobs"][0]["job_id"] != first


def test_a_finished_job_the_service_forgot_needs_nothing_while_its_files_are_here(
    project: Path, serve: Serve, a2c: Command
) -> None:
    server = serve()
    write(project, COVER, process=True)
    job_id = applied(a2c)["jobs"][0]["job_id"]
    httpx.delete(f"{server.url}/jobs/{job_id}", headers={"X-Oc-Api-Key": "key"})
    assert idle(a2c)
    (project / "dist/out.pdf").unlink()
    plan = json.loads(a2c("plan", "m.yaml", "--no-cache", "--json").out)["changes"][0]
    assert (plan["action"], plan["paid_again"]) == ("re-run", True)
    assert a2c("apply", "m.yaml", "--no-cache").code == 11
    assert "POST" not in applied(a2c)["requests"], "the results cache has what the service has not"
    assert (project / "dist/out.pdf").exists()


def test_a_draft_the_service_forgot_is_built_again(project: Path, serve: Serve, a2c: Command) -> None:
    server = serve()
    write(project, f"{COVER}, {PAGE}")
    job_id = applied(a2c)["jobs"][0]["job_id"]
    httpx.delete(f"{server.url}/jobs/{job_id}", headers={"X-Oc-Api-Key": "key"})
    plan = json.loads(a2c("plan", "m.yaml", "--json").out)["changes"][0]
    assert (plan["action"], plan["paid_again"]) == ("create", False)
    applied(a2c)
    assert idle(a2c)


def test_a_job_that_cannot_be_deleted_stays_recorded_as_long_as_it_is_there(
    project: Path, serve: Serve, a2c: Command
) -> None:
    server = serve()
    write(project, COVER)
    job_id = applied(a2c)["jobs"][0]["job_id"]
    fault = {"do": "status", "status": 409, "method": "DELETE", "path": f"/jobs/{job_id}"}
    httpx.post(f"{server.url.removesuffix('/v2')}/_a2c/faults", json=[fault]).raise_for_status()
    refused = a2c("destroy", "job", "-y")
    assert (refused.code, job_id in refused.err) == (13, True)
    assert job_id in a2c("state", "list", "--json").out
    assert a2c("destroy", "job", "-y").code == 0
    assert job_id not in a2c("state", "list", "--json").out


def test_a_running_job_that_the_service_does_not_cancel_is_said_to_run_on(
    project: Path, serve: Serve, a2c: Command
) -> None:
    serve(
        progression=Progression(by="time", running=600),
        faults=(Fault(do="status", status=409, method="DELETE", path="/jobs/*", times=99),),
    )
    write(project, COVER, process=True)
    assert a2c("apply", "m.yaml", "--detach").code == 0
    write(project, f"{COVER}, {PAGE}", process=True)
    ran = a2c("apply", "m.yaml", "-y")
    assert ran.code == 13
    assert "the service does not cancel job" in ran.err
    assert "modified outside" not in ran.err
    assert len(json.loads(a2c("state", "list", "--json").out)) == 1


@pytest.mark.parametrize(("status", "code"), [(401, 3), (402, 4), (500, 8), (302, 8)])
def test_refusals_have_their_own_exit_codes(status: int, code: int, project: Path, serve: Serve, a2c: Command) -> None:
    fault = (
        Fault(do="redirect", to="https://example.invalid/", times=99)
        if status == 302
        else Fault(do="status", status=status, times=99)
    )
    serve(faults=(fault,))
    write(project, COVER, process=True)
    ended = a2c("apply", "m.yaml")
    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err
