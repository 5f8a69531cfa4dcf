"""Whose file stands at a path: results of other addresses are replaced only where their owner gives them up."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Command

Writer = Callable[[str, str, str], None]
Applied = Callable[..., str]


@pytest.fixture
def job(project: Path) -> Writer:
    """Writes the manifest of a job that saves the SHA-256 of a file as dist/NAME.sha256."""
    for name in "ab":
        (project / f"{name}.txt").write_text(name)

    def write(address: str, source: str, name: str) -> None:
        (project / f"{address}.yaml").write_text(
            f"apiVersion: a2c-spec/v1\nkind: Job\nname: {address}\ninputs: [{{id: i, path: {source}}}]\n"
            "conversions: [{id: h, category: hash, target: sha256}]\n"
            f"outputs: [{{from: h, filename: {name}}}]\n"
        )

    return write


def holds(project: Path, name: str, source: str) -> bool:
    """Whether the result of this name is that of the source as it is now."""
    made = (project / "dist" / f"{name}.sha256").read_text()
    return hashlib.sha256((project / source).read_bytes()).hexdigest() in made


@pytest.fixture
def applied(a2c: Command, job: Writer) -> Applied:
    """Applies jobs that take the file of their own name, each with its result's name; gives all that was said."""

    def apply(*flags: str, **names: str) -> str:
        for address, name in names.items():
            job(address, f"{address}.txt", name)
        done = a2c("apply", "--local", "-v", *flags)
        assert done.code == 0, done.err
        return done.out + done.err

    return apply


def quiet(a2c: Command) -> None:
    """A further apply has nothing to do, and every file is as it was written."""
    again = a2c("apply", "--local", "-v")
    assert again.code == 0, again.err
    assert "no API calls" in again.out
    checked = a2c("verify", "--local")
    assert (checked.code, "0 of 0" in checked.out) == (0, False)


def test_a_renamed_manifest_takes_over_its_result(project: Path, a2c: Command, job: Writer, applied: Applied) -> None:
    applied(a="one")
    (project / "a.yaml").unlink()
    job("c", "a.txt", "one")
    assert "no API calls" in applied()
    quiet(a2c)


def asks(a2c: Command) -> bool:
    """Whether nothing is replaced before that is confirmed: what another address was paid for."""
    refused = a2c("apply", "--local")
    told = "dist/one.sha256, a result of a, would be replaced, although already paid for\n  add -y to allow it"
    (change,) = (one for one in json.loads(a2c("plan", "--local", "--json").out)["changes"] if one["replaces"])
    return (refused.code, told in refused.err, change["replaces_paid"]) == (11, True, {"dist/one.sha256": "a"})


def test_a_result_moves_to_the_place_of_a_manifest_that_went(
    project: Path, a2c: Command, job: Writer, applied: Applied
) -> None:
    applied(a="one", b="two")
    (project / "a.yaml").unlink()
    job("b", "b.txt", "one")
    assert asks(a2c)
    assert "replaces dist/one.sha256, an earlier result of a" in applied("-y")
    assert holds(project, "one", "b.txt")
    quiet(a2c)


def test_a_new_job_takes_the_place_of_one_that_went(project: Path, a2c: Command, job: Writer, applied: Applied) -> None:
    applied(a="one")
    (project / "a.yaml").unlink()
    job("c", "b.txt", "one")
    assert asks(a2c)
    assert holds(project, "one", "a.txt")
    applied("-y")
    assert holds(project, "one", "b.txt")
    assert "1 of 1 file intact" in a2c("verify", "--local").out
    quiet(a2c)


def test_what_somebody_changed_is_not_taken(project: Path, a2c: Command, job: Writer, applied: Applied) -> None:
    applied(a="one")
    (project / "a.yaml").unlink()
    (project / "dist" / "one.sha256").write_text("notes")
    job("c", "b.txt", "one")
    done = a2c("apply", "--local")
    assert done.code == 9
    assert "refused: dist/one.sha256" in done.out
    assert (project / "dist" / "one.sha256").read_text() == "notes"


