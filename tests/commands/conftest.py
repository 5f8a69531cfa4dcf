"""Two jobs, and what is planned for them; and somebody else who has the same key."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from a2c_spec.local_api.app import LocalApi, create_app
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from tests.conftest import Command

METHODS = ("GET", "POST", "PATCH")
PNG = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
labels: {team: web}
inputs: [{id: cover, path: src/cover.png}]
conversions: [{id: webp, category: image, target: webp, options: {width: 64}}]
outputs: [{from: webp, filename: cover, save: dist/}]
---
apiVersion: a2c-spec/v1
kind: Job
name: two
inputs: [{id: page, path: src/signatures.png}]
conversions: [{id: webp, category: image, target: webp, options: {width: 64}}]
"""


@pytest.fixture
def two(project: Path) -> Path:
    (project / "two.yaml").write_text(PNG)
    return project


def planned(a2c: Command, *args: str) -> dict[str, str]:
    """address -> action."""
    tree = json.loads(a2c("plan", "two.yaml", "--local", "--json", *args).out)
    return {change["address"]: change["action"] for change in tree["changes"]}


def in_dist(project: Path) -> list[str]:
    """The names of all results."""
    return sorted(path.name for path in (project / "dist").iterdir())


Somebody = Callable[..., Any]
Faults = Callable[..., None]


def spent(somebody: Somebody) -> int:
    """What all jobs on the service have cost, in credits."""
    return sum(row["spent"] for row in somebody("GET", "/jobs"))


def wait_for(somebody: Somebody, job: str, status: str) -> None:
    """Returns once the service says so of a job."""
    until = time.monotonic() + 60
    while somebody("GET", f"/jobs/{job}")["status"]["code"] != status:
        assert time.monotonic() < until, f"{job} does not get {status}"
        time.sleep(0.02)


@pytest.fixture
def service_settings() -> Settings:
    """Those of the service; a file of tests that needs others says so."""
    return Settings()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, project: Path, service_settings: Settings) -> Iterator[Background]:
    with Background(create_app(replace(service_settings, api_keys=("key",)))) as running:
        monkeypatch.setenv("API2CONVERT_BASE_URL", running.url)
        monkeypatch.setenv("API2CONVERT_API_KEY", "key")
        yield running


@pytest.fixture
def somebody(server: Background) -> Somebody:
    """Sends a request of somebody else, who has the same key."""

    def send(method: str, path: str, **body: Any) -> Any:
        url = path if path.startswith("http") else f"{server.url}{path}"
        with httpx.Client(headers={"x-oc-api-key": "key"}) as client:
            reply = client.request(method, url, json=body or None)
        assert reply.status_code < 300, reply.text
        return reply.json() if reply.content else None

    return send


@pytest.fixture
def refuse(server: Background) -> Faults:
    """Answers downloads with a status, so many times; 0 ends that."""

    def send(status: int, times: int | None, name: str = "*") -> None:
        with httpx.Client(base_url=server.url.removesuffix("/v2")) as client:
            client.delete("/_a2c/faults")
            path = f"/dl/*/download-file/*/{name}"
            fault = {"do": "status", "status": status, "method": "GET", "path": path, "times": times}
            assert client.post("/_a2c/faults", json=[fault]).status_code < 300

    return send


class Rewording(LocalApi):
    """The service, whose answers about jobs, to these methods, are worded as ``reword`` gives their JSON."""

    def __init__(self, reword: Callable[[Any], Any], methods: Collection[str] = METHODS) -> None:
        super().__init__(Settings(api_keys=("key",)))
        self.reword, self.methods = reword, methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun: list[Message] = []

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            body = message.get("body", b"")
            if body[:1] in (b"{", b"["):
                body = json.dumps(self.reword(json.loads(body))).encode()
            headers = [(name, value) for name, value in begun[0]["headers"] if name != b"content-length"]
            await send({**begun[0], "headers": [*headers, (b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})

        jobs = scope["type"] == "http" and scope["method"] in self.methods and "/v2/jobs" in scope["path"]
        await super().__call__(scope, receive, changed if jobs else send)


def showing(show: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Rewording:
    """The service, whose answers about a job show its results as ``show`` gives them."""

    def reword(tree: Any) -> Any:
        outputs = tree.get("output") if isinstance(tree, dict) else None
        return tree | {"output": show(outputs)} if outputs else tree

    return Rewording(reword, ("GET",))
