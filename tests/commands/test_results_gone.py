"""What is here keeps up with its manifest although the service has let its results go, as it does after a day."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.server import Background
from tests.commands.conftest import Somebody, showing, spent
from tests.conftest import Command

RECIPE = """\
apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: a, path: a.txt}}, {{id: b, path: b.txt}}]
conversions:
  - {{id: sum, category: hash, target: md5, options: {{allow_multiple_outputs: true}}}}
  - {{id: long, category: hash, target: {long}, options: {{allow_multiple_outputs: true}}}}
outputs:
  - {{from: {{conversion: sum, input: a}}, filename: {first}, save: dist/}}
  - {{from: {{conversion: sum, input: b}}, filename: {second}, save: dist/}}
  - {{from: {{conversion: long, input: a}}, filename: long-a, save: dist/}}
  - {{from: {{conversion: long, input: b}}, filename: long-b, save: dist/}}
"""
FIRST = {"name": "sums", "first": "x", "second": "y", "long": "sha256"}
EDITS = {
    "one name": {"first": "z"},
    "names that change places": {"first": "y", "second": "x"},
    "a chain of names": {"first": "y", "second": "z"},
    "another address too": {"name": "other", "first": "z"},
    "another conversion too": {"first": "z", "long": "sha1"},
}
LOST = {"the first": ("a",), "the second": ("b",), "both": ("a", "b")}


def write(project: Path, **edit: str) -> dict[str, str]:
    """Writes the manifest; gives what has to be in each file of dist/ then."""
    (project / "sums.yaml").write_text(RECIPE.format(**FIRST | edit))
    names, expected = FIRST | edit, dict[str, str]()
    for text, name in (("a", names["first"]), ("b", names["second"])):
        (project / f"{text}.txt").write_text(text)
        expected[f"{name}.md5"] = hashlib.md5(text.encode()).hexdigest()
        expected[f"long-{text}.{names['long']}"] = hashlib.new(names["long"], text.encode()).hexdigest()
    return expected


def let_go(somebody: Somebody, a2c: Command, inputs: tuple[str, ...]) -> None:
    """Deletes the results of these inputs on the service."""
    record = json.loads(a2c("state", "show", "sums", "--json").out)
    for file in record["files"]:
        made_from = {"x": "a", "y": "b", "long-a": "a", "long-b": "b"}[Path(file["path"]).stem]
        if made_from in inputs:
            somebody("DELETE", f"/jobs/{record['job_id']}/output/{file['output_id']}")


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("edit", EDITS)
def test_a_file_gets_its_new_name_though_the_service_has_let_its_result_go(
    project: Path, somebody: Somebody, a2c: Command, edit: str, lost: str
) -> None:
    write(project)
    assert a2c("apply", "--no-cache").code == 0
    before = spent(somebody)
    let_go(somebody, a2c, LOST[lost])
    expected = write(project, **EDITS[edit])
    done = a2c("apply", "--no-cache", "-y")
    assert done.code == 0, done.err
    here = {path.name: path.read_text().split()[0] for path in (project / "dist").iterdir()}
    assert {name: here.get(name) for name in expected} == expected
    assert spent(somebody) - before == (1 if "long" in EDITS[edit] else 0)
    assert a2c("plan", "--no-cache", "--detailed-exitcode").code == 0
    assert a2c("verify").code == 0


@pytest.mark.parametrize("lost", LOST)
def test_a_file_that_is_gone_on_both_sides_is_made_again_and_the_other_stays(
    project: Path, somebody: Somebody, a2c: Command, lost: str
) -> None:
    expected = write(project)
    assert a2c("apply", "--no-cache").code == 0
    let_go(somebody, a2c, LOST[lost])
    (project / "dist/x.md5").unlink()
    told = a2c("plan", "--no-cache").out
    assert ("re-run" in told) == ("a" in LOST[lost]), told
    assert a2c("apply", "--no-cache", "-y").code == 0
    assert {path.name: path.read_text().split()[0] for path in (project / "dist").iterdir()} == expected
    assert a2c("plan", "--no-cache", "--detailed-exitcode").code == 0


def test_one_answer_without_results_is_no_reason_to_pay_again(
    project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, hidden = write(project), [0]

    def show(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        hidden[0] -= 1
        return [] if hidden[0] >= 0 else outputs

    with Background(showing(show)) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        assert a2c("apply", "--no-cache").code == 0
        (project / "dist/x.md5").unlink()
        hidden[0] = 1
        again = a2c("apply", "--no-cache", "-y", "--json")
        assert (again.code, json.loads(again.out.splitlines()[-1])["spent"]) == (0, 0)
    assert {path.name: path.read_text().split()[0] for path in (project / "dist").iterdir()} == expected


def test_a_name_that_cannot_be_made_is_told_by_each_plan_and_mended_for_nothing(
    project: Path, somebody: Somebody, a2c: Command
) -> None:
    write(project, first="'${{ 1 / (output.size - output.size) }}'")
    assert a2c("apply", "--no-cache").code == 5
    told = a2c("plan", "--no-cache")
    assert (told.code, "sums: cannot name this result: cannot compute this: division by zero" in told.err) == (5, True)
    before = spent(somebody)
    expected = write(project)
    assert a2c("apply", "--no-cache").code == 0
    assert spent(somebody) == before
    assert {path.name: path.read_text().split()[0] for path in (project / "dist").iterdir()} == expected
