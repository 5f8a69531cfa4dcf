"""A job that was held and is started: what is paid for elsewhere, or twice in it, is not paid for again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Progression, Settings
from tests.commands.conftest import Somebody, in_dist, spent, wait_for
from tests.conftest import Command

MD5 = "category: hash, target: md5"
SHA = "category: hash, target: sha1"


def write(project: Path, name: str, *made: str, held: bool = False, more: str = "", text: str = "a") -> None:
    """A manifest; each conversion has a result of its own."""
    (project / f"{text}.txt").write_text(text)
    lines = ["apiVersion: a2c-spec/v1", "kind: Job", f"name: {name}", f"job: {{process: {str(not held).lower()}}}"]
    lines += [f"inputs: [{{id: i, path: {text}.txt}}]", "conversions:"]
    lines += [f"  - {{id: c{number}, {recipe}}}" for number, recipe in enumerate(made)]
    lines += ["outputs:", *(f"  - {{from: c{number}, filename: {name}-{number}}}" for number in range(len(made)))]
    (project / f"{name}.yaml").write_text("\n".join([*lines, more, ""]))


@pytest.fixture
def held(project: Path, a2c: Command, server: Background) -> Path:
    """A project with a held job ``draft``."""
    assert server
    write(project, "draft", MD5, held=True)
    assert a2c("apply", "-q").code == 0
    return project


def planned(a2c: Command, *args: str) -> dict[str, Any]:
    """The plan; as a saved one it is the same."""
    tree: dict[str, Any] = json.loads(a2c("plan", "--json", *args).out)
    return tree


def jobs(somebody: Somebody) -> int:
    return len(somebody("GET", "/jobs") or ())


def test_a_held_job_whose_result_is_in_the_cache_is_deleted_as_planned(
    held: Path, a2c: Command, somebody: Somebody
) -> None:
    write(held, "other", MD5)
    assert a2c("apply", "-q").code == 0
    (job,) = [row["id"] for row in somebody("GET", "/jobs") if row["status"]["code"] == "incomplete"]
    write(held, "draft", MD5)
    told = planned(a2c)
    change = next(row for row in told["changes"] if row["address"] == "draft")
    assert (change["action"], change["credits"], [call["kind"] for call in change["calls"]]) == (
        "cached",
        0,
        ["delete_job"],
    )
    assert (told["totals"]["credits"], told["totals"]["calls"]) == (0, {"DELETE": 1})
    assert f"deletes job {job} on the service" in a2c("plan").out
    assert a2c("plan", "--out", "p.a2cplan.json", "-q").code == 0
    assert a2c("apply", "p.a2cplan.json", "--max-credits", "0").code == 0
    assert (spent(somebody), jobs(somebody), len(in_dist(held))) == (1, 1, 2)
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_a_held_job_that_is_alike_with_another_is_deleted_as_planned(
    held: Path, a2c: Command, somebody: Somebody
) -> None:
    write(held, "draft", MD5)
    write(held, "another", MD5, SHA)  # which makes more
    told = planned(a2c)
    assert (told["totals"]["credits"], told["totals"]["calls"]) == (2, {"POST": 2, "DELETE": 1})
    assert "deletes job" in a2c("plan").out
    explained = a2c("plan", "--explain").out
    assert ('{"process": true}' in explained, "DELETE /jobs/" in explained) == (False, True)
    assert a2c("apply", "-q", "--max-credits", "2").code == 0
    assert (spent(somebody), jobs(somebody), len(in_dist(held))) == (2, 1, 3)
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_a_held_job_is_the_one_that_is_started_where_that_takes_fewer_calls(
    held: Path, a2c: Command, somebody: Somebody
) -> None:
    for name in ("draft", "another"):
        write(held, name, MD5)
    told = planned(a2c)
    assert (told["totals"]["credits"], told["totals"]["calls"]) == (1, {"PATCH": 1})
    assert a2c("apply", "-q", "--max-credits", "1").code == 0
    assert (spent(somebody), jobs(somebody), len(in_dist(held))) == (1, 1, 2)


def test_a_held_job_stays_where_the_one_alike_gives_nothing(held: Path, a2c: Command, somebody: Somebody) -> None:
    write(held, "draft", MD5)
    write(held, "another", MD5, SHA)
    assert "draft: left to the next apply" in a2c("apply", "-q", "--detach").out
    assert jobs(somebody) == 2


def test_a_running_job_of_another_recipe_is_cancelled_as_planned(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Settings(api_keys=("key",), progression=Progression("polls", running=4))
    with Background(create_app(slow)) as server:
        monkeypatch.setenv("API2CONVERT_BASE_URL", server.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        write(project, "other", MD5)
        assert a2c("apply", "-q").code == 0
        write(project, "draft", SHA)
        assert a2c("apply", "-q", "--detach").code == 0
        write(project, "draft", MD5)
        told = planned(a2c)
        assert (told["totals"]["credits"], told["totals"]["calls"]) == (0, {"DELETE": 1})
        asked = a2c("apply", "-q")
        assert (asked.code, "draft would be cancelled or deleted, although already paid for" in asked.err) == (11, True)
        assert a2c("apply", "-q", "-y", "--max-credits", "0").code == 0
        with httpx.Client(headers={"x-oc-api-key": "key"}) as client:
            assert len(client.get(f"{server.url}/jobs").json()) == 1
        assert a2c("plan", "--detailed-exitcode").code == 0


def test_of_a_started_job_only_what_is_not_in_the_cache_is_paid(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "draft", MD5, SHA, held=True)
    write(project, "other", MD5)
    assert a2c("apply", "-q").code == 0
    write(project, "draft", MD5, SHA)
    told = planned(a2c)
    assert (told["totals"]["credits"], told["totals"]["calls"]) == (1, {"DELETE": 1, "PATCH": 1}), a2c("plan").out
    assert a2c("apply", "-q", "--max-credits", "1").code == 0
    assert (spent(somebody), jobs(somebody), len(in_dist(project))) == (2, 2, 3)
    assert a2c("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("made", [(MD5, MD5), (MD5, SHA, MD5), (MD5, MD5, MD5)])
def test_equal_conversions_of_a_started_job_are_paid_once(
    project: Path, a2c: Command, somebody: Somebody, made: tuple[str, ...]
) -> None:
    write(project, "draft", *made, held=True)
    assert a2c("apply", "-q").code == 0
    write(project, "draft", *made)
    different = len(set(made))
    told = planned(a2c)
    out = {"DELETE": len(made) - different, "PATCH": 1}
    assert (told["totals"]["credits"], told["totals"]["calls"]) == (different, out), a2c("plan").out
    assert a2c("apply", "-q", "--max-credits", str(different)).code == 0
    assert (spent(somebody), jobs(somebody), len(in_dist(project))) == (different, 1, len(made))
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_equal_conversions_of_a_held_job_are_both_held(project: Path, a2c: Command, somebody: Somebody) -> None:
    """Which of them is paid is decided when it is started."""
    write(project, "draft", MD5, MD5, held=True)
    assert a2c("apply", "-q").code == 0
    (job,) = somebody("GET", "/jobs")
    assert len(somebody("GET", f"/jobs/{job['id']}")["conversion"]) == 2
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_equal_conversions_are_paid_once_although_the_first_apply_broke_off(
    project: Path, a2c: Command, server: Background, somebody: Somebody
) -> None:
    write(project, "draft", MD5, MD5)
    with httpx.Client(base_url=server.url.removesuffix("/v2")) as client:
        fault = {"do": "status", "status": 400, "method": "POST", "path": "/dl/*/upload-file/*", "times": None}
        assert client.post("/_a2c/faults", json=[fault]).status_code < 300
        assert a2c("apply", "-q").code != 0
        client.delete("/_a2c/faults")
    assert planned(a2c)["totals"]["credits"] == 1
    assert a2c("apply", "-q").code == 0
    assert (spent(somebody), jobs(somebody), len(in_dist(project))) == (1, 1, 2)


@pytest.mark.parametrize("held", [False, True])
def test_what_somebody_started_is_kept_although_less_of_it_is_wanted(
    project: Path, a2c: Command, somebody: Somebody, *, held: bool
) -> None:
    write(project, "draft", MD5, SHA, held=True)
    assert a2c("apply", "-q").code == 0
    (job,) = somebody("GET", "/jobs")
    somebody("PATCH", f"/jobs/{job['id']}", process=True)
    write(project, "draft", MD5, held=held)
    assert planned(a2c)["totals"]["credits"] == 0, a2c("plan").out
    assert a2c("apply", "-q", "--max-credits", "0").code == 0
    assert (spent(somebody), jobs(somebody), in_dist(project)) == (2, 1, ["draft-0.md5"])
    assert a2c("plan", "--detailed-exitcode").code == 0
    (told,) = json.loads(a2c("destroy", "--all", "--json").out.splitlines()[0])["changes"]
    assert told["only_there"] == 1
    write(project, "draft", MD5, SHA)
    assert planned(a2c)["totals"]["credits"] == 0
    assert a2c("apply", "-q", "--max-credits", "0").code == 0
    assert (spent(somebody), in_dist(project)) == (2, ["draft-0.md5", "draft-1.sha1"])


def start(somebody: Somebody) -> None:
    """Somebody starts the job that is held, and it ends."""
    (job,) = [row["id"] for row in somebody("GET", "/jobs") if row["status"]["code"] == "incomplete"]
    somebody("PATCH", f"/jobs/{job}", process=True)
    wait_for(somebody, job, "completed")


@pytest.mark.parametrize("still_held", [False, True])
def test_what_somebody_started_is_there_for_every_job_that_wants_the_same(
    held: Path, a2c: Command, somebody: Somebody, *, still_held: bool
) -> None:
    start(somebody)
    write(held, "draft", MD5, held=still_held)
    write(held, "other", MD5)
    assert planned(a2c)["totals"]["credits"] == 0, a2c("plan").out
    assert "started elsewhere, which cost 1 credit" in a2c("plan").out
    assert a2c("apply", "-q", "--max-credits", "0").code == 0
    assert (spent(somebody), in_dist(held)) == (1, ["draft-0.md5", "other-0.md5"])
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_what_somebody_started_is_known_once_an_edit_is_taken_back(
    held: Path, a2c: Command, somebody: Somebody
) -> None:
    start(somebody)
    write(held, "draft", SHA)
    told = a2c("plan").out
    assert ("differed from the manifest" in told, "bytes that the service holds" in told) == (False, True), told
    assert a2c("apply", "-q", "-y").code == 0
    write(held, "draft", MD5)
    assert planned(a2c)["totals"]["credits"] == 0
    assert a2c("apply", "-q", "--max-credits", "0").code == 0
    assert (spent(somebody), in_dist(held)) == (2, ["draft-0.md5", "draft-0.sha1"])


def test_a_result_is_there_for_others_although_its_job_has_more_to_do(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "draft", MD5)
    assert a2c("apply", "-q", "--detach").code == 0
    write(project, "draft", MD5, SHA, held=True)
    assert a2c("apply", "-q").code == 0
    write(project, "other", MD5)
    assert planned(a2c)["totals"]["credits"] == 0
    assert a2c("apply", "-q", "--max-credits", "0").code == 0
    assert (spent(somebody), in_dist(project)) == (1, ["draft-0.md5", "other-0.md5"])


def test_so_is_one_whose_job_failed_for_another_conversion(project: Path, a2c: Command, somebody: Somebody) -> None:
    picture = (project / "src/cover.png").read_bytes()
    write(project, "draft", MD5, "category: document, target: txt")
    (project / "a.txt").write_bytes(picture)
    assert a2c("apply", "-q").code == 6
    write(project, "other", MD5)
    (project / "a.txt").write_bytes(picture)
    assert a2c("apply", "-q", "--max-credits", "0", "--target", "other").code == 0
    assert in_dist(project) == ["draft-0.md5", "other-0.md5"]
    assert spent(somebody) == 1


@pytest.mark.parametrize("seen", [False, True])
def test_what_a_job_made_that_failed_in_part_is_never_taken_for_what_is_asked_for_since(
    project: Path, a2c: Command, somebody: Somebody, *, seen: bool
) -> None:
    picture = (project / "src/cover.png").read_bytes()
    write(project, "draft", "category: hash, target: md5", "category: document, target: txt")
    (project / "a.txt").write_bytes(picture)
    assert a2c("apply", "-q", "--detach").code == 0
    (job,) = [row["id"] for row in somebody("GET", "/jobs")]
    wait_for(somebody, job, "failed")
    if seen:
        a2c("apply", "--refresh-only", "-q")
    write(project, "draft", "category: hash, target: md5", SHA)
    (project / "a.txt").write_bytes(picture + b"more")
    a2c("apply", "-q")
    a2c("apply", "-q", "-y")
    made = (project / "dist/draft-0.md5").read_text()
    assert made.split()[0] == hashlib.md5(picture + b"more").hexdigest()
    assert a2c("plan", "--detailed-exitcode").code == 0


def test_a_run_that_nobody_looked_at_is_kept_where_the_next_one_is_held(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "draft", MD5)
    assert a2c("apply", "-q", "--detach", "--no-cache").code == 0
    (job,) = [row["id"] for row in somebody("GET", "/jobs")]
    wait_for(somebody, job, "completed")
    write(project, "draft", SHA, held=True)
    assert a2c("apply", "-q", "-y", "--no-cache").code == 0
    (told,) = json.loads(a2c("destroy", "--all", "--json").out.splitlines()[0])["changes"]
    assert told["only_there"] == 1
    write(project, "other", MD5)
    assert planned(a2c)["totals"]["credits"] == 0, a2c("plan").out
    (project / "other.yaml").unlink()
    write(project, "draft", MD5)
    assert planned(a2c)["totals"]["credits"] == 0, a2c("plan").out
    assert a2c("apply", "-q", "-y", "--max-credits", "0").code == 0
    assert (spent(somebody), in_dist(project)) == (1, ["draft-0.md5"])
