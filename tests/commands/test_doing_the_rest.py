"""What a hint says does the rest of an apply is done as it is written, and does it: nothing else, and nothing twice."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import httpx
import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Faults, Somebody, in_dist, spent
from tests.conftest import Command

JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
vars: {{w: {{type: integer, default: 64}}}}
inputs: [{{id: page, path: {source}}}]
conversions: [{{id: webp, category: image, target: webp, options: {{width: "${{{{ vars.w }}}}"}}}}]
outputs: [{{from: webp, filename: {name}, save: dist/}}]
"""
WORDS = re.compile(r"`a2c-spec ([^`]*)` does the rest")
WAYS: list[tuple[tuple[str, ...], bool, str]] = [
    ((), True, "apply"),
    (("two.yaml", "--target", "a", "--target", "b"), True, "apply two.yaml --target a --target b"),
    (("--exclude", "c", "--no-cache", "--var", "w=64"), True, "apply --var w=64 --no-cache --exclude c"),
    (("two.yaml",), False, ""),
    (("two.yaml", "--target", "a", "--target", "b"), False, ""),
]


@pytest.fixture
def three(project: Path) -> Path:
    sources = {"a": "src/cover.png", "b": "src/signatures.png", "c": "src/mountains.jpg"}
    (project / "two.yaml").write_text(
        "---\n".join(JOB.format(name=name, source=path) for name, path in sources.items())
    )
    (project / "report.yaml").unlink(missing_ok=True)
    for other in project.glob("*.yaml"):
        if other.name != "two.yaml":
            other.unlink()
    return project


@pytest.mark.parametrize(("flags", "saved", "words"), WAYS)
def test_what_the_hint_says_does_the_rest(
    flags: tuple[str, ...],
    saved: bool,
    words: str,
    three: Path,
    a2c: Command,
    somebody: Somebody,
    refuse: Faults,
) -> None:
    refuse(404, None, "b.webp")
    line = ("apply", *flags)
    if saved:
        assert a2c("plan", *flags, "-q", "-o", "p.a2cplan.json").code == 0
        line = ("apply", "p.a2cplan.json")
    ran = a2c(*line, "-q")
    assert ran.code == 9, ran
    refuse(404, 0)
    found = WORDS.search(ran.err)
    assert (found[1] if found else "") == words, ran.err
    assert ("the saved plan is used up" in ran.err) is saved
    paid = spent(somebody)
    done = a2c(*(shlex.split(found[1]) if found else line), "-q")
    chosen = ["a.webp", "b.webp"] if len(flags) > 1 else ["a.webp", "b.webp", "c.webp"]
    assert (done.code, in_dist(three), spent(somebody)) == (0, chosen, paid), done.err


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("names", [("*",), ("a", "b"), ("a.webp", "b.webp")])
def test_what_was_run_again_is_not_run_once_more(
    names: tuple[str, ...], saved: bool, three: Path, a2c: Command, somebody: Somebody, refuse: Faults
) -> None:
    """``--replace`` as it was given would pay for ``a`` a second time; the result of ``b`` has only to be fetched."""
    assert a2c("apply", "-q").code == 0
    refuse(404, None, "b.webp")
    flags = [word for name in names for word in ("--replace", name)]
    line = ["apply", *flags]
    if saved:
        assert a2c("plan", *flags, "-q", "-o", "p.a2cplan.json").code == 0
        line = ["apply", "p.a2cplan.json"]
    ran = a2c(*line, "-q", "-y")
    assert ran.code == 9, ran
    refuse(404, 0)
    found = WORDS.search(ran.err)
    assert found, ran.err
    assert found[1] == "apply -y"
    paid = spent(somebody)
    assert a2c(*shlex.split(found[1]), "-q").code == 0
    assert (spent(somebody), a2c("verify").code) == (paid, 0)


@pytest.mark.parametrize("saved", [False, True])
def test_what_was_not_run_again_yet_is_named(
    saved: bool, three: Path, a2c: Command, somebody: Somebody, server: Background
) -> None:
    assert a2c("apply", "-q").code == 0
    flags = ["--replace", "*"]
    if saved:
        assert a2c("plan", *flags, "-q", "-o", "p.a2cplan.json").code == 0
        flags = ["p.a2cplan.json"]
    fault = {"do": "status", "status": 422, "method": "POST", "path": "/jobs", "nth": 2, "times": None}
    with httpx.Client(base_url=server.url.removesuffix("/v2")) as client:
        assert client.post("/_a2c/faults", json=[fault]).status_code < 300
        ran = a2c("apply", *flags, "--parallelism", "1", "-q", "-y")
        client.delete("/_a2c/faults")
    found = WORDS.search(ran.err)
    assert found, ran.err
    assert found[1] == "apply --parallelism 1 --replace b --replace c -y"
    assert (a2c(*shlex.split(found[1]), "-q").code, spent(somebody)) == (0, 6), "each twice"
    assert in_dist(three) == ["a.webp", "b.webp", "c.webp"]
