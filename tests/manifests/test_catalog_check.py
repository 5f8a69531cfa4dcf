"""Targets and options are held against the catalog, each at its own place, before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.manifests.catalog import Snapshot, index_catalog
from a2c_spec.manifests.catalog_check import check_parts, idle_entries, unknown_addresses
from a2c_spec.manifests.yaml.reader import read_one
from a2c_spec.manifests.yaml.tree import MapNode

ROWS: list[dict[str, Any]] = [
    {
        "target": "png",
        "category": "image",
        "options": {
            "color": {"type": "string", "enum": ["colored", "gray"], "description": "Color to apply"},
            "width": {"type": "integer", "minimum": 1, "maximum": 65000},
            "gamma": {"type": "number", "minimum": 0.1},
            "turns": {"type": "integer", "maximum": 3},
            "ratio": {"type": "string", "pattern": "^\\d{1,6}:\\d{1,6}$", "example": "16:9"},
            "deskew": {"type": "boolean"},
            "odd": {"type": "string", "pattern": "(?=x)"},
            "parts": {"type": "array", "properties": {"start": {"type": "string", "pattern": "^\\d\\d$"}}},
            "place": {"type": "object", "properties": {"x": {"type": "integer"}}},
            "plain": "not described",
        },
    },
    {"target": "json", "category": "metadata", "options": []},
    {"target": "json", "category": "document", "options": []},
    {"target": "zip", "category": "archive", "options": {"level": {"type": "integer", "enum": [1, 9]}}},
    {"target": "mobi", "category": "ebook"},
]
CATALOG = index_catalog(Snapshot(ROWS, "2026-10-01"), "the list")
SHOW = "`a2c-spec catalog show image/png --offline` shows all"
IN = "in the list of 2026-10-01"
BY = "(the list of 2026-10-01)"


def tree_of(text: str) -> MapNode:
    tree, problems = read_one(text.encode(), "m.yaml")
    assert not problems
    assert isinstance(tree, MapNode)
    return tree


def conversion(text: str) -> MapNode:
    return tree_of(f"conversions:\n- {{id: c, {text}}}\n")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("target: pgn", "2:19", f"there is no target `pgn` {IN} (did you mean `png`? `a2c-spec catalog list"),
        ("target: PNG", "2:19", f"there is no target `PNG` {IN} (did you mean `png`?"),
        ("target: png, category: imge", "2:34", "the target `png` is not in the category `imge` but in `image`"),
        ("target: json", "2:19", f"the target `json` is in several categories, so it needs a `category` {BY}"),
        ("target: json, category: image", "2:35", "not in the category `image` but in `document` or `metadata`"),
        ("target: png, options: {colour: 1}", "2:34", f"the target `png` has no option `colour` {IN} (did you mean"),
        ("target: json, category: document, options: {x: 1}", "2:55", "known: allow_multiple_outputs, allow_mu"),
        ("target: zip, options: {level: 5}", "2:41", f"the option `level` must be one of: 1, 9, found 5 {BY}"),
        (
            "target: png, options: {color: grey}",
            "2:41",
            f"the option `color` must be one of: colored, gray {BY} (did you mean `gray`? {SHOW})",
        ),
        ("target: png, options: {color: pink}", "2:41", f"colored, gray {BY} (Color to apply; {SHOW})"),
        ("target: png, options: {width: '5'}", "2:41", f"must be a whole number, found text {BY} (a number has no"),
        ("target: png, options: {width: true}", "2:41", "the option `width` must be a whole number, found true"),
        ("target: png, options: {width: 1.0}", "2:41", "must be a whole number, found the number 1.0"),
        ("target: png, options: {width: {secret: env:X}}", "2:41", "must be a whole number, found a secret"),
        ("target: png, options: {width: 0}", "2:41", "the option `width` must be between 1 and 65000, found 0"),
        ("target: png, options: {gamma: 0}", "2:41", "the option `gamma` must be at least 0.1, found 0"),
        ("target: png, options: {turns: 4}", "2:41", "the option `turns` must be at most 3, found 4"),
        ("target: png, options: {ratio: 16/9}", "2:41", f"must match ^\\d{{1,6}}:\\d{{1,6}}$ {BY} (such as 16:9;"),
        ("target: png, options: {deskew: 1}", "2:42", "must be true or false, found the number 1"),
        ("target: png, options: {parts: {start: '00'}}", "2:41", "the option `parts` must be a list, found a mapping"),
        ("target: png, options: {parts: [5]}", "2:42", "must hold mappings, found the number 5"),
        ("target: png, options: {parts: [{strt: 5}]}", "2:43", "the option `parts.strt` is not known"),
        ("target: png, options: {parts: [{start: 5}]}", "2:50", "the option `parts.start` must be text, found"),
        ("target: png, options: {place: {x: a}}", "2:45", "the option `place.x` must be a whole number, found text"),
        ("target: png, options: {download_password: ü}", "2:53", "the option `download_password` must match ^[ -~]"),
        ("target: png, options: {allow_multiple_outputs_threshold: 1}", "2:68", "must be between 2 and 400, found 1"),
    ],
)
def test_what_is_wrong_is_said_at_its_own_place(text: str, place: str, message: str) -> None:
    (problem,) = check_parts(conversion(text), CATALOG)
    assert str(problem).startswith(f"m.yaml:{place}: error: ")
    assert message in str(problem)


@pytest.mark.parametrize(
    "text",
    [
        "target: png, options: {color: gray, width: 5, ratio: '16:9', deskew: null, odd: y, plain: 1}",
        "target: png, options: {color: {secret: env:B}, download_password: {secret: env:A}, preset: '1'}",
        "target: png, options: {parts: [{start: '00'}, {}], place: {x: null}, gamma: 1}",
        "target: json, category: document, options: {output_filename: a}",
        "target: mobi, options: {anything: 1}",
        "target: 5, options: {width: 0}",
        "target: png, options: [1]",
    ],
)
def test_what_the_catalog_allows_or_the_schema_has_refused_is_not_complained_of(text: str) -> None:
    assert check_parts(conversion(text), CATALOG) == []


def test_a_preset_is_checked_in_the_same_words() -> None:
    found = check_parts(tree_of("target: png\noptions: {widht: 5}\n"), CATALOG)
    assert [str(problem) for problem in found] == [
        f"m.yaml:2:11: error: the target `png` has no option `widht` {IN} (did you mean `width`? {SHOW};"
        " if the service has it: lifecycle: {allow_unknown: [options.widht]})"
    ]


@pytest.mark.parametrize(
    ("text", "allowed", "problems", "idle"),
    [
        ("target: png, options: {colour: 1}", "conversions.c.options.colour", 0, ""),
        ("target: png, options: {width: 0}", "conversions.c.options.width", 0, ""),
        ("target: png, options: {parts: [{strt: 5}]}", "conversions.c.options.parts", 0, ""),
        ("target: png, options: {parts: [{strt: 5}]}", "conversions.c.options.parts.strt", 0, ""),
        ("target: psd, options: {colour: 1}", "conversions.c.target", 0, ""),
        ("target: png, category: imge", "conversions.c.target", 0, ""),
        ("target: png, options: {colour: 1}", "conversions.c", 1, "error: `conversions.c` in `allow_unknown` is no"),
        (
            "target: png, options: {colour: 1}",
            "conversions",
            1,
            "error: `conversions` in `allow_unknown` is not a target",
        ),
        ("target: png, options: {colour: 1}", "conversions.c.options", 1, "is not a target or option of this manifest"),
        ("target: png, options: {colour: 1}", "conversions.x.options.colour", 1, "did you mean `conversions.c.options"),
        ("target: png, options: {colour: 1}", "conversions.c.options.color", 1, "did you mean `conversions.c.options"),
        ("target: png, options: {width: 1}", "conversions.c.options.width", 0, "warning: `conversions.c.options.width"),
        ("target: png", "conversions.c.target", 0, "not needed: the list of 2026-10-01 has nothing against it (remove"),
        ("target: psd, options: {x: 1}", "conversions.c.options.x", 1, ""),
        ("target: png, options: {a_target: 1, width: 1}", "conversions.c.options.width", 1, "is not needed"),
    ],
)
def test_what_the_catalog_lacks_can_be_allowed_by_its_address(
    text: str, allowed: str, problems: int, idle: str
) -> None:
    tree = tree_of(f"conversions:\n- {{id: c, {text}}}\nlifecycle: {{allow_unknown: [{allowed}]}}\n")
    assert len(check_parts(tree, CATALOG)) == problems
    found = [str(problem) for problem in idle_entries(tree, CATALOG)]
    assert len(found) == bool(idle)
    assert all(idle in one and one.startswith("m.yaml:3:29: ") for one in found)


def test_what_has_to_be_allowed_is_told_for_a_job_that_the_service_has() -> None:
    tree = conversion("target: png, options: {colour: 1, width: 3, parts: [{a: 1}]}")
    assert unknown_addresses(tree, CATALOG) == ["conversions.c.options.colour", "conversions.c.options.parts"]
    assert unknown_addresses(conversion("target: psd"), CATALOG) == ["conversions.c.target"]
