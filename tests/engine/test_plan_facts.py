"""What a plan tells besides its changes: prices, files, and what no manifest asks for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.moves import Move
from a2c_spec.core.plan import Change
from a2c_spec.engine.loading import reading
from a2c_spec.engine.plan_facts import not_asked_for, told, with_facts
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.project import Project
from a2c_spec.engine.run_limits import Limits
from a2c_spec.engine.session import Session, open_state
from tests.engine.planning import done, named, put
from tests.engine.projects import desired, job, project_in, record

START = (Call("create_job", starts=True),)
MANIFEST = """\
apiVersion: a2c-spec/v1
kind: Job
name: {}
inputs: [{{id: i, type: remote, source: "https://e.example/i"}}]
conversions: [{{id: c, target: webp, category: image}}]
"""


def planned(policy: Any = "error", action: Any = "create", **change: Any) -> PlannedChange:
    one = named("a")
    one = replace(one, outputs=(replace(one.outputs[0], on_conflict=policy),))
    whole: dict[str, Any] = {"calls": START, "fetch": True} | change
    return PlannedChange(Change("a", action, (), **whole), desired(one), None)


def facts(session: Session, step: PlannedChange) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    change = with_facts(session, step).change
    return change.credits, change.writes, change.replaces


def test_a_new_run_writes_its_result_and_costs_one_credit_for_a_conversion(session: Session) -> None:
    assert facts(session, planned()) == (1, ("dist/a.webp",), ())
    assert facts(session, planned(fetch=False, calls=())) == (0, (), ())
    assert facts(session, planned(problem="taken"))[1:] == ((), ())
    assert with_facts(session, planned(basis={"conversions": {"webp": {"target": "webp"}}})).change.work == (
        "1 conversion to webp"
    )


def test_what_a_run_cost_the_last_time_it_costs_about_again(session: Session) -> None:
    assert facts(session, replace(planned(), record=record(named("a"), spent=7)))[0] == 7


@pytest.mark.parametrize(
    ("policy", "writes", "replaces"),
    [
        ("error", ("dist/a.webp",), ("dist/a.webp",)),
        ("overwrite", ("dist/a.webp",), ("dist/a.webp",)),
        ("rename", ("dist/a-1.webp",), ()),
        ("skip", (), ()),
    ],
)
def test_what_stands_in_the_place_of_a_result_goes_or_stays_as_the_manifest_says(
    policy: str, writes: tuple[str, ...], replaces: tuple[str, ...], session: Session
) -> None:
    place = session.project.root / "dist/a.webp"
    place.parent.mkdir()
    place.write_text("mine")
    assert facts(session, planned(policy))[1:] == (writes, replaces)
    assert facts(session, planned(policy, downloads=("dist/a.webp",)))[1:] == (writes, replaces)


def test_a_move_replaces_only_what_is_not_ours(session: Session) -> None:
    place = session.project.root / "dist/b.webp"
    place.parent.mkdir()
    place.write_text("mine")
    moves = (Move("dist/a.webp", "dist/b.webp"), Move("dist/c.webp", "dist/d.webp"))
    assert facts(session, planned(calls=(), fetch=False, moves=moves)) == (0, (), ("dist/b.webp",))


def test_results_that_are_here_and_only_have_to_be_recorded_are_not_written(session: Session) -> None:
    ended = replace(planned(action="wait", calls=()), record=record(named("a"), phase="completed"))
    assert facts(session, ended) == (0, (), ())
    running = replace(ended, record=record(named("a"), phase="started"))
    assert facts(session, running) == (0, ("dist/a.webp",), ())


def test_what_waits_for_a_result_that_is_made_again_says_so(session: Session) -> None:
    one = job("b", "a")
    waiting = replace(one, inputs=tuple(replace(item, awaited=item.type == "from") for item in one.inputs))
    for made, said in ((waiting, ("unchanged", "looked at again after a")), (one, ("unchanged",))):
        step = PlannedChange(Change("b", "no-op", ("unchanged",)), desired(made), None)
        assert with_facts(session, step).change.reasons == said


def test_a_summary_has_its_facts_already(session: Session) -> None:
    short = replace(planned(writes=("x",)), desired=None, summary_only=True)
    assert with_facts(session, short) is short


def project_with(root: Path, *names: str, **flags: Any) -> Project:
    for name in names:
        (root / f"{name}.yaml").write_text(MANIFEST.format(name))
    return project_in(root, local=True, **flags)


def left(project: Project, *recorded: str, planned: tuple[str, ...] = ()) -> tuple[tuple[str, ...], bool]:
    with open_state(project) as session:
        put(session, *(done(session, named(name), name.strip("#23")) for name in recorded))
        manifests = reading(project)
        list(manifests.items())
        return not_asked_for(session, manifests, planned)


def test_orphans_are_told_whatever_manifests_are_named(tmp_path: Path) -> None:
    project = project_with(tmp_path, "a", "b", manifests=("a.yaml",))
    assert left(project, "a", "b", "b#2", "gone", "gone#2") == (("gone",), False)
    assert left(project, "a", "b", "gone", planned=("gone",)) == ((), False)
    assert left(replace(project, flags=replace(project.flags, manifests=()))) == (("gone",), False)


def test_where_another_manifest_cannot_be_read_that_is_said(tmp_path: Path) -> None:
    project = project_with(tmp_path, "a", "b", manifests=("a.yaml",))
    (tmp_path / "b.yaml").write_text("apiVersion: a2c-spec/v1\nkind: Job\nname: [\n")
    assert left(project, "a") == ((), False), "there is nothing to doubt"
    assert left(project, "a", "b") == (("b",), True)


def test_what_was_let_go_before_is_no_orphan(tmp_path: Path) -> None:
    project = project_with(tmp_path, "a", manifests=("a.yaml",))
    with open_state(project) as session:
        put(session, done(session, named("old"), "old", gone_since=5.0))
    assert left(project, "a") == ((), False)


class Account:
    """A service that says what is left."""

    def __init__(self) -> None:
        self.asked = 0

    async def credits_left(self, _seconds: float) -> int:
        self.asked += 1
        return 471


@pytest.mark.parametrize(
    ("change", "environ", "flags", "asked"),
    [
        (Change("a", "create", (), START, credits=1), {"API2CONVERT_API_KEY": "key"}, {}, 1),
        (Change("a", "rename", ()), {"API2CONVERT_API_KEY": "key"}, {}, 0),
        (Change("a", "create", (), START, credits=1, problem="taken"), {"API2CONVERT_API_KEY": "key"}, {}, 0),
        (Change("a", "create", (), START, credits=1), {}, {}, 0),
        (Change("a", "create", (), START, credits=1), {}, {"local": True}, 0),
    ],
    ids=["paid", "for nothing", "refused", "no key", "local"],
)
def test_the_balance_is_asked_for_only_where_something_is_paid(
    change: Change, environ: dict[str, str], flags: dict[str, Any], asked: int, tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text(MANIFEST.format("a"))
    project, account = project_in(tmp_path, environ, **flags), Account()
    with open_state(project) as session:
        steps = [PlannedChange(change, None, None)]
        client: Any = account
        plan = asyncio.run(
            told(session, steps, reading(project), Limits(3, 4), partial=True, left_out=2, client=client)
        )
    assert (account.asked, plan.balance) == (asked, 471 if asked else None)
    assert (plan.partial, plan.left_out) == (True, 2)
    assert plan.allowance is not None
    assert (plan.allowance.max_credits, plan.allowance.max_replace) == (3, 4)
