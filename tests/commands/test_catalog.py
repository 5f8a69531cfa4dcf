"""`a2c-spec catalog`, tried as a user would."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from a2c_spec.api.client import Client
from a2c_spec.local_api.server import Background
from tests.commands.conftest import PNG
from tests.conftest import Command


def test_a_pulled_catalog_says_which_targets_take_a_name(two: Path, a2c: Command) -> None:
    assert a2c("catalog", "pull", "--local").code == 0
    assert '"output_filename"' in a2c("plan", "two.yaml", "--local", "--json").out
    snapshot = json.loads((two / "a2c.catalog.json").read_text())
    assert (snapshot["service"], len(snapshot["date"])) == ("local", 10)
    for row in snapshot["conversions"]:
        row["options"].pop("output_filename")
    (two / "a2c.catalog.json").write_text(json.dumps(snapshot))
    assert '"output_filename"' not in a2c("plan", "two.yaml", "--local", "--json").out
    assert a2c("catalog", "diff", "--local", "--detailed-exitcode").code == 2
    (two / "two.yaml").write_text(PNG.replace("width: 64", "widht: 64"))
    refused = a2c("validate", "two.yaml")
    assert (refused.code, "did you mean `width`?" in refused.out) == (5, True)


def test_offline_shows_what_manifests_are_checked_against(two: Path, a2c: Command) -> None:
    assert "mobi" in a2c("catalog", "list", "--offline").out
    assert "its options are not known here" in a2c("catalog", "show", "ebook/mobi", "--offline").out
    assert "options" not in json.loads(a2c("catalog", "show", "mobi", "--offline", "--json").out)[0]
    (two / "a2c.catalog.json").write_text('[{"target": "psd", "category": "image", "options": {"deep": {}}}]')
    assert a2c("catalog", "list", "--offline").out.split() == ["CATEGORY", "TARGETS", "image", "psd"]
    refused = a2c("catalog", "show", "pds", "--offline")
    assert (refused.code, "did you mean `psd`?" in refused.err) == (2, True)


def test_a_catalog_is_not_written_through_a_link(two: Path, a2c: Command, tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("[]")
    (two / "a2c.catalog.json").symlink_to(tmp_path / "theirs")
    assert a2c("catalog", "pull", "--local").code == 0
    assert ((tmp_path / "theirs").read_text(), (two / "a2c.catalog.json").is_symlink()) == ("[]", False)


def test_a_catalog_that_cannot_be_read_is_written_again(two: Path, a2c: Command) -> None:
    (two / "a2c.catalog.json").write_text("{")
    refused = a2c("plan", "--local")
    assert (refused.code, "run `a2c-spec catalog pull" in refused.out + refused.err) == (5, True)
    assert a2c("catalog", "pull", "--local").code == 0
    assert a2c("plan", "--local").code == 0


EMPTY = ["[]", '{"format": 1, "conversions": []}', '{"format": 2, "conversions": []}', '[{"target": "webp"}]']


@pytest.mark.parametrize("text", EMPTY)
def test_a_catalog_that_says_nothing_is_never_the_built_in_one(text: str, two: Path, a2c: Command) -> None:
    (two / "a2c.catalog.json").write_text(text)
    for args in (("validate", "two.yaml"), ("catalog", "list", "--offline"), ("catalog", "diff", "--local")):
        ran = a2c(*args)
        told = ran.out + ran.err
        assert (ran.code, "a2c.catalog.json:1:1: error: a2c.catalog.json has" in told) == (5, True), ran
        assert ("built-in" in told, "run `a2c-spec catalog pull" in told) == (False, True)


@pytest.mark.parametrize(
    ("rows", "why"),
    [([], "has no targets"), ([{"target": "png", "options": {}}], "has a target without a category (`png`)")],
)
def test_a_catalog_that_says_nothing_is_not_pulled_over_a_good_one(
    rows: list[dict[str, object]],
    why: str,
    two: Path,
    server: Background,
    a2c: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert a2c("catalog", "pull").code == 0
    before = (two / "a2c.catalog.json").read_bytes()

    async def catalog(_client: Client) -> AsyncIterator[dict[str, object]]:
        for row in rows:
            yield row

    monkeypatch.setattr(Client, "catalog", catalog)
    ran = a2c("catalog", "pull")
    assert (ran.code, f"error: the catalog of {server.url} {why}\n  nothing was written" in ran.err) == (8, True), ran
    assert (two / "a2c.catalog.json").read_bytes() == before
