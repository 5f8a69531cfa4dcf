"""Numbers are read alike, whether a flag, a variable or a2c.yaml says them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from a2c_spec.commands._numbers import Number, Whole
from tests.commands.conftest import PNG
from tests.conftest import Command

TAKEN: list[tuple[Whole | Number, Any, float]] = [
    (Whole(min=0), "10", 10),
    (Whole(min=0), 10, 10),
    (Number(min=0), "2.5", 2.5),
    (Number(min=0), "1e2", 100.0),
    (Number(min=0), 3, 3.0),
]
REFUSED: list[tuple[Whole | Number, str]] = [(Whole(), text) for text in ("1_0", "\u0661", "8.0")]
REFUSED += [(Number(), text) for text in ("1_0", "inf", "\uff15")]


@pytest.mark.parametrize(("kind", "text", "value"), TAKEN)
def test_a_number_is_taken(kind: Whole | Number, text: Any, value: float) -> None:
    assert kind.convert(text, None, None) == value


@pytest.mark.parametrize(("kind", "text"), REFUSED)
def test_what_only_python_takes_for_a_number_is_refused(kind: Whole | Number, text: str) -> None:
    with pytest.raises(click.BadParameter, match=f"'{text}' is not a valid {kind.name}"):
        kind.convert(text, None, None)


@pytest.mark.parametrize("value", ["8.0", "1e1"])
def test_a_whole_number_of_the_settings_may_have_a_point(project: Path, a2c: Command, value: str) -> None:
    (project / "a2c.yaml").write_text(f"defaults: {{parallelism: {value}, max_credits: {value}, timeout: {value}}}\n")
    (project / "one.yaml").write_text(PNG)
    assert "allowed by max_credits" in a2c("plan", "--local").out
    for line in ("plan --local", "apply --local", "prune --local", "wait --local", "verify --local", "drift --local"):
        assert (a2c(*line.split()).code, line) == (0, line)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("defaults: {parallelism: 08}", "a2c.yaml:1:25: error: `parallelism` must be a whole number, found text"),
        ("defaults: {timeout: 007}", "a2c.yaml:1:21: error: `timeout` must be a number, found text"),
        ("budget: {per_run: 010}", "a2c.yaml:1:19: error: `per_run` must be a whole number, found text"),
        ("cache: {url: c, max_bytes: 0100}", "a2c.yaml:1:28: error: `max_bytes` must be a whole number, found text"),
    ],
)
def test_what_starts_with_a_zero_is_no_number_of_the_settings(
    project: Path, a2c: Command, text: str, said: str
) -> None:
    (project / "a2c.yaml").write_text(f"{text}\n")
    for command in ("config", "status --local", "validate"):
        ran = a2c(*command.split())
        assert (ran.code, said in ran.err + ran.out) == (5, True), (command, ran)
        assert "starts with a zero" in ran.err + ran.out


@pytest.mark.parametrize("given", [["--parallelism", "08"], ["--timeout", "08.0"], ["--max-credits", "+8"]])
def test_a_number_is_shown_as_it_is_obeyed(project: Path, a2c: Command, given: list[str]) -> None:
    name = given[0].removeprefix("--").replace("-", "_")
    shown = {line.split()[0]: line.split()[1] for line in a2c("config", *given).out.splitlines()}
    assert shown[name] == "8"
