"""A program: uploads, converts and downloads a big file in process, and prints how much its memory grew."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import AsyncIterator
from typing import Any

from a2c_spec.local_api.app import LocalApi, create_app
from a2c_spec.local_api.settings import Settings
from tests.local_api.harness import KEY, TinyConverters

PIECE = bytes(64 * 1024)
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'


async def call(
    app: LocalApi, method: str, path: str, kind: bytes, body: AsyncIterator[bytes]
) -> tuple[int, bytes, int]:
    """Send one request; returns the status, the beginning of the answer, and its length."""
    kept, size, status, ended = b"", 0, 0, False

    async def receive() -> dict[str, Any]:
        nonlocal ended
        if ended:
            await asyncio.Event().wait()  # as a client that stays connected
        try:
            return {"type": "http.request", "body": await anext(body), "more_body": True}
        except StopAsyncIteration:
            ended = True
            return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal kept, size, status
        status = message.get("status", status)
        data = message.get("body", b"")
        size += len(data)
        kept = kept if len(kept) > 100_000 else kept + data

    headers = [(b"host", b"local.a2c"), (b"content-type", kind), (b"x-oc-api-key", KEY.encode())]
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
    await app({**scope, "scheme": "http", "http_version": "1.1", "root_path": ""}, receive, send)
    return status, kept, size


async def one_piece(data: bytes) -> AsyncIterator[bytes]:
    """A body in one piece."""
    yield data


async def form(size: int) -> AsyncIterator[bytes]:
    """The body of a form with a big file of zeros."""
    yield HEAD
    for _ in range(size // len(PIECE)):
        yield PIECE
    yield b"\r\n--b--\r\n"


async def main(size: int) -> None:
    """Upload, convert and download one file."""
    app = create_app(Settings(api_keys=(KEY,)), TinyConverters())
    body = json.dumps({"conversion": [{"target": "same"}]}).encode()
    _, answer, _ = await call(app, "POST", "/v2/jobs", b"application/json", one_piece(body))
    job = json.loads(answer)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = f"/v2/dl/web1/upload-file/{job['id']}"
    await call(app, "POST", path, b"multipart/form-data; boundary=b", form(size))
    while job["status"]["code"] not in ("completed", "failed"):
        await asyncio.sleep(0.02)
        _, answer, _ = await call(app, "GET", f"/v2/jobs/{job['id']}", b"", one_piece(b""))
        job = json.loads(answer)
    path = job["output"][0]["uri"].removeprefix("http://local.a2c")
    status, _, received = await call(app, "GET", path, b"", one_piece(b""))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await app.aclose()
    print(json.dumps({"status": status, "received": received, "grown_kb": peak - before, "peak_kb": peak}))  # noqa: T201 - it is run for this line


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
