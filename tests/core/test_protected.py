"""Paths that no manifest reads, sends or writes, in every spelling of them."""

from __future__ import annotations

import pytest

from a2c_spec.core.protected import protected

KEPT = [
    ".git/config", "sub/.git", ".GIT/hooks/x", ".git /config", ".git./config", ".g\u200dit/config", ".git::$INDEX/x",
    ".git\ufe0f/x", ".gi\u034ft", "\u3164.git", ".g\u180bit", ".git\U000e0041/x", ".e\xadnv", ".a2c\u115f/x",
    "a2c.\ufe00yaml",     ".g\U000e01efithub", ".g\uffa0it",
    "GIT~1/config", ".\uff47\uff49\uff54/config", "a\\.git\\config", ".a2c/state.db", ".A2C", ".github/workflows/x.yml",
    "a2c.yaml", "A2C.YAML", "sub/a2c.yaml", "a2c.catalog.json", ".env", ".env.local", ".ENVRC", "sub/.env/x",
]  # fmt: skip
FREE = ["git/config", "dist/.gitignore", ".gitattributes", "my.env", "a2c.yml", "a2c.yaml.txt", "x/environment", "é/ü"]


@pytest.mark.parametrize("path", KEPT)
def test_what_is_kept_from_manifests(path: str) -> None:
    assert protected(path)


@pytest.mark.parametrize("path", FREE)
def test_what_is_not(path: str) -> None:
    assert protected(path) == ""
