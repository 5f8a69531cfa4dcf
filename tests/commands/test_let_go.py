"""What a plan lets go, and what it must not: names of conversions that are made anew, files and jobs of what stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Somebody, in_dist, spent
from tests.conftest import Command


@pytest.fixture
def sources(project: Path, server: Background) -> Path:
    """Two texts beside the manifests."""
    for name in "ab":
        (project / f"{name}.txt").write_text(name)
    assert server
    return project


def job(project: Path, name: str, source: str, extra: str = "", **conversions: str) -> None:
    """A job that makes a hash, or a zip, for each conversion: ``id="target:file name"``, of a text or a result."""
    made = {key: value.partition(":") for key, value in conversions.items()}
    lines = ["apiVersion: a2c-spec/v1", "kind: Job", f"name: {name}"]
    lines.append(f"inputs: [{{id: i, {'path' if source.endswith('.txt') else 'from'}: {source}}}]")
    targets = (f"{{id: {key}, category: {'archive' if one == 'zip' else 'hash'}, target: {one}}}"
               for key, (one, _, _) in made.items())  # fmt: skip
    outputs = (f"{{from: {key}, filename: {file}, save: dist/}}" for key, (_, _, file) in made.items())
    lines += [f"conversions: [{', '.join(targets)}]", f"outputs: [{', '.join(outputs)}]", extra, ""]
    (project / f"{name}.yaml").write_text("\n".join(lines))


def ends(a2c: Command) -> None:
    """The next plan is empty, and every file is as it was written."""
    assert a2c("plan", "--no-cache", "--detailed-exitcode").code == 0
    assert a2c("verify").code == 0


@pytest.mark.parametrize("other", ["sha1:s", "sha1:x"])
def test_a_conversion_that_is_made_anew_gives_its_name_though_another_of_its_job_stays(
    other: str, sources: Path, a2c: Command
) -> None:
    job(sources, "one", "a.txt", c="md5:m", k="zip:one")
    job(sources, "two", "b.txt", c="sha1:s", k="zip:two")
    assert a2c("apply", "--no-cache").code == 0
    job(sources, "one", "a.txt", c=other, k="zip:one")
    job(sources, "two", "b.txt", c="md5:m", k="zip:two")
    told = a2c("plan", "--no-cache").out
    assert ("replaces dist/m.md5, an earlier result of one" in told, "2 to re-run" in told) == (True, True)
    done = a2c("apply", "--no-cache", "-y")
    assert (done.code, "2 credits spent" in done.out) == (0, True), done.err
    assert (sources / "dist" / "m.md5").read_text().startswith("92eb5ffee6ae2fec3ad71c777531578f")
    ends(a2c)


KEPT = "lifecycle: {prevent_replace: true}"


def test_what_is_refused_keeps_its_file_and_what_needs_it_is_refused_too(
    sources: Path, a2c: Command, somebody: Somebody
) -> None:
    job(sources, "one", "a.txt", KEPT, c="md5:m")
    job(sources, "two", "b.txt", c="md5:n")
    assert a2c("apply", "--no-cache").code == 0
    before = (sources / "dist" / "m.md5").read_text()
    (sources / "a.txt").write_text("new")
    job(sources, "one", "a.txt", KEPT, c="md5:elsewhere")
    job(sources, "two", "b.txt", c="md5:m")
    job(sources, "late", "one.c", c="sha1:late")
    job(sources, "later", "late.c", c="sha1:later")
    told = a2c("plan", "--no-cache").out
    for why in ("dist/m.md5 is a result of one", "it needs one, which is refused", "it needs late, which is refused"):
        assert why in told
    assert "Plan: 4 refused. Nothing to send." in told
    done = a2c("apply", "--no-cache", "-y")
    assert (done.code, in_dist(sources)) == (13, ["m.md5", "n.md5"]), done.out
    assert (sources / "dist" / "m.md5").read_text() == before
    assert len(somebody("GET", "/jobs")) == 2


def test_a_file_under_an_old_name_stays_until_the_new_result_is_there(sources: Path, a2c: Command) -> None:
    removing = "lifecycle: {on_rename: remove}"
    job(sources, "one", "a.txt", removing, c="md5:m")
    assert a2c("apply", "--no-cache").code == 0
    job(sources, "one", "b.txt", f"job: {{process: false}}\n{removing}", c="md5:n")
    assert a2c("apply", "--no-cache", "-y").code == 0
    told = a2c("plan", "--no-cache", "--detailed-exitcode")
    assert (told.code, "is removed" in told.out, in_dist(sources)) == (0, False, ["m.md5"]), told.out
    job(sources, "one", "b.txt", removing, c="md5:n")
    assert "dist/m.md5 is removed" in a2c("plan", "--no-cache").out
    assert a2c("apply", "--no-cache", "-y").code == 0
    assert in_dist(sources) == ["n.md5"]
    ends(a2c)


def test_no_job_is_deleted_of_which_another_address_takes_a_result_over(
    sources: Path, a2c: Command, somebody: Somebody
) -> None:
    deleting = "lifecycle: {on_replace: delete}"
    job(sources, "one", "a.txt", deleting, c="sha256:m", d="md5:m")
    assert a2c("apply", "--no-cache").code == 0
    job(sources, "one", "b.txt", deleting, c="sha256:m")
    job(sources, "two", "a.txt", d="md5:m")
    told = a2c("plan", "--no-cache").out
    assert ("taken over from one" in told, "DELETE" in told, "delete" in told) == (True, False, False), told
    assert a2c("apply", "--no-cache", "-y").code == 0
    assert len(somebody("GET", "/jobs")) == 2
    ends(a2c)


def test_the_number_that_a_name_has_on_this_disk_is_nothing_that_is_sent(
    sources: Path, a2c: Command, somebody: Somebody
) -> None:
    job(sources, "one", "a.txt", c="md5:m, on_conflict: rename")
    job(sources, "late", "one.c", c="sha1:late")
    assert a2c("apply", "--no-cache").code == 0
    for number in ("", "-1"):
        (sources / "dist" / f"m{number}.md5").write_text("mine")
        assert "late   no-op" in " ".join(a2c("plan", "--no-cache").out.split("  "))
        assert a2c("apply", "--no-cache").code == 0
        ends(a2c)
    assert in_dist(sources) == ["late.sha1", "m-1.md5", "m-2.md5", "m.md5"]
    assert len(somebody("GET", "/jobs")) == 2


def test_one_earlier_run_is_taken_over_alone_and_the_others_come_back_for_nothing(
    sources: Path, a2c: Command, somebody: Somebody
) -> None:
    deletes = "lifecycle: {on_replace: delete, on_rename: remove}"
    (sources / "c.txt").write_text("c")
    for source, name in (("c", "d"), ("a", "d2")):
        job(sources, "d", f"{source}.txt", c=f"md5:{name}")
        assert a2c("apply", "--no-cache", "-y").code == 0
    job(sources, "b", "b.txt", deletes, c="md5:b")
    (sources / "d.yaml").unlink()
    assert a2c("apply", "--no-cache").code == 0
    job(sources, "b", "c.txt", deletes, c="md5:b")
    assert a2c("apply", "--no-cache", "-y").code == 0
    ends(a2c)
    assert "d2.md5" in in_dist(sources)
    (sources / "dist" / "d2.md5").unlink()
    assert a2c("apply", "--no-cache").code == 0
    job(sources, "d", "a.txt", c="md5:d2")
    assert a2c("apply", "--no-cache").code == 0
    ends(a2c)
    assert sum(row["spent"] for row in somebody("GET", "/jobs")) == 2  # of c and a; the one of b was replaced


@pytest.mark.parametrize("extra", ["", "lifecycle: {on_replace: delete}"])
@pytest.mark.parametrize("taken", [True, False])
def test_a_former_result_is_not_replaced_by_a_move_unsaid_and_unasked(
    taken: bool, extra: str, sources: Path, a2c: Command
) -> None:
    job(sources, "b", "b.txt", c="md5:b")
    if taken:
        job(sources, "d", "a.txt", c="md5:d")
        assert a2c("apply", "--no-cache").code == 0
        (sources / "d.yaml").unlink()
    else:
        assert a2c("apply", "--no-cache").code == 0
        job(sources, "b", "a.txt", c="md5:d")
        assert a2c("apply", "--no-cache", "-y").code == 0
    before = (sources / "dist" / "b.md5").read_text()
    job(sources, "b", "a.txt", extra, c="md5:b")
    change = json.loads(a2c("plan", "--no-cache", "--json").out)["changes"][0]
    assert (change["moves"], change["replaces"]) == ([{"from": "dist/d.md5", "to": "dist/b.md5"}], ["dist/b.md5"])
    assert "replaces dist/b.md5" in a2c("plan", "--no-cache").out
    refused = a2c("apply", "--no-cache")
    assert (refused.code, "dist/b.md5 replaced" in refused.err) == (11, True), refused.err
    assert (sources / "dist" / "b.md5").read_text() == before
    assert a2c("apply", "--no-cache", "-y").code == 0
    ends(a2c)


def test_a_saved_plan_that_takes_a_result_of_a_deleted_job_from_the_cache_is_not_stale(
    sources: Path, a2c: Command
) -> None:
    deletes = "lifecycle: {on_replace: delete}"
    for source in "ab":
        job(sources, "one", f"{source}.txt", deletes, c="md5:m")
        assert a2c("apply", "-y").code == 0
    job(sources, "one", "a.txt", deletes, c="md5:m")
    assert "= cached" in a2c("plan", "-o", "p.a2cplan.json").out
    done = a2c("apply", "-y", "p.a2cplan.json")
    assert done.code == 0, done.err
    ends(a2c)


def test_no_plan_says_that_a_file_stays_which_is_not_here(sources: Path, a2c: Command) -> None:
    removed = sources / "dist" / "m.md5"
    job(sources, "one", "a.txt", c="md5:m")
    assert a2c("apply", "--no-cache").code == 0
    job(sources, "one", "b.txt", c="md5:n")
    assert "dist/m.md5 stays here" in a2c("plan", "--no-cache").out
    removed.unlink()
    assert "stays" not in a2c("plan", "--no-cache").out
    job(sources, "one", "a.txt", c="md5:m")
    assert a2c("apply", "--no-cache").code == 0
    (sources / "one.yaml").write_text((sources / "one.yaml").read_text().replace("save: dist/", "save: ''"))
    assert "dist/m.md5 stays here" in a2c("plan", "--no-cache").out
    removed.unlink()
    told = a2c("plan", "--no-cache").out
    assert ("dist/m.md5 is no longer saved, and not here" in told, "leaves" in told) == (True, False), told
    assert a2c("apply", "--no-cache").code == 0
    assert a2c("plan", "--no-cache", "--detailed-exitcode").code == 0


def test_two_jobs_that_change_all_they_ask_for_have_each_what_it_asks_for(sources: Path, a2c: Command) -> None:
    """A job's parts have other names by the time another address takes one of them over."""
    job(sources, "one", "a.txt", c="sha1:s", k="md5:m")
    job(sources, "two", "a.txt", c="md5:n")
    assert a2c("apply", "--no-cache").code == 0
    job(sources, "two", "a.txt", c="sha1:s", k="md5:m")
    job(sources, "one", "a.txt", c="md5:n")
    done = a2c("apply", "--no-cache")
    assert (done.code, "spent" in done.out) == (0, False), done.err
    ends(a2c)
    told = {one["address"]: one["files"] for one in json.loads((sources / ".a2c/outputs.json").read_text())["jobs"]}
    (s,) = [file for file in told["two"] if file["path"] == "dist/s.sha1"]
    assert s["conversion"] == "c"
    assert (sources / "dist/s.sha1").read_text().startswith("86f7e437faa5a7fce15d1ddcb9eaeaea377667b8")


