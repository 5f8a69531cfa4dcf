"""Killed while a held job is edited, and then somebody starts it: whatever it ran by then is known, and paid for once,
whether the manifest keeps the edit or takes it back."""

from __future__ import annotations

import json
import signal
from urllib.request import Request, urlopen

import pytest

from tests.crash.scenarios import APPLY, HEAD, Scenario
from tests.crash.world import World, stop_at

INPUT, SUM, MD5 = "{id: a, path: a.txt}", "category: hash, target: sha256", "category: hash, target: md5"
SMALL = "category: image, target: png, options: {width: 8, dpi: 90}"


def manifest(*made: str, inputs: str = "{id: a, path: a.png}", held: bool = True) -> str:
    """A job; each conversion has a result of its own."""
    lines = [f"  - {{id: c{number}, {recipe}}}" for number, recipe in enumerate(made) if recipe]
    saved = [f"  - {{from: c{number}, filename: r{number}, save: dist/}}" for number, one in enumerate(made) if one]
    job = f"job: {{process: {str(not held).lower()}}}\ninputs: [{inputs}]"
    return "\n".join([HEAD + job, "conversions:", *lines, "outputs:", *saved, ""])


EDITS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "a conversion less": ((SMALL, SUM), ("", SUM), ("DELETE /v2/jobs/*/conversions/*",)),
    "a conversion more": ((SMALL,), (SMALL, SUM), ("POST /v2/jobs/*",)),
    "an option set": ((SMALL, SUM), (SMALL.replace("8", "4"), SUM), ("PATCH /v2/jobs/*/conversions/*",)),
    "an option taken away": ((SMALL, SUM), (SMALL.replace(", dpi: 90", ""), SUM), ("PATCH /v2/jobs/*/conversions/*",)),
    "another target": (
        (SUM, MD5),
        (SUM, MD5.replace("md5", "sha1")),
        ("DELETE /v2/jobs/*/conversions/*", "POST /v2/jobs/*"),
    ),
}
MOMENTS = [
    (edit, f"{moment} {call}#1") for edit, row in EDITS.items() for call in row[2] for moment in ("send", "answered")
]


def start(world: World) -> list[str]:
    """Somebody starts the one job; gives what it makes, as the service describes it."""
    (job,) = world.jobs()
    headers = {"X-Api2convert-Api-Key": world.service.key, "Content-Type": "application/json"}
    body = json.dumps({"process": True}).encode()
    with urlopen(Request(f"{world.service.url}/jobs/{job['id']}", data=body, headers=headers, method="PATCH")):
        return [json.dumps([row["target"], row["options"]]) for row in job["conversion"]]


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "taken back"])
@pytest.mark.parametrize(("edit", "moment"), MOMENTS, ids=[" | ".join(one) for one in MOMENTS])
def test_what_somebody_started_in_the_middle_is_paid_for_once(world: World, edit: str, moment: str, kept: bool) -> None:
    before, after, _ = EDITS[edit]
    world.prepare(Scenario("", manifest(*after), before=manifest(*before)))
    ran = world.apply(stop=stop_at(moment))
    assert ran.code == -signal.SIGKILL, ran.said
    started = len(start(world))
    assert world.paid() == started
    cost = started
    for made in (after, before) if kept else (before, after):
        (world.folder / "job.yaml").write_text(manifest(*made, held=False))
        ran = world.processes.run(APPLY, world.folder, world.environment)
        world.runs.append(ran)
        assert ran.code == 0, world.runs
        world.check_quiet()
    distinct = {*filter(None, before), *filter(None, after)}
    assert world.paid() == max(cost, len(distinct)), world.runs


@pytest.mark.parametrize(("edit", "moment"), MOMENTS, ids=[" | ".join(one) for one in MOMENTS])
def test_what_is_edited_again_after_a_kill_is_known_once_it_is_started(world: World, edit: str, moment: str) -> None:
    """The next apply finds out where the edit stands, and completes it: from then on the draft is known again."""
    before, after, _ = EDITS[edit]
    world.prepare(Scenario("", manifest(*after), before=manifest(*before)))
    assert world.apply(stop=stop_at(moment)).code == -signal.SIGKILL, world.runs
    assert world.apply().code == 0, world.runs
    cost = len(start(world))
    (world.folder / "job.yaml").write_text(manifest(*before, held=False))
    assert world.apply().code == 0, world.runs
    (world.folder / "job.yaml").write_text(manifest(*after, held=False))
    assert world.apply().code == 0, world.runs
    world.check_quiet()
    assert world.paid() == cost + len({*filter(None, before)} - {*after}), world.runs
