"""Every key of a2c.yaml does what its description says, at the top and for an environment; nothing is passed over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import a2c_spec
from a2c_spec.api.http.concurrency import Limiter
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.outcome import ApplyOptions
from a2c_spec.engine.project import open_project
from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from a2c_spec.manifests.schema.published import load_schema
from tests.conftest import Command, Ran

ENV = "staging"
MISSING = "there is no file or folder"
ONE = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
vars: {word: {type: string, default: cover}}
inputs: [{id: cover, path: src/cover.png}]
conversions: [{id: webp, category: image, target: webp, options: {width: 64}}]
outputs: [{from: webp, filename: "${{ vars.word }}", save: dist/}]
"""


def keys(schema: Mapping[str, Any], root: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Every key that a schema describes, with dots; ``*`` stands for the name of an environment."""
    if "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rpartition("/")[2]]
    for branch in (schema, *schema.get("anyOf", ())):
        below = dict(branch.get("properties", {}))
        if path == "environments":
            below["*"] = branch.get("additionalProperties", {})
        elif branch.get("additionalProperties") and path:
            continue
        for name, item in below.items():
            here = f"{path}.{name}".lstrip(".")
            inner = list(keys(item, root, here))
            leaf = item.get("type") not in (None, "object") or "const" in item or "enum" in item or not inner
            yield from [here, *inner] if leaf or "anyOf" in item else inner


SCHEMA = load_schema("project")
KEYS = tuple(dict.fromkeys(keys(SCHEMA, SCHEMA)))


@dataclass
class Try:
    """A project in which one key of a2c.yaml has a value."""

    folder: Path
    a2c: Command
    monkeypatch: pytest.MonkeyPatch
    key: str

    @property
    def env(self) -> tuple[str, ...]:
        return ("--env", ENV) if self.key.startswith("environments.") else ()

    def set(self, value: Any) -> None:
        """Writes a2c.yaml with this one value, which is JSON and so YAML too."""
        tree: Any = value
        for name in reversed(self.key.replace("*", ENV).split(".")):
            tree = {name: tree}
        if self.key.endswith((".max_bytes", ".max_age_days")):
            inner = tree["environments"][ENV] if self.env else tree
            inner["cache"]["url"] = ".a2c/cache"
        (self.folder / "a2c.yaml").write_text(json.dumps(tree))

    def apply(self, *args: str) -> Ran:
        return self.a2c("apply", "--local", "-q", *self.env, *args)

    def refused(self, *args: str) -> str:
        ran = self.a2c("plan", "--local", *self.env, *args)
        assert ran.code == 5, ran
        return ran.err


def version(one: Try) -> None:
    one.set("a2c-spec/v9")
    assert "a2c.yaml:1:16: error: `apiVersion` must be" in one.refused()


def manifests(one: Try) -> None:
    (one.folder / "two.yaml").write_text(ONE.replace("name: one", "name: two"))
    one.set(["two.yaml"])
    assert [row["address"] for row in json.loads(one.a2c("plan", "--local", "--json").out)["changes"]] == ["two"]
    nothing = {"x/*.yaml": "no manifest in", "src": "no manifest in", "no.yaml": MISSING, "no/": MISSING}
    for name, said in nothing.items():
        one.set(["two.yaml", name])
        assert f"a2c.yaml:1:28: error: {said} `{name}`" in one.refused()
    one.set([])
    assert "a2c.yaml:1:15: error: `manifests` needs 1 item" in one.refused()


def environment(one: Try) -> None:
    if one.env:
        one.set(ENV)
        assert "an environment cannot choose the environment" in one.refused()
        return
    (one.folder / "a2c.yaml").write_text(json.dumps({"defaults": {"env": ENV}, "environments": {ENV: {}}}))
    assert one.apply().code == 0
    assert (one.folder / ".a2c/env" / ENV / "state.db").exists()


def parallelism(one: Try) -> None:
    seen: list[int] = []
    real = Limiter.__init__

    def noted(limiter: Limiter, width: int, *rest: Any) -> None:
        seen.append(width)
        real(limiter, width, *rest)

    one.monkeypatch.setattr(Limiter, "__init__", noted)
    one.set(3)
    one.apply()
    one.apply("--parallelism", "5")
    one.monkeypatch.setenv("A2C_SPEC_PARALLELISM", "4")
    one.apply()
    assert seen == [3, 5, 4]


def on_conflict(one: Try) -> None:
    (one.folder / "dist").mkdir()
    (one.folder / "dist/cover.webp").write_text("mine")
    one.set("rename")
    assert one.apply().code == 0
    assert (one.folder / "dist/cover-1.webp").exists()
    (one.folder / "dist/third.webp").write_text("mine")
    says = ONE.replace("save: dist/", "save: dist/, on_conflict: error").replace("default: cover", "default: third")
    (one.folder / "one.yaml").write_text(says)
    assert one.apply().code == 13
    assert one.apply("--on-conflict", "overwrite").code == 0
    assert (one.folder / "dist/third.webp").read_bytes()[:4] == b"RIFF"


def timeout(one: Try) -> None:
    one.set(7)
    assert ApplyOptions().within(open_project(Flags(env=ENV if one.env else "")).flags).timeout == 7
    assert ApplyOptions().within(open_project(Flags(timeout=9, given={"timeout": "--timeout"})).flags).timeout == 9


def max_credits(one: Try) -> None:
    one.set(0)
    ran = one.apply()
    assert (ran.code, "max_credits (a2c.yaml:1:" in ran.err, "allow more" in ran.err) == (11, True, True)
    with one.monkeypatch.context() as patch:
        patch.setenv("A2C_SPEC_MAX_CREDITS", "0")
        assert "A2C_SPEC_MAX_CREDITS allows 0" in one.apply().err
    assert "--max-credits allows 0" in one.apply("--max-credits", "0").err
    assert one.apply("--max-credits", "1").code == 0


def confirm_above(one: Try) -> None:
    one.set(0)
    env = ENV if one.env else ""
    assert ApplyOptions().within(open_project(Flags(env=env)).flags).confirm_above == 0
    flags = Flags(env=env, confirm_above=3, given={"confirm_above": "--confirm-above"})
    assert ApplyOptions().within(open_project(flags).flags).confirm_above == 3
    one.monkeypatch.setenv("A2C_SPEC_CONFIRM_ABOVE", "5")
    told = json.loads(one.a2c("config", "--json", *one.env).out)
    assert told["confirm_above"] == {"value": 5, "source": "A2C_SPEC_CONFIRM_ABOVE"}


def max_download_bytes(one: Try) -> None:
    one.set(7)
    assert open_project(Flags(env=ENV if one.env else "")).flags.max_download_bytes == 7
    one.monkeypatch.setenv("A2C_SPEC_MAX_DOWNLOAD_BYTES", "5")
    told = json.loads(one.a2c("config", "--json", *one.env).out)
    assert told["max_download_bytes"] == {"value": 5, "source": "A2C_SPEC_MAX_DOWNLOAD_BYTES"}


def fail_fast(one: Try) -> None:
    one.set(True)
    flags = Flags(env=ENV if one.env else "")
    assert ApplyOptions().within(open_project(flags).flags).fail_fast
    told = json.loads(one.a2c("config", "--json", "--no-fail-fast", *one.env).out)
    assert told["fail_fast"] == {"value": False, "source": "--no-fail-fast"}


def strategy(one: Try) -> None:
    one.set("fewest-calls")
    assert one.apply().code == 0
    one.set("staged")
    assert "the strategy `staged` is not supported yet" in one.refused()


def base_url(one: Try) -> None:
    one.monkeypatch.setenv("API2CONVERT_API_KEY", "key")
    with Background(create_app(Settings(api_keys=("key",)))) as running:
        one.set(running.url)
        assert one.a2c("apply", "-q", *one.env).code == 0
    one.set("https://elsewhere.example/v2")
    ran = one.a2c("plan", *one.env)
    assert ran.code == 5
    assert "is on a host that is not allowed (elsewhere.example), so it is not told the key" in ran.err
    assert ran.err.startswith("a2c.yaml:1:")


def state(one: Try) -> None:
    one.set("records/mine.db")
    assert one.apply().code == 0
    assert (one.folder / "records/mine.db").exists()
    assert not list((one.folder / ".a2c").rglob("state.db"))
    one.set("postgresql://host/db")
    assert "a2c.yaml:1:" in one.refused()


def cache(one: Try) -> None:
    one.set("results")
    assert one.apply().code == 0
    assert list((one.folder / "results").rglob("*.json"))
    one.set("s3://bucket")
    assert "the results cache `s3://bucket` must be a folder" in one.refused()


def evicted(one: Try) -> None:
    one.set(0)
    assert one.apply().code == 0
    assert not list((one.folder / ".a2c/cache").rglob("*.json"))


def budget(one: Try) -> None:
    one.set(0)
    told = one.a2c("plan", "--local").out
    assert f"this plan is refused: budget.{one.key.rpartition('.')[2]} (a2c.yaml:1:" in told
    ran = one.apply("--max-credits", "9")
    assert (ran.code, "nothing was sent" in ran.err, "a2c.yaml:1:" in ran.err) == (11, True, True)
    one.set(1)
    assert one.apply().code == 0


def variables(one: Try) -> None:
    one.set({"word": "other"})
    assert one.apply().code == 0
    assert (one.folder / "dist/other.webp").exists()


DEFAULTS: Mapping[str, Callable[[Try], None]] = {
    "env": environment,
    "parallelism": parallelism,
    "on_conflict": on_conflict,
    "timeout": timeout,
    "max_credits": max_credits,
    "confirm_above": confirm_above,
    "fail_fast": fail_fast,
    "max_download_bytes": max_download_bytes,
    "strategy": strategy,
    "base_url": base_url,
}
ANYWHERE: Mapping[str, Callable[[Try], None]] = {
    **{f"defaults.{name}": proof for name, proof in DEFAULTS.items()},
    "state": state,
    "cache": cache,
    "cache.url": cache,
    "cache.max_bytes": evicted,
    "cache.max_age_days": evicted,
}
PROOFS: Mapping[str, Callable[[Try], None]] = {
    "apiVersion": version,
    "manifests": manifests,
    "budget.per_run": budget,
    "budget.per_day": budget,
    "environments.*.vars": variables,
    **ANYWHERE,
    **{f"environments.*.{name}": proof for name, proof in ANYWHERE.items()},
}


def test_every_key_of_the_schema_has_a_proof() -> None:
    assert set(KEYS) == set(PROOFS)


def test_every_key_is_documented() -> None:
    text = (Path(a2c_spec.__file__).parent / "docs/settings.md").read_text()
    told = {key for key in KEYS if key.startswith("environments.") or f"`{key}`" in text}
    assert set(KEYS) - told == set()


@pytest.mark.parametrize("key", PROOFS)
def test_a_setting_does_what_it_says(key: str, project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "one.yaml").write_text(ONE)
    PROOFS[key](Try(project, a2c, monkeypatch, key))
