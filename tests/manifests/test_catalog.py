"""A job is held against the catalog before anything is paid for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from a2c_spec.core.desired import Conversion, Job, Preset, Secret
from a2c_spec.errors import InvalidError
from a2c_spec.manifests.catalog import (
    CATALOG_FILE,
    UNIVERSAL,
    catalog_rows,
    check_catalog,
    index_catalog,
    unnamed_targets,
)

CATALOG = index_catalog(
    [
        {
            "id": "59",
            "target": "png",
            "category": "image",
            "options": {
                "color": {"type": "string", "enum": ["colored", "gray"], "description": "Color to apply"},
                "width": {"type": "integer", "minimum": 1, "maximum": 65000},
                "ratio": {"type": "string", "pattern": "^\\d{1,6}:\\d{1,6}$"},
                "deskew": {"type": "boolean"},
                "odd": {"type": "string", "pattern": "(?=x)"},
            },
        },
        {"id": "1", "target": "json", "category": "metadata", "options": []},
        {"id": "2", "target": "json", "category": "document", "options": []},
        {"id": "3", "target": "zip", "category": "archive", "options": {"level": {"type": "integer", "enum": [1, 9]}}},
    ]
)


@pytest.mark.parametrize(
    ("target", "category", "options", "message"),
    [
        ("png", "", {"color": "gray", "width": 5, "ratio": "16:9", "deskew": None, "odd": "y"}, ""),
        ("png", "image", {"download_password": Secret("env:A"), "color": Secret("env:B"), "preset": "1"}, ""),
        ("json", "document", {"preset": "1"}, ""),
        ("json", "document", {"x": 1}, "the target `json` has no option `x` (known: {universal})"),
        ("zip", "", {"level": 9, "output_filename": "a"}, ""),
        ("zip", "", {"level": 5}, "the option `level` must be one of 1, 9"),
        ("pgn", "", {}, "the catalog has no target `pgn` (did you mean `png`?)"),
        ("png", "imge", {}, "the target `png` is not in the category `imge` (did you mean `image`?)"),
        ("json", "", {}, "the target `json` needs a `category` (one of document, metadata)"),
        ("png", "", {"colour": 1}, "the target `png` has no option `colour` (did you mean `color`?)"),
        ("png", "", {"color": "grey"}, "the option `color` must be one of colored, gray (Color to apply)"),
        ("png", "", {"width": "5"}, "the option `width` must be a whole number"),
        ("png", "", {"width": True}, "the option `width` must be a whole number"),
        ("png", "", {"width": 0}, "the option `width` must be at least 1, found 0"),
        ("png", "", {"width": 65001}, "the option `width` must be at most 65000, found 65001"),
        ("png", "", {"ratio": "16/9"}, "the option `ratio` must match ^\\d{1,6}:\\d{1,6}$"),
        ("png", "", {"deskew": 1}, "the option `deskew` must be true or false"),
    ],
)
def test_the_catalog_says_what_is_wrong(target: str, category: str, options: dict[str, Any], message: str) -> None:
    universal = ", ".join(sorted(UNIVERSAL))
    expected = [f": error: {message.replace('{universal}', universal)}"] if message else []
    job = Job("a", conversions=(Conversion("c", target, category, options),))
    preset = Preset("a", "a", target, category, options=options)
    assert [str(problem) for problem in check_catalog(job, CATALOG)] == expected
    assert [str(problem) for problem in check_catalog(preset, CATALOG)] == expected


def test_a_snapshot_is_read_back_and_none_is_no_error(tmp_path: Path) -> None:
    assert catalog_rows(tmp_path) is None
    (tmp_path / CATALOG_FILE).write_text('[{"target": "png"}]')
    assert catalog_rows(tmp_path) == [{"target": "png"}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "a2c.catalog.json is not valid JSON"),
        ("[" * 100_000, "a2c.catalog.json is not valid JSON"),
        ("{}", "a2c.catalog.json is not a list of targets"),
        ('["png"]', "a2c.catalog.json is not a list of targets"),
        ('[{"target": "png"}, {"target": 1}]', "a2c.catalog.json is not a list of targets"),
    ],
)
def test_a_damaged_snapshot_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / CATALOG_FILE).write_text(text)
    with pytest.raises(InvalidError) as caught:
        catalog_rows(tmp_path)
    assert (caught.value.message, caught.value.hint) == (message, "run `a2c-spec catalog pull` to write it again")


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