def pages(project: Path, name: str, save: str = "dist/", policy: str = "error", options: str = "") -> None:
    """A job that makes a picture of each page, whose names only the run tells."""
    read = "path: src/report-Q3-2026.pdf, decrypt_password: {secret: 'file:src/report.password'}"
    lines = ["apiVersion: a2c-spec/v1", "kind: Job", f"name: {name}", f"inputs: [{{id: i, {read}}}]"]
    lines.append(f"conversions: [{{id: c, target: png, options: {{allow_multiple_outputs: true{options}}}}}]")
    named = f"filename: 'x-${{{{ output.index }}}}', save: {save}, on_conflict: {policy}"
    (project / f"{name}.yaml").write_text("\n".join([*lines, f"outputs: [{{from: c, {named}}}]", ""]))


@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize("policy", ["error", "skip", "rename", "overwrite"])
def test_what_another_address_let_go_of_stays_where_only_the_run_tells_that_a_result_gets_its_name(
    policy: str, gone: bool, sources: Path, a2c: Command, somebody: Somebody
) -> None:
    pages(sources, "one")
    assert a2c("apply", "--no-cache").code == 0
    before = [(sources / f"dist/x-{number}.png").read_bytes() for number in (1, 2)]
    if gone:
        (sources / "one.yaml").unlink()
    else:  # its results have other places from now on
        pages(sources, "one", "elsewhere/", options=", dpi: 40")
        assert a2c("apply", "--no-cache", "-y").code == 0
    pages(sources, "two", policy=policy, options=", dpi: 36")
    done = a2c("apply", "--no-cache")
    assert done.code == ((9 if gone else 13) if policy == "error" else 0), done.err
    kept = [(sources / f"dist/x-{number}.png").read_bytes() for number in (1, 2)] == before
    assert kept is (policy != "overwrite")
    assert len(in_dist(sources)) == (4 if policy == "rename" else 2)
    if policy != "error":
        return
    assert "is a result that one has let go of, and on_conflict is error" in done.out + done.err
    paid = spent(somebody)
    asked = a2c("apply", "--no-cache")
    assert (asked.code, "dist/x-1.png, dist/x-2.png, results of one, would be replaced" in asked.err) == (11, True)
    assert a2c("apply", "--no-cache", "-y").code == 0
    assert (spent(somebody), (sources / "dist/x-1.png").read_bytes() == before[0]) == (paid, False)
    ends(a2c)


