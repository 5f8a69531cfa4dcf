"""A wrong value is told of the place that it is from: a flag, a variable, a2c.yaml, a saved plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import Command

SETTINGS = "defaults:\n  parallelism: 2\n  env: st\nenvironments:\n  st: {}\n  pr: {}\n"
NO_ENV = "there is no environment `prd`\n  did you mean `pr`?"
URL = "'ftp://x'"
WRONG: list[tuple[tuple[str, ...], dict[str, str], int, str]] = [
    (("plan", "--env", "prd"), {}, 2, f"error: --env: {NO_ENV}"),
    (("status",), {"A2C_SPEC_ENV": "prd"}, 2, f"error: A2C_SPEC_ENV: {NO_ENV}"),
    (("plan",), {"A2C_SPEC_PLAN_ENV": "prd"}, 2, f"error: A2C_SPEC_PLAN_ENV: {NO_ENV}"),
    (("plan", "--var", "x"), {}, 2, "error: --var x: expected NAME=VALUE"),
    (("plan",), {"A2C_SPEC_VAR": "x"}, 2, "error: A2C_SPEC_VAR x: expected NAME=VALUE"),
    (("plan", "--local"), {"A2C_SPEC_VAR": "x=1"}, 5, "A2C_SPEC_VAR x: error: no manifest declares"),
    (("plan",), {"A2C_SPEC_CHDIR": "nope"}, 2, "error: A2C_SPEC_CHDIR nope: no such folder"),
    (("plan", "-C", "nope"), {}, 2, "error: --chdir nope: no such folder"),
    (("plan", "--local"), {"A2C_SPEC_PLAN_OUT": "x"}, 2, "error: A2C_SPEC_PLAN_OUT x: the name of a plan"),
    (("plan",), {"A2C_SPEC_BASE_URL": "ftp://x"}, 2, f"error: the base URL {URL} (A2C_SPEC_BASE_URL) is not"),
    (("plan",), {"API2CONVERT_BASE_URL": "ftp://x"}, 2, f"error: the base URL {URL} (API2CONVERT_BASE_URL) is not"),
    (("plan", "--base-url", "ftp://x"), {}, 2, f"error: the base URL {URL} (--base-url) is not"),
    (("plan", "--local", "--target", "zzz"), {}, 2, "error: no address matches 'zzz'\n"),
    (("plan", "--local"), {"A2C_SPEC_TARGET": "zzz"}, 2, "error: no address matches 'zzz' (A2C_SPEC_TARGET)\n"),
    (("plan", "--local"), {"A2C_SPEC_EXCLUDE": "zzz"}, 2, "error: no address matches 'zzz' (A2C_SPEC_EXCLUDE)\n"),
    (("plan", "--local"), {"A2C_SPEC_SELECTOR": "z=1"}, 2, "error: no manifest has the label 'z=1' (A2C_SPEC_SELECT"),
    (("apply", "--local"), {"A2C_SPEC_OUTPUTS": "two.yaml"}, 2, "error: A2C_SPEC_OUTPUTS "),
    (("import", "id"), {"A2C_SPEC_IMPORT_NAME": "ä"}, 2, "error: A2C_SPEC_IMPORT_NAME ä: an address"),
    (("cache", "prune"), {"A2C_SPEC_CACHE_PRUNE_MAX_SIZE": "x"}, 2, "error: A2C_SPEC_CACHE_PRUNE_MAX_SIZE x: expected"),
    (("serve",), {"A2C_SPEC_SERVE_CLOCK": "x"}, 2, "error: A2C_SPEC_SERVE_CLOCK x is not a time"),
    (("serve",), {"A2C_SPEC_SERVE_HOST": "0.0.0.0"}, 2, "error: A2C_SPEC_SERVE_HOST 0.0.0.0 can be"),
    (("plan",), {"A2C_SPEC_CONFIRM_ABOVE": "x"}, 2, "error: the environment variable A2C_SPEC_CONFIRM_ABOVE: 'x' is"),
    (("plan",), {"A2C_SPEC_YES": "x"}, 2, "error: the environment variable A2C_SPEC_YES: 'x' is not 1 or 0"),
    (("status",), {"A2C_SPEC_APPLY_TIMEOUT": "x"}, 2, "error: the environment variable A2C_SPEC_APPLY_TIMEOUT: 'x'"),
    (("plan",), {"A2C_SPEC_MAX_DOWNLOAD_BYTES": "0"}, 2, "error: the environment variable A2C_SPEC_MAX_DOWNLOAD_BYT"),
]


@pytest.mark.parametrize(("args", "environ", "code", "told"), WRONG)
def test_a_wrong_value_is_told_of_where_it_is_from(
    args: tuple[str, ...],
    environ: Mapping[str, str],
    code: int,
    told: str,
    two: Path,
    a2c: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (two / "a2c.yaml").write_text(SETTINGS + "manifests: [two.yaml]\n")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    ran = a2c(*args)
    assert (ran.code, told in ran.err) == (code, True), ran


def test_only_what_the_settings_choose_has_a_place_there(two: Path, a2c: Command) -> None:
    (two / "a2c.yaml").write_text(SETTINGS.replace("env: st", "env: prd"))
    ran = a2c("plan", "--local")
    assert (ran.code, "a2c.yaml:3:8: error: there is no environment `prd`" in ran.err) == (5, True), ran
    (two / "a2c.yaml").write_text(SETTINGS)
    tree = json.loads(a2c("plan", "--env", "prd", "--json").out)
    assert (tree["exit_code"], tree["message"], tree["diagnostics"]) == (2, "--env: " + NO_ENV.partition("\n")[0], [])


def test_settings_that_cannot_be_read_say_nothing_of_environments(two: Path, a2c: Command) -> None:
    (two / "a2c.yaml").write_text("environments: {prd: {}\n")
    ran = a2c("plan", "--env", "prd")
    assert (ran.code, "there is no environment" in ran.err) == (5, False), ran


def test_the_environment_of_a_saved_plan_is_told_of_the_plan(two: Path, a2c: Command) -> None:
    (two / "a2c.yaml").write_text(SETTINGS)
    assert a2c("plan", "two.yaml", "--local", "--env", "pr", "-o", "p.a2cplan.json").code == 0
    tree = json.loads((two / "p.a2cplan.json").read_text())
    tree["made_with"]["env"] = "prd"
    (two / "p.a2cplan.json").write_text(json.dumps(tree))
    ran = a2c("apply", "p.a2cplan.json", "--local")
    assert f"error: --env of the saved plan: {NO_ENV}" in ran.err, ran


def test_a_flag_silences_the_wrong_value_of_its_own_variable(
    two: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A2C_SPEC_PARALLELISM", "x")
    assert a2c("plan", "two.yaml", "--local", "--parallelism", "2").code == 0
    monkeypatch.delenv("A2C_SPEC_PARALLELISM")
    monkeypatch.setenv("A2C_SPEC_SERVE_PORT", "x")
    assert (a2c("plan", "two.yaml", "--local").code, two.is_dir()) == (0, True)
