"""Bytes that a manifest takes as a file and those that it takes from another manifest are the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import Somebody, spent
from tests.conftest import Command

HEAD = "apiVersion: a2c-spec/v1\nkind: Job\n"
MAKER = HEAD + "name: h\ninputs: [{id: i, path: scan.txt}]\nconversions: [{id: k, category: hash, target: md5}]\n"
TAKER = HEAD + "name: NAME\ninputs: [{id: i, TAKES}]\nconversions: [{id: c, category: hash, target: sha1}]\n"
FILE, RESULT = "path: src/scan.md5", "from: h.k"


@pytest.fixture
def made(project: Path, a2c: Command, somebody: Somebody) -> Path:
    """A project with a result of ``h``, and the same file among its sources."""
    (project / "scan.txt").write_text("scan")
    (project / "h.yaml").write_text(MAKER)
    assert a2c("apply", "-q").code == 0
    (project / "src").mkdir(exist_ok=True)
    (project / "src/scan.md5").write_bytes((project / "dist/scan.md5").read_bytes())
    return project


def _take(project: Path, name: str, what: str, more: str = "") -> None:
    text = TAKER.replace("NAME", name).replace("TAKES", what)
    (project / f"{name}.yaml").write_text(f'{text}outputs: [{{from: c, save: "dist/{name}/"}}]\n{more}')


@pytest.mark.parametrize(("first", "then"), [(FILE, RESULT), (RESULT, FILE)])
def test_where_an_input_comes_from_is_no_change(
    made: Path, a2c: Command, somebody: Somebody, first: str, then: str
) -> None:
    _take(made, "d", first)
    assert a2c("apply", "-q").code == 0
    _take(made, "d", then)
    assert a2c("plan", "--detailed-exitcode").code == 0
    assert spent(somebody) == 2


@pytest.mark.parametrize(("first", "then"), [(FILE, RESULT), (RESULT, FILE)])
def test_a_draft_keeps_its_input(made: Path, a2c: Command, somebody: Somebody, first: str, then: str) -> None:
    _take(made, "d", first, "job: {process: false}\n")
    assert a2c("apply", "-q").code == 0
    _take(made, "d", then, "job: {process: false}\n")
    assert a2c("plan", "--detailed-exitcode").code == 0
    _take(made, "d", then)
    assert "1 to update, 1 unchanged: about 1 credit. 1 call (PATCH 1)" in a2c("plan").out
    assert a2c("apply", "-q").code == 0
    assert a2c("plan", "--detailed-exitcode").code == 0
    assert spent(somebody) == 2


@pytest.mark.parametrize(("first", "then"), [(FILE, RESULT), (RESULT, FILE)])
@pytest.mark.parametrize("at_once", [False, True])
def test_another_job_takes_the_same_result(
    made: Path, a2c: Command, somebody: Somebody, first: str, then: str, at_once: bool
) -> None:
    _take(made, "d", first)
    if not at_once:
        assert a2c("apply", "-q").code == 0
    _take(made, "e", then)
    assert a2c("apply", "-q").code == 0
    assert spent(somebody) == 2
    assert (made / "dist/d/scan.sha1").read_bytes() == (made / "dist/e/scan.sha1").read_bytes()


def test_only_what_decides_is_told(made: Path, a2c: Command, somebody: Somebody) -> None:
    _take(made, "d", RESULT)
    assert a2c("apply", "-q").code == 0
    _take(made, "d", FILE)
    text = (made / "d.yaml").read_text()
    (made / "d.yaml").write_text(text.replace("sha1", "sha256"))
    told = a2c("plan").out
    assert 'conversion c changed: target "sha1" -> "sha256"' in told
    assert "input i changed" not in told
    (made / "d.yaml").write_text(text)
    (made / "src/scan.md5").write_text("other")
    assert "input i changed: sha256" in a2c("plan").out
    _take(made, "d", RESULT)
    (made / "scan.txt").write_text("other")
    told = a2c("plan").out
    assert "input i changed: what it depends on in another manifest changed" in told
    assert "sha256" not in told.split("\n  h ")[0]
