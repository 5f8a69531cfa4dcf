"""Every behaviour is tested twice: over a socket and in process."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.settings import Settings
from tests.local_api.harness import WAYS, Api, running

VERSION = "10.3.1"


@pytest.fixture(params=WAYS, scope="session")
def way(request: pytest.FixtureRequest) -> str:
    """served, or in process."""
    return str(request.param)


@pytest.fixture(scope="session")
def shared(way: str) -> Iterator[Api]:
    """One service for all tests that only make jobs of their own."""
    with running(way, Settings()) as api:
        yield api


@pytest.fixture
def api(shared: Api) -> Api:
    """The service with the usual settings."""
    return shared


@pytest.fixture
def api_with(way: str) -> Iterator[Callable[..., Api]]:
    """A service of the test's own, with settings of its own."""
    with ExitStack() as stack:

        def start(**fields: Any) -> Api:
            return stack.enter_context(running(way, Settings(**fields)))

        yield start


@pytest.fixture(scope="session")
def sdk_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SDK's source archive from PyPI, unpacked."""
    folder = tmp_path_factory.mktemp("sdk")
    wanted = ["--no-deps", "--no-binary", "api2convert", f"api2convert=={VERSION}"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder), *wanted]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    archives = list(folder.glob("*.tar.gz"))
    if not archives:
        pytest.skip(f"pip cannot get the SDK's source: {done.stderr.strip()[-200:]}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder)  # the archive is the official one, checked by pip
    return folder / f"api2convert-{VERSION}"
