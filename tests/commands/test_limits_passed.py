"""Jobs that turn out to cost more than is allowed: the apply says so, and a serial one stops."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Rewording
from tests.conftest import Command


def dear(tree: Any) -> Any:
    """Every job costs 5 credits, in the list of jobs too, which is read where many run."""
    if isinstance(tree, list):
        return [dear(row) for row in tree]
    ended = isinstance(tree, dict) and tree.get("status", {}).get("code") == "completed"
    return tree | {"spent": 5} if ended else tree


@pytest.fixture
def four(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in "abcd":
        (project / f"{name}.txt").write_text(name)
        (project / f"{name}.yaml").write_text(
            f"apiVersion: a2c-spec/v1\nkind: Job\nname: {name}\ninputs: [{{id: i, path: {name}.txt}}]\n"
            "conversions: [{id: c, category: hash, target: md5}]\n"
            f"outputs: [{{from: c, filename: {name}, save: d/}}]\n"
        )
    with Background(Rewording(dear)) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        yield project


NAMES = ("a.yaml", "b.yaml", "c.yaml", "d.yaml")
BOUNDS = [
    ("", ("--max-credits", "6"), "--max-credits allows 6"),
    ("budget: {per_run: 6}\n", (), "budget.per_run (a2c.yaml:1:19) allows 6"),
    ("budget: {per_day: 6}\n", (), "budget.per_day (a2c.yaml:1:19) today (UTC) allows 6"),
]


@pytest.mark.parametrize(("settings", "flags", "told"), BOUNDS)
def test_a_serial_apply_stops_once_what_became_known_passes_the_limit(
    settings: str, flags: tuple[str, ...], told: str, four: Path, a2c: Command
) -> None:
    (four / "a2c.yaml").write_text(settings)
    done = a2c("apply", *NAMES, "--parallelism", "1", "--json", *flags)
    last = next(tree for tree in map(json.loads, done.out.splitlines()) if tree["event"] == "summary")
    assert (last["spent"], len(list((four / "d").iterdir()))) == (10, 2), "5 and about 1 are allowed, 10 are not"
    assert last["exceeded"] == [f"10 credits spent or under way, {told}"]
    assert done.code in (9, 11)


def test_one_that_starts_all_says_at_its_end_what_it_cost(four: Path, a2c: Command) -> None:
    done = a2c("apply", *NAMES, "--max-credits", "4", "--parallelism", "4")
    assert "  more than is allowed: " in done.out, done.out + done.err
    assert " spent or under way, --max-credits allows 4" in done.out
    assert "more than" not in a2c("apply", *NAMES, "--max-credits", "4").out
    assert four.is_dir()


def test_what_keeps_to_its_limits_says_nothing(four: Path, a2c: Command) -> None:
    done = a2c("apply", *NAMES, "--max-credits", "20", "--parallelism", "1")
    assert (done.code, "more than" in done.out, four.is_dir()) == (0, False, True)