def test_a_name_that_is_known_once_another_result_is_here_replaces_nothing_unasked(
    sources: Path, a2c: Command, somebody: Somebody
) -> None:
    """The name of the second result is made from that of the first, which only the run tells."""
    made = "conversions: [{id: c, category: operation, target: compress}]"
    text = ["apiVersion: a2c-spec/v1", "kind: Job", "name: first", "inputs: [{id: i, path: src/report-Q3-2026.pdf}]"]
    text = [line.replace("report-Q3-2026", "appendix") for line in text]
    (sources / "first.yaml").write_text("\n".join([*text, made, "outputs: [{from: c, filename: f, save: made/}]", ""]))
    job(sources, "old", "a.txt", c="md5:f")
    assert a2c("apply", "--no-cache", "--target", "old").code == 0
    before = (sources / "dist/f.md5").read_text()
    (sources / "old.yaml").unlink()
    job(sources, "late", "first.c", c="md5:'${{ input.stem }}'")
    told = a2c("apply", "--no-cache")
    assert (told.code, "it replaces dist/f.md5, an earlier result of old" in told.out) == (9, True), told.out
    assert ((sources / "dist/f.md5").read_text(), spent(somebody)) == (before, 2)
    assert a2c("apply", "--no-cache").code == 11
    assert a2c("apply", "--no-cache", "-y").code == 0
    ends(a2c)


