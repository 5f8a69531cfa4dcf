"""Every command that reads or changes anything says so to programs: `--json` prints nothing but JSON."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from a2c_spec.cli import COMMANDS, cli
from tests.conftest import Command

SILENT = {"schema", "completion"}
"""A schema is JSON as it is, and a completion is a script."""

ORDERS = [
    "plan", "apply", "status", "status one", "drift", "verify", "wait", "download", "show one", "history one",
    "state list", "state show one", "report", "catalog pull", "catalog list", "catalog show webp", "catalog diff",
    "doctor", "config", "prune", "state mv two three", "state rm three", "state new-key", "destroy one -y",
]  # fmt: skip
ELSEWHERE = ["init new", "validate", "render", "graph", "version", "cache list", "cache prune --max-age 1"]


def test_every_command_takes_it() -> None:
    def lacking(name: str, command: click.Command) -> list[str]:
        if isinstance(command, click.Group):
            return [one for sub, below in command.commands.items() for one in lacking(f"{name} {sub}", below)]
        return [] if any("--json" in parameter.opts for parameter in command.params) else [name]

    context = click.Context(cli)
    found = [(name, cli.get_command(context, name)) for name in COMMANDS]
    assert {one for name, command in found if command for one in lacking(name, command)} == SILENT


@pytest.fixture
def applied(two: Path, a2c: Command) -> Path:
    assert a2c("apply", "--local").code == 0
    return two


def test_every_command_prints_nothing_else(applied: Path, a2c: Command) -> None:
    for order in [*(f"{order} --local" for order in ORDERS), *ELSEWHERE]:
        ran = a2c(*order.split(), "--json")
        assert ran.code == 0, (order, ran)
        lines = [ran.out] if ran.out.startswith("[") else ran.out.splitlines()
        assert lines, order
        assert all(isinstance(json.loads(line), dict | list) for line in lines), order


def test_an_import_says_what_it_wrote_before_it_downloads(applied: Path, a2c: Command) -> None:
    job = json.loads(a2c("state", "show", "two", "--local", "--json").out)
    job = job["job_id"] if isinstance(job, dict) else job[0]["job_id"]
    assert json.loads(a2c("state", "rm", "two", "--local", "--json").out) == {"removed": "two", "jobs": [job]}
    first, *rest = a2c("import", job, "--name", "again", "--local", "--json").out.splitlines()
    told = {"event": "imported", "written": "again.yaml", "address": "again", "job_id": job, "status": "completed"}
    assert json.loads(first) == {**told, "without_source": [], "spent": 1}
    assert json.loads(rest[0])["event"] == "plan"
