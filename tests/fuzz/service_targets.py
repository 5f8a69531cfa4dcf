"""What the local API reads: requests, and files to convert; and what an apply makes of answers of any kind."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import httpx
from PIL import Image
from starlette.types import Message, Receive, Scope, Send

from a2c_spec.local_api import convert
from a2c_spec.local_api.app import LocalApi, create_app
from a2c_spec.local_api.convert.contract import ConversionError, Request, Source
from a2c_spec.local_api.convert.sandbox.task import Limits
from a2c_spec.local_api.jobs.catalog import catalog_of
from a2c_spec.local_api.server import Background
from a2c_spec.local_api.settings import Settings
from tests.fuzz import mutations
from tests.fuzz.targets import ROOT, Broken, Refused, Target, Trial, applied

KEY = "key"
HEADERS = {"X-Oc-Api-Key": KEY, "Content-Type": "application/json"}
INPUT = {"type": "remote", "source": "http://127.0.0.1:9/a.png", "filename": "a.png", "options": {"a": 1}}
CONVERSION = {"target": "png", "category": "image", "options": {"width": 8}, "metadata": {"a": "b"}}
TARGET = {"type": "ftp", "parameters": {"host": "h"}, "credentials": {"username": "u", "password": "p"}}
PRESET = {"name": "n", "category": "image", "target": "png", "options": {"width": 3}, "scope": "private"}
FILE = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n'
REQUESTS: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/v2/jobs", {"input": [INPUT], "conversion": [CONVERSION], "process": False, "callback": "http://x/y"}),
    ("POST", "/v2/jobs", {"conversion": [CONVERSION | {"output_target": [TARGET]}], "process": True}),
    ("GET", "/v2/jobs?page=1&status=completed", None),
    ("GET", "/v2/jobs/JOB", None),
    ("PATCH", "/v2/jobs/JOB", {"process": True, "notify_status": True, "fail_on_input_error": False}),
    ("POST", "/v2/jobs/JOB/input", INPUT),
    ("PATCH", "/v2/jobs/JOB/input", [{"id": "x", "options": {"slide_duration": 2, "position": 1}}]),
    ("POST", "/v2/jobs/JOB/conversions", CONVERSION),
    ("PATCH", "/v2/jobs/JOB/conversions/CONVERSION", {"options": {"quality": 9, "width": None}}),
    ("DELETE", "/v2/jobs/JOB/conversions/CONVERSION", None),
    ("GET", "/v2/jobs/JOB/output/x", None),
    ("GET", "/v2/conversions?category=image&target=png&page=1", None),
    ("POST", "/v2/presets", PRESET),
    ("GET", "/v2/presets?category=image", None),
    ("POST", "/v2/dl/web1/upload-file/JOB", FILE),
    ("POST", "/_a2c/faults", [{"do": "status", "status": 500, "method": "GET", "path": "/nowhere", "times": 1}]),
    ("POST", "/_a2c/reset", None),
    ("GET", "/v2/contracts", None),
)  # fmt: skip


@contextlib.contextmanager
def requests(folder: Path) -> Iterator[tuple[Sequence[bytes], Trial]]:
    """Requests of any kind to the application itself."""
    app = create_app(Settings(api_keys=(KEY,), data_dir=folder / "data"))
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")
        ids: dict[str, str] = {}

        async def send(method: str, path: str, body: str, headers: dict[str, str]) -> None:
            if not ids:
                made = await client.post("/v2/jobs", json={"conversion": [CONVERSION]}, headers=HEADERS)
                ids.update(JOB=made.json()["id"], CONVERSION=made.json()["conversion"][0]["id"])
            for name, known in ids.items():
                path = path.replace(name, known)
            reply = await client.request(method, path, content=body.encode(errors="replace"), headers=headers)
            if reply.status_code >= 500 and "A fault was asked for" not in reply.text:
                raise Broken(f"{method} {path}: {reply.status_code} {reply.text[:300]}")
            if path.endswith("/reset") or reply.status_code == 404:
                ids.clear()
            if reply.status_code >= 400:
                raise Refused(str(reply.status_code))

        def trial(data: bytes) -> None:
            try:
                method, path, body, headers = json.loads(data)
            except (TypeError, ValueError):
                return
            if not (
                isinstance(method, str) and isinstance(path, str) and path.startswith("/") and isinstance(headers, dict)
            ):
                return
            text = body if isinstance(body, str) else json.dumps(body)
            clean = {str(key): value for key, value in headers.items() if isinstance(value, str)}
            with contextlib.suppress(httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError, ValueError):
                runner.run(send(method.upper()[:10] or "GET", path[:5000], text, clean))

        multipart = HEADERS | {"Content-Type": "multipart/form-data; boundary=b"}
        headers = [multipart if "upload" in path else HEADERS for _, path, _ in REQUESTS]
        yield [json.dumps([*row, head]).encode() for row, head in zip(REQUESTS, headers, strict=True)], trial
        runner.run(client.aclose())
        runner.run(app.aclose())


KINDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("image", "png", {}), ("image", "jpg", {"width": 9}), ("image", "webp", {}), ("document", "pdf", {}),
    ("document", "txt", {}), ("operation", "thumbnail", {}), ("operation", "compress", {}),
    ("operation", "extract-archive", {}), ("operation", "extract-assets", {}), ("metadata", "json", {}),
)  # fmt: skip


def pictures_and_archives() -> list[bytes]:
    """Small well-formed files of many kinds."""
    made = []
    for name in ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "ICO", "TGA", "PPM"):
        file = io.BytesIO()
        Image.new("RGB", (24, 16), "red").save(file, name)
        made.append(file.getvalue())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.txt", "text " * 40)
        archive.writestr("c.png", made[0])
    made.append(packed.getvalue())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        info = tarfile.TarInfo("a/b.txt")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"hello"))
    made.append(packed.getvalue())
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5" fill="red"/></svg>'
    return [*made, svg, (ROOT / "examples/src/appendix.pdf").read_bytes(), b"# Title\n\ntext\n", b"a,b\n1,2\n"]


@contextlib.contextmanager
def converters(folder: Path) -> Iterator[tuple[Sequence[bytes], Trial]]:
    """Archives, pictures and documents that are damaged, given to the converters."""
    catalog = catalog_of(convert.catalog())
    kinds = [kind for kind in KINDS if catalog.find(kind[1], kind[0])]

    def trial(data: bytes) -> None:
        category, target, options = kinds[sum(data[:64]) % len(kinds)]
        file, work = folder / "input.bin", folder / "work"
        file.write_bytes(data)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        full = catalog.expand(target, category, options)
        request = Request(target, category, (Source("i", file, "input.bin"),), work, full)
        try:
            convert.convert(request, Limits(seconds=20.0, memory=2048 << 20, output=64 << 20))
        except ConversionError as error:
            if not str(error) or "Traceback" in str(error):
                raise Broken(f"{category}/{target}: {error}") from None
            raise Refused(str(error)) from None
        if sorted(path.name for path in folder.iterdir()) != ["input.bin", "work"]:
            raise Broken(f"{category}/{target} wrote beside its folder")

    yield pictures_and_archives(), trial


class Liar(LocalApi):
    """A service that answers what it likes, for as long as it has chance to."""

    chance: Random | None = None
    rate = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, perhaps with another body than it should."""
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        lies = self.chance is not None and scope["type"] == "http" and self.chance.random() < self.rate
        await super().__call__(scope, receive, keep if lies else send)
        if lies and self.chance is not None:
            for message in _changed(kept, self.chance):
                await send(message)