@pytest.mark.parametrize("way", ["--detach", "save nothing", "removed"])
def test_a_job_that_goes_with_a_result_that_is_only_there_says_so_and_asks(
    way: str, sources: Path, a2c: Command, somebody: Somebody
) -> None:
    saved = "save: ''" if way == "save nothing" else "save: dist/"
    for source in "ab":
        job(sources, "one", f"{source}.txt", "lifecycle: {on_replace: delete}", c="md5:m")
        made = sources / "one.yaml"
        made.write_text(made.read_text().replace("save: dist/", saved))
        if source == "a":
            assert a2c("apply", "--no-cache", *([way] if way == "--detach" else [])).code == 0
            while any(row["status"]["code"] != "completed" for row in somebody("GET", "/jobs")):
                pass
    if way == "removed":
        (sources / "dist" / "m.md5").unlink()
    (change,) = json.loads(a2c("plan", "--no-cache", "--json").out)["changes"]
    told = "1 result is only on the service, and deleted there"
    assert (change["only_there"], change["action"]) == (1, "re-run")
    assert told in a2c("plan", "--no-cache").out
    assert told in a2c("plan", "--no-cache", "--markdown").out
    refused = a2c("apply", "--no-cache")
    asked = "1 result is only on the service, although paid for, and would be deleted there"
    assert (refused.code, asked in refused.err) == (11, True), refused.err
    assert a2c("apply", "--no-cache", "-y").code == 0
    assert len(somebody("GET", "/jobs")) == 1
    assert a2c("plan", "--no-cache", "--detailed-exitcode").code == 0


