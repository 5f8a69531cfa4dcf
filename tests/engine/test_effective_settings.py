"""Every setting, and where it is from."""

from __future__ import annotations

from pathlib import Path

from a2c_spec.engine.effective_settings import Setting, effective_settings
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import open_project
from a2c_spec.engine.runtime import Runtime


def settings(root: Path, environ: dict[str, str] | None = None, **flags: object) -> dict[str, Setting]:
    surroundings = {"XDG_CONFIG_HOME": str(root / "none")} | (environ or {})
    project = open_project(Flags(chdir=str(root), **flags), Runtime(environ=surroundings))  # type: ignore[arg-type]
    return {one.name: one for one in effective_settings(project)}


def test_what_is_nearer_to_the_user_wins(tmp_path: Path) -> None:
    (tmp_path / "a2c.yaml").write_text(
        "defaults: {timeout: 5, parallelism: 3, on_conflict: skip}\nbudget: {per_day: 9}\n"
        "cache: {url: c, max_bytes: 7}\n"
        "environments: {staging: {defaults: {parallelism: 4}, state: s.db}}\n"
    )
    top = settings(tmp_path)
    assert top["parallelism"] == Setting("parallelism", 3, "a2c.yaml:1:37")
    assert (top["env"].value, top["state"].value) == (None, ".a2c/state.db")
    found = settings(tmp_path, {"A2C_SPEC_CACHE": "/other"}, env="staging", given={"env": "A2C_SPEC_ENV"})
    assert found["env"] == Setting("env", "staging", "A2C_SPEC_ENV")
    assert found["parallelism"] == Setting("parallelism", 4, "a2c.yaml:4:50")
    assert found["timeout"] == Setting("timeout", 5, "a2c.yaml:1:21")
    assert found["state"] == Setting("state", "s.db", "a2c.yaml:4:61")
    assert found["cache"] == Setting("cache", "/other", "A2C_SPEC_CACHE")
    assert top["cache.max_bytes"] == Setting("cache.max_bytes", 7, "a2c.yaml:3:28")
    assert found["cache.max_bytes"] == Setting("cache.max_bytes", None), "it is for the cache of a2c.yaml"
    assert found["budget.per_day"] == Setting("budget.per_day", 9, "a2c.yaml:2:19")
    assert found["budget.per_run"] == Setting("budget.per_run", None)
    given = settings(tmp_path, parallelism=2, on_conflict="error", given={"parallelism": "-p", "on_conflict": "-c"})
    assert given["parallelism"] == Setting("parallelism", 2, "-p")
    assert given["on_conflict"] == Setting("on_conflict", "error", "-c")


def test_the_service_is_told_with_its_source(tmp_path: Path) -> None:
    (tmp_path / "a2c.yaml").write_text("defaults: {base_url: 'http://127.0.0.1:1/v2'}")
    assert settings(tmp_path)["base_url"].source == "a2c.yaml:1:22"
    assert settings(tmp_path, {"API2CONVERT_BASE_URL": "https://x.test"})["base_url"].source == "API2CONVERT_BASE_URL"
    assert settings(tmp_path, local=True)["base_url"] == Setting("base_url", "http://local.a2c/v2", "--local")
    assert settings(tmp_path, base_url="https://y.test")["base_url"].source == "--base-url"
