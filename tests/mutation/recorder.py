"""A pytest plugin that writes how long each test took, as JSON, to the file that ``A2C_SPEC_DURATIONS`` names."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

SECONDS: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    SECONDS[report.nodeid] += report.duration  # type: ignore[assignment]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        Path(os.environ["A2C_SPEC_DURATIONS"]).write_text(json.dumps(SECONDS))
