"""The same conversion of the same bytes is paid for once: under another name, elsewhere, twice in one run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Command

ONE = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: {input}, path: src/{file}}}]
conversions: [{{id: thumb, category: image, target: webp, options: {{width: {width}}}}}]
outputs: [{{from: thumb, filename: {name}, save: dist/}}]
"""


def write(project: Path, *names: str, width: int = 64, file: str = "cover.png", given: str = "src") -> None:
    text = "---\n".join(ONE.format(name=name, width=width, file=file, input=given) for name in names)
    (project / "m.yaml").write_text(text)


def applied(a2c: Command, *args: str) -> dict[str, Any]:
    ran = a2c("apply", "m.yaml", "--local", "--json", *args)
    assert ran.code == 0, ran.err
    summary: dict[str, Any] = json.loads(ran.out.splitlines()[-1])
    return summary


def actions(a2c: Command, *args: str) -> list[str]:
    plan = json.loads(a2c("plan", "m.yaml", "--local", "--json", *args).out)
    return [change["action"] for change in plan["changes"]]


def test_another_name_costs_nothing_and_needs_no_call(project: Path, a2c: Command) -> None:
    write(project, "first")
    assert applied(a2c)["spent"] > 0
    write(project, "second", given="other")
    shown = a2c("plan", "m.yaml", "--local").out
    assert "0 credits: the results of" in shown
    summary = applied(a2c)
    assert (summary["requests"], summary["spent"]) == ({}, 0)
    assert (project / "dist/second.webp").read_bytes() == (project / "dist/first.webp").read_bytes()
    assert actions(a2c) == ["no-op"]


def test_what_was_paid_for_under_another_name_is_not_paid_for_again_unasked(project: Path, a2c: Command) -> None:
    write(project, "first")
    applied(a2c)
    write(project, "first", "second")
    applied(a2c)
    (project / "dist/second.webp").unlink()
    shutil.rmtree(project / ".a2c/cache")
    assert actions(a2c) == ["no-op", "re-run"]
    assert a2c("apply", "m.yaml", "--local").code == 11
    write(project, "first", "second", width=65)
    assert actions(a2c) == ["re-run", "re-run"]


def test_a_lost_file_comes_back_without_the_service(project: Path, a2c: Command) -> None:
    write(project, "first")
    applied(a2c)
    write(project, "second")
    applied(a2c)
    (project / "dist/second.webp").unlink()
    assert actions(a2c) == ["cached"]
    assert applied(a2c)["requests"] == {}
    assert (project / "dist/second.webp").exists()


def test_other_bytes_or_another_recipe_are_another_conversion(project: Path, a2c: Command) -> None:
    write(project, "first")
    applied(a2c)
    write(project, "second", width=65)
    assert actions(a2c) == ["create"]
    write(project, "second", file="signatures.png")
    assert actions(a2c) == ["create"]
    write(project, "first", "second")
    assert actions(a2c, "--no-cache") == ["no-op", "create"]


def test_twins_in_one_run_are_converted_once(project: Path, a2c: Command) -> None:
    write(project, "a", "b", "c")
    summary = applied(a2c)
    assert summary["requests"]["POST"] == 2, "one create, one upload"
    assert len(list((project / "dist").iterdir())) == 3


