"""The first thing a newcomer does: the board pack, on the local API, on real files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pikepdf
import pypdfium2  # type: ignore[import-untyped]  # the library has no types
import pytest

from tests.conftest import EXAMPLES, Command

PACK = "dist/board-pack-Q3-2026.pdf"


@pytest.fixture
def recipe(project: Path) -> Path:
    shutil.copy(EXAMPLES / "report.yaml", project / "report.yaml")
    return project / "report.yaml"


def page_texts(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_range().split("\r\n")[0] for page in document]


def test_pages_stand_in_the_order_of_the_inputs_and_the_metadata_is_set(recipe: Path, a2c: Command) -> None:
    done = a2c("apply", "report.yaml", "--local")
    assert done.code == 0, done.err
    made = recipe.parent / PACK
    assert page_texts(made) == ["", "Quarterly report", "Outlook", "Appendix", ""]
    with pikepdf.open(made) as document:
        assert str(document.docinfo["/Title"]) == "Board pack Q3-2026"
        assert str(document.docinfo["/Author"]) == "Finance"
        assert not document.is_encrypted


def test_four_files_take_four_calls_and_the_second_apply_takes_none(recipe: Path, a2c: Command) -> None:
    planned = json.loads(a2c("plan", "report.yaml", "--local", "--json").out)
    assert [call["kind"] for call in planned["changes"][0]["calls"]] == [
        "create_job",
        "upload_base64",
        "patch_input",
        "patch_job",
    ]
    assert a2c("apply", "report.yaml", "--local").code == 0
    assert "no API calls" in a2c("apply", "-v", "report.yaml", "--local").out


def test_the_recipe_applies_from_anywhere_in_the_project(project: Path, a2c: Command) -> None:
    shutil.copytree(EXAMPLES, project / "examples", ignore=shutil.ignore_patterns("dist", ".a2c"))
    shutil.rmtree(project / "src")
    done = a2c("apply", "examples/report.yaml", "--local")
    assert done.code == 0, done.err
    assert (project / "examples" / PACK).exists()
    assert "no API calls" in a2c("apply", "-v", "report.yaml", "--local", "-C", "examples").out


def test_a_variable_names_the_output(recipe: Path, a2c: Command) -> None:
    shutil.copy(recipe.parent / "src/report-Q3-2026.pdf", recipe.parent / "src/report-Q1-2027.pdf")
    assert a2c("apply", "report.yaml", "--local", "--var", "quarter=Q1-2027").code == 0
    assert (recipe.parent / "dist/board-pack-Q1-2027.pdf").exists()


def test_a_new_order_of_inputs_runs_again_only_when_allowed(recipe: Path, a2c: Command) -> None:
    assert a2c("apply", "report.yaml", "--local").code == 0
    lines = recipe.read_text().splitlines(keepends=True)
    first = next(n for n, line in enumerate(lines) if "id: appendix" in line)
    lines[first], lines[first - 1] = lines[first - 1], lines[first]
    recipe.write_text("".join(lines))
    refused = a2c("apply", "report.yaml", "--local")
    assert refused.code == 11
    assert "order of inputs: cover, report, appendix, signatures -> cover, appendix, report, signatures" in refused.out
    assert a2c("apply", "report.yaml", "--local", "-y").code == 0
    assert page_texts(recipe.parent / PACK)[1] == "Appendix"


def test_comments_key_order_and_formatting_are_no_change(recipe: Path, a2c: Command) -> None:
    assert a2c("apply", "report.yaml", "--local").code == 0
    text = recipe.read_text().replace("{merge: true}", "\n      merge:   true\n").replace("# their order", "# hello")
    recipe.write_text("# a comment\n" + text)
    assert json.loads(a2c("plan", "report.yaml", "--local", "--json").out)["noop"]


def test_a_deleted_result_is_downloaded_again_and_not_paid_again(recipe: Path, a2c: Command) -> None:
    assert a2c("apply", "report.yaml", "--local").code == 0
    before = (recipe.parent / PACK).read_bytes()
    (recipe.parent / PACK).unlink()
    again = a2c("apply", "report.yaml", "--local")
    assert again.code == 0, again.err
    assert "is missing here" in again.out
    assert "credit" not in again.out.splitlines()[-1]
    assert (recipe.parent / PACK).read_bytes() == before


def test_a_new_name_is_a_rename_here_and_on_the_service(recipe: Path, a2c: Command) -> None:
    assert a2c("apply", "report.yaml", "--local").code == 0
    recipe.write_text(recipe.read_text().replace('filename: "board-pack-', 'filename: "pack-'))
    plan = json.loads(a2c("plan", "report.yaml", "--local", "--json").out)
    assert [(c["action"], [call["kind"] for call in c["calls"]]) for c in plan["changes"]] == [
        ("rename", ["patch_output"])
    ]
    assert a2c("apply", "report.yaml", "--local").code == 0
    assert not (recipe.parent / PACK).exists()
    assert (recipe.parent / "dist/pack-Q3-2026.pdf").exists()
    assert json.loads(a2c("plan", "report.yaml", "--local", "--json").out)["noop"]


def test_a_file_that_is_not_ours_is_never_overwritten_unasked(recipe: Path, a2c: Command) -> None:
    target = recipe.parent / PACK
    target.parent.mkdir()
    target.write_text("mine")
    refused = a2c("apply", "report.yaml", "--local")
    assert refused.code == 13
    assert PACK in refused.err
    assert target.read_text() == "mine"
    assert a2c("apply", "report.yaml", "--local", "--on-conflict", "rename").code == 0
    assert target.read_text() == "mine"
    assert (recipe.parent / "dist/board-pack-Q3-2026-1.pdf").exists()
    assert a2c("apply", "report.yaml", "--local", "--on-conflict", "overwrite", "--json").code == 0
