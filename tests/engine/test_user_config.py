"""What the user says outside of all projects."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.engine.flags import Flags
from a2c_spec.engine.user_config import (
    allowed,
    allowed_commands,
    allowed_hosts,
    allowed_variables,
    config_folder,
    configured,
)
from a2c_spec.errors import UsageError


def saying(tmp_path: Path, text: str) -> dict[str, str]:
    (tmp_path / "a2c-spec").mkdir()
    (tmp_path / "a2c-spec/config.toml").write_text(text)
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def test_what_is_allowed_is_told_apart(tmp_path: Path) -> None:
    environ = saying(tmp_path, 'allowed_hosts = ["a.example"]\nallowed_env = ["X", "Y"]')
    assert (allowed(environ, "hosts"), allowed(environ, "env")) == (["a.example"], ["X", "Y"])
    assert (configured(environ, "other.toml"), config_folder(environ)) == ({}, tmp_path)


@pytest.mark.parametrize(
    "text", ["allowed_hosts = 'x'", "allowed_host = ['x']", "allowed_hosts = [1]", "allowed_env = 1", "= broken"]
)
def test_a_configuration_that_is_not_understood_is_told(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"config\.toml"):
        allowed(saying(tmp_path, text), "hosts")


@pytest.mark.parametrize(
    "host",
    [
        *("https://a.example", "a.example/", "a b", "*.example", "a.example:", "a.example:0", "::1", "", " ", "*"),
        *(
            "a.example:99999",
            ".a.example",
            "a..b",
            "a.example.",
            "-",
            "-a.example",
            f"{'a' * 64}.example",
            "[:::]",
            "[1]",
        ),
    ],
)
def test_a_host_that_can_allow_nothing_is_refused(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--allow-host: `.*` is not a host") as flag:
        allowed_hosts(Flags(allow_host=("a.example", host)), {"XDG_CONFIG_HOME": str(tmp_path)})
    assert "expected HOST or HOST:PORT" in flag.value.hint
    with pytest.raises(UsageError, match=r"config\.toml: allowed_hosts: `.*` is not a host"):
        allowed_hosts(Flags(), saying(tmp_path, f"allowed_hosts = ['{host}']"))


@pytest.mark.parametrize("name", ["", " ", "A B", " A", "*", "GITHUB_*", "$A", "A=1", "A,B", "-A", "1A", "é"])
def test_a_name_that_can_allow_nothing_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--allow-env: `.*` is not a name of a variable") as flag:
        allowed_variables(Flags(allow_env=("A", name)), {"XDG_CONFIG_HOME": str(tmp_path)})
    assert "expected the NAME of one variable" in flag.value.hint
    with pytest.raises(UsageError, match=r"config\.toml: allowed_env: `.*` is not a name of a variable"):
        allowed_variables(Flags(), saying(tmp_path, f"allowed_env = ['{name}']"))


def test_names_of_the_flag_and_of_the_configuration_are_allowed_together(tmp_path: Path) -> None:
    environ = saying(tmp_path, "allowed_env = ['B_1']")
    assert allowed_variables(Flags(allow_env=("A",)), environ) == ["A", "B_1"]


def test_hosts_of_the_flag_and_of_the_configuration_are_allowed_together(tmp_path: Path) -> None:
    environ = saying(tmp_path, "allowed_hosts = ['b.example:8443', '[::2]:443']")
    assert allowed_hosts(Flags(allow_host=("a.example",)), environ) == ["a.example", "b.example:8443", "[::2]:443"]


def test_commands_of_the_flag_and_of_the_configuration_are_allowed_together(tmp_path: Path) -> None:
    environ = saying(tmp_path, "allowed_cmd = ['op read']")
    assert allowed_commands(Flags(allow_cmd=("pass show 'a b'",)), environ) == [("pass", "show", "a b"), ("op", "read")]


@pytest.mark.parametrize("command", ["", " ", "'op"])
def test_a_command_that_would_allow_all_or_nothing_is_refused(command: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--allow-cmd: `.*` is not a command") as flag:
        allowed_commands(Flags(allow_cmd=("op", command)), {"XDG_CONFIG_HOME": str(tmp_path)})
    assert "expected a command" in flag.value.hint
