"""Uploads and downloads of big files need little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

MIB = 1024 * 1024
ROOT = Path(__file__).parents[3]


def test_a_big_file_is_uploaded_and_downloaded_in_little_memory() -> None:
    command = [sys.executable, "-m", "tests.local_api.endpoints.big_files", str(100 * MIB)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    found = json.loads(done.stdout)
    assert (found["status"], found["received"]) == (200, 100 * MIB)
    assert found["grown_kb"] < 16 * 1024
