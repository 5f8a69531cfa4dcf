"""`--help` of every command, tried as a user would."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from a2c_spec.cli import COMMANDS, cli
from tests.conftest import Command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, a2c: Command) -> None:
    shown = a2c(name, "--help")
    assert shown.code == 0
    assert "Usage:" in shown.out


HEEDED = {
    "--replace": {"plan", "apply"},
    "--prune": {"plan", "apply"},
    "--allow-cmd": {"plan", "apply", "wait", "download", "prune"},
    "--allow-env": {"plan", "apply", "wait", "download", "prune", "render", "graph", "validate", "verify"},
    "--parallelism": {"plan", "apply", "wait", "download", "prune", "drift", "status", "import", "config"},
    "--offline": {"plan", "show", "drift", "status", "catalog"},
    "--no-cache": {"plan", "apply"},
    "--on-conflict": {"plan", "apply", "download", "config"},
    "--target": {"plan", "apply", "wait", "download", "render", "graph"},
    "--var": {"plan", "apply", "wait", "download", "prune", "render", "graph", "validate"},
}
"""Options that only some commands heed: what reads no secret, for example, allows no command of a secret."""


def offered(group: click.Group, name: str) -> Iterator[str]:
    """The options of a command, and of the commands below it."""
    found = group.get_command(click.Context(group), name)
    assert found is not None
    yield from (option for parameter in found.params for option in parameter.opts)
    if isinstance(found, click.Group):
        for below in found.list_commands(click.Context(found)):
            yield from offered(found, below)


@pytest.mark.parametrize("option", HEEDED)
def test_an_option_is_offered_by_the_commands_that_heed_it(option: str) -> None:
    assert {name for name in COMMANDS if option in offered(cli, name)} == HEEDED[option]
