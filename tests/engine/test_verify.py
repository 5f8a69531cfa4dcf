"""What verify finds is what plan says of the same disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.engine.verify import Finding, findings
from tests.engine.planning import done, put
from tests.engine.projects import job, session_in

MANIFEST = """apiVersion: a2c-spec/v1
kind: Job
name: NAME
inputs: [{id: cover, path: cover.png}]
conversions: [{id: webp, target: webp, category: image}]
outputs: [{from: webp, on_conflict: POLICY}]
"""

SEEN = [
    ("a", "error", "mine", Finding("a", "dist/cover.webp", "changed", "sha256")),
    ("a", "skip", "mine", Finding("a", "dist/cover.webp", "skipped", "sha256")),
    ("a", "skip", "", Finding("a", "dist/cover.webp", "missing")),
    ("other", "skip", "", Finding("a", "dist/cover.webp", "missing", orphan=True)),
]


@pytest.mark.parametrize(("name", "policy", "stands", "found"), SEEN)
def test_the_policy_of_the_manifest_decides(
    name: str, policy: str, stands: str, found: Finding, tmp_path: Path
) -> None:
    (tmp_path / "cover.png").write_bytes(b"png")
    (tmp_path / "m.yaml").write_text(MANIFEST.replace("NAME", name).replace("POLICY", policy))
    with session_in(tmp_path) as session:
        put(session, done(session, job("a"), "cover"))
        if stands:
            (tmp_path / "dist/cover.webp").write_text(stands)
        else:
            (tmp_path / "dist/cover.webp").unlink()
        (one,) = findings(session, {"a": None})
    told = (one.address, one.path, one.status, one.reason.partition(" ")[0], one.orphan)
    assert told == (found.address, found.path, found.status, found.reason, found.orphan)


def test_a_result_that_stands_where_its_record_says_is_intact_whoever_was_recorded_there_last(tmp_path: Path) -> None:
    (tmp_path / "cover.png").write_bytes(b"png")
    (tmp_path / "m.yaml").write_text(MANIFEST.replace("NAME", "a").replace("POLICY", "error"))
    with session_in(tmp_path) as session:
        mine = done(session, job("a"), "cover")
        put(session, mine)
        put(session, replace(mine, address="b", files=(replace(mine.files[0], sha256="other"),)))
        found = findings(session, {"a": None})
    assert [one.status for one in found] == ["intact"]


@pytest.mark.parametrize(("newer", "found"), [(9.0, []), (0.0, ["missing"])])
def test_a_result_that_a_newer_run_is_held_for_is_not_missed(newer: float, found: list[str], tmp_path: Path) -> None:
    (tmp_path / "cover.png").write_bytes(b"png")
    (tmp_path / "m.yaml").write_text(MANIFEST.replace("NAME", "a").replace("POLICY", "error"))
    with session_in(tmp_path) as session:
        mine = replace(done(session, job("a"), "cover"), answered_at=5.0)
        (tmp_path / "dist/cover.webp").unlink()
        put(session, mine)
        put(session, replace(mine, address="a#2", phase="building", files=(), answered_at=newer))
        told = findings(session, {"a": None, "a#2": None})
    assert [one.status for one in told] == found