def test_what_somebody_changed_stays_beside_what_takes_another_name(
    project: Path, a2c: Command, job: Writer, applied: Applied
) -> None:
    applied(a="one")
    (project / "dist" / "one.sha256").write_text("notes")
    job("a", "b.txt", "two")
    job("c", "b.txt", "one")
    said = a2c("plan", "--local", "--on-conflict", "rename").out
    assert ("writes dist/one-1.sha256" in said, "replaces" in said) == (True, False), said
    assert a2c("apply", "--local", "-y", "--on-conflict", "rename").code == 0
    assert (project / "dist" / "one.sha256").read_text() == "notes"


def test_a_result_gets_its_new_name_although_its_old_file_was_changed(
    project: Path, a2c: Command, job: Writer, applied: Applied
) -> None:
    applied(a="one")
    (project / "dist" / "one.sha256").write_text("notes")
    job("a", "a.txt", "two")
    said = a2c("plan", "--local", "--on-conflict", "skip").out
    assert "writes dist/two.sha256" in said, said
    assert a2c("apply", "--local", "--on-conflict", "skip").code == 0
    assert (project / "dist" / "one.sha256").read_text() == "notes"
    assert holds(project, "two", "a.txt")
    assert "1 unchanged" in a2c("plan", "--local", "--on-conflict", "skip").out


def test_a_place_that_is_left_in_the_same_plan_is_replaced_by_nobody(
    project: Path, a2c: Command, job: Writer, applied: Applied
) -> None:
    applied(a="one")
    job("a", "a.txt", "two")
    job("b", "b.txt", "one")
    changes = json.loads(a2c("plan", "--local", "--json").out)["changes"]
    assert [(one["address"], one["replaces"]) for one in changes] == [("a", []), ("b", [])]
    applied()
    assert (holds(project, "two", "a.txt"), holds(project, "one", "b.txt")) == (True, True)


@pytest.mark.parametrize("meanwhile", ["one runs again", "one file is missing"])
def test_names_swap(meanwhile: str, project: Path, a2c: Command, applied: Applied) -> None:
    applied(a="one", b="two")
    if meanwhile == "one runs again":
        (project / "b.txt").write_text("b2")
    else:
        (project / "dist" / "one.sha256").unlink()
    assert "stays here" not in applied("-y", a="two", b="one")
    assert (holds(project, "two", "a.txt"), holds(project, "one", "b.txt")) == (True, True)
    quiet(a2c)


def test_a_result_that_its_owner_keeps_is_refused_before_anything_is_paid(
    project: Path, a2c: Command, job: Writer, applied: Applied
) -> None:
    applied(a="one", b="two")
    job("a", "a.txt", "three")
    job("b", "b.txt", "one")
    done = a2c("apply", "--local", "--target", "b")
    assert done.code == 13
    assert "is a result of a" in done.err
    assert holds(project, "one", "a.txt")


def test_one_name_for_two_results_is_refused_whatever_is_said_of_conflicts(
    project: Path, a2c: Command, job: Writer
) -> None:
    for policy in ("rename", "skip", "overwrite"):
        job("a", "a.txt", f"one, on_conflict: {policy}")
        job("b", "b.txt", f"one, on_conflict: {policy}")
        done = a2c("apply", "--local")
        assert (done.code, "would both write dist/one.sha256" in done.out + done.err) == (5, True)


BUNDLE = """\
apiVersion: a2c-spec/v1
kind: Job
name: NAME
inputs: [{id: i, path: a.txt}, {id: j, path: NAME.txt}]
conversions: [{id: z, category: archive, target: zip}]
outputs: [{from: z, on_conflict: rename}]
"""


