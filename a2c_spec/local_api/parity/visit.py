"""A client that sends requests to one service, with small jobs of its own, which it deletes at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import httpx

KEY, TOKEN = "X-Oc-Api-Key", "X-Oc-Token"
PICTURE = bytes.fromhex(  # one white pixel, as PNG
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63f80f0001010100b138f6140000000049454e44ae426082"
)
CONVERSION = {"category": "image", "target": "jpg"}
ENDED = ("completed", "failed", "canceled")


class Unanswered(Exception):
    """The service does not answer, or does not create jobs."""


class Visit:
    """A client with one key. The jobs that it creates do not start, unless the caller says so."""

    def __init__(self, base: str, key: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._base, self._key, self._sleep = base.rstrip("/"), key, sleep
        self._http = httpx.Client(timeout=60)
        self._created: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for job_id in self._created:
            with suppress(httpx.HTTPError):
                self("DELETE", f"/jobs/{job_id}")
        self._http.close()

    def __call__(self, method: str, path: str, *, headers: dict[str, str] | None = None, **rest: Any) -> httpx.Response:
        """Send one request, with the account's key unless there are ``headers``; after 429 it is repeated."""
        url = path if path.startswith("http") else self._base + path
        sent = {KEY: self._key} if headers is None else headers
        for seconds in (2, 5, 15):
            answer = self._http.request(method, url, headers=sent, **rest)
            if answer.status_code != 429:
                break
            self._sleep(seconds)
        if method == "POST" and path == "/jobs":
            self._remember(answer)
        return answer

    def with_key(self, **more: str) -> dict[str, str]:
        """Headers with the account's key and more."""
        return {KEY: self._key, **more}

    def _remember(self, answer: httpx.Response) -> None:
        created = read(answer)
        if isinstance(created, dict) and isinstance(created.get("id"), str):
            self._created.append(created["id"])

    def job(self, **fields: Any) -> dict[str, Any]:
        """A new job."""
        answer = self("POST", "/jobs", json={"process": False, **fields})
        created = read(answer)
        if not answer.is_success or not isinstance(created, dict):
            raise Unanswered(f"creating a job was answered with {answer.status_code}: {answer.text[:200]}")
        return created

    def upload(self, job: dict[str, Any], name: str = "a.png", token: str = "") -> httpx.Response:
        """Upload the picture to a job, with the token of the job instead of the key."""
        files = {"file": (name, PICTURE, "image/png")}
        headers = {TOKEN: token or job["token"]}
        return self("POST", f"{job['server']}/upload-file/{job['id']}", headers=headers, files=files)

    def ended(self, job: dict[str, Any], longest: float = 180) -> tuple[dict[str, Any], list[str]]:
        """Wait until the job is finished; returns it, and the statuses that it had before."""
        statuses: list[str] = []
        for _ in range(int(longest / 0.5)):
            job = self("GET", f"/jobs/{job['id']}").json()
            if job["status"]["code"] in ENDED:
                break
            statuses.append(job["status"]["code"])
            self._sleep(0.5)
        return job, statuses


def read(answer: httpx.Response) -> Any:
    """The JSON of an answer, or None."""
    try:
        return answer.json() if answer.content else None
    except ValueError:
        return None


def shape(value: Any) -> str:
    """The shape of a JSON value without its contents: names and types; a list is shown by its first element."""
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(str(name) for name in value)) + "}"
    if isinstance(value, list):
        return f"[{shape(value[0])}]" if value else "[]"
    return "nothing" if value is None else type(value).__name__


def status(answer: httpx.Response) -> str:
    """The status of an answer, and of a refusal also the names in its body."""
    return str(answer.status_code) if answer.is_success else f"{answer.status_code} {shape(read(answer))}"
