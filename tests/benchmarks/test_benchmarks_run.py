"""Every benchmark runs, at a size too small to say anything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.benchmarks import memory, plan, uploads

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="memory is measured by wait4")


def test_uploads(tmp_path: Path) -> None:
    pytest.importorskip("api2convert")
    assert any("x the bound" in line for line in uploads.run(tmp_path, 6, 4))


def test_memory(tmp_path: Path) -> None:
    assert len(memory.run(tmp_path, (5, 8))) == 2


def test_plan_makes_no_call(tmp_path: Path) -> None:
    assert "0 calls" in plan.run(tmp_path, 5)[0]
