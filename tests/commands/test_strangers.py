"""Recipes of strangers: what they may not name, whoever applies them."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path

import pytest

from a2c_spec.manifests.catalog import built_in
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
    assert (
        "vars/prod.yaml: error: the variables file cannot be read: a link leads from there out of the project"
        in ran.out
    )
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


EXTRACTS = HEAD + (
    "inputs: [{id: i, path: z.zip}]\n"
    "conversions: [{id: c, category: operation, target: extract-archive, options: {allow_multiple_outputs: true}}]\n"
    "outputs: [{from: c, save: FOLDER, on_conflict: POLICY}]\n"
)
OTHER = HEAD.replace("name: m", "name: other") + INPUT.replace("a.txt", "src/cover.png") + CONVERSION


def archive(project: Path, *names: str, text: str = "theirs") -> None:
    with zipfile.ZipFile(project / "z.zip", "w") as file:
        for number, name in enumerate(names):
            file.writestr(name, f"{text}\n# {number}\n")


def own(project: Path) -> dict[str, bytes]:
    """What is in the project and not a result."""
    files = (path for path in project.rglob("*") if path.is_file() and ".a2c" not in path.parts)
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def owner(project: Path) -> Path:
    """A project with something of every kind that no result may take the place of."""
    files = {"a.txt": "a", "other.yaml": OTHER, "tool.py": "mine", "t/rows.yaml": "[{name: x}]", "base.yaml": "{}"}
    for name, text in {**files, "vars/prod.yaml": "{}", "a2c.catalog.json": built_in().text()}.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    (project / "link").symlink_to("src")
    return project


LATE = {
    "a source": ("./", "a.txt"),
    "a source in a folder": ("src/", "cover.png"),
    "a source through a link": ("link/", "cover.png"),
    "a manifest that is not named": ("./", "other.yaml"),
    "the manifest": ("./", "m.yaml"),
    "its own input": ("./", "z.zip"),
    "any file": ("./", "tool.py"),
    "a table": ("t/", "rows.yaml"),
    "a base": ("./", "base.yaml"),
    "variables": ("vars/", "prod.yaml"),
    "new variables": ("vars/", "new.yml"),
    "what is taken for the settings": ("./", "a2c.yml"),
    "the same in a folder": ("sub/", "A2C.yaml"),
    "the catalog": ("./", "a2c.catalog.json"),
}


@pytest.mark.parametrize("how", ["apply --local", "apply --local -y m.yaml", "detached"])
@pytest.mark.parametrize("what", LATE)
def test_a_name_that_only_the_run_tells_takes_the_place_of_nothing(
    what: str, how: str, owner: Path, a2c: Command
) -> None:
    folder, name = LATE[what]
    archive(owner, name, "fine.txt")
    (owner / "m.yaml").write_text(EXTRACTS.replace("FOLDER", folder).replace("POLICY", "overwrite"))
    before = own(owner)
    if how == "detached":
        assert a2c("apply", "--local", "--detach", "m.yaml").code == 0
        ran = a2c("wait", "--local")
        planned = a2c("plan", "--local", "m.yaml")
        assert "cannot be written" in planned.out + planned.err or "not for names that" in planned.out, planned.out
    else:
        ran = a2c(*how.split())
    assert (ran.code in (9, 13), name in ran.out + ran.err) == (True, True), ran.err
    after = own(owner)
    assert {path: after[path] for path in before} == before
    assert all(path.endswith(("fine.txt", ".md5")) for path in after.keys() - before.keys())
    assert a2c("validate").code == 0


SAYS = {
    "a manifest": ("./", "new.yaml", OTHER, False),
    "one in a folder": ("sub/deep/", "new.yml", OTHER, False),
    "a template": ("./", "new.yaml.j2", OTHER, False),
    "YAML of another kind": ("./", "new.yaml", "kind: Pod", True),
    "one where none are searched": (".results/", "new.yaml", OTHER, True),
    "one under a name that is none": ("./", "new.txt", OTHER, True),
}


@pytest.mark.parametrize("way", ["downloaded", "cached", "moved"])
@pytest.mark.parametrize("what", SAYS)
def test_no_result_becomes_a_manifest(what: str, way: str, owner: Path, a2c: Command) -> None:
    folder, name, text, written = SAYS[what]
    archive(owner, name, text=text)
    recipe = EXTRACTS.replace("POLICY", "error")
    if way != "downloaded":
        (owner / "m.yaml").write_text(recipe.replace("FOLDER", ".first/"))
        assert a2c("apply", "--local", "m.yaml").code == 0
    if way == "cached":
        assert a2c("state", "rm", "--local", "m").code == 0
    (owner / "m.yaml").write_text(recipe.replace("FOLDER", folder))
    ran = a2c("apply", "--local", "m.yaml")
    assert (owner / folder / name).exists() is written, ran.err
    assert ran.code == (0 if written else 13), ran.err
    assert written or "it says that it is a manifest" in ran.err
    assert not [path for path in owner.rglob("*.part") if ".a2c" not in path.parts]


NAMED = HEAD + (
    "inputs: [{id: i, path: a.txt}]\n"
    "conversions: [{id: c, category: CATEGORY, target: TARGET}]\n"
    "outputs: [{from: c, filename: NAME, save: FOLDER, on_conflict: overwrite}]\n"
    "lifecycle: {allow_unknown: [conversions.c.target]}\n"
)
NAMES = {
    "a manifest that is not named": ("./", "other", "yaml", "", "a manifest stands there"),
    "a source of another manifest": ("src/", "cover", "png", "", "that is an input of other"),
    "a source of it through a link": ("./", "seen", "png", "", "that is an input of other"),
    "new variables": ("vars/", "new", "yaml", "", "variables of an environment"),
    "what is taken for the settings": ("./", "A2C", "yml", "", "would be taken for a2c.yaml"),
    "what the settings name": ("./", "new", "txt", "manifests: [./*.txt, m.yaml]", "manifests are read from there"),
    "what is named": ("./", "new", "yaml", "manifests: [m.yaml, new.yaml]", "manifests are read from there"),
}


@pytest.mark.parametrize("what", NAMES)
def test_a_name_in_a_manifest_takes_the_place_of_no_source_either(what: str, owner: Path, a2c: Command) -> None:
    """What the plan can know it refuses, also where the manifest that reads a file is not named."""
    folder, name, target, settings, why = NAMES[what]
    (owner / "seen.png").write_bytes((owner / "src/cover.png").read_bytes())
    (owner / "over.png").symlink_to("seen.png")
    if "link" in what:
        (owner / "other.yaml").write_text(OTHER.replace("src/cover.png", "over.png"))
    (owner / "a2c.yaml").write_text(settings)
    text = NAMED.replace("NAME", name).replace("FOLDER", folder).replace("TARGET", target)
    (owner / "m.yaml").write_text(text.replace("CATEGORY", "image" if target == "png" else "data"))
    before = own(owner)
    planned, ran = a2c("plan", "--local", "m.yaml"), a2c("apply", "--local", "-y", "m.yaml")
    assert why in planned.out, planned.out + planned.err
    assert (ran.code, why in ran.err) == (13, True), ran.err
    assert own(owner) == before


def test_a_file_that_a_manifest_names_is_still_written_over_where_it_says_so(owner: Path, a2c: Command) -> None:
    (owner / "tool.md5").write_text("mine")
    text = NAMED.replace("NAME", "tool").replace("FOLDER", "./").replace("TARGET", "md5").replace("CATEGORY", "hash")
    (owner / "m.yaml").write_text(text)
    assert "replaces tool.md5" in a2c("plan", "--local", "m.yaml").out
    ran = a2c("apply", "--local", "m.yaml")
    assert (ran.code, (owner / "tool.md5").read_text() != "mine") == (0, True), ran.err


def test_results_that_an_archive_gave_are_written_over_by_its_next_ones(owner: Path, a2c: Command) -> None:
    """They are ours, although only the run told their names; also where another manifest reads them."""
    (owner / "m.yaml").write_text(EXTRACTS.replace("FOLDER", "made/").replace("POLICY", "overwrite"))
    archive(owner, "one.txt", "two.txt")
    assert a2c("apply", "--local", "m.yaml").code == 0
    (owner / "other.yaml").write_text(OTHER.replace("src/cover.png", "made/one.txt"))
    archive(owner, "one.txt", "two.txt", text="newer")
    (owner / "made/two.txt").write_text("changed here")
    ran = a2c("apply", "--local", "-y")
    assert ran.code == 0, ran.out + ran.err
    assert (owner / "made/one.txt").read_text().startswith("newer")
    assert (owner / "made/two.txt").read_text().startswith("newer")


OUTSIDE = "apiVersion: PRIVATE\nPRIVATE_KEY: x\nkind: PRIVATE\nmanifests: PRIVATE\nvars: {PRIVATE: 1}\n"
LINKED = {
    "the settings": ("a2c.yaml", "", 5),
    "a manifest that is named": ("m.yaml", "m.yaml", 5),
    "a manifest in a linked folder": ("linked", "linked/theirs.yaml", 5),
    "a manifest that is found": ("found.yaml", "", 5),
    "a template": ("t.yaml.j2", "t.yaml.j2", 5),
    "variables of an environment": ("vars/prod.yaml", "--env prod good.yaml", 5),
    "variables that are named": ("ci.yaml", "--var-file ci.yaml good.yaml", 5),
    "the catalog": ("a2c.catalog.json", "good.yaml", 5),
    "a table": ("t.json", "table.yaml", 5),
    "a base": ("base.yaml", "extends.yaml", 5),
    "what is included": ("more.yaml", "includes.yaml", 5),
}
GOOD = HEAD.replace("name: m", "name: good\nvars: {x: {type: integer, default: 1}}") + INPUT + CONVERSION


@pytest.mark.parametrize("where", ["outside", ".env", ".git/config"])
@pytest.mark.parametrize("what", LINKED)
def test_nothing_is_read_through_a_link_that_leads_astray(
    what: str, where: str, stranger: Path, a2c: Command, tmp_path: Path
) -> None:
    """Out of the project, or to what no manifest may name: not a word of it is shown."""
    name, args, code = LINKED[what]
    target = tmp_path / "theirs.yaml" if where == "outside" else stranger / where
    text = (
        OUTSIDE.replace("apiVersion: ", "apiVersion: a2c-spec/v1 # ") if what == "a manifest that is found" else OUTSIDE
    )
    target.write_text("x: PRIVATE\n" + text)
    texts = {
        "good.yaml": GOOD,
        "table.yaml": BATCH + "conversions: [{id: c, target: md5}]}\nfor_each: {json: {path: t.json}}\n",
        "extends.yaml": HEAD + "extends: base.yaml\n" + INPUT + CONVERSION,
        "includes.yaml": HEAD + "include: [more.yaml]\n" + INPUT + CONVERSION,
    }
    for one, manifest in texts.items():
        (stranger / one).write_text(manifest)
    (stranger / name).unlink(missing_ok=True)
    (stranger / name).parent.mkdir(exist_ok=True)
    if name == "linked" and where != "outside":
        pytest.skip("no folder")
    (stranger / name).symlink_to(tmp_path if name == "linked" else target)
    for command in (
        "validate",
        "plan --offline",
        "render",
        "apply --local",
        "config" if name == "a2c.yaml" else "graph",
    ):
        ran = a2c(*command.split(), *args.split())
        assert (ran.code, "PRIVATE" in ran.out + ran.err) == (code, False), (command, ran.out + ran.err)


def test_links_within_a_project_are_followed(project: Path, a2c: Command) -> None:
    (project / "a.txt").write_text("a")
    for name, text in (
        ("c/settings.yaml", "defaults: {env: prod}\n"),
        ("c/prod.yaml", "x: 2\n"),
        ("c/good.yaml", GOOD),
    ):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text.replace("path: a.txt", "path: ../a.txt"))
    (project / "a2c.yaml").unlink()
    (project / "a2c.yaml").symlink_to("c/settings.yaml")
    (project / "vars").symlink_to("c")
    (project / "m.yaml").symlink_to("c/good.yaml")
    assert a2c("validate", "m.yaml").code == 0
    assert a2c("apply", "--local", "m.yaml").code == 0


def test_a_project_behind_a_link_of_its_user_is_that_project(project: Path, a2c: Command, tmp_path: Path) -> None:
    (project / "a.txt").write_text("a")
    (project / "good.yaml").write_text(GOOD)
    (tmp_path / "short").symlink_to(project)
    for args in ([f"{tmp_path}/short/good.yaml"], ["../short/good.yaml"], ["-C", f"{tmp_path}/short"], ["../short"]):
        assert a2c("validate", *args).code == 0
    assert a2c("apply", "--local", f"{tmp_path}/short/good.yaml").code == 0
    assert (project / ".a2c/state.db").exists()


@pytest.mark.parametrize("name", ["../theirs.yaml", "ABSOLUTE/theirs.yaml", "sub/../../theirs.yaml", "../*.yaml"])
def test_settings_name_no_manifest_outside_of_the_project(
    name: str, project: Path, a2c: Command, tmp_path: Path
) -> None:
    (tmp_path / "theirs.yaml").write_text(OUTSIDE)
    (project / "a2c.yaml").write_text(f"manifests: ['{name.replace('ABSOLUTE', str(tmp_path))}']\n")
    ran = a2c("validate")
    assert (ran.code, "PRIVATE" in ran.out + ran.err) == (5, False), ran.out + ran.err
    assert "a2c.yaml:1:13: error: the manifest" in ran.out + ran.err


def test_who_runs_the_command_may_say_that_a_file_is_written_over_once_the_plan_names_it(
    owner: Path, a2c: Command
) -> None:
    archive(owner, "tool.py")
    (owner / "m.yaml").write_text(EXTRACTS.replace("FOLDER", "./").replace("POLICY", "overwrite"))
    first = a2c("apply", "--local", "m.yaml", "--on-conflict", "overwrite")
    assert (first.code, (owner / "tool.py").read_text()) == (13, "mine"), first.err
    assert "apply again with --on-conflict overwrite" in first.err
    assert a2c("apply", "--local", "m.yaml").code == 13
    assert "replaces tool.py" in a2c("plan", "--local", "m.yaml", "--on-conflict", "overwrite").out
    assert a2c("apply", "--local", "m.yaml", "--on-conflict", "overwrite").code == 0
    assert (owner / "tool.py").read_text().startswith("theirs")
