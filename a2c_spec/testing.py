"""For the tests of anyone who talks to the API: ``from a2c_spec.testing import local_api`` gives a pytest fixture.

    def test_my_client(local_api):
        client = Api2Convert(local_api.key, base_url=local_api.url)
        local_api.fail(do="status", status=429, path="/jobs", retry_after="1")
        ...
        assert local_api.calls(method="POST", path="/jobs")

Nothing is registered globally; the service is a real one on a loopback port, fresh for each test.
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

KEY = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: where it is, a key it takes, and what only tests may do with it."""

    url: str
    key: str = KEY

    @property
    def environment(self) -> dict[str, str]:
        """What the official SDKs and command line read."""
        return {"API2CONVERT_BASE_URL": self.url, "API2CONVERT_API_KEY": self.key}

    def fail(self, **fault: Any) -> None:
        """Make something go wrong; see ``a2c_spec.local_api.simulation.faults``."""
        faults_of([fault])
        self._ask("POST", "faults", fault)

    def calls(self, **query: str) -> list[dict[str, Any]]:
        """The requests so far, narrowed by method, path (a shell pattern), status, lost."""
        found: list[dict[str, Any]] = self._ask("GET", f"calls?{urlencode(query)}")
        return found

    def advance(self, seconds: float) -> None:
        """Move the service's clock on."""
        self._ask("POST", "clock", {"advance": seconds})

    def reset(self) -> None:
        """Forget every job, call and fault."""
        self._ask("POST", "reset")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_a2c/{path}", data=data, method=method)  # noqa: S310 - our own URL
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - our own URL
            text = response.read()
        return json.loads(text) if text else None


@contextmanager
def serving(settings: Settings | None = None) -> Iterator[Service]:
    """A service with settings of your own."""
    chosen = settings or Settings()
    with Background(create_app(chosen)) as server:
        yield Service(server.url, chosen.api_keys[0] if chosen.api_keys else KEY)


@pytest.fixture
def local_api() -> Iterator[Service]:
    """A fresh service on a loopback port."""
    with serving() as service:
        yield service
