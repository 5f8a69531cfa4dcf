"""The fixture of a2c_spec.testing."""

from __future__ import annotations

import httpx
import pytest

from a2c_spec.local_api.simulation.faults import InvalidFaults
from a2c_spec.testing import Service, local_api

__all__ = ["local_api"]  # asked for by name


def ask(service: Service, method: str, path: str) -> httpx.Response:
    return httpx.request(method, service.url + path, headers={"X-Oc-Api-Key": service.key})


def test_users_count_calls_inject_faults_and_move_the_clock(local_api: Service) -> None:
    local_api.fail(do="status", status=429, path="/jobs", retry_after="1")
    assert [ask(local_api, "GET", "/jobs").status_code for _ in range(2)] == [429, 204]
    assert [row["faults"] for row in local_api.calls(path="/jobs")] == [["status 429"], []]
    local_api.advance(10)
    local_api.reset()
    assert local_api.calls() == []
    assert set(local_api.environment) == {"API2CONVERT_API_KEY", "API2CONVERT_BASE_URL"}


def test_a_wrong_fault_is_refused_by_fail(local_api: Service) -> None:
    with pytest.raises(InvalidFaults, match="do"):
        local_api.fail(do="explode")
