"""A held job that somebody else edits, or starts at a bad moment: what is ours of it is known, and not deleted."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

import a2c_spec.api.client as api
from a2c_spec.local_api.server import Background
from tests.commands.conftest import Somebody, in_dist, spent
from tests.commands.test_started_drafts import MD5, SHA, start, write
from tests.conftest import Command

SHA512 = "category: hash, target: sha512"
SHA256 = "category: hash, target: sha256"
SIZED = "category: image, target: png, options: {width: 8}"


@pytest.mark.parametrize("more", ["changed", "added", "taken away"])
def test_what_nobody_touched_is_there_for_every_job_that_wants_the_same(
    project: Path, a2c: Command, somebody: Somebody, more: str
) -> None:
    picture = (project / "src/cover.png").read_bytes()
    write(project, "draft", MD5, SHA, SIZED, held=True)
    (project / "a.txt").write_bytes(picture)
    assert a2c("apply", "-q").code == 0
    (job,) = somebody("GET", "/jobs")
    sized = next(row["id"] for row in job["conversion"] if row["target"] == "png")
    if more == "changed":
        somebody("PATCH", f"/jobs/{job['id']}/conversions/{sized}", options={"width": 9})
    elif more == "added":
        somebody("POST", f"/jobs/{job['id']}/conversions", category="image", target="webp")
    else:
        somebody("DELETE", f"/jobs/{job['id']}/conversions/{sized}")
    start(somebody)
    cost = spent(somebody)
    write(project, "draft", MD5, SHA, SIZED)
    write(project, "other", MD5, SHA)
    (project / "a.txt").write_bytes(picture)
    anew = int(more != "added")
    assert json.loads(a2c("plan", "--json").out)["totals"]["credits"] == anew, a2c("plan").out
    if more == "changed":  # what was made of it is another result, and paid for
        asked = a2c("apply", "-q")
        assert (asked.code, "options.width" in a2c("plan").out) == (11, True), asked.err
    assert a2c("apply", "-q", "-y", "--max-credits", str(anew)).code == 0
    assert (spent(somebody), len(in_dist(project))) == (cost + anew, 5)
    assert a2c("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("command", ["apply", "destroy draft -y"])
def test_a_draft_that_is_started_after_the_plan_is_not_deleted(
    project: Path, a2c: Command, somebody: Somebody, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    write(project, "draft", MD5, SHA, held=True)
    assert a2c("apply", "-q").code == 0
    write(project, "draft", SHA512, SHA256)  # recreating it takes fewer calls
    checks = api.Client.check_not_started

    async def late(client: api.Client, job_id: str) -> None:
        start(somebody)
        await checks(client, job_id)

    monkeypatch.setattr(api.Client, "check_not_started", late)
    ran = a2c(*command.split())
    assert ("was started outside a2c-spec, and is not deleted" in ran.out + ran.err, ran.code) == (True, 13), ran.out
    assert (spent(somebody), len(somebody("GET", "/jobs"))) == (2, 1)
    monkeypatch.setattr(api.Client, "check_not_started", checks)
    told = a2c("destroy", "draft")
    assert (told.code, "2 results are only on the service" in told.out) == (11, True), told.err


INPUTS = {
    "order": ("changed on the service: order of inputs b, a -> a, b", ["b", "a"], ["a", "b"]),
    "added": ("input base64 c.txt is on the service, and not known here: perhaps added", "base64 c.txt", None),
    "taken away": ("input a is no longer on the service: removed outside a2c-spec", None, "a"),
}


@pytest.mark.parametrize("what", INPUTS)
@pytest.mark.parametrize("begun", [False, True], ids=["held", "started"])
def test_inputs_that_somebody_changed_are_told_with_both_values(
    project: Path, a2c: Command, somebody: Somebody, server: Background, what: str, begun: bool
) -> None:
    _merged(project, held=True)
    assert a2c("apply", "-q").code == 0
    (job,) = somebody("GET", "/jobs")
    first, then = (row["id"] for row in job["input"])
    if what == "order":
        with httpx.Client(headers={"x-oc-api-key": "key"}) as client:
            places = [{"id": then, "options": {"position": 1}}, {"id": first, "options": {"position": 2}}]
            assert client.patch(f"{server.url}/jobs/{job['id']}/input", json=places).is_success
    elif what == "added":
        somebody("POST", f"/jobs/{job['id']}/input", type="base64", source="Yw==", filename="c.txt")
    else:
        somebody("DELETE", f"/jobs/{job['id']}/input/{first}")
    if begun:
        start(somebody)
        _merged(project, held=False)
    why, before, after = INPUTS[what]
    assert why in a2c("plan").out
    (row,) = json.loads(a2c("plan", "--json").out)["changes"]
    told = [(one["before"], one["after"], one["foreign"]) for one in row["details"]]
    assert (before, after, True) in told
    assert sum(why in one for one in row["reasons"]) == 1


def _merged(project: Path, *, held: bool) -> None:
    for name in "ab":
        (project / f"{name}.txt").write_text(name)
    lines = ["apiVersion: a2c-spec/v1", "kind: Job", "name: m", f"job: {{process: {str(not held).lower()}}}"]
    lines += ["inputs: [{id: a, path: a.txt}, {id: b, path: b.txt}]"]
    lines += ["conversions: [{id: c, category: archive, target: zip}]", "outputs: [{from: c, filename: all}]"]
    (project / "m.yaml").write_text("\n".join([*lines, ""]))