def test_a_job_whose_results_were_here_goes_without_such_words(sources: Path, a2c: Command) -> None:
    for source in "ab":
        job(sources, "one", f"{source}.txt", "lifecycle: {on_replace: delete}", c="md5:m")
        told = a2c("plan", "--no-cache")
        assert ("only on the service" in told.out, told.code) == (False, 0)
        assert a2c("apply", "--no-cache", "-y").code == 0


@pytest.mark.parametrize("policy", ["error", "rename", "skip"])
def test_what_is_let_go_of_in_the_same_plan_is_replaced_as_said_and_asked_whatever_the_policy(
    policy: str, sources: Path, a2c: Command
) -> None:
    job(sources, "first", "a.txt", c="md5:out")
    assert a2c("apply", "-q", "--no-cache").code == 0
    (sources / "first.yaml").unlink()
    job(sources, "second", "b.txt", c="md5:out")
    how = ("--no-cache", "--on-conflict", policy, "--prune")
    rows = {row["address"]: row for row in json.loads(a2c("plan", "--json", *how).out)["changes"]}
    assert rows["second"]["replaces_paid"] == {"dist/out.md5": "first"}
    assert rows["second"]["writes"] == rows["second"]["replaces"] == ["dist/out.md5"]
    assert rows["first"]["only_there"] == 1, "its file here goes in the same plan"
    assert a2c("apply", "-q", *how).code == 11
    assert a2c("apply", "-q", "-y", *how).code == 0
    assert in_dist(sources) == ["out.md5"]
    ends(a2c)


@pytest.mark.parametrize("policy", ["rename", "skip"])
def test_what_is_moved_away_in_the_same_plan_is_in_nobodys_way(policy: str, sources: Path, a2c: Command) -> None:
    job(sources, "first", "a.txt", c="md5:out")
    assert a2c("apply", "-q").code == 0
    job(sources, "first", "a.txt", c="md5:away")
    job(sources, "second", "b.txt", c="md5:out")
    told = json.loads(a2c("plan", "--json", "--on-conflict", policy).out)
    assert [row["writes"] for row in told["changes"] if row["address"] == "second"] == [["dist/out.md5"]]
    assert a2c("apply", "-q", "--on-conflict", policy).code == 0
    assert in_dist(sources) == ["away.md5", "out.md5"]


def test_a_number_is_never_the_name_that_another_address_asks_for(sources: Path, a2c: Command) -> None:
    (sources / "dist").mkdir()
    (sources / "dist/out.md5").write_text("somebody else's")
    job(sources, "first", "a.txt", c="md5:out")
    job(sources, "second", "b.txt", c="md5:out-1")
    how = ("--on-conflict", "rename")
    rows = {row["address"]: row["writes"] for row in json.loads(a2c("plan", "--json", *how).out)["changes"]}
    assert rows == {"first": ["dist/out-2.md5"], "second": ["dist/out-1.md5"]}
    assert a2c("apply", "-q", *how).code == 0
    assert in_dist(sources) == ["out-1.md5", "out-2.md5", "out.md5"]


def test_what_another_environment_let_go_of_is_not_said_to_be_replaced_where_it_stays(
    sources: Path, a2c: Command
) -> None:
    (sources / "a2c.yaml").write_text("environments: {staging: {}}\n")
    job(sources, "first", "a.txt", c="md5:out")
    job(sources, "other", "a.txt", c="md5:other")
    assert a2c("apply", "-q", "--env", "staging").code == 0
    (sources / "first.yaml").unlink()
    assert a2c("apply", "-q", "--env", "staging").code == 0
    (sources / "other.yaml").unlink()
    job(sources, "second", "b.txt", c="md5:out")
    told = a2c("plan", "--on-conflict", "rename").out
    assert ("writes dist/out-1.md5" in told, "replaces" in told) == (True, False), told
    assert a2c("apply", "-q", "--on-conflict", "rename").code == 0
    assert in_dist(sources) == ["other.md5", "out-1.md5", "out.md5"]
