"""Recipes of strangers: what they may not name, whoever applies them."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path

import pytest

from tests.conftest import Command

HEAD = "apiVersion: a2c-spec/v1\nkind: Job\nname: m\n"
INPUT = "inputs: [{id: i, path: a.txt}]\n"
CONVERSION = "conversions: [{id: c, category: hash, target: md5}]\n"
BATCH = "apiVersion: a2c-spec/v1\nkind: Batch\nname: m\nkey: x\ntemplate: {inputs: [{id: i, path: a.txt}], "
REFUSED = {
    "an input": HEAD + "inputs: [{id: i, path: .git/config}]\n" + CONVERSION,
    "an input in other letters": HEAD + "inputs: [{id: i, path: .GIT/config}]\n" + CONVERSION,
    "an input through a link to a folder": HEAD + "inputs: [{id: i, path: link/config}]\n" + CONVERSION,
    "an input through a link to a file": HEAD + "inputs: [{id: i, path: text.txt}]\n" + CONVERSION,
    "the manifest": HEAD + "inputs: [{id: i, path: m.yaml}]\n" + CONVERSION,
    "the settings": HEAD + "inputs: [{id: i, path: a2c.yaml}]\n" + CONVERSION,
    "an include": HEAD + "include: [.env]\n" + INPUT + CONVERSION,
    "a base": HEAD + "extends: .env\n" + INPUT + CONVERSION,
    "a folder for results": HEAD + INPUT + CONVERSION + "outputs: [{from: c, save: .github/workflows}]\n",
    "a linked folder for results": HEAD + INPUT + CONVERSION + "outputs: [{from: c, save: link}]\n",
    "a table": BATCH + "conversions: [{id: c, target: md5}]}\nfor_each: {csv: {path: .git/config}}\n",
    "a pattern": BATCH + "conversions: [{id: c, target: md5}]}\nfor_each: {glob: '.git/*'}\n",
    "a file with a secret": HEAD + INPUT
    + "conversions: [{id: c, target: md5, options: {x: {secret: 'file:.env'}}}]\n",
    "the key as a secret": HEAD + INPUT
    + "conversions: [{id: c, target: md5, options: {x: {secret: 'env:API2CONVERT_API_KEY'}}}]\n",
    "the key under another name": HEAD + "env: [A2C_VAR_other]\n" + INPUT + CONVERSION,
    "the key as a variable": HEAD + "vars: {other: {type: string}}\n" + INPUT + CONVERSION,
    "the key as a variable that does not fit": HEAD + "vars: {other: {pattern: ^x$}}\n" + INPUT + CONVERSION,
    "the key in another form": HEAD + "env: [A2C_VAR_form]\n" + INPUT + CONVERSION,
    "the key in another form, as a secret": HEAD + INPUT
    + "conversions: [{id: c, target: md5, options: {x: {secret: 'env:A2C_VAR_form'}}}]\n",
    "a secret as a variable": HEAD + "vars: {pw: {pattern: ^x$}}\n" + INPUT
    + "conversions: [{id: c, target: md5, options: {x: {secret: 'env:A2C_VAR_pw'}}}]\n",
    "a variable": HEAD + "env: [HOME]\n" + INPUT + CONVERSION,
}  # fmt: skip


@pytest.fixture
def stranger(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with what no stranger should get; every key and secret holds the word PRIVATE."""
    for name, text in (("a.txt", "a"), (".env", "PRIVATE"), (".git/config", "PRIVATE"), ("a2c.yaml", "")):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    (project / "link").symlink_to(".git")
    (project / "text.txt").symlink_to(".env")
    monkeypatch.setenv("API2CONVERT_API_KEY", "sk-PRIVATE")
    monkeypatch.setenv("A2C_VAR_other", "sk-PRIVATE")
    monkeypatch.setenv("A2C_VAR_form", b"sk-PRIVATE".hex())
    monkeypatch.setenv("A2C_VAR_pw", "PRIVATE-pw")
    return project


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_stranger_may_not_name(what: str, stranger: Path, a2c: Command) -> None:
    (stranger / "m.yaml").write_text(REFUSED[what])
    for command in ("validate", "plan --offline", "render", "apply --local"):
        ran = a2c(*command.split(), "m.yaml")
        told = ran.out + ran.err
        assert (ran.code, "PRIVATE" in told, b"sk-PRIVATE".hex() in told) == (5, False, False), told
        assert "m.yaml:" in ran.out + ran.err
    assert (stranger / ".git/config").read_text() == "PRIVATE"
    assert [path.name for path in (stranger / ".git").iterdir()] == ["config"]


