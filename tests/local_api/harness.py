"""A client that reaches the service over a socket or in process, and converters that need no library."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from a2c_spec.local_api.app import LocalApi, create_app
from a2c_spec.local_api.convert.contract import (
    CatalogEntry,
    ConversionError,
    ConversionWarning,
    Converters,
    Product,
    Request,
    Result,
)
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings

KEY = "0123456789abcdef0123456789abcdef"
OTHERS = ("another", "someone-else", "stranger")
WAYS = ("served", "in process")


class TinyConverters:
    """Converters for text: ``upper`` writes each input in capitals, ``joined`` writes all inputs to one file.

    The option ``slow`` makes a conversion wait for so many seconds, with ``sleep``.
    """

    def __init__(self, sleep: Callable[[float], object] = time.sleep) -> None:
        self._sleep = sleep

    def catalog(self) -> tuple[CatalogEntry, ...]:
        options: dict[str, dict[str, Any]] = {
            "width": {"type": "integer", "minimum": 1, "maximum": 1000},
            "color": {"type": "string", "enum": ["red", "blue"], "default": "red"},
            "slow": {"type": "number", "minimum": 0, "maximum": 5},
            "warn": {"type": "boolean", "default": False},
        }
        return (
            CatalogEntry("1", "upper", "document", options),
            CatalogEntry("2", "joined", "document", options),
            CatalogEntry("3", "copies", "operation", {**options, "copies": {"type": "integer", "default": 2}}),
            CatalogEntry("4", "upper", "operation", {}),
            CatalogEntry("5", "same", "operation", {}),
        )

    def probe(self, path: Path, filename: str) -> dict[str, Any]:
        with path.open("rb") as file:
            head = file.read(64)
        kind = "text/plain" if Path(filename).suffix in ("", ".txt") else "application/octet-stream"
        locked = head.startswith(b"LOCKED:")
        extra = {"password_protected": True} if locked else {}
        return {"content_type": kind, "lines": head.count(b"\n") + 1, **extra}

    def check_password(self, path: Path, password: str) -> bool:
        return path.read_bytes().startswith(f"LOCKED:{password}:".encode())

    def convert(self, request: Request) -> Result:
        self._sleep(float(request.options.get("slow", 0)))
        if request.target == "same":
            return Result(tuple(self._same(request)))
        texts = [self._text(source.path, source.password, source.id) for source in request.sources]
        makers = {"upper": self._upper, "joined": self._joined, "copies": self._copies}
        products = makers[request.target](request, texts)
        warnings = (ConversionWarning("This could be better"),) if request.options.get("warn") else ()
        return Result(tuple(products), warnings)

    def _text(self, path: Path, password: str | None, input_id: str) -> str:
        text = path.read_bytes().decode(errors="replace")
        if text.startswith("BROKEN"):
            raise ConversionError("The file is broken", code=415, source="input", id_source=input_id)
        if text.startswith("LOCKED:"):
            _, wanted, text = text.split(":", 2)
            if wanted != password:
                raise ConversionError("The file needs a password", code=401, source="input", id_source=input_id)
        return text

    def _product(self, request: Request, name: str, text: str, inputs: tuple[str, ...]) -> Product:
        path = request.workdir / f"{len(list(request.workdir.iterdir()))}.bin"
        path.write_text(text)
        return Product(path, name, inputs, "text/plain", {"length": len(text)})

    def _upper(self, request: Request, texts: list[str]) -> Iterator[Product]:
        for source, text in zip(request.sources, texts, strict=True):
            yield self._product(request, f"{Path(source.filename).stem}.txt", text.upper(), (source.id,))

    def _joined(self, request: Request, texts: list[str]) -> Iterator[Product]:
        inputs = tuple(source.id for source in request.sources)
        yield self._product(request, "joined.txt", "|".join(texts), inputs)

    def _same(self, request: Request) -> Iterator[Product]:
        for source in request.sources:
            path = request.workdir / source.id
            path.hardlink_to(source.path)
            yield Product(path, source.filename, (source.id,))

    def _copies(self, request: Request, texts: list[str]) -> Iterator[Product]:
        for _ in range(request.options["copies"]):
            yield self._product(request, "copy.txt", texts[0], (request.sources[0].id,))


class Loop:
    """An event loop on a thread, to call the application as a client in the same process does."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


