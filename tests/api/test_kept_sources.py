"""What no result takes the place of: what is read, and what nobody could agree to lose."""

from __future__ import annotations

import pytest

from a2c_spec.api.kept_sources import READ, KeptSources
from a2c_spec.core.diagnostics import Position
from a2c_spec.core.observed import Disk
from a2c_spec.core.path_claims import Claim

SOURCES = KeptSources(
    lambda path: path.replace("link/", "dist/"),
    {"src/a.png"},
    {"dist/a.png": Claim("job#2", "dist/a.png", Position("m.yaml"))},
    at=lambda path: "it is ours" if path == "ours" else "",
)


@pytest.mark.parametrize(
    ("path", "address", "late"),
    [
        ("dist/a.png", "job", False),
        ("DIST/A.PNG", "job#3", False),
        ("link/a.png", "job", False),
        ("dist/a.png", "other", True),
        ("dist/b.png", "job", True),
    ],
)
def test_a_name_is_late_unless_a_manifest_gives_it_to_this_address(path: str, address: str, late: bool) -> None:
    assert SOURCES.is_told_late(path, address) is late


@pytest.mark.parametrize(
    ("path", "stands", "why"),
    [
        ("src/A.png", "foreign", READ),
        ("src/a.png", "changed", READ),
        ("src/a.png", "absent", READ),
        ("src/a.png", "intact", ""),
        ("src/a.png", "outdated", ""),
        ("src/b.png", "foreign", ""),
        ("ours", "intact", "it is ours"),
    ],
)
def test_what_is_read_is_not_written_over_unless_it_is_a_result(path: str, stands: Disk, why: str) -> None:
    assert SOURCES.why_not(path, stands) == why