def test_names_that_only_the_run_tells_lead_nowhere_else(stranger: Path, a2c: Command) -> None:
    with zipfile.ZipFile(stranger / "z.zip", "w") as archive:
        for name in (".env", "a2c.yaml", "config"):
            archive.writestr(name, "theirs")
    text = (
        HEAD + "inputs: [{id: i, path: z.zip}]\nconversions: [{id: c, category: operation, target: extract-archive}]\n"
    )
    (stranger / "m.yaml").write_text(text + "outputs: [{from: c, save: ./, on_conflict: overwrite}]\n")
    ran = a2c("apply", "--local", "-y", "m.yaml")
    assert (stranger / ".env").read_text() == "PRIVATE", ran.err
    assert (stranger / "a2c.yaml").read_text() == ""


def test_who_runs_the_command_may_allow_a_variable(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRANCH", "main")
    (project / "a.txt").write_text("a")
    (project / "m.yaml").write_text(HEAD + "env: [BRANCH]\n" + INPUT + CONVERSION)
    assert a2c("validate").code == 5
    assert a2c("validate", "--allow-env", "BRANCH").code == 0
    assert a2c("plan", "--offline", "--allow-env", "BRANCH").code == 0
    monkeypatch.setenv("A2C_SPEC_ALLOW_ENV", "BRANCH")
    assert a2c("apply", "--local").code == 0
    assert a2c("verify", "--local").code == 0


def test_what_a_command_writes_takes_the_place_of_nothing_else(project: Path, a2c: Command) -> None:
    (project / "a.txt").write_text("a")
    (project / "m.yaml").write_text(HEAD + INPUT + CONVERSION)
    for place in ("a.txt", "m.yaml", ".a2c/state.db"):
        ran = a2c("apply", "--local", "--outputs", place)
        assert (ran.code, "nothing was" in ran.err or place in ran.err) == (2, True), ran.err
    assert not (project / "dist").exists()
    assert a2c("apply", "--local", "--outputs", "out.json").code == 0
    assert a2c("apply", "--local", "--outputs", "out.json").code == 0
    result = next((project / "dist").iterdir())
    before = result.read_bytes()
    assert a2c("apply", "--local", "--outputs", f"dist/{result.name}").code == 2
    assert [a2c("report", "--local", "-o", f"dist/{result.name}").code, a2c("report", "-o", "a.txt").code] == [2, 2]
    assert (a2c("report", "-o", "r.html").code, a2c("report", "-o", "r.html").code) == (0, 0)
    assert (result.read_bytes(), (project / "a.txt").read_text()) == (before, "a")


@pytest.mark.parametrize("command", ["validate", "validate --json", "render", "render --json", "plan --offline"])
def test_the_key_is_told_by_no_command_also_where_a_manifest_holds_it(
    command: str, stranger: Path, a2c: Command
) -> None:
    more = "conversions: [{id: c, category: hash, target: md5, metadata: {title: sk-PRIVATE}}]\nx: sk-PRIVATE\n"
    (stranger / "m.yaml").write_text(HEAD + INPUT + more)
    (stranger / "n.yaml").write_text(HEAD.replace("name: m", "name: n") + INPUT + more.partition("x: ")[0])
    for name in ("m.yaml", "n.yaml"):
        ran = a2c(*command.split(), name)
        assert "PRIVATE" not in ran.out + ran.err
        assert ran.code == (5 if name == "m.yaml" else 0), ran.err


READ = {
    "the catalog": ("a2c.catalog.json", HEAD + INPUT + CONVERSION),
    "the settings": ("a2c.yaml", HEAD + INPUT + CONVERSION),
    "a manifest": ("m.yaml", ""),
    "a template": ("t.yaml.j2", HEAD + INPUT + CONVERSION),
    "a base": ("base.yaml", HEAD + "extends: base.yaml\n" + INPUT + CONVERSION),
    "an include": ("inc.yaml", HEAD + "include: [inc.yaml]\n" + INPUT + CONVERSION),
    "variables": ("vars/prod.yaml", HEAD + INPUT + CONVERSION),
    "an input": ("in.txt", HEAD + INPUT.replace("a.txt", "in.txt") + CONVERSION),
    **{
        f"a table in {kind}": (
            f"t.{kind}",
            BATCH + f"conversions: [{{id: c, target: md5}}]}}\nfor_each: {{{kind}: t.{kind}}}\n",
        )
        for kind in ("csv", "json", "yaml")
    },
    "a secret": ("pw", HEAD + INPUT + "conversions: [{id: c, target: md5, options: {x: {secret: 'file:pw'}}}]\n"),
    "a state": ("st.db", HEAD + INPUT + CONVERSION),
    "a plan": ("p.a2cplan.json", HEAD + INPUT + CONVERSION),
}


@pytest.mark.parametrize("kind", ["device", "pipe", "link to a pipe"])
@pytest.mark.parametrize("what", READ)
def test_what_is_no_file_is_read_nowhere_and_every_command_ends(
    what: str, kind: str, project: Path, a2c: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name, text = READ[what]
    (project / "a.txt").write_text("a")
    (project / "m.yaml").write_text(text)
    (project / "a2c.yaml").write_text("state: st.db\n" if what == "a state" else "environments: {prod: {}}\n")
    file = project / name
    file.parent.mkdir(exist_ok=True)
    file.unlink(missing_ok=True)
    pipe = file if kind == "pipe" else tmp_path_factory.mktemp("other") / "pipe"
    os.mkfifo(pipe)
    if kind != "pipe":
        file.symlink_to("/dev/zero" if kind == "device" else pipe)
    env = ["--env", "prod"] if what == "variables" else []
    plan = [name] if what == "a plan" else []
    started = time.monotonic()
    for command in ("validate", "render", "plan --offline", "apply --local", "status", "doctor --local"):
        ran = a2c(*command.split(), *env, *(plan if command.startswith("apply") else []))
        assert "internal error" not in ran.err
        if command.startswith("apply"):
            assert ran.code != 0 or what in ("a template", "variables"), ran.err
    if what == "a plan":
        assert a2c("show", name).code == 2
    assert time.monotonic() - started < 60


def test_variables_of_an_environment_lie_in_the_project(
    project: Path, a2c: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other") / "hosts.yml"
    other.write_text("user: PRIVATE\n")
    (project / "a.txt").write_text("a")
    (project / "m.yaml").write_text(HEAD + "vars: {user: {default: x, pattern: ^x$}}\n" + INPUT + CONVERSION)
    (project / "a2c.yaml").write_text("environments: {prod: {}}\n")
    (project / "vars").mkdir()
    (project / "vars/prod.yaml").symlink_to(other)
    ran = a2c("validate", "--env", "prod")
    assert (ran.code, "PRIVATE" in ran.out + ran.err) == (5, False)
    assert "vars/prod.yaml: error: the variables file is outside the project root" in ran.out
    assert "PRIVATE" in a2c("validate", "--var-file", str(other)).out  # which is what somebody asked for


def test_what_another_command_writes_may_give_variables(project: Path, a2c: Command) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"user: me\n")
    os.close(writer)
    (project / "a.txt").write_text("a")
    (project / "m.yaml").write_text(HEAD + "vars: {user: {pattern: ^me$}}\n" + INPUT + CONVERSION)
    try:
        assert a2c("validate", "--var-file", f"/dev/fd/{reader}").code == 0
    finally:
        os.close(reader)


def test_a_secret_is_in_no_variable_that_is_not_allowed(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
    monkeypatch.setenv("CLOUD_KEY", "PRIVATE-cloud")
    monkeypatch.setenv("A2C_VAR_CLOUD_KEY", "PRIVATE-cloud")
    (project / "a.txt").write_text("a")
    text = HEAD + INPUT + "conversions: [{id: c, category: archive, target: zip, options: {x: 1}}]\n"
    text = text.replace("x: 1", "download_password: {secret: 'env:CLOUD_KEY'}")
    (project / "m.yaml").write_text(text)
    assert a2c("validate").code == 0
    for command in ("plan --local", "apply --local"):
        ran = a2c(*command.split())
        assert (ran.code, "PRIVATE" in ran.out + ran.err) == (11, False), ran.err
        assert "env:CLOUD_KEY is in a variable that is not for manifests" in ran.err
        assert "--allow-env CLOUD_KEY, A2C_SPEC_ALLOW_ENV, or allowed_env in" in ran.out + ran.err
    assert a2c("plan", "--local", "--allow-env", "OTHER").code == 11
    assert a2c("plan", "--local", "--allow-env", "CLOUD_KEY").code == 0
    (config / "a2c-spec").mkdir()
    (config / "a2c-spec/config.toml").write_text('allowed_env = ["CLOUD_KEY"]\n')
    assert a2c("plan", "--local").code == 0
    (config / "a2c-spec/config.toml").unlink()
    monkeypatch.setenv("A2C_SPEC_ALLOW_ENV", "CLOUD_KEY")
    assert a2c("apply", "--local").code == 0
    monkeypatch.delenv("A2C_SPEC_ALLOW_ENV")
    assert (a2c("status", "--local").code, a2c("verify", "--local").code) == (0, 0)
    (project / "m.yaml").write_text(text.replace("env:CLOUD_KEY", "env:A2C_VAR_CLOUD_KEY"))
    assert a2c("apply", "--local", "-y").code == 0


def test_the_key_that_lies_in_the_configuration_is_known_too(
    stranger: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = tmp_path_factory.mktemp("config")
    (config / "api2convert").mkdir()
    (config / "api2convert/config.toml").write_text('api_key = "sk-PRIVATE"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
    monkeypatch.delenv("API2CONVERT_API_KEY")
    for what in ("the key under another name", "the key as a variable", "the key in another form, as a secret"):
        (stranger / "m.yaml").write_text(REFUSED[what])
        ran = a2c("validate", "m.yaml")
        assert (ran.code, "is the key of the service" in ran.out, "PRIVATE" in ran.out) == (5, True, False), ran.out