def test_a_shared_folder_serves_another_checkout(
    project: Path, tmp_path: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A2C_SPEC_CACHE", str(tmp_path / "shared"))
    write(project, "first")
    applied(a2c)
    other = tmp_path / "other"
    shutil.copytree(project, other, ignore=shutil.ignore_patterns(".a2c", "dist"))
    monkeypatch.chdir(other)
    assert applied(a2c)["requests"] == {}
    assert (other / "dist/first.webp").exists()


def test_a_damaged_result_is_dropped_and_converted_again(project: Path, a2c: Command) -> None:
    write(project, "first")
    applied(a2c)
    for path in (project / ".a2c/cache/files").rglob("*"):
        if path.is_file():
            path.write_bytes(b"rotten")
    write(project, "first", "second")
    assert actions(a2c) == ["no-op", "create"]
    assert applied(a2c)["requests"]["POST"] == 2
    write(project, "third")
    assert actions(a2c) == ["cached"], "what was converted again is kept again"


@pytest.mark.parametrize(
    "rubbish", [b"", b"{", b"[]", b'{"files": []}', b'{"files": [{"sha256": "../../x", "size": 1}]}']
)
def test_a_damaged_entry_is_no_entry(rubbish: bytes, project: Path, a2c: Command) -> None:
    write(project, "first")
    applied(a2c)
    for path in (project / ".a2c/cache/entries").rglob("*.json"):
        path.write_bytes(rubbish)
    write(project, "first", "second")
    assert actions(a2c) == ["no-op", "create"]


def test_the_cache_is_listed_and_pruned(project: Path, a2c: Command) -> None:
    write(project, "first")
    applied(a2c)
    assert len(json.loads(a2c("cache", "list", "--json").out)) == 1
    assert "1 result" in a2c("cache", "list").out
    assert a2c("cache", "prune").code == 2
    assert json.loads(a2c("cache", "prune", "--max-age", "1", "--json").out)["left"] == 1
    done = json.loads(a2c("cache", "prune", "--max-size", "0", "--json").out)
    assert (done["removed"], done["left"]) == (1, 0)
    assert not [path for path in (project / ".a2c/cache/files").rglob("*") if path.is_file()]
    assert "empty" in a2c("cache", "list").out


def test_results_of_the_local_api_are_not_those_of_a_service(project: Path, a2c: Command) -> None:
    write(project, "first")
    applied(a2c)
    plan = json.loads(a2c("plan", "m.yaml", "--offline", "--json").out)
    assert [change["action"] for change in plan["changes"]] == ["create"]


def test_a_job_that_takes_a_restored_result_uploads_it(project: Path, a2c: Command) -> None:
    write(project, "first")
    chain = ONE.format(name="second", width=32, file="cover.png", input="x")
    chain = chain.replace("path: src/cover.png", "from: first.thumb")
    (project / "m.yaml").write_text(f"{(project / 'm.yaml').read_text()}---\n{chain}")
    applied(a2c)
    for address in ("first", "second"):
        assert a2c("state", "rm", address, "--local").code == 0
    shutil.rmtree(project / "dist")
    assert actions(a2c) == ["cached", "cached"]
    (project / "m.yaml").write_text((project / "m.yaml").read_text().replace("width: 32", "width: 31"))
    assert actions(a2c) == ["cached", "create"]
    assert applied(a2c)["requests"]["POST"] == 2
    assert (project / "dist/second.webp").exists()
    assert actions(a2c) == ["no-op", "no-op"]


def test_equal_jobs_that_take_a_result_of_another_one_are_paid_for_once(project: Path, a2c: Command) -> None:
    write(project, "first")
    chain = ONE.format(name="second", width=32, file="cover.png", input="x").replace(
        "path: src/cover.png", "from: first.thumb"
    )
    third = chain.replace("name: second", "name: third").replace("filename: second", "filename: third")
    (project / "m.yaml").write_text(f"{(project / 'm.yaml').read_text()}---\n{chain}---\n{third}")
    assert applied(a2c)["spent"] == 2
    assert actions(a2c) == ["no-op", "no-op", "no-op"]


def test_a_restored_job_has_a_state_that_other_verbs_understand(project: Path, a2c: Command) -> None:
    write(project, "first")
    applied(a2c)
    write(project, "second")
    applied(a2c)
    for verb in ("status", "history second", "verify", "drift", "state show second", "show second"):
        assert a2c(*verb.split(), "--local").code in (0, 2), verb
    (project / "dist/second.webp").write_bytes(b"changed")
    assert a2c("verify", "--local").code == 14


def test_a_manifest_that_is_renamed_is_taken_over_and_not_served_from_the_cache(project: Path, a2c: Command) -> None:
    write(project, "first")
    applied(a2c)
    (project / "m.yaml").write_text((project / "m.yaml").read_text().replace("name: first\n", "name: second\n", 1))
    ran = a2c("apply", "--local", "-v")
    assert (ran.code, "taken over from first" in ran.out) == (0, True)
    assert "no API calls" in ran.out


TWO = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: i, path: src/cover.png}}]
conversions: [{{id: c, target: webp, options: {{width: {c}}}}}, {{id: d, target: webp, options: {{width: {d}}}}}]
outputs: [{{from: c, filename: "{name}c"}}, {{from: d, filename: "{name}d"}}]
"""


def test_what_addresses_exchange_is_not_paid_for_again_beside_something_new(project: Path, a2c: Command) -> None:
    def write_all(**widths: tuple[int, int]) -> None:
        text = "---\n".join(TWO.format(name=name, c=c, d=d) for name, (c, d) in widths.items())
        (project / "m.yaml").write_text(text)

    write_all(one=(21, 22), two=(23, 24), three=(25, 26))
    assert applied(a2c)["spent"] == 6
    write_all(one=(27, 25), two=(25, 26), three=(21, 22))
    told = json.loads(a2c("plan", "m.yaml", "--local", "--json").out)
    assert told["totals"]["credits"] == 1
    assert applied(a2c, "-y")["spent"] == 1
    assert set(actions(a2c)) == {"no-op"}


def test_a_folder_with_other_things_is_not_pruned(project: Path, a2c: Command) -> None:
    write(project, "first")
    for name in ("kept/entries/ab/x.json", "kept/notes"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("mine")
    (project / "a2c.yaml").write_text("cache: {url: kept, max_bytes: 0}\n")
    applied(a2c)
    assert len(json.loads(a2c("cache", "list", "--json").out)) == 1
    refused = a2c("cache", "prune")
    assert (refused.code, "was not made for results" in refused.err) == (2, True)
    (project / "kept/entries/.a2c-cache").touch()
    assert json.loads(a2c("cache", "prune", "--json").out)["removed"] == 1
    assert (project / "kept/entries/ab/x.json").read_text() == "mine"


def test_a_pull_request_cannot_empty_a_cache_that_its_user_names(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("A2C_SPEC_CACHE", str(tmp_path / "shared"))
    (project / "a2c.yaml").write_text("cache: {url: kept, max_bytes: 0}\n")
    write(project, "first")
    applied(a2c)
    assert a2c("cache", "prune").code == 2
    assert len(json.loads(a2c("cache", "list", "--json").out)) == 1
    assert json.loads(a2c("cache", "prune", "--max-size", "0", "--json").out)["removed"] == 1
