"""`--help` of every command, tried as a user would."""

from __future__ import annotations

import pytest

from a2c_spec.cli import COMMANDS
from tests.conftest import Command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, a2c: Command) -> None:
    shown = a2c(name, "--help")
    assert shown.code == 0
    assert "Usage:" in shown.out
