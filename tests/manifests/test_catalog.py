"""The snapshot that manifests are checked against: read, refused when damaged, built in where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.errors import InvalidError
from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from a2c_spec.manifests.catalog import (
    CATALOG_FILE,
    Snapshot,
    built_in,
    catalog_of,
    catalog_rows,
    project_snapshot,
    unnamed_targets,
)

NOT_CONVERTED_HERE = {
    ("ebook", "mobi"),
    *(("operation", name) for name in ("analyze-image", "audio-volume", "compare-video", "validate-pdfa")),
}
"""Targets that the service is known to have, with options that are not."""


GIF = {"target": "gif", "category": "image"}


def test_a_snapshot_is_read_back_and_none_is_no_error(tmp_path: Path) -> None:
    assert catalog_rows(tmp_path) is None
    (tmp_path / CATALOG_FILE).write_text('[{"target": "png", "category": "image"}]')
    assert catalog_rows(tmp_path) == [{"target": "png", "category": "image"}]
    assert catalog_of(tmp_path).name == "a2c.catalog.json (no date)"
    (tmp_path / CATALOG_FILE).write_text(Snapshot([GIF], "2026-10-01", "local").text())
    assert project_snapshot(tmp_path) == Snapshot([GIF], "2026-10-01", "local")
    assert catalog_of(tmp_path).name == "a2c.catalog.json of 2026-10-01"


@pytest.mark.parametrize("date", ["5", '"soon"', '"2026-10-01\\n"', "null"])
def test_a_date_that_is_none_is_not_shown(tmp_path: Path, date: str) -> None:
    (tmp_path / CATALOG_FILE).write_text(
        f'{{"date": {date}, "conversions": [{{"target": "png", "category": "image"}}]}}'
    )
    assert catalog_of(tmp_path).name == "a2c.catalog.json (no date)"


def test_without_a_snapshot_the_built_in_one_counts_and_says_its_date(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path)
    assert (catalog.name, catalog.built_in) == (f"the built-in catalog of {built_in().date}", True)
    assert "png" in catalog.targets


def test_the_built_in_catalog_is_what_the_local_api_converts_and_what_else_is_known() -> None:
    """To write it again: `a2c-spec catalog pull --local`, its file without the ids, and these rows."""
    with Background(create_app(Settings())) as running, httpx.Client() as client:
        pages = [client.get(f"{running.url}/conversions", params={"page": page}).json() for page in (1, 2, 3)]
    offered = {(row["category"], row["target"]): row["options"] for page in pages for row in page}
    kept = {(row["category"], row["target"]): row.get("options") for row in built_in().rows}
    assert kept == offered | dict.fromkeys(NOT_CONVERTED_HERE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "a2c.catalog.json is not valid JSON"),
        ("[" * 100_000, "a2c.catalog.json is not valid JSON"),
        ("{}", "a2c.catalog.json is not a list of targets"),
        ('[{"target": "png", "category": 5}]', "a2c.catalog.json is not a list of targets"),
        ('{"conversions": {}}', "a2c.catalog.json is not a list of targets"),
        ('["png"]', "a2c.catalog.json is not a list of targets"),
        ("[]", "a2c.catalog.json has no targets"),
        ('{"format": 1, "conversions": []}', "a2c.catalog.json has no targets"),
        ('{"format": 2, "conversions": []}', "a2c.catalog.json has the format 2; this a2c-spec reads format 1"),
        (
            '{"format": null, "conversions": []}',
            "a2c.catalog.json has the format (unset); this a2c-spec reads format 1",
        ),
        ('[{"target": "png"}]', "a2c.catalog.json has a target without a category (`png`)"),
        ('[{"target": "png", "category": ""}]', "a2c.catalog.json has a target without a category (`png`)"),
        ('[{"target": "png"}, {"target": 1}]', "a2c.catalog.json is not a list of targets"),
    ],
)
def test_a_damaged_snapshot_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / CATALOG_FILE).write_text(text)
    with pytest.raises(InvalidError) as caught:
        catalog_rows(tmp_path)
    (problem,) = caught.value.diagnostics
    assert (caught.value.message, problem.message) == (message, message)
    assert (problem.position.file, problem.hint) == (CATALOG_FILE, "run `a2c-spec catalog pull` to write it again")


def test_a_snapshot_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / CATALOG_FILE).mkdir()
    with pytest.raises(InvalidError, match=r"a2c\.catalog\.json cannot be read: Is a directory"):
        catalog_rows(tmp_path)


def test_a_snapshot_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / CATALOG_FILE).open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    with pytest.raises(InvalidError, match=r"a2c\.catalog\.json has more than 67108864 bytes"):
        catalog_rows(tmp_path)


def test_targets_that_do_not_take_a_file_name_are_known() -> None:
    rows: list[dict[str, Any]] = [
        {"target": "png", "category": "image", "options": {"output_filename": {}}},
        {"target": "zip", "category": "archive", "options": {"level": {}}},
        {"target": "json", "category": "metadata", "options": []},
    ]
    assert unnamed_targets(rows) == {"archive/zip", "/zip"}


def test_a_snapshot_holds_nothing_that_acts_where_it_is_shown(tmp_path: Path) -> None:
    """The service decides what it says, and it is committed, and looked at."""
    rows = [{"target": "a\x9b2J", "category": "x\u202e", "options": {"\u2028": {"description": "\x85\ufeff"}}}]
    text = Snapshot(rows, "2026-01-01", "https://x\u2066").text()
    assert not any(sign in text for sign in "\x85\x9b\u2028\u202e\u2066\ufeff")
    (tmp_path / CATALOG_FILE).write_text(text, encoding="utf-8")
    read = project_snapshot(tmp_path)
    assert read is not None
    assert (read.rows, read.service) == (rows, "https://x\u2066")
