"""What tests of the use cases share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from a2c_spec.engine.session import Session
from tests.engine.projects import session_in


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with session_in(tmp_path) as opened:
        yield opened
