"""Uploads send the bytes that were planned, or fail: a file that changes meanwhile never starts a job."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from pathlib import Path

import httpx
import pytest

from a2c_spec.api.http.replies import LostAnswer, Reply
from a2c_spec.api.upload import Uploads
from a2c_spec.core.calls import Payload
from a2c_spec.core.desired import Content
from a2c_spec.errors import InvalidError, SpecError
from tests.api.wires import KEY, Clock, wire_over

URL = "https://www1.example/upload-file/job-1"
BYTES = bytes(range(256)) * 1024


def measured(content: bytes) -> Content:
    return Content(len(content), hashlib.sha256(content).hexdigest(), hashlib.md5(content).hexdigest())


def payload(content: bytes = BYTES, **more: str) -> Payload:
    return Payload("scan", "scan.bin", measured(content), **{"path": "scan.bin", **more})


class Server(httpx.AsyncBaseTransport):
    """Takes uploads and remembers what came; ``answers`` are given in turn, the last one again and again."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers) or [200]
        self.requests: list[httpx.Request] = []
        self.bodies: list[bytes] = []
        self.told: list[tuple[str, int, int]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.requests.append(request)
        self.bodies.append(await request.aread())
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer, json={"id": {"job": "job-1", "input": "in-1"}})

    def upload(self, root: Path, item: Payload, password: str = "") -> Reply:
        async def run() -> Reply:
            wire = wire_over(lambda _: httpx.Response(500), Clock())
            wire.opened = httpx.AsyncClient(transport=self)
            headers = {"X-Token": "t"}
            return await Uploads(root).file(wire, URL, headers, item, password, lambda *row: self.told.append(row))

        return asyncio.run(run())

    def upload_base64(self, root: Path, *items: Payload) -> Reply:
        async def run() -> Reply:
            wire = wire_over(lambda _: httpx.Response(500), Clock())
            wire.opened = httpx.AsyncClient(transport=self)
            return await Uploads(root).base64(wire, URL, {}, items, lambda *row: self.told.append(row))

        return asyncio.run(run())


def test_a_file_is_streamed_with_its_name_and_its_token_and_without_the_key(tmp_path: Path) -> None:
    tmp_path.joinpath("scan.bin").write_bytes(BYTES)
    server = Server()
    assert server.upload(tmp_path, payload()).status == 200
    assert BYTES in server.bodies[0]
    assert b'name="file"; filename="scan.bin"' in server.bodies[0]
    assert b"decrypt_password" not in server.bodies[0]
    assert server.requests[0].headers["X-Token"] == "t"
    assert KEY not in str(server.requests[0].headers.raw)
    assert int(server.requests[0].headers["content-length"]) == len(server.bodies[0])


def test_progress_is_told_in_bytes_and_ends_with_all_of_them(tmp_path: Path) -> None:
    tmp_path.joinpath("scan.bin").write_bytes(BYTES)
    server = Server()
    server.upload(tmp_path, payload())
    sent = [done for _, done, _ in server.told]
    assert sent == sorted(sent)
    assert server.told[-1] == ("scan", len(BYTES), len(BYTES))
    assert len(sent) > 2


def test_a_password_travels_beside_its_file(tmp_path: Path) -> None:
    tmp_path.joinpath("scan.bin").write_bytes(BYTES)
    server = Server()
    server.upload(tmp_path, payload(), password="hush")
    assert b'name="decrypt_password"\r\n\r\nhush' in server.bodies[0]


@pytest.mark.parametrize("now", [BYTES[:-1] + b"!", BYTES + b"more", BYTES[:-1], b""])
def test_a_file_that_changed_since_it_was_measured_is_not_accepted(tmp_path: Path, now: bytes) -> None:
    tmp_path.joinpath("scan.bin").write_bytes(now)
    server = Server()
    with pytest.raises(InvalidError, match=r"scan\.bin changed while it was being uploaded"):
        server.upload(tmp_path, payload())
    assert (server.requests, server.bodies) == ([], []), "not one byte of it was sent"


