"""A result that the service has forgotten is made again: what takes it starts only if that goes well, and what was made
of it before stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from tests.commands.conftest import Somebody, in_dist, spent
from tests.conftest import Command, Ran

HEAD = "apiVersion: a2c-spec/v1\nkind: Job\n"
TAKES_A, LINK = "{id: i, from: a.k}", '{id: r, source: "http://127.0.0.1:1/none.txt"}'
LENIENT = "job: {fail_on_input_error: false}\n"


@pytest.fixture
def service_settings() -> Settings:
    return Settings(fetch_private=True)


def manifest(name: str, inputs: str = TAKES_A, target: str = "md5", more: str = "") -> None:
    kind = "archive" if target == "zip" else "hash"
    Path(f"{name}.yaml").write_text(
        f"{HEAD}name: {name}\ninputs: [{inputs}]\nconversions: [{{id: k, category: {kind}, target: {target}}}]\n"
        f"outputs: [{{from: k, filename: {name}, save: dist/}}]\n{more}"
    )


def upstream(more: str = "") -> None:
    Path("a.txt").write_text("a")
    manifest("a", "{id: i, path: a.txt}", more=more)


def batch() -> None:
    Path("d.yaml").write_text(
        "apiVersion: a2c-spec/v1\nkind: Batch\nname: d\nfor_each: {items: [{n: one}]}\nkey: ${{ each.n }}\ntemplate:\n"
        f"  inputs: [{TAKES_A}]\n  conversions: [{{id: k, category: hash, target: sha1}}]\n"
        "  outputs: [{from: k, filename: d, save: dist/}]\n"
    )


def forgotten(somebody: Somebody, *others: str) -> None:
    """The service knows no job any more, and the result of a is not here; nor are ``others``."""
    for row in somebody("GET", "/jobs"):
        somebody("DELETE", f"/jobs/{row['id']}")
    for name in ("a.md5", *others):
        Path("dist", name).unlink()


Reason = Callable[[Background, bool], None]


def answers(method: str, path: str, status: int) -> Reason:
    def fault(server: Background, on: bool) -> None:
        with httpx.Client(base_url=server.url.removesuffix("/v2")) as client:
            client.delete("/_a2c/faults")
            row = {"do": "status", "status": status, "method": method, "path": path, "times": 1}
            assert not on or client.post("/_a2c/faults", json=[row]).status_code < 300

    return fault


def changed(_server: Background, on: bool) -> None:
    path = Path("dist/a.md5")
    if on:
        path.write_text("by hand")
    else:
        path.unlink()


def protected(_server: Background, on: bool) -> None:
    upstream("lifecycle: {prevent_replace: true}\n" if on else "")


REASONS: dict[str, tuple[Reason, str, tuple[str, ...]]] = {
    "its create is refused": (answers("POST", "*/jobs", 400), "", ()),
    "its upload is refused": (answers("POST", "*/upload-file/*", 400), "", ()),
    "no credits are left": (answers("POST", "*/jobs", 402), "", ()),
    "one failure stops all": (answers("POST", "*/jobs", 400), "", ("--fail-fast",)),
    "its result cannot be fetched": (answers("GET", "/dl/*", 404), "", ()),
    "its file was changed": (changed, "it needs a, which is refused", ()),
    "it may not be replaced": (protected, "it needs a, which is refused", ()),
}
"""Why a is not made again; what the plan says of what needs it; flags."""
NEW: dict[str, Callable[[], None]] = {
    "new": lambda: manifest("d", target="sha1"),
    "merged with what is here": lambda: manifest("d", f"{TAKES_A}, {{id: j, path: a.txt}}", "zip", LENIENT),
    "held": lambda: manifest("d", target="sha1", more="job: {process: false}\n"),
    "a row of a batch": batch,
}


def plan(a2c: Command) -> dict[str, dict[str, Any]]:
    return {row["address"]: row for row in json.loads(a2c("plan", "--no-cache", "--json").out)["changes"]}


def apply(a2c: Command, *flags: str) -> Ran:
    return a2c("apply", "--no-cache", "-y", *flags)


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize("reason", REASONS)
def test_what_is_new_starts_only_once_the_result_is_made_again(
    project: Path, a2c: Command, somebody: Somebody, server: Background, reason: str, kind: str
) -> None:
    fail, problem, flags = REASONS[reason]
    upstream()
    assert apply(a2c).code == 0
    forgotten(somebody)
    NEW[kind]()
    fail(server, True)
    rows = plan(a2c)
    (name,) = rows.keys() - {"a"}
    assert rows[name]["problem"] == problem
    ended = apply(a2c, *flags)
    assert ended.code not in (0, 11), ended.out
    assert len(somebody("GET", "/jobs") or ()) <= 1, "only a may have been begun"
    assert not [one for one in in_dist(project) if not one.startswith("a.")]
    fail(server, False)
    ended = apply(a2c)
    assert ended.code == 0, ended.out + ended.err
    assert "partial" not in a2c("plan", "--no-cache").out
    assert {row["action"] for row in plan(a2c).values()} == {"no-op"}


@pytest.mark.parametrize("reason", REASONS)
def test_what_was_made_of_it_stays_and_is_taken_by_others(
    project: Path, a2c: Command, somebody: Somebody, server: Background, reason: str
) -> None:
    """``b`` is done, ``p`` as far as it can be, ``n`` has to be fetched again; ``c`` takes the result of ``b``, as
    ``e`` is going to, and ``f`` takes that of a."""
    fail, problem, flags = REASONS[reason]
    upstream()
    manifest("b", target="sha1")
    manifest("p", f"{TAKES_A}, {LINK}", "zip", LENIENT)
    manifest("c", "{id: i, from: b.k}", "crc32")
    assert apply(a2c).code == 0
    before = {path.name: path.read_bytes() for path in (project / "dist").iterdir()}
    forgotten(somebody)
    manifest("e", "{id: i, from: b.k}", "sha256")
    manifest("f", target="sha512")
    fail(server, True)
    rows = plan(a2c)
    assert [rows[name]["action"] for name in ("b", "p", "c")] == ["no-op"] * 3
    assert "looked at again after a" in rows["b"]["reasons"] or rows["a"]["problem"]
    assert (rows["e"]["problem"], rows["f"]["problem"]) == ("", problem)
    ended = apply(a2c, *flags)
    told = ended.out + ended.err
    assert ended.code not in (0, 11)
    assert [name for name in ("b", "p", "c") if f"    {name}: " in told or f"failed {name}" in told] == []
    goes_on = not flags and "402" not in told and "nothing more is started" not in told
    assert ("e.sha256" in in_dist(project), "f.sha512" in in_dist(project)) == (goes_on, False)
    fail(server, False)
    rows = plan(a2c)
    assert [rows[name]["action"] for name in ("b", "p", "c")] == ["no-op"] * 3
    assert apply(a2c).code == 0
    assert {row["action"] for row in plan(a2c).values()} == {"no-op"}
    after = {path.name: path.read_bytes() for path in (project / "dist").iterdir()}
    assert before.items() <= after.items()
    assert after.keys() - before.keys() == {"e.sha256", "f.sha512"}
    assert spent(somebody) <= 4, "a, e and f; a twice where its result could not be fetched"


def test_nothing_asks_for_what_was_made_of_it(project: Path, a2c: Command, somebody: Somebody) -> None:
    upstream()
    manifest("b", target="sha1")
    assert apply(a2c).code == 0
    forgotten(somebody)
    ended = a2c("apply", "--no-cache")
    assert (ended.code, "error: a would be run again (about 1 credit), although" in ended.err) == (11, True)
    ended = apply(a2c, "--max-credits", "1")
    assert (ended.code, "Done: 1 applied, 1 credit spent." in ended.out) == (0, True), ended.out + ended.err


def test_what_is_lost_itself_needs_it_anew(project: Path, a2c: Command, somebody: Somebody) -> None:
    upstream()
    manifest("b", target="sha1")
    manifest("c", "{id: i, from: b.k}", "crc32")
    assert apply(a2c).code == 0
    forgotten(somebody, "b.sha1")
    changed(None, True)  # type: ignore[arg-type]
    rows = plan(a2c)
    assert [rows[name]["problem"] for name in ("b", "c")] == ["it needs a, which is refused", ""]
    assert rows["c"]["action"] == "no-op"
    assert (apply(a2c).code, somebody("GET", "/jobs")) == (13, None)


@pytest.mark.parametrize("kept", [True, False])
def test_plan_and_apply_agree_where_the_results_cache_has_it(
    project: Path, a2c: Command, somebody: Somebody, kept: bool
) -> None:
    """What is refused is not put in place, so that nothing takes it from there; once it is, that is taken."""
    upstream()
    assert a2c("apply").code == 0
    forgotten(somebody)
    NEW["merged with what is here"]()
    if kept:
        changed(None, True)  # type: ignore[arg-type]
    ended = a2c("apply", "-y")
    assert (ended.code, "d.zip" in in_dist(project)) == ((13, False) if kept else (0, True))
    assert a2c("apply", "-y", "--on-conflict", "overwrite").code == 0
    assert "partial" not in a2c("plan").out
    assert spent(somebody) == 1


def test_what_is_not_waited_for_is_left_to_the_next_apply(project: Path, a2c: Command, somebody: Somebody) -> None:
    upstream()
    manifest("b", target="sha1")
    assert apply(a2c).code == 0
    forgotten(somebody)
    NEW["new"]()
    ended = apply(a2c, "--detach")
    assert (ended.code, "d: left to the next apply: it needs a, which is not waited for" in ended.out) == (0, True)
    assert "b: left" not in ended.out
    assert (a2c("wait").code, apply(a2c).code, spent(somebody)) == (0, 0, 2)
