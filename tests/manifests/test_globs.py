"""Patterns find files in a stable order and stay below their folder."""

from __future__ import annotations

import pytest

from a2c_spec.manifests import globs


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*.png", "a.png", True),
        ("*.png", "x/a.png", False),
        ("**/*.png", "a.png", True),
        ("**/*.png", "x/y/a.png", True),
        ("x/**", "x/y/a.png", True),
        ("x/**/y/**/*.png", "x/y/a.png", True),
        ("**/.hidden", "x/.hidden", True),
        ("**", ".hidden", False),
        ("[ab]?.png", "a1.png", True),
        ("**/" * 40 + "x", "/".join("a" * 60), False),
        ("*a" * 30 + "b", "a" * 200, False),
    ],
)
def test_patterns_mean_what_people_expect(pattern: str, path: str, fits: bool) -> None:
    assert globs.matches(pattern, path) is fits