class InProcess(httpx.BaseTransport):
    """Calls an ASGI application without a socket and without its lifespan; an exception is a broken connection."""

    def __init__(self, app: LocalApi, loop: Loop) -> None:
        self._app, self._loop = app, loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        try:
            status, headers, content = self._loop.run(self._call(request, body))
        except Exception as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        return httpx.Response(status, headers=headers, content=content, request=request)

    async def _call(self, request: httpx.Request, body: bytes) -> tuple[int, Any, bytes]:
        sent: list[Any] = []
        pieces = [body[start : start + 65536] for start in range(0, len(body), 65536)] or [b""]
        queue = [{"type": "http.request", "body": part, "more_body": True} for part in pieces]
        queue[-1]["more_body"] = False

        async def receive() -> dict[str, Any]:
            return queue.pop(0) if queue else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(_scope(request), receive, send)
        if not sent or sent[-1].get("more_body"):
            raise ConnectionError("the answer ended too early")
        parts = [message.get("body", b"") for message in sent[1:]]
        return sent[0]["status"], sent[0].get("headers", []), b"".join(parts)


def _scope(request: httpx.Request) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "root_path": "",
        "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": (request.url.host, request.url.port or 80),
    }


class Api:
    """The client of the tests: requests to paths below /v2, and shortcuts for whole jobs."""

    def __init__(self, app: LocalApi, http: httpx.Client, base: str) -> None:
        self.app, self.http, self.base = app, http, base

    def __call__(self, method: str, path: str, *, key: str | None = KEY, **rest: Any) -> httpx.Response:
        headers = {**({"X-Oc-Api-Key": key} if key else {}), **rest.pop("headers", {})}
        url = path if path.startswith("http") else f"{self.base}{path}"
        return self.http.request(method, url, headers=headers, **rest)

    def ok(self, method: str, path: str, **rest: Any) -> Any:
        """Send a request that must succeed; returns the JSON of the answer."""
        response = self(method, path, **rest)
        assert response.is_success, (response.status_code, response.text)
        return response.json() if response.content else None

    def job(self, **fields: Any) -> Any:
        """Create a job that does not start, unless ``process`` is true."""
        return self.ok("POST", "/jobs", json={"process": False, **fields})

    def upload(self, job: Any, content: bytes | str = "hello", name: str = "a.txt", **rest: Any) -> Any:
        """Upload a file to a job, with the token of the job instead of the key."""
        files = {"file": (name, content)}
        headers = {"X-Oc-Token": job["token"]}
        return self.ok(
            "POST", f"{job['server']}/upload-file/{job['id']}", key=None, headers=headers, files=files, **rest
        )

    def wait(self, job: Any, seconds: float = 20) -> Any:
        """Wait until the job is finished; returns it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            job = self.ok("GET", f"/jobs/{job['id']}")
            if job["status"]["code"] in ("completed", "failed", "canceled"):
                return job
            time.sleep(0.01)
        raise AssertionError(job)

    def convert(self, *inputs: dict[str, Any], **fields: Any) -> Any:
        """Create and start a job over inputs that the service fetches; returns the finished job."""
        body = {"conversion": [{"target": "joined"}], **fields}
        return self.wait(self.job(process=True, input=list(inputs), **body))

    def run(self, *contents: str, **fields: Any) -> Any:
        """Upload files with these contents to a job and start it; returns the finished job."""
        job = self.job(**{"conversion": [{"target": "upper"}], **fields})
        for index, content in enumerate(contents):
            self.upload(job, content, f"{'abcdefgh'[index]}.txt")
        self.ok("PATCH", f"/jobs/{job['id']}", json={"process": True})
        return self.wait(job)


Start = Callable[..., Api]  # makes a service with the settings of the test


@contextmanager
def running(way: str, settings: Settings, converters: Converters | None = None) -> Iterator[Api]:
    """A client of a new service, which is reached in one of the two ways, and has accounts of others too."""
    keyed = settings if settings.api_keys else replace(settings, api_keys=(KEY, *OTHERS))
    app = create_app(keyed, converters or TinyConverters())
    if way == "served":
        with Background(app) as server, httpx.Client(timeout=30) as http:
            yield Api(app, http, server.url)
        return
    loop = Loop()
    try:
        with httpx.Client(transport=InProcess(app, loop)) as http:
            yield Api(app, http, "http://local.a2c/v2")
        loop.run(app.aclose())
    finally:
        loop.close()