def test_two_results_that_the_service_gives_one_name_are_both_kept(project: Path, a2c: Command, job: Writer) -> None:
    """Which of them is numbered is not foreseen; nothing is lost, and then it stays so."""
    for name in ("b", "c"):
        (project / f"{name}.txt").write_text(name)
        (project / f"{name}.yaml").write_text(BUNDLE.replace("NAME", name))
    done = a2c("apply", "--local")
    assert done.code == 0, done.err
    assert len(list((project / "dist").iterdir())) == 2
    quiet(a2c)
    (project / "dist" / "a-1.zip").unlink()
    assert a2c("apply", "--local").code == 0
    assert len(list((project / "dist").iterdir())) == 2
    quiet(a2c)
    (project / "c.txt").write_text("c2")
    done = a2c("apply", "--local", "-y")
    assert done.code == 0, done.err
    quiet(a2c)


def test_a_result_that_is_left_out_is_told_and_not_counted(project: Path, a2c: Command, job: Writer) -> None:
    (project / "dist").mkdir()
    (project / "dist" / "one.sha256").write_text("mine")
    job("a", "a.txt", "one, on_conflict: skip")
    for command in ("plan", "apply"):
        done = a2c(command, "--local")
        assert "skipped: dist/one.sha256 exists and is not ours" in done.out
        assert "Plan: 1 skipped." in done.out
    assert "nothing to verify" in a2c("verify", "--local").err


def test_one_of_two_results_that_is_left_out_is_told_by_plan_and_verify(project: Path, a2c: Command) -> None:
    (project / "dist").mkdir()
    (project / "dist" / "one.sha256").write_text("mine")
    text = BUNDLE.replace("{id: i, path: a.txt}, {id: j, path: NAME.txt}", "{id: i, path: b.txt}").replace("NAME", "b")
    text = text.replace("{id: z, category: archive, target: zip}", "{id: z, category: hash, target: sha256}, MORE")
    text = text.replace("MORE", "{id: m, category: hash, target: md5}")
    text = text.replace("{from: z, on_conflict: rename}", "{from: z, filename: one, on_conflict: skip}, {from: m}")
    (project / "b.txt").write_text("b")
    (project / "b.yaml").write_text(text)
    assert a2c("apply", "--local").code == 0
    planned, checked = a2c("plan", "--local"), a2c("verify", "--local")
    assert "unchanged, 1 file verified; skipped: dist/one.sha256 exists and is not ours" in planned.out
    assert "Plan: 1 unchanged." in planned.out
    assert "skipped  dist/one.sha256  (b): it exists and is not ours" in checked.out
    assert (checked.code, "1 of 1 file intact, 1 skipped" in checked.out) == (0, True)


def test_what_would_be_saved_nowhere_is_never_paid_for_and_every_command_says_so(
    project: Path, a2c: Command, job: Writer
) -> None:
    job("a", "a.txt", "one, on_conflict: skip")
    assert a2c("apply", "--local").code == 0
    (project / "dist" / "one.sha256").write_text("mine")
    for source in ("a", "new"):
        (project / "a.txt").write_text(source)
        for command in ("plan", "apply", "apply -y --replace a"):
            done = a2c(*command.split(), "--local", "--no-cache")
            told = "skipped: dist/one.sha256 has changed since a2c-spec wrote it"
            assert (done.code, told in done.out, "Plan: 1 skipped. Nothing to send." in done.out) == (0, True, True)
        checked = a2c("verify", "--local")
        assert (checked.code, "skipped  dist/one.sha256  (a): sha256 " in checked.out) == (0, True), checked.err
        assert "0 of 0 files intact, 1 skipped" in checked.out
    (project / "dist" / "one.sha256").unlink()
    assert "missing  dist/one.sha256" in a2c("verify", "--local").out
    assert "1 credit spent" in a2c("apply", "--local", "--no-cache", "-y").out
    assert holds(project, "one", "a.txt")


