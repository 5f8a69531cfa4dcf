"""Who is answered at all: what others on the network, and pages that a browser opens here, can get of this service."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from a2c_spec.local_api.app import LocalApi, create_app
from a2c_spec.local_api.jobs.identity import account_of
from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.settings import Settings
from tests.local_api.harness import KEY, Api, TinyConverters, running

HERE, ELSEWHERE = "127.0.0.1", "192.0.2.2"
OURS = (
    ("GET", "/_a2c/"),
    ("HEAD", "/_a2c/"),
    ("OPTIONS", "/_a2c/"),
    ("GET", "/_a2c/jobs/1"),
    ("GET", "/_a2c/outputs/1"),
    ("GET", "/_a2c/health"),
    ("GET", "/_a2c/calls"),
    ("DELETE", "/_a2c/calls"),
    ("POST", "/_a2c/faults"),
    ("POST", "/_a2c/clock"),
    ("POST", "/_a2c/reset"),
    ("POST", "/_a2c/jobs/1/expire"),
    ("GET", "/_a2c"),
    ("GET", "/v2/_a2c/calls"),
    ("GET", "/_a2c/nowhere"),
)
EVERYWHERE = (
    *OURS,
    *(("GET", path) for path in ("/v2/jobs", "/v2/statuses", "/v2/conversions", "/jobs", "/nowhere")),
    *(("POST", "/v2/jobs"), ("OPTIONS", "/v2/jobs"), ("POST", "/v2/dl/web1/upload-file/1")),
    ("GET", "/v2/dl/web1/download-file/1/a"),
)


@pytest.fixture(scope="module")
def app() -> Iterator[LocalApi]:
    yield (one := create_app(Settings(api_keys=(KEY,)), TinyConverters()))
    asyncio.run(one.aclose())


def status(
    app: LocalApi, method: str, path: str, peer: str | None, host: str | None = "127.0.0.1:8642", **more: str
) -> int:
    """The status of the answer to a request from ``peer``; without a host where that is None."""
    named = {**({} if host is None else {"host": host}), **more}
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "query_string": b"",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "server": ("127.0.0.1", 8642),
        "headers": [(name.replace("_", "-").lower().encode(), text.encode()) for name, text in named.items()],
        "client": (peer, 1) if peer else None,
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return int(sent[0]["status"])


@pytest.mark.parametrize(("method", "path"), [row for row in EVERYWHERE if "/dl/" not in row[1]])
@pytest.mark.parametrize(
    ("peer", "more"),
    [
        (ELSEWHERE, {}),
        ("2001:db8::1", {}),
        ("::ffff:192.0.2.2", {}),
        ("fe80::1%eth0", {}),
        ("localhost.evil.example", {}),
        (None, {}),
        (ELSEWHERE, {"x_oc_api_key": "wrong"}),
        (ELSEWHERE, {"x_oc_token": "token"}),
        (ELSEWHERE, {"authorization": "Basic !!"}),
        (ELSEWHERE, {"authorization": f"Bearer {KEY}"}),
        (ELSEWHERE, {"x_forwarded_for": HERE}),
        (HERE, {"x_forwarded_for": ELSEWHERE}),
        (HERE, {"forwarded": "for=192.0.2.2"}),
    ],
    ids=str,
)
def test_other_machines_need_the_key_on_every_path(
    app: LocalApi, method: str, path: str, peer: str | None, more: dict[str, str]
) -> None:
    assert status(app, method, path, peer, **more) == 401


@pytest.mark.parametrize(
    "more",
    [
        {"x_oc_api_key": KEY},
        {"x_api2convert_api_key": KEY},
        {"authorization": "Basic " + base64.b64encode(f"anyone:{KEY}".encode()).decode()},
    ],
    ids=["older header", "header", "password"],
)
def test_with_the_key_they_are_answered(app: LocalApi, more: dict[str, str]) -> None:
    assert status(app, "GET", "/_a2c/calls", ELSEWHERE, "box.example:8642", **more) == 200
    assert status(app, "GET", "/_a2c/calls", ELSEWHERE, "box.example", **more, origin="https://evil.example") == 403
    assert status(app, "GET", "/_a2c/calls", ELSEWHERE, "box.example", **more, sec_fetch_site="same-site") == 403


def test_a_token_opens_its_job_from_elsewhere_and_nothing_else(app: LocalApi) -> None:
    job = app.service.create(Job(app.service.new_id("job"), "t0ken", account_of(0), 0, 0, "http://x"))
    found = [
        status(app, "GET", f"/v2{path}", ELSEWHERE, x_oc_token="t0ken")
        for path in (f"/jobs/{job.id}", "/jobs", "/statuses")
    ]
    assert found == [200, 401, 401]
    assert status(app, "GET", f"/v2/jobs/{job.id}", ELSEWHERE, x_oc_token="wrong") == 401
    assert status(app, "GET", "/v2/dl/web1/download-file/1/a", ELSEWHERE) == 404
    assert status(app, "POST", f"/v2/dl/web1/upload-file/{job.id}", ELSEWHERE) == 401


@pytest.mark.parametrize("peer", [HERE, "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_needs_no_key_for_the_dashboard(app: LocalApi, peer: str) -> None:
    assert status(app, "GET", "/_a2c/calls", peer) == 200
    assert status(app, "GET", "/v2/jobs", peer) == 401


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8642", "127.0.0.1.evil.example", "localhost.evil.example:8642", "EVIL.example.",
     "evil.local", "evil", "xlocalhost", "2130706433", "0x7f.1", "127.1", "evil.example@127.0.0.1", "",
     "127.0.0.1@evil.example", "127.0.0.1,evil.example", "[::1].evil.example", "[evil.example]", None, "..", "[",
     "localhost:80:80", "127.0.0.1/x"],
)  # fmt: skip
def test_a_name_that_was_made_to_point_here_is_answered_nothing_anywhere(app: LocalApi, host: str | None) -> None:
    for method, path in EVERYWHERE:
        assert status(app, method, path, HERE, host, x_oc_api_key=KEY) == 403
        assert status(app, method, path, "::1", host, x_oc_api_key=KEY, x_forwarded_for=ELSEWHERE) == 403


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8642", "localhost.", "me.localhost:1", "127.0.0.1", "[::1]:8642", "192.168.1.9"]
)
def test_names_of_this_machine_are_answered(app: LocalApi, host: str) -> None:
    assert status(app, "GET", "/v2/jobs", HERE, host, x_oc_api_key=KEY) in (200, 204)


def test_the_name_of_its_base_url_is_one_of_this_machine() -> None:
    named = create_app(Settings(api_keys=(KEY,), base_url="https://box.example/x"), TinyConverters())
    found = [status(named, "GET", "/v2/statuses", HERE, host) for host in ("box.example:1", "other.example")]
    asyncio.run(named.aclose())
    assert found == [200, 403]


def test_only_its_keys_are_accepted_also_where_none_was_given() -> None:
    unnamed = create_app(Settings(), TinyConverters())
    (key,) = unnamed.settings.api_keys
    tried = ("", "local", KEY, key.upper() + "x", key)
    found = [status(unnamed, "GET", "/v2/jobs", HERE, x_oc_api_key=one) for one in tried]
    asyncio.run(unnamed.aclose())
    assert found == [401, 401, 401, 401, 204]


@pytest.fixture(scope="module")
def served() -> Iterator[Api]:
    with running("served", Settings(), TinyConverters()) as api:
        yield api


def raw(api: Api, request: str) -> str:
    """The status line of the answer to a request that no client writes."""
    where = urlsplit(api.base)
    with socket.create_connection((where.hostname, where.port), 5) as line:
        line.sendall(request.replace("\n", "\r\n").encode())
        return line.recv(4096).decode().partition("\r\n")[0]


@pytest.mark.parametrize(
    ("request_text", "code"),
    [
        ("GET http://evil.example/v2/jobs HTTP/1.1\nHost: evil.example\n\n", 403),
        ("GET http://127.0.0.1/v2/jobs HTTP/1.1\nHost: evil.example\n\n", 403),
        (f"GET http://evil.example/v2/jobs HTTP/1.1\nHost: localhost\nX-Oc-Api-Key: {KEY}\n\n", 204),
        ("GET /v2/statuses HTTP/1.1\nHost: localhost\nHost: evil.example\n\n", 403),
        ("GET /v2/statuses HTTP/1.1\nHost: evil.example\nHost: localhost\n\n", 403),
        ("GET /v2/statuses HTTP/1.0\n\n", 403),
        ("GET /v2/%5Fa2c/calls HTTP/1.1\nHost: evil.example\n\n", 403),
        ("GET /_a2c/ HTTP/1.1\nHost: evil.example\nUpgrade: websocket\nConnection: Upgrade\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\n\n", 403),
        ("GET /_a2c/ HTTP/1.1\nHost: localhost\nUpgrade: websocket\nConnection: Upgrade\nOrigin: https://evil.example\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\n\n", 403),
        ("GET /_a2c/calls HTTP/1.1\nHost: localhost\nX-Forwarded-For: 127.0.0.1\n\n", 401),
        ("GET /_a2c/calls HTTP/1.1\nHost: localhost\nOrigin: http://[\n\n", 403),
        ("CONNECT evil.example:443 HTTP/1.1\nHost: evil.example:443\n\n", 403),
    ],
)  # fmt: skip
def test_requests_that_no_client_writes_get_no_more(served: Api, request_text: str, code: int) -> None:
    assert raw(served, request_text).split()[1] in {str(code), "400"} - ({"400"} if code == 204 else set())