def _changed(messages: list[Message], chance: Random) -> Iterator[Message]:
    """The messages of one answer, with another body or status."""
    body = b"".join(one.get("body", b"") for one in messages if one["type"] == "http.response.body")
    start = next(one for one in messages if one["type"] == "http.response.start")
    try:
        made = mutations.tree(chance, [body]) if json.loads(body) else body
    except ValueError:
        made = mutations.noise(chance, [body]) if body else chance.choice((b"", b"x", b"<html>", b"[]", b"{}"))
    status = (
        start["status"] if chance.random() < 0.8 else chance.choice((200, 201, 204, 302, 400, 401, 404, 409, 429, 500))
    )
    made = b"" if status in (204, 304) else made
    heads = [
        (name, value)
        for name, value in start["headers"]
        if name.lower() not in (b"content-length", b"content-encoding")
    ]
    yield {**start, "status": status, "headers": [*heads, (b"content-length", str(len(made)).encode())]}
    yield {"type": "http.response.body", "body": made}


@contextlib.contextmanager
def applies(folder: Path) -> Iterator[tuple[Sequence[bytes], Trial]]:
    """Whole applies and their plans, against a service some of whose answers are anything."""
    service = Liar(Settings(api_keys=(KEY,)))
    with Background(service) as running:

        def trial(data: bytes) -> None:
            chance = Random(data)
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            service.chance, service.rate = chance, chance.choice((0.05, 0.2, 0.6))
            try:
                applied(running.url, KEY)
            finally:
                service.chance = None

        yield [b"1"], trial


SERVICE_TARGETS = (
    Target("requests", mutations.tree, requests),
    Target("converters", mutations.noise, converters),
    Target("applies", mutations.number, applies, seconds=10.0),
)