def test_of_several_conversions_only_those_are_run_whose_results_are_saved(project: Path, a2c: Command) -> None:
    text = BUNDLE.replace("{id: i, path: a.txt}, {id: j, path: NAME.txt}", "{id: i, path: b.txt}").replace("NAME", "b")
    text = text.replace("{id: z, category: archive, target: zip}", "{id: z, category: hash, target: sha256}, MORE")
    text = text.replace("MORE", "{id: m, category: hash, target: md5}")
    text = text.replace("{from: z, on_conflict: rename}", "{from: z, filename: one, on_conflict: skip}, {from: m}")
    (project / "b.txt").write_text("b")
    (project / "b.yaml").write_text(text)
    assert a2c("apply", "--local").code == 0
    (project / "dist" / "one.sha256").write_text("mine")
    (project / "b.txt").write_text("new")
    done = a2c("apply", "--local", "--no-cache", "-y")
    assert (done.code, "1 conversion to hash/md5" in done.out, "1 credit spent" in done.out) == (0, True, True)
    assert "dist/one.sha256 stays here: it has changed since a2c-spec wrote it" in done.out
    for _ in range(2):
        quiet(a2c)
        checked = a2c("verify", "--local")
        told = ["skipped  dist/one.sha256" in checked.out, "1 of 1 file intact, 1 skipped" in checked.out]
        assert (checked.code, told) == (0, [True, True])


def test_nothing_takes_an_older_result_of_what_is_not_made_as_it_is_asked_for(
    project: Path, a2c: Command, job: Writer
) -> None:
    job("a", "a.txt", "one, on_conflict: skip")
    assert a2c("apply", "--local").code == 0
    (project / "dist" / "one.sha256").write_text("mine")
    (project / "a.txt").write_text("new")
    job("d", "b.txt", "two")
    made = re.search(r"id: (\w+), category", (project / "a.yaml").read_text())
    assert made is not None
    text = (project / "d.yaml").read_text().replace("path: b.txt", f"from: a.{made[1]}")
    (project / "d.yaml").write_text(text)
    done = a2c("apply", "--local", "-y")
    told = "which is not made (skipped: dist/one.sha256 has changed since a2c-spec wrote it); move that away, or set"
    assert (done.code, told in done.err) == (13, True), done.err + done.out


@pytest.mark.parametrize("policy", ["rename", "skip", "overwrite"])
def test_a_part_of_the_project_is_refused_what_the_whole_is_refused(
    project: Path, a2c: Command, job: Writer, policy: str
) -> None:
    job("a", "a.txt", "one")
    assert a2c("apply", "--local").code == 0
    job("b", "b.txt", f"one, on_conflict: {policy}")
    done = a2c("apply", "--local", "b.yaml")
    assert (done.code, "dist/one.sha256 is a result of a" in done.err) == (13, True)
    assert holds(project, "one", "a.txt")


def test_a_renamed_manifest_takes_over_what_it_would_else_leave_out(project: Path, a2c: Command, job: Writer) -> None:
    job("a", "a.txt", "one, on_conflict: skip")
    assert a2c("apply", "--local").code == 0
    (project / "a.yaml").unlink()
    job("c", "a.txt", "one, on_conflict: skip")
    assert "taken over from a" in a2c("apply", "--local").out
    quiet(a2c)


def test_a_rename_on_conflict_that_runs_again_claims_no_file_stays(project: Path, a2c: Command, job: Writer) -> None:
    (project / "dist").mkdir()
    (project / "dist" / "one.sha256").write_text("mine")
    job("a", "a.txt", "one")
    assert a2c("apply", "--local", "--on-conflict", "rename").code == 0
    (project / "a.txt").write_text("new")
    done = a2c("apply", "--local", "-y", "--on-conflict", "rename")
    assert "stays here" not in done.out + done.err
    assert holds(project, "one-1", "a.txt")
    assert (project / "dist" / "one.sha256").read_text() == "mine"


