"""``verify`` reads every result again, asks nobody, and says what differs."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from a2c_spec.manifests.schema.published import load_schema
from tests.conftest import Command

RECIPE = """
apiVersion: a2c-spec/v1
kind: Job
name: sums
inputs: [{id: a, path: a.txt}]
conversions:
  - {id: sha, category: hash, target: sha256}
  - {id: md5, category: hash, target: md5}
outputs: [{from: sha, filename: a, save: dist/}, {from: md5, filename: a, save: dist/}]
"""


@pytest.fixture
def applied(project: Path, a2c: Command) -> Path:
    (project / "a.txt").write_text("text")
    (project / "sums.yaml").write_text(RECIPE)
    assert a2c("apply", "sums.yaml", "--local").code == 0
    return project / "dist"


def test_untouched_results_are_intact(applied: Path, a2c: Command) -> None:
    ran = a2c("verify", "--local")
    assert (ran.code, ran.out) == (0, "2 of 2 files intact (local)\n")
    assert applied.is_dir()


def test_what_was_let_go_is_nobodys_result_any_more(applied: Path, project: Path, a2c: Command) -> None:
    (applied / "a.sha256").unlink()
    (project / "sums.yaml").unlink()
    (project / "b.txt").write_text("other")
    other = RECIPE.replace("sums", "other").replace("a.txt", "b.txt").replace("name: a", "name: b")
    (project / "other.yaml").write_text(other)
    plan = a2c("apply", "--local", "--no-cache")
    assert (plan.code, "no longer in a manifest\n      dist/a.md5 stays here\n" in plan.out) == (0, True)
    assert a2c("verify", "--local").out == "2 of 2 files intact (local)\n"
    assert a2c("drift", "--local").out == "no drift\n"


def test_what_no_manifest_asks_for_is_told_apart(applied: Path, project: Path, a2c: Command) -> None:
    other = RECIPE.replace("sums", "other").replace("name: a", "name: b").replace("filename: a", "filename: b")
    (project / "other.yaml").write_text(other)
    assert a2c("apply", "--local", "--no-cache").code == 0
    (project / "sums.yaml").unlink()
    (applied / "a.sha256").unlink()
    for args in ((), ("--json",)):
        ran = a2c("verify", "--local", *args)
        assert ran.code == 0, ran.err
    tree = json.loads(ran.out)
    jsonschema.validate(tree, load_schema("verify"))
    assert (tree["counts"], tree["orphans"]) == ({"intact": 2}, {"intact": 1, "missing": 1})
    ran = a2c("verify", "--local")
    assert "missing  dist/a.sha256  (sums)" in ran.out
    assert "not counted: 2 files of sums, in no manifest; `a2c-spec prune --local`" in ran.out
    assert "2 of 2 files intact" in ran.out
    assert a2c("prune", "--local", "-y").code == 0
    assert a2c("verify", "--local").out == "2 of 2 files intact (local)\n"


def test_where_manifests_cannot_be_read_whatever_is_recorded_counts(applied: Path, project: Path, a2c: Command) -> None:
    (project / "sums.yaml").write_text("kind: Job\n")
    (applied / "a.sha256").unlink()
    assert a2c("verify", "--local").code == 14


def test_a_changed_byte_and_a_missing_file_are_found(applied: Path, a2c: Command) -> None:
    (applied / "a.md5").unlink()
    target = applied / "a.sha256"
    target.write_bytes(target.read_bytes()[:-1] + b"!")
    ran = a2c("verify", "--local")
    assert ran.code == 14
    assert "missing  dist/a.md5" in ran.out
    assert "changed  dist/a.sha256" in ran.out


def test_what_it_says_to_programs_is_json(applied: Path, a2c: Command) -> None:
    (applied / "a.md5").unlink()
    assert a2c("verify", "--local").err.endswith("\n  `a2c-spec apply --local` restores what is missing\n")
    ran = a2c("verify", "--local", "--json")
    assert ran.code == 14
    tree = json.loads(ran.out)
    jsonschema.validate(tree, load_schema("verify"))
    assert tree == {
        "endpoint": "local",
        "counts": {"intact": 1, "missing": 1},
        "orphans": {},
        "files": [
            {"address": "sums", "path": "dist/a.sha256", "status": "intact", "reason": "", "orphan": False},
            {"address": "sums", "path": "dist/a.md5", "status": "missing", "reason": "", "orphan": False},
        ],
    }


LINKS = [
    ("../../twin", 14, "leads out of the project"),
    ("../../nothing", 14, "leads out of the project"),
    ("nothing", 14, "is a symbolic link to something that does not exist"),
    ("../twin", 0, "2 of 2 files intact"),
]


@pytest.mark.parametrize(("place", "code", "told"), LINKS)
def test_every_command_has_one_verdict_on_a_link(
    place: str, code: int, told: str, applied: Path, project: Path, a2c: Command
) -> None:
    target = applied / "a.md5"
    for twin in (project / "twin", project.parent / "twin"):
        twin.write_bytes(target.read_bytes())
    target.unlink()
    target.symlink_to(place)
    ran = a2c("verify", "--local")
    assert (ran.code, told in ran.out, "only with --on-conflict overwrite" in ran.err) == (code, True, code != 0)
    plan, drift = a2c("plan", "--local", "--no-cache"), a2c("drift", "--local", "--offline")
    refused = "a.md5 has changed since a2c-spec wrote it, and on_conflict is error"
    assert (refused in plan.out, "no drift" in drift.out) == (code != 0, code == 0)
    assert a2c("apply", "--local", "--no-cache").code == (13 if code else 0)
    again = a2c("apply", "--local", "--no-cache", "--on-conflict", "overwrite")
    assert (again.code, a2c("verify", "--local").code) == (0, 0), again.err
    assert (project.parent / "twin").exists(), "what a link leads to is not touched"


def test_an_unknown_address_is_said_to_be_unknown(applied: Path, a2c: Command) -> None:
    assert a2c("verify", "--local", "nobody").code == 2
    assert applied.is_dir()


def test_where_nothing_is_to_be_verified_that_is_no_success_and_says_where_something_is(
    applied: Path, project: Path, a2c: Command
) -> None:
    there = "nothing is recorded for api.api2convert.com/v2; something is recorded for local"
    ran = a2c("verify")
    told = "nothing to verify: no result is recorded as saved here for api.api2convert.com/v2"
    assert (ran.code, told in ran.err, there in ran.err) == (1, True, True), ran.err
    as_json = a2c("verify", "--json")
    tree = json.loads(as_json.out)
    jsonschema.validate(tree, load_schema("verify"))
    assert (as_json.code, tree) == (1, {"endpoint": "api.api2convert.com/v2", "counts": {}, "orphans": {}, "files": []})
    assert a2c("state", "list").out == f"{there}\n"
    assert there in a2c("state", "show", "sums").err
    (project / "a2c.yaml").write_text("environments: {staging: {}}\n")
    staging = a2c("verify", "--local", "--env", "staging")
    assert (staging.code, "recorded without an environment" in staging.err) == (1, True)
    assert a2c("state", "list", "--local").out.endswith("\nrecorded for local\n")


def test_a_manifest_that_came_back_is_counted_as_plan_counts_it(project: Path, a2c: Command) -> None:
    for name, kind in (("first", "sha256"), ("other", "md5")):
        (project / f"{name}.yaml").write_text(
            f"apiVersion: a2c-spec/v1\nkind: Job\nname: {name}\ninputs: [{{id: i, path: a.txt}}]\n"
            f"conversions: [{{id: h, category: hash, target: {kind}}}]\noutputs: [{{from: h, filename: {name}}}]\n"
        )
    (project / "a.txt").write_text("A")
    assert a2c("apply", "--local").code == 0
    text = (project / "first.yaml").read_text()
    (project / "first.yaml").unlink()
    assert a2c("apply", "--local").code == 0
    assert "1 of 1 file intact" in a2c("verify", "--local").out
    (project / "first.yaml").write_text(text)
    assert "first     no-op     unchanged, 1 file verified" in a2c("plan", "--local", "-v").out
    assert "2 of 2 files intact" in a2c("verify", "--local").out
    (project / "dist/first.sha256").unlink()
    ended = a2c("verify", "--local")
    assert (ended.code, "missing  dist/first.sha256  (first)" in ended.out) == (14, True)
