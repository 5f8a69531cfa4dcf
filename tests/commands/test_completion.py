"""`a2c-spec completion`, tried as a user would."""

from __future__ import annotations

import pytest

from tests.conftest import Command


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_names_the_program_and_its_variable(shell: str, a2c: Command) -> None:
    ran = a2c("completion", shell)
    assert ran.code == 0
    assert "_A2C_SPEC_COMPLETE" in ran.out
    assert "a2c-spec" in ran.out


def test_another_shell_is_refused(a2c: Command) -> None:
    assert a2c("completion", "tcsh").code == 2