def test_a_file_that_changes_while_it_is_being_uploaded_breaks_the_upload_off(tmp_path: Path) -> None:
    path = tmp_path / "scan.bin"
    path.write_bytes(BYTES)

    class Slow(Server):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            chunks = aiter(request.stream)  # type: ignore[arg-type]  # an asynchronous stream
            await anext(chunks)
            with path.open("r+b") as file:
                file.seek(len(BYTES) - 1)
                file.write(b"!")
            async for _ in chunks:
                pass
            raise AssertionError("the whole file was sent")

    with pytest.raises(InvalidError, match="changed while it was being uploaded") as caught:
        Slow().upload(tmp_path, payload())
    assert caught.value.hint == "apply again to send the file as it is now", "what the service makes of it is not known"


def test_an_upload_that_was_throttled_is_sent_again_from_its_first_byte(tmp_path: Path) -> None:
    tmp_path.joinpath("scan.bin").write_bytes(BYTES)
    server = Server(429, 200)
    server.upload(tmp_path, payload())
    assert [BYTES in body for body in server.bodies] == [True, True]


@pytest.mark.parametrize("failure", [503, httpx.ReadError("reset")])
def test_an_upload_without_an_answer_is_not_repeated(tmp_path: Path, failure: int | Exception) -> None:
    tmp_path.joinpath("scan.bin").write_bytes(BYTES)
    server = Server(failure)
    with pytest.raises(LostAnswer):
        server.upload(tmp_path, payload())
    assert len(server.bodies) == 1


INLINE = base64.b64encode(b"inline text").decode()


@pytest.mark.parametrize("text", [INLINE, f"data:text/plain;base64,{INLINE}"])
def test_bytes_that_the_manifest_holds_are_uploaded_like_a_file(tmp_path: Path, text: str) -> None:
    server = Server()
    server.upload(tmp_path, payload(b"inline text", base64=text, path=""))
    assert b"\r\n\r\ninline text\r\n" in server.bodies[0]


def test_small_files_share_one_json_array(tmp_path: Path) -> None:
    tmp_path.joinpath("scan.bin").write_bytes(b"from the disk")
    server = Server()
    server.upload_base64(tmp_path, payload(b"from the disk"), payload(b"inline text", base64=INLINE, path=""))
    rows = json.loads(server.bodies[0])
    assert [base64.b64decode(row["content"]) for row in rows] == [b"from the disk", b"inline text"]
    assert [row["filename"] for row in rows] == ["scan.bin", "scan.bin"]
    assert server.told == [("scan", 13, 13), ("scan", 11, 11)]


def test_one_small_file_is_sent_as_an_object(tmp_path: Path) -> None:
    tmp_path.joinpath("scan.bin").write_bytes(b"alone")
    server = Server()
    server.upload_base64(tmp_path, payload(b"alone"))
    assert json.loads(server.bodies[0])["filename"] == "scan.bin"


def test_a_small_file_that_changed_is_not_sent(tmp_path: Path) -> None:
    tmp_path.joinpath("scan.bin").write_bytes(b"changed")
    server = Server()
    with pytest.raises(InvalidError, match="changed while it was being uploaded"):
        server.upload_base64(tmp_path, payload(b"planned"))
    assert server.bodies == []


class Wrapping(Server):
    """Tells errors of the body as aiohttp does: as one of the connection. The file changes once it is open."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.file.write_bytes(BYTES[:-1] + b"!")
        try:
            return await super().handle_async_request(request)
        except InvalidError as error:
            reset = ConnectionError("Failed to send bytes into the underlying connection")
            reset.__cause__ = error
            raise httpx.WriteError("failed", request=request) from reset


def test_a_change_that_the_connection_tells_as_its_own_failure_is_no_lost_answer(tmp_path: Path) -> None:
    (tmp_path / "scan.bin").write_bytes(BYTES)
    with pytest.raises(InvalidError, match=r"^scan\.bin changed while it was being uploaded$"):
        Wrapping(tmp_path / "scan.bin").upload(tmp_path, payload())


@pytest.mark.parametrize("answer", [400, 401, 404, 409, 413, httpx.ReadError("reset")])
@pytest.mark.parametrize("content", [BYTES, b"x", b""])
def test_a_file_is_told_to_be_there_only_once_the_service_says_so(
    tmp_path: Path, answer: int | Exception, content: bytes
) -> None:
    (tmp_path / "scan.bin").write_bytes(content)
    refused, taken, whole = Server(answer), Server(200), ("scan", len(content), len(content))
    with pytest.raises(SpecError):
        refused.upload(tmp_path, payload(content))
    taken.upload(tmp_path, payload(content))
    assert (whole in refused.told, taken.told.count(whole), taken.told[-1]) == (False, 1, whole)
