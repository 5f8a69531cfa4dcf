"""A job is held against the catalog before anything is paid for."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.desired import Conversion, Job, Preset, Secret
from a2c_spec.manifests.catalog import check_catalog, index_catalog

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
    ]
)


@pytest.mark.parametrize(
    ("target", "category", "options", "message"),
    [
        ("png", "", {"color": "gray", "width": 5, "ratio": "16:9", "deskew": None, "odd": "y"}, ""),
        ("png", "image", {"download_password": Secret("env:A"), "color": Secret("env:B"), "preset": "1"}, ""),
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
    expected = [f": error: {message}"] if message else []
    job = Job("a", conversions=(Conversion("c", target, category, options),))
    preset = Preset("a", "a", target, category, options=options)
    assert [str(problem) for problem in check_catalog(job, CATALOG)] == expected
    assert [str(problem) for problem in check_catalog(preset, CATALOG)] == expected
