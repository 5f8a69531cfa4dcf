"""Callbacks: when they are sent, what they hold, how often they are repeated, and their signature."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable

from tests.local_api.harness import Api, Start
from tests.local_api.servers import Answer, Site, site


def received(web: Site, count: int) -> list[str]:
    end = time.monotonic() + 10
    while len(web.requests) < count and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.05)
    return [json.loads(body)["status"]["code"] for _, _, _, body in web.requests]


def always(status: int) -> Callable[[str, str, int], Answer]:
    return lambda _method, _path, _number: (status, {}, b"")


def test_the_whole_job_is_posted_once_when_it_is_finished(api_with: Start) -> None:
    api = api_with(fetch_private=True)
    with site(always(200)) as web:
        done = api.run("hello", callback=f"{web.url}/hook")
        assert received(web, 1) == ["completed"]
    method, path, headers, body = web.requests[0]
    assert (method, path, headers["content-type"]) == ("POST", "/hook", "application/json")
    assert headers["user-agent"].startswith("API2Convert API v2 Client")
    assert "x-oc-signature" not in headers
    assert json.loads(body) == done


def test_every_change_is_posted_with_notify_status(api_with: Start) -> None:
    api = api_with(fetch_private=True)
    with site(always(204)) as web:
        api.run("BROKEN", callback=web.url, notify_status=True)
        codes = received(web, 4)
    assert sorted(codes) == ["failed", "ready", "running", "running"]


def test_a_callback_is_repeated_after_503_and_not_after_403(api_with: Start) -> None:
    pauses: list[float] = []
    api = api_with(fetch_private=True, sleep=pauses.append)
    with site(lambda _method, _path, number: (503 if number < 4 else 200, {}, b"")) as web:
        api.run("hello", callback=web.url)
        assert received(web, 4) == ["completed"] * 4
    assert pauses == [1, 2, 4]
    with site(always(403)) as web:
        api.run("hello", callback=web.url)
        assert received(web, 1) == ["completed"]


def test_a_callback_is_given_up_after_ten_retries(api_with: Start) -> None:
    api = api_with(fetch_private=True, sleep=lambda _seconds: None)
    with site(always(500)) as web:
        api.run("hello", callback=web.url)
        assert len(received(web, 11)) == 11


def test_callbacks_can_be_signed(api_with: Start) -> None:
    api = api_with(fetch_private=True, callback_secret="geheim")
    with site(always(200)) as web:
        api.run("hello", callback=web.url)
        received(web, 1)
    _, _, headers, body = web.requests[0]
    assert headers["x-oc-signature"] == hmac.new(b"geheim", body, hashlib.sha256).hexdigest()


def test_callbacks_do_not_reach_this_machine_unless_allowed(api: Api) -> None:
    with site(always(200)) as web:
        assert api.run("hello", callback=web.url)["status"]["code"] == "completed"
        time.sleep(0.1)
    assert web.requests == []