@pytest.mark.parametrize(("policy", "place"), [("rename", "two-1"), ("overwrite", "two")])
def test_the_plan_of_a_move_names_the_path_that_apply_writes(
    project: Path, a2c: Command, job: Writer, policy: str, place: str
) -> None:
    job("a", "a.txt", "one")
    assert a2c("apply", "--local").code == 0
    (project / "dist" / "two.sha256").write_text("mine")
    job("a", "a.txt", f"two, on_conflict: {policy}")
    plan = a2c("plan", "--local")
    assert f"rename    dist/one.sha256 -> dist/{place}.sha256" in plan.out
    assert ("replaces dist/two.sha256" in plan.out) == (policy == "overwrite")
    (change,) = json.loads(a2c("plan", "--local", "--json").out)["changes"]
    assert change["moves"] == [{"from": "dist/one.sha256", "to": f"dist/{place}.sha256"}]
    assert a2c("apply", "--local", "-y").code == 0
    assert holds(project, place, "a.txt")
    assert ((project / "dist" / "two.sha256").read_text() == "mine") == (policy == "rename")
    quiet(a2c)


def test_links_and_files_in_the_way_are_seen_before_anything_is_paid(project: Path, a2c: Command, job: Writer) -> None:
    (project / "dist" / "d1").mkdir(parents=True)
    (project / "dist" / "d2").symlink_to("d1")
    for address, folder in (("a", "dist/d1"), ("b", "dist/d2")):
        job(address, f"{address}.txt", f"x, save: {folder}")
    assert a2c("validate").code == 5
    job("a", "a.txt", "x.sha256")
    job("b", "b.txt", "y, save: dist/x.sha256")
    assert "cannot be written" in a2c("validate").out


