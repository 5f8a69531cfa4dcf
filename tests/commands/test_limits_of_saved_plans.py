"""A saved plan that its limits refuse is not applied, wherever they came from, unless a flag says otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Somebody, spent
from tests.conftest import Command

PLAN = "p.a2cplan.json"
A, AGAIN = "options: {width: 64}", "options: {width: 32}"
LIMITS: list[tuple[tuple[str, ...], dict[str, str], str, str]] = [
    (("--max-credits", "0"), {}, "", "--max-credits"),
    ((), {"A2C_SPEC_MAX_CREDITS": "0"}, "", "--max-credits"),
    ((), {}, "defaults: {max_credits: 0}\n", "--max-credits"),
    (("--max-replace", "0"), {}, "", "--max-replace"),
    ((), {"A2C_SPEC_PLAN_MAX_REPLACE": "0"}, "", "--max-replace"),
    ((), {}, "budget: {per_run: 0}\n", "budget.per_run"),
    ((), {}, "budget: {per_day: 0}\n", "budget.per_day"),
]


@pytest.fixture
def applied(two: Path, server: Background, a2c: Command) -> Path:
    """Two jobs that were applied, and whose conversions are others by now."""
    assert (server.url[:4], a2c("apply", "two.yaml").code) == ("http", 0)
    (two / "two.yaml").write_text((two / "two.yaml").read_text().replace(A, AGAIN))
    return two


@pytest.mark.parametrize(("flags", "environ", "settings", "bound"), LIMITS)
def test_what_show_calls_refused_is_refused_until_a_flag_lifts_it(
    flags: tuple[str, ...],
    environ: Mapping[str, str],
    settings: str,
    bound: str,
    applied: Path,
    a2c: Command,
    somebody: Somebody,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = spent(somebody)
    (applied / "a2c.yaml").write_text(settings)
    with monkeypatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        made = a2c("plan", "two.yaml", "-o", PLAN, *flags)
    assert (made.code, "this plan is refused" in made.out) == (11, True), made
    assert f"saved; `a2c-spec apply {PLAN}` refuses it" in made.err
    (applied / "a2c.yaml").write_text("")
    shown = a2c("show", PLAN)
    assert (shown.out, f"`a2c-spec apply {PLAN}` refuses it" in shown.err) == (made.out, True)
    refused = a2c("apply", PLAN, "-y")
    assert (refused.code, f"{bound} of the saved plan" in refused.err, spent(somebody)) == (11, True, before), refused
    if bound.startswith("--"):
        assert f"nothing was sent; give `apply` another {bound}, or make a new plan" in refused.err
        done = a2c("apply", PLAN, "-y", bound, "5", "--json")
        plan = next(tree for tree in map(json.loads, done.out.splitlines()) if tree["event"] == "plan")
        key = bound.removeprefix("--").replace("-", "_")
        assert (done.code, plan["budget"][key], spent(somebody)) == (0, 5, before + 2), done
    else:
        assert "nothing was sent; make a new plan" in refused.err


def test_the_stricter_limit_of_now_holds_for_a_saved_plan(applied: Path, a2c: Command) -> None:
    assert a2c("plan", "two.yaml", "-o", PLAN, "--max-credits", "5").code == 0
    (applied / "a2c.yaml").write_text("defaults: {max_credits: 0}\n")
    refused = a2c("apply", PLAN, "-y")
    assert (refused.code, "max_credits (a2c.yaml:1:25) allows 0" in refused.err) == (11, True)
    (applied / "a2c.yaml").write_text("")
    assert a2c("apply", PLAN, "-y").code == 0


@pytest.mark.parametrize(
    ("budget", "flags", "beyond"),
    [
        ("{per_run: 0}", (), ["budget.per_run"]),
        ("{per_run: 9}", (), []),
        ("{per_run: 9}", ("--max-credits", "0"), ["max_credits"]),
    ],
)
def test_the_json_of_a_plan_says_by_itself_that_a_limit_refuses_it(
    budget: str, flags: tuple[str, ...], beyond: list[str], two: Path, a2c: Command
) -> None:
    (two / "a2c.yaml").write_text(f"budget: {budget}\n")
    line = ("plan", "two.yaml", "--local", "--json", "-o", "j.a2cplan.json", *flags)
    planned, shown = a2c(*line), a2c("show", "j.a2cplan.json", "--json")
    for told in (planned, shown):
        assert json.loads(told.out)["budget"]["exceeded"] == beyond
    assert planned.code == (11 if beyond else 0)
