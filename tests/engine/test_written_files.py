"""Files that a command writes where its user says."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.engine.written_files import OUTPUTS, REPORT, check_product
from a2c_spec.errors import UsageError
from tests.engine.projects import project_in


@pytest.mark.parametrize("name", [".a2c/state.db", ".git/config", ".env", "a2c.yaml", "linked/config"])
def test_nothing_is_written_where_no_manifest_writes_either(name: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "linked").symlink_to(".git")
    with pytest.raises(UsageError, match="nothing is written to"):
        check_product(project_in(tmp_path), "--out", tmp_path / name, REPORT)


@pytest.mark.parametrize("text", ["a result", "apiVersion: a2c-spec/v1", '{"jobs": []}'])
def test_nothing_is_written_over_something_else(text: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(text)
    for place in (tmp_path / "x", tmp_path):
        with pytest.raises(UsageError, match="something else is there already"):
            check_product(project_in(tmp_path), "--outputs", place, OUTPUTS)


@pytest.mark.parametrize("text", ["", '{"format_version": 1, "jobs": [\n]}', None])
def test_what_is_new_empty_or_an_earlier_one_is_written(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "x").write_text(text)
    check_product(project_in(tmp_path), "--outputs", tmp_path / "x", OUTPUTS)
    check_product(project_in(tmp_path), "--outputs", tmp_path / ".a2c/outputs.json", OUTPUTS)