def test_a_plan_is_applied_to_the_service_it_was_made_for(
    project: Path, a2c: Command, job: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another service, named by the environment, neither gets the plan's calls nor is the key sent to the first."""
    job("a", "a.txt", "one")
    monkeypatch.setenv("API2CONVERT_API_KEY", "k")
    monkeypatch.setenv("API2CONVERT_BASE_URL", "http://127.0.0.1:9/v2")
    assert a2c("plan", "-o", "p.a2cplan.json").code in (0, 2)
    monkeypatch.setenv("API2CONVERT_BASE_URL", "http://127.0.0.1:10/v2")
    done = a2c("apply", "p.a2cplan.json")
    assert done.code == 10, done.err
    assert "localhost:9/v2, not for localhost:10/v2" in done.err


def test_a_result_of_what_is_in_no_manifest_is_refused_with_ways_that_help(
    project: Path, a2c: Command, job: Writer
) -> None:
    job("a", "a.txt", "one")
    assert a2c("apply", "--local").code == 0
    (project / "a.yaml").unlink()
    job("b", "b.txt", "one")
    job("c", "b.txt", "two")
    done = a2c("plan", "--local", "b.yaml")
    told = "one.sha256 is a result of a, which is in no manifest; apply the whole project, say `moved: {from: a}`, or"
    assert told in done.out, done.out
    assert a2c("plan", "--local", "--detailed-exitcode").code == 2


def test_what_is_left_out_cannot_be_run_again(project: Path, a2c: Command, job: Writer) -> None:
    job("a", "a.txt", "one")
    job("b", "b.txt", "two")
    for part in (("--target", "a"), ("--exclude", "b")):
        done = a2c("plan", "--local", "--replace", "b", *part)
        assert (done.code, "--replace b means only what is left out of this plan" in done.err) == (2, True)
        assert a2c("plan", "--local", "--replace", "a", *part).code == 0


@pytest.mark.parametrize("let_go", [True, False])
def test_a_result_of_another_environment_is_known_as_that(
    let_go: bool, project: Path, a2c: Command, job: Writer
) -> None:
    (project / "a2c.yaml").write_text("environments: {prod: {}, staging: {}}\n")
    job("a", "a.txt", "one")
    assert a2c("apply", "--local", "--env", "prod").code == 0
    if let_go:
        (project / "a.yaml").unlink()
        job("c", "b.txt", "two")
        assert a2c("apply", "--local", "--env", "prod").code == 0
        (project / "c.yaml").unlink()
    job("b", "b.txt", "one")
    staging = ("--local", "--env", "staging", "--on-conflict")
    (project / "a.yaml").unlink(missing_ok=True)
    whose = "a result of a in environment prod"
    gone = f"is {whose}, which no manifest asks for there any more"
    kept = f"cannot be written, because it is {whose}; save it in another folder"
    said = a2c("plan", *staging, "error").out
    assert (f"dist/one.sha256 {gone}, and on_conflict is error" if let_go else f"dist/one.sha256 {kept}") in said
    assert (f"skipped: dist/one.sha256 {gone}" in a2c("plan", *staging, "skip").out) == let_go
    refused = a2c("apply", *staging, "overwrite")
    told = f"error: dist/one.sha256, {whose}, would be replaced, although already paid for"
    assert (refused.code, (told if let_go else kept) in refused.err) == (11 if let_go else 13, True)
    assert (f"replaces dist/one.sha256, which {gone}" in refused.out) == let_go
    assert holds(project, "one", "a.txt")
    assert a2c("apply", *staging, "overwrite", "-y").code == (0 if let_go else 13)
    assert holds(project, "one", "b.txt" if let_go else "a.txt")


def test_a_file_that_somebody_else_put_where_another_environment_let_one_go_is_not_its_result(
    project: Path, a2c: Command, job: Writer
) -> None:
    (project / "a2c.yaml").write_text("environments: {prod: {}, staging: {}}\n")
    for address in "ac":
        job(address, "a.txt", "one" if address == "a" else "two")
        assert a2c("apply", "--local", "--env", "prod").code == 0
        (project / "a.yaml").unlink(missing_ok=True)
    assert a2c("apply", "--local", "--env", "prod").code == 0
    (project / "dist/one.sha256").write_text("mine")
    job("c", "b.txt", "one")
    said = a2c("plan", "--local", "--env", "staging").out
    assert "dist/one.sha256 exists and is not recorded as a result of a2c-spec" in said


@pytest.mark.parametrize(
    ("before", "flags", "after"),
    [
        ("environments: {prod: {state: s/a.db}, staging: {}}", (), "environments: {staging: {}}"),
        ("environments: {prod: {state: s/a.db}, staging: {}}", (), "environments: {prod: {}, staging: {}}"),
        ("environments: {prod: {}, staging: {}}", ("--state", "s/x.db"), "environments: {prod: {}, staging: {}}"),
        ("state: z/p.db\nenvironments: {prod: {}}", (), "state: y/p.db\nenvironments: {prod: {}, staging: {}}"),
    ],
)  # fmt: skip
def test_a_result_is_known_whose_state_no_environment_has_any_more(
    before: str, flags: tuple[str, ...], after: str, project: Path, a2c: Command, job: Writer
) -> None:
    (project / "a2c.yaml").write_text(before)
    job("a", "a.txt", "one")
    assert a2c("apply", "--local", "--env", "prod", *flags).code == 0
    (project / "a2c.yaml").write_text(after)
    (project / "a.yaml").unlink()
    job("b", "b.txt", "one")
    refused = a2c("apply", "--local", "--env", "staging", "--on-conflict", "overwrite", "-y")
    assert (refused.code, "cannot be written, because it is a result of a in the state " in refused.err) == (13, True)
    assert holds(project, "one", "a.txt")
    for state in project.glob("[sz]/**/*.db"):
        state.unlink()
    assert a2c("apply", "--local", "--env", "staging", "--on-conflict", "overwrite", "-y").code == 0
