"""A service that says everything it ever got: each answer holds the secrets of the requests, in several disguises."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.types import Message, Receive, Scope, Send

from a2c_spec.local_api.app import LocalApi
from a2c_spec.local_api.settings import Settings


def said(secret: str) -> str:
    """A sentence that holds a secret, and how else it may be written."""
    raw = secret.encode()
    disguised = (quote(secret, safe=""), json.dumps(secret), base64.b64encode(b"u:" + raw).decode(), raw.hex())
    return f"'{secret}' {' '.join(disguised)} {secret.upper()}"


class Echoing(LocalApi):
    """The local API, with those ``secrets`` that it was sent in every part of an answer that a service may fill in.

    ``refusing``: every POST is refused, in the same words; ``failing``: every job that ended is shown as failed.
    """

    def __init__(self, settings: Settings, secrets: Mapping[str, str]) -> None:
        super().__init__(settings)
        self.secrets = secrets.values()
        self.heard: list[str] = []
        self.refusing = self.failing = False
        self.url = ""

    @property
    def words(self) -> str:
        return " ".join(map(said, self.heard))

    def hear(self, data: bytes) -> None:
        """Remembers the secrets in a request."""
        known = [one for one in self.secrets if one not in self.heard]
        self.heard += [one for one in known if one.encode() in data or json.dumps(one)[1:-1].encode() in data]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: list[Message] = []
        body = received = b""

        async def heard() -> Message:
            nonlocal received
            message = await receive()
            received += message.get("body", b"")
            self.hear(received)
            return message

        async def changed(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                start.append(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                await self._changed_answer(scope, start[0], body, send)

        if scope["type"] == "http":
            self.hear(b"\n".join(value for _, value in scope["headers"]))
        told = scope["type"] == "http" and not ("download-file" in scope["path"] or "_a2c" in scope["path"])
        await super().__call__(scope, heard, changed if told else send)

    async def _changed_answer(self, scope: Scope, start: Message, body: bytes, send: Send) -> None:
        try:
            data = json.loads(body)
        except ValueError:
            data = None
        if self.refusing and scope["method"] == "POST":
            data = {"message": self.words, "errors": {self.words: self.words, "server": self.words, "id": self.words}}
            start["status"] = 400
        if data is not None:
            body = json.dumps(self._full(data)).encode()
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    def _full(self, data: Any) -> Any:
        if isinstance(data, list):
            return [self._full(row) for row in data]
        if not isinstance(data, dict):
            return data
        if "info" in data:
            data["info"] = self.words
        if isinstance(data.get("status"), dict):
            self._job(data)
        return data

    def _job(self, job: dict[str, Any]) -> None:
        one = self.heard[0]
        told = {
            "source": "conversion",
            "id_source": "",
            "code": one,
            "message": self.words,
            "details": {"a": self.words},
        }
        job["status"]["info"] = f"{self.words} {job['token']}"
        job["warnings"] = [told]
        if self.failing and job["status"]["code"] == "completed":
            job["status"]["code"], job["errors"], job["output"] = "failed", [told, {"message": job["token"]}], []
        for part in (*job["input"], *job["conversion"]):
            for name in ("options", "metadata", "parameters"):
                part[name] = {**(part.get(name) or {}), "echoed": self.words, one: one}
        for part in job["output"]:
            part["filename"] = f"{one}.pdf"
