"""Results that another job asks for by now, tried as a user would: they go there, and nothing is paid for again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from a2c_spec.local_api.settings import Progression, Settings
from tests.commands.conftest import Somebody, spent
from tests.conftest import Command


@pytest.fixture
def service_settings() -> Settings:
    """A service whose jobs take a few looks to end."""
    return Settings(progression=Progression("polls", 1, 4))


def write(project: Path, name: str, source: str, **targets: str) -> None:
    """A job with one input, the text that is given or a result (``from: job.conversion``); conversion -> target, and
    the result is called as ``target`` says before a colon, if anything."""
    (project / "in").mkdir(exist_ok=True)
    (project / "in" / f"{source}.txt").write_text(source)
    taken = f"from: {source}" if "." in source else f"path: in/{source}.txt"
    named = {key: value.rpartition(":") for key, value in targets.items()}
    conversions = [f"{{id: {key}, category: hash, target: {one[2]}}}" for key, one in named.items()]
    outputs = [f"{{from: {key}, filename: {one[0] or name + key}}}" for key, one in named.items()]
    lines = ["apiVersion: a2c-spec/v1", "kind: Job", f"name: {name}", f"inputs: [{{id: i, {taken}}}]"]
    lines += [f"conversions: [{', '.join(conversions)}]", f"outputs: [{', '.join(outputs)}]", ""]
    (project / f"{name}.yaml").write_text("\n".join(lines))


def planned(a2c: Command, *args: str) -> dict[str, list[str]]:
    """address -> actions."""
    found: dict[str, list[str]] = {}
    for row in json.loads(a2c("plan", "--no-cache", "--json", *args).out)["changes"]:
        found.setdefault(row["address"].partition("#")[0], []).append(row["action"])
    return found


def ends(a2c: Command) -> None:
    """Everything is here, and the next plan is empty."""
    assert {action for actions in planned(a2c).values() for action in actions} == {"no-op"}
    assert a2c("verify").code == 0


@pytest.mark.parametrize("name", ["x", "q"])
@pytest.mark.parametrize("part", [("--target", "b"), ("--exclude", "a"), ("b.yaml",)])
def test_from_a_job_that_is_left_out_of_the_plan(
    part: tuple[str, ...], name: str, project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "a", "one", c="x:sha256")
    assert a2c("apply", "--no-cache").code == 0
    write(project, "a", "two", c="y:sha256")
    write(project, "b", "one", c=f"{name}:sha256")
    assert planned(a2c, *part) == {"b": ["adopt" if name == "x" else "rename"]}
    assert a2c("apply", "--no-cache", *part).code == 0
    assert (spent(somebody), planned(a2c)) == (1, {"a": ["create"], "b": ["no-op"]})
    assert a2c("apply", "--no-cache").code == 0
    ends(a2c)


@pytest.mark.parametrize("part", [(), ("b.yaml",), ("--target", "b")])
def test_from_a_job_that_has_not_asked_for_it_for_long_and_is_unchanged(
    part: tuple[str, ...], project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "a", "one", c="x:sha256", k="x:md5")
    assert a2c("apply", "--no-cache").code == 0
    write(project, "a", "one", c="x:sha256")
    for _ in range(2):
        assert a2c("apply", "--no-cache").code == 0
    write(project, "b", "one", k="x:md5")
    assert planned(a2c, *part)["b"] == ["adopt"]
    assert a2c("apply", "--no-cache", *part).code == 0
    ends(a2c)
    assert a2c("destroy", "b", "-y", "--files").code == 0
    assert planned(a2c, *part)["b"] == ["download"], "its job is still that of the other one"
    assert a2c("apply", "--no-cache", *part).code == 0
    ends(a2c)
    assert spent(somebody) == 2


def test_not_from_a_job_that_is_left_out_and_still_asks_for_it(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, "a", "one", c="sha256")
    assert a2c("apply", "--no-cache").code == 0
    write(project, "b", "one", c="sha256")
    for part in (("--target", "b"), ("b.yaml",)):
        assert planned(a2c, *part) == {"b": ["create"]}


def test_from_a_job_that_is_in_no_manifest_although_one_is_named(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "a", "one", c="sha256")
    assert a2c("apply", "--no-cache").code == 0
    (project / "a.yaml").rename(project / "b.yaml")
    (project / "b.yaml").write_text((project / "b.yaml").read_text().replace("name: a", "name: b"))
    assert planned(a2c, "b.yaml") == {"b": ["rename"]} or planned(a2c, "b.yaml") == {"b": ["adopt"]}


def test_contents_that_jobs_exchange_where_one_has_an_earlier_run(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "b", "a.k", c="y:sha384")
    for target in ("md5", "sha512"):
        write(project, "a", "one", c=f"x:{target}", k="x2:sha1")
        assert a2c("apply", "--no-cache", "-y").code == 0
    before = spent(somebody)
    write(project, "b", "one", c="x:sha512", k="x2:sha1")
    write(project, "a", "b.k", c="y:sha384")
    assert {action for actions in planned(a2c).values() for action in actions} == {"adopt", "no-op"}
    assert a2c("apply", "--no-cache").code == 0
    ends(a2c)
    assert spent(somebody) == before


def test_a_result_that_came_back_with_git(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, "a", "one", c="x:sha256")
    assert a2c("apply", "--no-cache").code == 0
    shutil.copytree(project / "dist", project / "kept")
    write(project, "a", "two", c="x:sha256")
    assert a2c("apply", "--no-cache", "-y").code == 0
    shutil.rmtree(project / "dist")
    (project / "kept").rename(project / "dist")
    write(project, "a", "two", c="q:sha256")
    write(project, "b", "one", c="x:sha256")
    assert planned(a2c) == {"a": ["download"], "b": ["adopt"]}
    assert a2c("apply", "--no-cache").code == 0
    ends(a2c)


SPLIT: list[tuple[str, dict[str, dict[str, str]], int]] = [
    ("one of two moves", {"a": {"c": "x:sha256"}, "b": {"k": "y:md5"}}, 2),
    ("both move, to two jobs", {"d": {"c": "x:sha256"}, "b": {"k": "y:md5"}}, 2),
    ("one moves, the other one is not wanted any more", {"a": {"e": "z:sha1"}, "b": {"k": "w:md5"}}, 3),
    ("both move, and something else comes", {"a": {"e": "z:sha1"}, "b": {"k": "y:md5"}, "d": {"c": "x:sha256"}}, 3),
]


@pytest.mark.parametrize(("after", "credits_spent"), [row[1:] for row in SPLIT], ids=[row[0] for row in SPLIT])
@pytest.mark.parametrize("wait", ["apply", "wait"])
def test_results_of_a_job_that_still_runs(
    after: dict[str, dict[str, str]], credits_spent: int, wait: str, project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "a", "one", c="x:sha256", k="y:md5")
    assert a2c("apply", "--no-cache", "--detach").code == 0
    (project / "a.yaml").unlink()
    for name, targets in after.items():
        write(project, name, "one", **targets)
    if wait == "wait":
        assert a2c("apply", "--no-cache", "--detach").code == 0
        assert a2c("wait").code == 0
    assert a2c("apply", "--no-cache").code == 0
    ends(a2c)
    assert spent(somebody) == credits_spent


def test_a_job_that_another_address_waits_for_is_not_cancelled(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, "a", "one", c="x:sha256", k="y:md5")
    assert a2c("apply", "--no-cache", "--detach").code == 0
    write(project, "a", "one", c="x:sha256")
    write(project, "b", "one", k="y:md5")
    assert a2c("apply", "--no-cache", "--detach").code == 0
    write(project, "a", "one", c="x:sha1")
    said = a2c("apply", "--no-cache", "-y")
    assert said.code == 0
    assert "another address waits for its job, which goes on" in said.out
    ends(a2c)
    assert spent(somebody) == 3
    for address, left in (("a", 1), ("b", 0)):
        assert a2c("destroy", address, "-y").code == 0
        assert len(somebody("GET", "/jobs") or ()) == left


def test_what_a_run_that_is_kept_made_before_goes_to_who_asks_for_it(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "a", "one", c="x:sha256", k="x:md5")
    assert a2c("apply", "--no-cache").code == 0
    write(project, "a", "one", c="x:sha1", k="x:md5")
    write(project, "b", "one", c="y:sha256")
    assert planned(a2c) == {"a": ["no-op", "re-run"], "b": ["rename"]}
    assert a2c("apply", "--no-cache", "-y").code == 0
    ends(a2c)
    assert spent(somebody) == 3


def guarded(project: Path, name: str, lifecycle: str) -> None:
    file = project / f"{name}.yaml"
    file.write_text(f"{file.read_text()}lifecycle: {{{lifecycle}}}\n")


def test_a_job_that_must_not_be_run_again_does_not_give_its_result_away(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "a", "one", c="x:sha256")
    assert a2c("apply", "--no-cache").code == 0
    write(project, "a", "two", c="x:sha256")
    guarded(project, "a", "prevent_replace: true")
    assert a2c("apply", "--no-cache", "-y").code == 13
    write(project, "b", "one", c="y:sha256")
    assert planned(a2c) == {"a": ["re-run"], "b": ["create"]}
    assert a2c("apply", "--no-cache", "-y").code == 9
    assert spent(somebody) == 2


def test_a_file_of_what_nobody_asks_for_is_known_although_its_job_is_replaced_and_deleted(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "a", "one", c="x:sha256", k="x:md5")
    assert a2c("apply", "--no-cache").code == 0
    (project / "a.yaml").unlink()
    for source in ("one", "two"):
        write(project, "b", source, k="x:md5")
        guarded(project, "b", "on_replace: delete")
        assert a2c("apply", "--no-cache", "-y").code == 0
    write(project, "a", "one", c="x:sha256")
    assert planned(a2c) == {"a": ["adopt"], "b": ["no-op"]}
    assert a2c("apply", "--no-cache").code == 0
    ends(a2c)
    assert len(somebody("GET", "/jobs")) == 1


@pytest.mark.parametrize("named", [(), (".",), ("n.yaml",)])
def test_a_job_that_has_moved_asks_as_it_did_before(
    named: tuple[str, ...], project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "a", "one", c="x:sha256")
    assert a2c("apply", "--no-cache").code == 0
    (project / "a.yaml").unlink()
    write(project, "n", "two", c="x:sha256")
    (project / "n.yaml").write_text((project / "n.yaml").read_text() + "moved: {from: a}\n")
    assert a2c("apply", "--no-cache", *named).code == 11
    assert a2c("apply", "--no-cache", "-y", *named).code == 0
    ends(a2c)
    guarded(project, "n", "prevent_replace: true")
    (project / "in/two.txt").write_text("three")
    assert a2c("apply", "--no-cache", "-y", *named).code == 13


def test_a_split_is_taken_back_in_the_folder_that_is_named(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, "a", "one", c="x:sha256", k="x:md5")
    assert a2c("apply", "--no-cache", ".").code == 0
    write(project, "a", "one", c="x:sha256")
    write(project, "b", "one", k="x:md5")
    assert a2c("apply", "--no-cache", ".").code == 0
    (project / "b.yaml").unlink()
    write(project, "a", "one", c="x:sha256", k="x:md5")
    assert a2c("apply", "--no-cache", ".").code == 0
    ends(a2c)
    assert spent(somebody) == 2


def test_nothing_is_paid_for_a_dependent_whose_place_another_address_keeps(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "y", "one", c="z:sha256")
    assert a2c("apply", "--no-cache").code == 0
    write(project, "y", "one", c="moved:sha256")
    write(project, "u", "two", c="sha256")
    write(project, "w", "u.c", c="z:sha256")
    refused = a2c("apply", "--no-cache", "-y", "u.yaml", "w.yaml")
    assert (refused.code, spent(somebody)) == (9, 2)
    assert "which this plan leaves out; apply all manifests, or" in refused.out


def test_an_earlier_run_comes_back_in_the_place_of_the_present_one_that_is_run_anew_elsewhere(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    for source in ("one", "two"):
        write(project, "a", source, c="x:sha256")
        assert a2c("apply", "--no-cache", "-y").code == 0
    write(project, "a", "three", c="y:sha256")
    write(project, "b", "one", c="x:sha256")
    done = a2c("apply", "--no-cache", "-y")
    assert (done.code, "replaces dist/x.sha256, an earlier result of a" in done.out) == (0, True), done.out
    assert spent(somebody) == 3
    ends(a2c)


def test_a_name_is_not_numbered_because_another_run_has_the_id_for_something_else(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "a", "one", k="n:sha256", l="n:md5")
    assert a2c("apply", "--no-cache").code == 0
    write(project, "b", "two", k="m:md5")
    assert a2c("apply", "--no-cache").code == 0
    write(project, "a", "two", k="n:sha256", l="n:md5")
    write(project, "b", "one", k="m:md5")
    done = a2c("apply", "--no-cache", "-y")
    assert (done.code, "-2" in done.out, spent(somebody)) == (0, False, 4), done.out
    ends(a2c)


def test_nor_because_the_id_was_for_something_else_before(project: Path, a2c: Command, somebody: Somebody) -> None:
    write(project, "a", "one", k="x:md5", l="n:md5")
    assert a2c("apply", "--no-cache").code == 0
    write(project, "a", "one", k="n:sha256", l="n:md5")
    assert sorted(planned(a2c)["a"]) == ["no-op", "re-run"]
    assert a2c("apply", "--no-cache", "-y").code == 0
    assert spent(somebody) == 3
    ends(a2c)


def test_waiting_brings_a_dependent_whose_input_is_an_earlier_result_too(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "u", "one", c="sha256")
    write(project, "w", "u.c", c="md5")
    for text in ("one", "two"):
        (project / "in/one.txt").write_text(text)
        assert a2c("apply", "--no-cache", "-y").code == 0
    (project / "in/one.txt").write_text("one")
    waited = a2c("wait")
    assert (waited.code, spent(somebody)) == (0, 4), waited.err
    ends(a2c)


def test_another_value_of_a_variable_in_a_name_keeps_its_files_and_nothing_is_paid_again(
    project: Path, a2c: Command, somebody: Somebody
) -> None:
    write(project, "q", "one", c="sha256", k="md5")
    text = (project / "q.yaml").read_text()
    text = text.replace("name: q\n", 'name: "q-${{ vars.of }}"\nvars: {of: {type: string}}\n')
    for key in "ck":
        text = text.replace(f"filename: q{key}", f'filename: "{key}-${{{{ vars.of }}}}"')
    (project / "q.yaml").write_text(text)
    for value in ("1", "2", "1", "2"):
        assert a2c("apply", "--no-cache", "--var", f"of={value}").code == 0
        assert a2c("plan", "--no-cache", "--detailed-exitcode", "--var", f"of={value}").code == 0
        assert a2c("verify").code == 0
    names = sorted(path.name for path in project.rglob("*-[12].*"))
    assert names == ["c-1.sha256", "c-2.sha256", "k-1.md5", "k-2.md5"]
    assert spent(somebody) == 2
