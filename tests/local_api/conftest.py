"""Every behaviour is tested twice: over a socket and in process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.settings import Settings
from tests.local_api.harness import WAYS, Api, running
from tests.local_api.sdk_source import NotAvailable
from tests.local_api.sdk_source import unpacked as sdk_source_of


@pytest.fixture(params=WAYS, scope="session")
def way(request: pytest.FixtureRequest) -> str:
    """How the service is reached: ``served`` over a socket, or ``in process``."""
    return str(request.param)


@pytest.fixture(scope="session")
def shared(way: str) -> Iterator[Api]:
    """One service for all tests that use only jobs of their own."""
    with running(way, Settings()) as api:
        yield api


@pytest.fixture(scope="session")
def in_process() -> Iterator[Api]:
    """One service reached in process, for the many refused requests, whose answers cannot depend on the way."""
    with running("in process", Settings()) as api:
        yield api


@pytest.fixture
def api(shared: Api) -> Api:
    """The service with default settings."""
    return shared


@pytest.fixture
def api_with(way: str) -> Iterator[Callable[..., Api]]:
    """Makes a service with the settings of the test."""
    with ExitStack() as stack:

        def start(**fields: Any) -> Api:
            return stack.enter_context(running(way, Settings(**fields)))

        yield start


@pytest.fixture(scope="session")
def sdk_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SDK's source archive from PyPI, unpacked once for all workers of a run."""
    shared = tmp_path_factory.getbasetemp().parent / f"sdk-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
    try:
        return sdk_source_of(shared)
    except NotAvailable as error:
        pytest.skip(f"pip cannot get the SDK's source: {error}")
