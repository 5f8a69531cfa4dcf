"""The settings of a project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from a2c_spec.manifests.project_file import Project, load_project, state_problem, unknown_environment


def test_an_environment_lies_over_the_general_settings(tmp_path: Path) -> None:
    (tmp_path / "a2c.yaml").write_text(
        "defaults: {env: dev, parallelism: 4, timeout: 10}\nstate: .a2c/state.db\n"
        "cache: {url: shared, max_age_days: 7}\nenvironments:\n  dev: {}\n"
        "  prod: {vars: {q: 1}, state: 'data/prod.db', defaults: {timeout: 99}, cache: b}\n"
    )
    dev, problems = load_project(tmp_path)
    assert problems == []
    assert (dev.env, dev.state, dev.cache["url"], dev.defaults["timeout"]) == ("dev", ".a2c/state.db", "shared", 10)
    prod, _ = load_project(tmp_path, "prod")
    assert (prod.state_file("prod"), prod.cache, prod.vars) == ("data/prod.db", {"url": "b"}, {"q": 1})
    assert str(prod.places["defaults.timeout"]).endswith("a2c.yaml:6:67")
    assert str(prod.places["defaults.parallelism"]).endswith("a2c.yaml:1:35")
    assert (prod.defaults["timeout"], prod.defaults["parallelism"]) == (99, 4)
    assert unknown_environment(prod) is None
    chosen, _ = load_project(tmp_path, "prd")
    found = unknown_environment(chosen)
    assert found is not None
    assert (found.message, found.hint) == ("there is no environment `prd`", "did you mean `prod`?")
    (tmp_path / "vars").mkdir()
    (tmp_path / "vars" / "prd.yaml").touch()
    assert unknown_environment(chosen) is None


def test_without_settings_there_is_nothing_wrong(tmp_path: Path) -> None:
    assert load_project(tmp_path, "any") == (Project(tmp_path, env="any"), [])
    (tmp_path / "a2c.yaml").write_text("# nothing yet\n")
    assert load_project(tmp_path) == (Project(tmp_path), [])


def test_whole_numbers_are_whole_however_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "a2c.yaml").write_text(
        "defaults: {parallelism: 8.0, max_credits: 1e2, timeout: 60.0, env: e}\nbudget: {per_run: 0.0}\n"
        "cache: {url: c, max_bytes: 5.0e3, max_age_days: 0.5}\nenvironments: {e: {defaults: {confirm_above: 3.}}}\n"
    )
    found, problems = load_project(tmp_path)
    assert problems == []
    numbers = {**found.defaults, **found.budget, **found.cache}
    assert {name: repr(one) for name, one in numbers.items() if name not in ("env", "url")} == {
        "parallelism": "8", "max_credits": "100", "timeout": "60", "confirm_above": "3", "per_run": "0",
        "max_bytes": "5000", "max_age_days": "0.5",
    }  # fmt: skip  # a table


def test_values_of_an_environment_in_a_misnamed_file_are_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a2c.yaml").write_text("defaults: {env: prod}\nenvironments: {prod: {}}\n")
    (tmp_path / "vars").mkdir()
    (tmp_path / "vars/prod.yml").write_text("q: 1\n")
    (found,) = load_project(tmp_path)[1]
    assert str(found).startswith(f"{tmp_path}/vars/prod.yml: error: this file is not read")
    assert load_project(tmp_path, "other")[1] == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("defaults: {timeout: .inf}", "a2c.yaml:1:21: error: .inf is not a finite number (quote it if text is meant)"),
        ("- 1\n", "a2c.yaml:1:1: error: the settings must be a mapping"),
        ("stat: x\n", "a2c.yaml:1:1: error: `stat` is not a key of a2c.yaml (did you mean `state`?)"),
        ("defaults: {parallelism: 0}\n", "a2c.yaml:1:25: error: `parallelism` must be at least 1, found 0"),
    ],
)
def test_mistakes_in_the_settings_are_told(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "a2c.yaml").write_text(text)
    _, problems = load_project(tmp_path)
    assert [str(found).removeprefix(f"{tmp_path}{os.sep}") for found in problems] == [problem]


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a b"])
def test_the_name_of_an_environment_names_a_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "vars").mkdir()
    found = unknown_environment(Project(tmp_path, env=name, environments=(name,)))
    assert (found is None) == (name == "")


STATES = [
    ("", "", ".a2c/state.db"),
    ("", "e", ".a2c/env/e/state.db"),
    ("data/x.db", "", "data/x.db"),
    ("data/x.db", "e", "data/env/e/x.db"),
    ("data/x.db", "own", "own.db"),
]


@pytest.mark.parametrize(("general", "env", "file"), STATES)
def test_each_environment_has_a_state_of_its_own(tmp_path: Path, general: str, env: str, file: str) -> None:
    project = Project(tmp_path, state=general, states={"own": "own.db"})
    assert project.state_file(env) == file
    assert project.state_file("own", "flag.db") == "env/own/flag.db"


UNSUPPORTED = [
    ("state: postgresql://h/db\n", "1:8", "the state `postgresql://h/db` is not supported yet: a state is one file"),
    ("state: ../x.db\n", "1:8", "the state `../x.db` is outside the project root"),
    ("state: /tmp/x.db\n", "1:8", "the state `/tmp/x.db` must be relative to the project"),
    ("state: .git/x.db\n", "1:8", "would be in the place of something else"),
    ("state: sub/A2C.yaml\n", "1:8", "would be in the place of something else"),
    ("state: .env\n", "1:8", "would be in the place of something else"),
    ("state: .github/w\n", "1:8", "would be in the place of something else"),
    ("state: x/.ENV.local/s.db\n", "1:8", "would be in the place of something else"),
    ("state: a2c.catalog.json\n", "1:8", "would be in the place of something else"),
    ("state: .a2c/.git/s.db\n", "1:8", "would be in the place of something else"),
    ("state: inside/s.db\n", "1:8", "would be in the place of something else"),
    ("environments: {a: {state: .envrc}}\n", "1:27", "would be in the place of something else"),
    ("cache: .git/objects\n", "1:8", "the results cache `.git/objects` would be in the place of something else"),
    ("cache: .GitHub\n", "1:8", "would be in the place of something else"),
    ("cache: inside/x\n", "1:8", "would be in the place of something else"),
    ("cache: {url: .a2c/env, max_bytes: 0}\n", "1:14", "would be in the place of something else"),
    ("cache: ../up\n", "1:8", "is outside the project root (`cache` names a folder below the project; one elsewhere"),
    ("cache: {url: /shared}\n", "1:14", "the results cache `/shared` must be relative to the project"),
    ("cache: ~/shared\n", "1:8", "is outside the project root"),
    ("cache: out/x\n", "1:8", "is outside the project root"),
    ("environments: {a: {cache: {url: ../x}}}\n", "1:33", "is outside the project root"),
    ("state: .a2c\n", "1:8", "would be in the place of something else"),
    ("state: .a2c/local/x.db\n", "1:8", "would be in the place of something else"),
    ("state: data/Spending.db\n", "1:8", "would be in the place of something else"),
    ("state: data/x.lock\n", "1:8", "would be in the place of something else"),
    ("state: one.yaml\n", "1:8", "would be in the place of something else: that file is not a state"),
    ("cache: one.yaml\n", "1:8", "the results cache `one.yaml` must be a folder, and is a file"),
    ("cache: {url: one.yaml/in/it}\n", "1:14", "the results cache `one.yaml/in/it` must be a folder, and is a file"),
    ("state: new/\n", "1:8", "the state `new/` is a folder; name a file"),
    ("state: vars/\n", "1:8", "the state `vars/` is a folder; name a file"),
    ("environments: {a: {state: x.db}, b: {state: X.db}}\n", "1:27", "the state `x.db` is that of environment b too"),
    ("environments: {a: {state: .a2c/state.db}}\n", "1:27", "is that of what runs without one too"),
    ("environments: {a: {state: .a2c/env/b/state.db}, b: {}}\n", "1:27", "is that of environment b too"),
    ("cache: gs://b\n", "1:8", "the results cache `gs://b` must be a folder"),
    ("environments: {a: {cache: {url: 'az://b'}}}\n", "1:33", "the results cache `az://b` must be a folder"),
    ("defaults: {base_url: 'https://a.test:99999/v2'}\n", "1:22", "`base_url` must be an http or https URL"),
    ("environments: {a: {defaults: {base_url: 'http://'}}}\n", "1:41", "`base_url` must be an http or https URL"),
    ("defaults: {strategy: staged}\n", "1:22", "the strategy `staged` is not supported yet"),
    ("environments: {a: {defaults: {env: b}}}\n", "1:36", "an environment cannot choose the environment"),
    ("environments: {a: {budget: {per_day: 1}}}\n", "1:20", "`budget` is not a key of an environment"),
]


@pytest.mark.parametrize(("text", "place", "message"), UNSUPPORTED)
def test_what_is_not_supported_is_refused_at_its_place(tmp_path: Path, text: str, place: str, message: str) -> None:
    (tmp_path / "vars").mkdir()
    (tmp_path / "one.yaml").write_text("name: one")
    (tmp_path / ".git").mkdir()
    (tmp_path / "inside").symlink_to(".git")
    (tmp_path / "out").symlink_to(tmp_path.parent)
    (tmp_path / "a2c.yaml").write_text(text)
    found = [str(problem) for problem in load_project(tmp_path)[1]]
    assert found[0].startswith(f"{tmp_path}{os.sep}a2c.yaml:{place}: error: ")
    assert message in found[0]


def test_a_state_is_not_kept_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/out").symlink_to(tmp_path)
    assert state_problem(tmp_path / "p", "out/x.db") == "is outside the project root"
    assert state_problem(tmp_path / "p", "new/x.db") == ""


def test_a_state_is_named_by_text(tmp_path: Path) -> None:
    assert state_problem(tmp_path, "\udcff/x.db") == "is not UTF-8"
