"""The smallest service that a client can apply against, in a process of its own: fast, so that the client is measured.

``python -m tests.benchmarks.stub PORT LATENCY CONVERT`` serves on loopback; every answer waits LATENCY seconds, a job
completes CONVERT seconds after its last input came. ``GET /counts`` tells what was asked for; it waits for nothing.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PAGE = 50
RESULT = b"the result of a conversion\n"


@dataclass(slots=True)
class Job:
    """One job: how many inputs it has, whether it was told to run, and since when it does."""

    id: str
    conversions: list[dict[str, Any]]
    process: bool
    inputs: list[dict[str, Any]] = field(default_factory=list)
    started: float = 0.0


@dataclass(slots=True)
class Stub:
    """The whole service, in memory. ``bare``: rows of the list lack inputs, conversions and results."""

    latency: float
    convert: float
    bare: bool = False
    base: str = ""
    jobs: dict[str, Job] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        method, parts = scope["method"], scope["path"].strip("/").split("/")
        body = await _body(receive)
        if parts == ["counts"]:
            await _answer(send, 200, dict(self.counts))
            return
        await asyncio.sleep(self.latency)
        if not self.base:
            host = dict(scope["headers"])[b"host"].decode()
            self.base = f"http://{host}"
        status, reply = self._reply(method, parts, body, scope["query_string"].decode())
        await _answer(send, status, reply)

    def _reply(self, method: str, parts: list[str], body: bytes, query: str) -> tuple[int, Any]:
        kind = f"{method} {parts[0] if parts[0] != 'v2' else '/'.join(parts[1:2])}"
        what = self._what(method, parts)
        self.counts[what or kind] += 1
        if what == "create":
            return 201, self._create(json.loads(body))
        if what == "list":
            return 200, self._page(int(query.partition("page=")[2].partition("&")[0] or 1))
        job = self.jobs.get(parts[2] if parts[0] == "v2" else parts[1])
        if job is None:
            return 404, {"message": "no such job"}
        if what == "upload":
            return 200, self._upload(job, body)
        if what == "patch":
            job.process = bool(json.loads(body).get("process", job.process))
            self._start(job)
        return (200, RESULT) if what == "download" else (200, self._shown(job))

    def _what(self, method: str, parts: list[str]) -> str:
        known = {
            ("POST", "v2", 2): "create",
            ("GET", "v2", 2): "list",
            ("GET", "v2", 3): "poll",
            ("PATCH", "v2", 3): "patch",
            ("POST", "upload-file", 2): "upload",
            ("GET", "results", 2): "download",
        }
        return known.get((method, parts[0], len(parts)), "")

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        number = len(self.jobs)
        conversions = [
            {**item, "id": f"c{number}-{n}", "options": item.get("options", {})}
            for n, item in enumerate(asked.get("conversion", ()))
        ]
        job = Job(f"job-{number}", conversions, bool(asked.get("process", True)))
        self.jobs[job.id] = job
        return self._shown(job)

    def _upload(self, job: Job, body: bytes) -> dict[str, Any]:
        row = {"id": f"i-{job.id}", "type": "upload", "filename": "input.txt", "size": len(body), "status": "ready"}
        job.inputs.append(row)
        self._start(job)
        return {"id": {"job": job.id, "input": row["id"]}, "completed": True}

    def _start(self, job: Job) -> None:
        if job.process and job.inputs and not job.started:
            job.started = time.monotonic()

    def _page(self, page: int) -> list[dict[str, Any]]:
        rows = [self._shown(job) for job in islice(reversed(self.jobs.values()), (page - 1) * PAGE, page * PAGE)]
        return [{key: row[key] for key in ("id", "status")} for row in rows] if self.bare else rows

    def _shown(self, job: Job) -> dict[str, Any]:
        ended = bool(job.started) and time.monotonic() - job.started >= self.convert
        code = "completed" if ended else "processing" if job.started else "incomplete"
        output = {
            "id": f"o-{job.id}",
            "uri": f"{self.base}/results/{job.id}",
            "filename": "result.webp",
            "size": len(RESULT),
            "status": "enabled",
            "source": {"conversion": job.conversions[0]["id"], "input": [one["id"] for one in job.inputs]},
        }
        return {
            "id": job.id,
            "token": "t",
            "server": self.base,
            "process": job.process,
            "status": {"code": code, "info": ""},
            "spent": int(ended),
            "input": job.inputs,
            "conversion": job.conversions,
            "output": [output] if ended else [],
            "errors": [],
            "warnings": [],
        }


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _answer(send: Send, status: int, reply: Any) -> None:
    raw = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
    kind = b"application/octet-stream" if isinstance(reply, bytes) else b"application/json"
    headers = [(b"content-type", kind), (b"content-length", str(len(raw)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})


if __name__ == "__main__":
    import uvicorn

    port, latency, convert = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    uvicorn.run(
        Stub(latency, convert), port=port, log_level="error", access_log=False, http="httptools", lifespan="off"
    )
