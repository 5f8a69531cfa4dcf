"""What each address is made from: parts with their values and what says them, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.core.diagnostics import Position
from a2c_spec.manifests.batch.tables import EachRow
from a2c_spec.manifests.load import load
from a2c_spec.manifests.load_options import LoadOptions
from a2c_spec.manifests.notes import Notes
from a2c_spec.manifests.origins import MANIFEST, Origin, row_origin

TEXT = """\
apiVersion: a2c-spec/v1
kind: Job
name: a
vars: {w: {type: integer, default: 1}, token: {default: ""}}
env: [A2C_VAR_text]
inputs: [{id: a, source: "https://me:secret@files.example/a.png"}]
conversions: [{id: c, category: image, target: png, options: {width: "${{ vars.w }}"}}]
"""


@pytest.mark.parametrize(
    ("environ", "part", "origin"),
    [
        ({}, "the variable `w`", Origin("1", "its default")),
        ({"A2C_VAR_w": "2"}, "the variable `w`", Origin("2", "A2C_VAR_w")),
        ({"A2C_VAR_token": "geheim"}, "the variable `token`", Origin('"(sensitive)"', "A2C_VAR_token")),
        ({}, "the environment variable `A2C_VAR_text`", Origin('"t"')),
    ],
)
def test_a_value_and_what_says_it_are_noted(environ: dict[str, str], part: str, origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(TEXT)
    notes = Notes(origins={})
    [*load([tmp_path / "a.yaml"], LoadOptions(tmp_path, environ={"A2C_VAR_text": "t", **environ}), notes)]
    assert notes.origins
    assert notes.origins["a"][part] == origin
    assert "secret@" not in notes.origins["a"][MANIFEST].value


def test_nothing_is_noted_where_nobody_asks(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(TEXT)
    notes = Notes()
    [*load([tmp_path / "a.yaml"], LoadOptions(tmp_path, environ={"A2C_VAR_text": "t"}), notes)]
    assert notes.origins is None


def test_rows_are_named_by_their_file_from_the_root(tmp_path: Path) -> None:
    row = EachRow({"title": "a", "password": "geheim"}, Position(str(tmp_path / "t/rows.csv"), 2), "a")
    assert row_origin([row], tmp_path) == Origin('[{"password": "(sensitive)", "title": "a"}]', "t/rows.csv")
