"""Presets: read where they changed or something is going to run with them, and where not, not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Preset
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import sent_preset
from a2c_spec.core.recipe import digest
from a2c_spec.core.state import Element, JobRecord
from a2c_spec.engine.live_presets import named, plan_one_preset, read_presets, refused, used
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.session import Session
from tests.engine.planning import put
from tests.engine.projects import WEBP, desired, job

PRESET = Preset("small", "Small", "jpg", options={"quality": 80})
OTHER = replace(PRESET, options={"quality": 90})
MADE = {"id": "p-1", "name": "Small", "target": "jpg", "options": {"quality": 80}}
CREATES, STARTS = Call("create_job", starts=True), Call("start_job", starts=True)


class Service:
    """A service with this preset, or none; it remembers what was asked."""

    def __init__(self, made: Mapping[str, Any] | None = None) -> None:
        self.made, self.asked = made, list[str]()

    async def preset(self, preset_id: str) -> Mapping[str, Any] | None:
        self.asked.append(preset_id)
        return self.made


def preset(session: Session, service: Service | None, one: Preset = PRESET) -> PlannedChange:
    client: Any = service
    return asyncio.run(plan_one_preset(session, one, client))


def applied(session: Session, address: str = "small") -> None:
    sent = sent_preset(PRESET, session.fingerprint_secret)
    elements = {"preset": Element("p-1", sent)}
    put(session, JobRecord(address, "local", "done", "p-1", fingerprint=digest(sent), elements=elements))


def step(*calls: Call, names: tuple[str, ...] = ("small",), action: Any = "create") -> PlannedChange:
    """A job that runs with these presets."""
    conversions = tuple(replace(WEBP, id=name or "c", preset_from=name) for name in names)
    return PlannedChange(Change("job", action, ("new",), calls), desired(job(conversions=conversions)), None)


def test_a_preset_that_did_not_change_is_not_read(session: Session) -> None:
    applied(session)
    service = Service()
    assert (preset(session, service).change.action, service.asked) == ("no-op", [])


def test_a_preset_that_changed_is_read_and_one_that_is_gone_made_anew(session: Session) -> None:
    applied(session)
    service = Service(MADE)
    step = preset(session, service, OTHER)
    assert (step.change.action, service.asked, step.preset) == ("update", ["p-1"], OTHER)
    assert preset(session, Service(), OTHER).change.action == "create"
    assert preset(session, None, OTHER).change.action == "update"


def test_a_new_preset_is_created_without_asking(session: Session) -> None:
    service = Service()
    assert (preset(session, service).change.action, service.asked) == ("create", [])


def test_a_preset_keeps_what_is_recorded_under_the_name_it_had(session: Session) -> None:
    applied(session, "before")
    renamed = preset(session, None, replace(PRESET, moved_from="before"))
    assert (renamed.change.action, renamed.taken_over) == ("adopt", "before")
    assert renamed.change.reasons[0] == "it was before"
    assert renamed.record is not None
    assert (renamed.record.address, renamed.record.job_id) == ("small", "p-1")
    changed = preset(session, None, replace(OTHER, moved_from="before"))
    assert (changed.change.action, changed.taken_over) == ("update", "before")
    applied(session)
    assert preset(session, None, replace(PRESET, moved_from="before")).taken_over == "", "it has a record of its own"


def test_a_preset_whose_create_was_lost_was_never_applied(session: Session) -> None:
    put(session, JobRecord("small", "local"))
    client: Any = Service(MADE)
    (found,) = asyncio.run(refused(session, [], [step(CREATES)], client))
    assert found.change.problem == f"{LEFT_OUT} was never applied"
    assert client.asked == []


def test_the_presets_of_a_job_are_those_that_it_names() -> None:
    assert named(step(names=("small", "", "large"))) == {"small", "large"}
    assert named(replace(step(), desired=None)) == frozenset()


USES: list[tuple[str, tuple[Call, ...], set[str]]] = [
    ("it is created", (CREATES,), {"small"}),
    ("it is started", (STARTS,), {"small"}),
    ("its conversion is patched", (Call("patch_conversion"),), {"small"}),
    ("nothing is sent", (), set()),
    ("its result is renamed", (Call("patch_output"), Call("patch_outputs")), set()),
    ("it is deleted", (Call("delete_job"),), set()),
    ("it is deleted and made again", (Call("delete_job"), CREATES), {"small"}),
]


@pytest.mark.parametrize(("calls", "names"), [row[1:] for row in USES], ids=[row[0] for row in USES])
def test_a_preset_is_used_by_what_is_built_or_started(calls: tuple[Call, ...], names: set[str]) -> None:
    assert used([step(*calls)]) == names


READS: list[tuple[str, tuple[Call, ...], Preset, list[str]]] = [
    ("used", (CREATES,), PRESET, ["p-1"]),
    ("not used", (), PRESET, []),
    ("about to be changed anyway, so it was read", (CREATES,), OTHER, []),
]


@pytest.mark.parametrize(("calls", "one", "asked"), [row[1:] for row in READS], ids=[row[0] for row in READS])
def test_an_unchanged_preset_is_read_where_something_runs_with_it(
    session: Session, calls: tuple[Call, ...], one: Preset, asked: list[str]
) -> None:
    applied(session)
    service: Any = Service(MADE)
    planned = preset(session, None, one)
    asyncio.run(read_presets(session, [planned], [step(*calls)], service))
    assert service.asked == asked


def test_what_somebody_changed_there_is_put_right_before_something_runs_with_it(session: Session) -> None:
    applied(session)
    client: Any = Service({**MADE, "options": {"quality": 7}})
    (found,) = asyncio.run(read_presets(session, [preset(session, None)], [step(CREATES)], client))
    assert (found.change.action, [call.kind for call in found.change.calls]) == ("update", ["patch_preset"])
    client = Service()
    (found,) = asyncio.run(read_presets(session, [preset(session, None)], [step(CREATES)], client))
    assert found.change.action == "create"


CHANGED = "was changed on the service"
LEFT_OUT = "it needs the preset small, which this plan leaves out and which"
REFUSED: list[tuple[str, bool, Mapping[str, Any] | None, str]] = [
    ("never applied", False, MADE, f"{LEFT_OUT} was never applied"),
    ("as it was", True, MADE, ""),
    ("another value", True, {**MADE, "target": "png"}, f'{LEFT_OUT} {CHANGED}: target "jpg" -> "png"'),
    ("deleted", True, None, f'{LEFT_OUT} {CHANGED}: preset "p-1" -> "gone"'),
]


@pytest.mark.parametrize(("known", "made", "problem"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_job_does_not_run_with_a_preset_that_the_plan_leaves_out_unless_it_is_as_it_was(
    session: Session, known: bool, made: Mapping[str, Any] | None, problem: str
) -> None:
    if known:
        applied(session)
    client: Any = Service(made)
    idle, busy = step(action="no-op"), step(CREATES)
    steps = asyncio.run(refused(session, [], [idle, busy], client))
    assert [one.change.problem for one in steps] == ["", problem]
    planned = preset(session, None)
    steps = asyncio.run(refused(session, [planned], [busy], client))
    assert [one.change.problem for one in steps] == [""], "the plan puts it right itself"
