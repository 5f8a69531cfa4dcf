"""What the service refuses, `validate` refuses, and in the same words; what it takes, `validate` lets pass."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from a2c_spec.manifests import service_rules
from a2c_spec.manifests.catalog import built_in, index_catalog
from a2c_spec.manifests.catalog_check import check_parts
from a2c_spec.manifests.yaml.reader import read_one
from a2c_spec.manifests.yaml.tree import MapNode

CATALOG = index_catalog(built_in(), "the list")
ROWS = [row for row in built_in().rows if "options" in row]


@pytest.fixture(scope="module")
def service() -> Iterator[httpx.Client]:
    with (
        Background(create_app(Settings(api_keys=("key",)))) as running,
        httpx.Client(base_url=running.url, headers={"x-oc-api-key": "key"}, timeout=60) as client,
    ):
        yield client


def refused(service: httpx.Client, body: dict[str, Any], path: str = "/jobs") -> dict[str, str]:
    """What the service says against a body, by the dotted name of the field."""
    reply = service.post(path, json=body)
    if reply.status_code < 300:
        return {}
    assert reply.status_code == 400, reply.text
    return {name: texts[0] for name, texts in reply.json()["errors"].items()}


def said(body: dict[str, Any]) -> list[Diagnostic]:
    tree, _ = read_one(json.dumps(body).encode(), "m.yaml")
    assert isinstance(tree, MapNode)
    return [*check_parts(tree, CATALOG), *service_rules.check(tree)]


def values_of(described: dict[str, Any]) -> list[Any]:
    """Values inside and outside of what a description allows, and of every kind."""
    numbers = [described[key] + step for key in ("minimum", "maximum") if key in described for step in (-1, 0, 1)]
    kinds = [
        None,
        True,
        False,
        0,
        1,
        -1,
        1.5,
        90.0,
        10**20,
        "",
        "a",
        "1",
        "true",
        "ü",
        "x" * 2000,
        [],
        [1],
        {},
        {"a": 1},
    ]
    texts = ["00:00:01", "00:00:01.000", "1-3", "1\n", "16:9", "16:9\n", "x" * 255, "x" * 256, "#ff0000", "colored"]
    inside = [[{}], [{"start": "00:00:01.000"}], [{"start": "1"}], [{"strt": "1"}], [{"start": None}], ["a"]]
    enum = described.get("enum", [])
    return [*numbers, *kinds, *texts, *inside, *enum, *(str(value) for value in enum), *(f"{value} " for value in enum)]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['category']}/{row['target']}" for row in ROWS])
def test_every_value_of_every_option_has_the_same_verdict(row: dict[str, Any], service: httpx.Client) -> None:
    tried = [(name, value) for name, described in row["options"].items() for value in values_of(described)]
    tried = [
        (name, value) for name, value in [*tried, ("nonsense", 1)] if name != "preset" or not isinstance(value, str)
    ]
    head = {"category": row["category"], "target": row["target"]}
    parts = [{**head, "options": {name: value}} for name, value in tried]
    against = {int(name.split(".")[1]) for name in refused(service, {"process": False, "conversion": parts})}
    mine = {n for n, part in enumerate(parts) if said({"conversions": [{"id": "c", **part}]})}
    assert [tried[n] for n in sorted(against - mine)] == [], "the service refuses these alone"
    assert [tried[n] for n in sorted(mine - against)] == [], "validate refuses these alone"


SAME_WORDS = [
    ("conversion.0.options.width", {"target": "png", "options": {"width": 0}}, "must be between 1 and 65000"),
    ("conversion.0.options.width", {"target": "png", "options": {"width": "5"}}, "must be a whole number"),
    ("conversion.0.options.deskew", {"target": "png", "options": {"deskew": 1}}, "must be true or false"),
    ("conversion.0.options.color", {"target": "png", "options": {"color": 1}}, "must be text"),
    ("conversion.0.options.color", {"target": "png", "options": {"color": "x"}}, "must be one of: colored, gray, mono"),
    ("conversion.0.options.pages", {"target": "pdf", "options": {"pages": "x"}}, "must match ^(all|first|last|"),
    ("conversion.0.options.widht", {"target": "png", "options": {"widht": 1}}, "has no option"),
    ("conversion.0.target", {"target": "psd"}, "here is no target"),
    ("conversion.0.target", {"target": "png", "category": "video"}, "target is not in"),
    ("conversion.0.options.cut_points", {"target": "cut-video", "options": {"cut_points": {}}}, "must be a list"),
    ("callback", {"callback": "ftp://x"}, "must be an http or https URL"),
    ("download_passwords", {"download_passwords": ["ü"]}, "printable ASCII characters"),
    ("download_passwords", {"download_passwords": ["x" * 65_001]}, "printable ASCII characters"),
    ("input.0.source", {"source": "ftp://x"}, "must be an http or https URL"),
    ("input.0.source", {"source": "a.png"}, "must be an http or https URL"),
    (
        "input.0.options.slide_duration",
        {"source": "https://x", "options": {"slide_duration": 500}},
        "between 0.1 and 120",
    ),
    (
        "input.0.options.resize_handling",
        {"source": "https://x", "options": {"resize_handling": "fit"}},
        "must be one of: keep",
    ),
]


@pytest.mark.parametrize(("name", "part", "words"), SAME_WORDS, ids=[f"{row[0]}: {row[2]}" for row in SAME_WORDS])
def test_a_refusal_is_told_in_the_same_words(
    name: str, part: dict[str, Any], words: str, service: httpx.Client
) -> None:
    kind = name.partition(".")[0]
    body = {kind: [part]} if kind in ("conversion", "input") else part
    against = refused(service, {"process": False, **body})
    assert words in against[name]
    mine: dict[str, Any] = {"conversion": {"conversions": [{"id": "c", **part}]}, "input": {"inputs": [part]}}
    (problem,) = said(mine.get(kind, {"job": part}))
    assert words in re.sub("`[^`]*` ", "", problem.message)
