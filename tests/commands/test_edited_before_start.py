"""A job that somebody edits after the plan has read it and before it is started: what ran is not taken for what was
asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import a2c_spec.api.client as api
from a2c_spec.core.calls import Call
from tests.commands.conftest import Somebody, in_dist, spent
from tests.commands.test_started_drafts import MD5, write
from tests.conftest import Command

PNG = "category: image, target: png, options: {width: 8}"
Edit = Callable[[Somebody, dict[str, Any]], object]


def of(job: dict[str, Any], target: str) -> str:
    (found,) = [row["id"] for row in job["conversion"] if row["target"] == target]
    return f"/jobs/{job['id']}/conversions/{found}"


def widen(somebody: Somebody, job: dict[str, Any]) -> object:
    return somebody("PATCH", of(job, "png"), options={"width": 9})


def blacken(somebody: Somebody, job: dict[str, Any]) -> object:
    return somebody("PATCH", of(job, "png"), options={"color": "gray"})


def title(somebody: Somebody, job: dict[str, Any]) -> object:
    return somebody("PATCH", of(job, "png"), metadata={"title": "theirs"})


def take_away(somebody: Somebody, job: dict[str, Any]) -> object:
    return somebody("DELETE", of(job, "png"))


def add(somebody: Somebody, job: dict[str, Any]) -> object:
    return somebody("POST", f"/jobs/{job['id']}/conversions", category="image", target="gif")


@pytest.fixture
def before_start(monkeypatch: pytest.MonkeyPatch, somebody: Somebody) -> Callable[[Edit], None]:
    """Lets somebody edit the first job right before the first call that starts it."""

    def when(edit: Edit) -> None:
        send, edited = api.Client.send, list[str]()

        async def late(client: api.Client, call: Call, *rest: Any, **more: Any) -> Any:
            if call.starts and not edited:
                edited.append(call.kind)
                edit(somebody, somebody("GET", "/jobs")[0])
            return await send(client, call, *rest, **more)

        monkeypatch.setattr(api.Client, "send", late)

    return when


@pytest.mark.parametrize(
    ("edit", "told", "asks", "cost"),
    [
        (widen, "conversion c1 changed on the service: options.width 8 -> 9", True, 3),
        (blacken, 'conversion c1 changed on the service: options.color "colored" -> "gray"', True, 3),
        (title, "conversion c1 changed on the service: metadata.title", True, 3),
        (take_away, "conversion c1 is no longer on the service", False, 2),
    ],
)
def test_what_ran_otherwise_is_not_taken_and_what_ran_as_it_was_sent_is(
    project: Path,
    a2c: Command,
    somebody: Somebody,
    before_start: Callable[[Edit], None],
    edit: Edit,
    told: str,
    asks: bool,
    cost: int,
) -> None:
    picture = (project / "src/cover.png").read_bytes()
    write(project, "draft", MD5, PNG, held=True)
    (project / "a.txt").write_bytes(picture)
    assert a2c("apply", "-q").code == 0
    write(project, "draft", MD5, PNG)
    (project / "a.txt").write_bytes(picture)
    before_start(edit)
    first = a2c("apply")
    assert (first.code, "ran with other content" in first.err, told in first.err) == (13, True, True), first.err
    second_plan = json.loads(a2c("plan", "--json").out)
    assert sorted(row["action"] for row in second_plan["changes"]) in (["download", "re-run"], ["create", "download"])
    assert a2c("apply", "-q").code == (11 if asks else 0)
    assert a2c("apply", "-q", "-y").code == 0
    assert spent(somebody) == cost
    assert a2c("plan", "--detailed-exitcode").code == 0
    assert a2c("verify").code == 0


def test_what_was_added_is_told_and_counts_as_a_copy_that_nobody_has(
    project: Path, a2c: Command, somebody: Somebody, before_start: Callable[[Edit], None]
) -> None:
    write(project, "draft", MD5, held=True)
    (project / "a.txt").write_bytes((project / "src/cover.png").read_bytes())
    assert a2c("apply", "-q").code == 0
    text = (project / "draft.yaml").read_text().replace("process: false", "process: true")
    (project / "draft.yaml").write_text(text)
    before_start(add)
    done = a2c("apply")
    assert (done.code, "its job also made image/gif, which was added outside a2c-spec" in done.out + done.err) == (
        0,
        True,
    )
    assert (in_dist(project), spent(somebody)) == (["draft-0.md5"], 2)
    assert "added outside a2c-spec" in a2c("drift").out
    asked = a2c("destroy", "draft")
    assert (asked.code, "1 result is only on the service, and deleted there" in asked.out) == (11, True), asked.out
