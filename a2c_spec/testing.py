"""A pytest fixture for tests of clients of the API: ``from a2c_spec.testing import local_api``.

    def test_my_client(local_api):
        client = Api2Convert(local_api.key, base_url=local_api.url)
        local_api.fail(do="status", status=429, path="/jobs", retry_after="1")
        ...
        assert local_api.calls(method="POST", path="/jobs")

Each test gets a new service on a loopback port. Nothing is registered globally.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from a2c_spec.local_api.app import create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Limits, Progression, Settings, Unknowns
from a2c_spec.local_api.simulation.faults import Fault, faults_of

__all__ = ["Fault", "Limits", "Progression", "Service", "Settings", "Unknowns", "local_api", "serving"]


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: its URL, the key that it accepts, and the switches for tests."""

    url: str
    key: str

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that the official SDKs and ``a2c-spec`` read."""
        return {"API2CONVERT_BASE_URL": self.url, "API2CONVERT_API_KEY": self.key}

    def fail(self, **fault: Any) -> None:
        """Add a fault; its fields are those of ``a2c_spec.local_api.simulation.faults.Fault``."""
        faults_of([fault])
        self._request("POST", "faults", fault)

    def calls(self, **query: str) -> list[dict[str, Any]]:
        """The requests so far; arguments select by method, path (a shell pattern), status, lost."""
        found: list[dict[str, Any]] = self._request("GET", f"calls?{urlencode(query)}")
        return found

    def advance(self, seconds: float) -> None:
        """Move the service's clock forward."""
        self._request("POST", "clock", {"advance": seconds})

    def reset(self) -> None:
        """Delete all jobs, calls and faults."""
        self._request("POST", "reset")

    def _request(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_a2c/{path}", data=data, method=method)  # noqa: S310 - our own URL
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - our own URL
            text = response.read()
        return json.loads(text) if text else None


@contextmanager
def serving(settings: Settings | None = None) -> Iterator[Service]:
    """Serve with these settings until the block ends."""
    with Background(create_app(settings)) as server:
        yield Service(server.url, server.app.settings.api_keys[0])


@pytest.fixture
def local_api() -> Iterator[Service]:
    """A new service on a loopback port."""
    with serving() as service:
        yield service
