"""A job that is let go, or deleted, before its result is here: it is told by what the service says of it then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from a2c_spec.commands import _output
from a2c_spec.local_api.settings import Progression, Settings
from tests.commands.conftest import Somebody
from tests.conftest import Command


@pytest.fixture
def service_settings() -> Settings:
    """A service whose jobs take a few looks to end."""
    return Settings(progression=Progression("polls", 1, 9))


@pytest.fixture(params=["not waited for", "held, and started by somebody"])
def job(project: Path, a2c: Command, somebody: Somebody, request: pytest.FixtureRequest) -> str:
    """The id of the job of ``r``, which was started, and of which nothing is known since."""
    (project / "in").mkdir(exist_ok=True)
    (project / "in/a.txt").write_text("a")
    (project / "r.yaml").write_text(
        "apiVersion: a2c-spec/v1\nkind: Job\nname: r\ninputs: [{id: i, path: in/a.txt}]\n"
        "conversions: [{id: c, category: hash, target: md5}]\noutputs: [{from: c, filename: out, save: dist/}]\n"
    )
    held = "job: {process: false}\n" if request.param != "not waited for" else ""
    (project / "r.yaml").write_text((project / "r.yaml").read_text() + held)
    assert a2c("apply", "--detach").code == 0
    (row,) = somebody("GET", "/jobs")
    if held:
        somebody("PATCH", f"/jobs/{row['id']}", process=True)
    return str(row["id"])


RUNS = ("keeps running; its result will not be downloaded", "r would be let go while it runs; what it gives")
ENDED = (
    "has completed; 1 result is only on the service, and will not be downloaded",
    "r would be let go; 1 result is only on the service, although paid for, and is not downloaded",
)


@pytest.mark.parametrize(("looks", "said", "asks"), [(0, *RUNS), (15, *ENDED)], ids=["it runs", "it has completed"])
def test_an_orphan_is_told_by_what_the_service_says(
    project: Path, a2c: Command, somebody: Somebody, job: str, looks: int, said: str, asks: str
) -> None:
    (project / "r.yaml").write_text(
        (project / "r.yaml").read_text().replace("name: r", "name: o").replace("md5", "sha1")
    )
    for _ in range(looks):
        somebody("GET", f"/jobs/{job}")
    told = f"its job {job} {said}"
    assert told in a2c("plan", "--out", "p.a2cplan.json").out
    (change,) = [
        one for one in json.loads(a2c("show", "p.a2cplan.json", "--json").out)["changes"] if one["address"] == "r"
    ]
    lost = (change["paid_again"], change["running"], change["only_there"])
    assert lost == ((True, [], 1) if looks else (True, [job], 0))
    if looks:
        for form in (
            ("plan", "-v"),
            ("plan", "--markdown"),
            ("show", "p.a2cplan.json"),
            ("show", "p.a2cplan.json", "--markdown"),
        ):
            assert told in a2c(*form).out
        assert "1 result is only on the service, and deleted there" in a2c("plan", "--prune").out
    refused = a2c("apply")
    assert (refused.code, asks in refused.err) == (11, True), refused.err


CANCELS = "r would be cancelled while it runs, although already paid for"
DELETES = "1 result is only on the service, although paid for, and would be deleted there"


@pytest.mark.parametrize(
    ("looks", "said", "asks"),
    [(0, "its job {} runs, is paid for, and is cancelled", CANCELS),
     (15, "1 result is only on the service, and deleted there", DELETES)],
    ids=["it runs", "it has completed"],
)  # fmt: skip
def test_destroy_tells_what_is_lost(
    a2c: Command, somebody: Somebody, job: str, looks: int, said: str, asks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(looks):
        somebody("GET", f"/jobs/{job}")
    refused = a2c("destroy", "r")
    assert (refused.code, said.format(job) in refused.out, asks in refused.err) == (11, True, True), refused
    asked: list[str] = []
    monkeypatch.setattr(_output, "ask", asked.append)
    a2c("destroy", "r")
    assert asked == [f"{asks}. Delete 1 address (1 job on the service)?"]
    (line,) = [line for line in a2c("destroy", "r", "--json").out.splitlines() if '"changes"' in line]
    (change,) = json.loads(line)["changes"]
    lost = (change["paid_again"], change["running"], change["only_there"])
    assert lost == ((True, [], 1) if looks else (True, [job], 0))
    assert said.format(job) in change["reasons"][0]
    assert a2c("destroy", "r", "-y").code == 0


def test_a_held_job_is_let_go_as_the_service_has_it(project: Path, a2c: Command, somebody: Somebody) -> None:
    """It was deleted there, it is held there, or nobody was asked."""
    for name in ("one", "two"):
        (project / f"{name}.txt").write_text(name)
        (project / f"{name}.yaml").write_text(
            f"apiVersion: a2c-spec/v1\nkind: Job\nname: {name}\njob: {{process: false}}\n"
            f"inputs: [{{id: i, path: {name}.txt}}]\nconversions: [{{id: c, category: hash, target: md5}}]\n"
        )
    assert a2c("apply").code == 0
    (project / "one.yaml").unlink()
    told = [
        "its job {} stays held on the service",
        "its job {} is held, as far as is known (the service was not asked)",
    ]
    (job,) = [row["id"] for row in somebody("GET", "/jobs") if row["input"][0]["filename"] == "one.txt"]
    assert told[0].format(job) in a2c("plan").out
    assert told[1].format(job) in a2c("plan", "--offline").out
    somebody("DELETE", f"/jobs/{job}")
    assert job not in a2c("plan").out


def test_destroy_says_nothing_of_that_where_the_result_is_here(a2c: Command, job: str, project: Path) -> None:
    assert a2c("apply").code == 0
    refused = a2c("destroy", "r")
    assert ("only on the service" in refused.out, "paid for" in refused.err) == (False, False)
    (project / "dist/out.md5").unlink()
    assert DELETES in a2c("destroy", "r").err
