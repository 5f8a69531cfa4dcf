"""Results whose names change places are moved, not overwritten: each was paid for."""

from __future__ import annotations

import zipfile
from pathlib import Path

from a2c_spec.core.moves import Move, in_safe_order
from tests.conftest import Command

RECIPE = """
apiVersion: a2c-spec/v1
kind: Job
name: sums
inputs: [{id: a, path: a.txt}, {id: b, path: b.txt}]
conversions: [{id: sum, category: hash, target: md5, options: {allow_multiple_outputs: true}}]
outputs:
  - {from: {conversion: sum, input: a}, filename: FIRST, save: dist/}
  - {from: {conversion: sum, input: b}, filename: SECOND, save: dist/}
"""


def test_two_results_swap_their_names(project: Path, a2c: Command) -> None:
    for name in "ab":
        (project / f"{name}.txt").write_text(name)
    manifest = project / "sums.yaml"
    manifest.write_text(RECIPE.replace("FIRST", "x").replace("SECOND", "y"))
    assert a2c("apply", "sums.yaml", "--local").code == 0
    first, second = ((project / "dist" / f"{name}.md5").read_bytes() for name in "xy")
    manifest.write_text(RECIPE.replace("FIRST", "y").replace("SECOND", "x"))
    done = a2c("apply", "sums.yaml", "--local")
    assert (done.code, "moving" in done.out + done.err) == (0, False), done.err
    assert all(f"sums: saved dist/{name}.md5" in done.out + done.err for name in "xy")
    assert ((project / "dist" / "x.md5").read_bytes(), (project / "dist" / "y.md5").read_bytes()) == (second, first)
    assert sorted(path.name for path in (project / "dist").iterdir()) == ["x.md5", "y.md5"]
    assert "no API calls" in a2c("apply", "-v", "sums.yaml", "--local").out


def test_two_jobs_change_their_own_names_and_those_of_their_results(project: Path, a2c: Command) -> None:
    """What is taken over is moved beside the rest of the plan, and nothing stands in its way."""

    def write(name: str, source: str, result: str) -> None:
        (project / f"{source}.txt").write_text(source)
        text = RECIPE.replace("sums", name).replace(", {id: b, path: b.txt}", "").replace("a.txt", f"{source}.txt")
        text = text[: text.index("\noutputs:")] + f"\noutputs: [{{from: sum, filename: {result}, save: dist/}}]\n"
        (project / f"{source}.yaml").write_text(text)

    write("one", "a", "x")
    write("two", "b", "y")
    assert a2c("apply", "--local", "--no-cache").code == 0
    first, second = ((project / "dist" / f"{name}.md5").read_bytes() for name in "xy")
    write("three", "a", "y")
    write("four", "b", "x")
    done = a2c("apply", "--local", "--no-cache")
    assert done.code == 0, done.err
    assert "replaces" not in done.out
    assert ((project / "dist" / "x.md5").read_bytes(), (project / "dist" / "y.md5").read_bytes()) == (second, first)
    assert "no API calls" in a2c("apply", "-v", "--local", "--no-cache").out


def test_files_of_equal_bytes_stand_in_the_order_of_the_inputs_each_with_its_settings(
    project: Path, a2c: Command
) -> None:
    for name in "abc":
        (project / f"{name}.txt").write_text("same")
    inputs = "{id: b, path: b.txt}, {id: c, path: c.txt, slide_duration: 2}, {id: a, path: a.txt}"
    text = RECIPE[: RECIPE.index("inputs:")] + f"inputs: [{inputs}]\nconversions: [{{id: zip, target: zip}}]\n"
    (project / "sums.yaml").write_text(text + "outputs: [{from: zip, filename: x}]\n")
    assert a2c("apply", "sums.yaml", "--local").code == 0
    with zipfile.ZipFile(project / "dist/x.zip") as made:
        assert made.namelist() == ["b.txt", "c.txt", "a.txt"]


def test_moves_in_a_circle_step_aside_first() -> None:
    moves = [Move("a", "b"), Move("b", "c"), Move("c", "a"), Move("d", "e")]
    disk = {name: name for name in "abcd"}
    for move in in_safe_order(moves):
        assert move.target not in disk, "something would be overwritten"
        disk[move.target] = disk.pop(move.source)
    assert disk == {"b": "a", "c": "b", "a": "c", "e": "d"}


def test_moves_that_do_not_meet_are_left_as_they_are() -> None:
    moves = [Move("a", "x"), Move("b", "y")]
    assert in_safe_order(moves) == moves
