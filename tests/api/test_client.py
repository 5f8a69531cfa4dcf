"""Each endpoint is read as the service may answer, and a call is sent with values where the plan has references."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.api.client import Client
from a2c_spec.api.http.replies import Refused
from a2c_spec.api.http.transport import TOKEN_HEADER
from a2c_spec.api.upload import Uploads
from a2c_spec.core.calls import Body, Call, Payload, Ref
from a2c_spec.core.desired import Content, Secret
from a2c_spec.core.live import CATALOG_ROWS
from a2c_spec.errors import AuthError, NetworkError
from tests.api.wires import KEY, Answer, Clock, in_turn, wire_over

EMPTY = Content(
    0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "d41d8cd98f00b204e9800998ecf8427e"
)
UPLOAD = Call("upload_file", body=Payload("a", "a.txt", EMPTY, base64="data:,"), creates=("inputs.a",))


def client_of(answer: Answer, key: str = KEY) -> Client:
    wire = wire_over(answer, Clock())
    wire.key = key
    return Client(wire, Uploads(Path()), lambda secret: f"value of {secret.reference}", lambda name: f"id of {name}")


def sent(call: Call, ids: dict[str, str] | None = None, key: str = "", answer: Any = None) -> httpx.Request:
    """The request that a call becomes."""
    seen: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=answer or {})

    asyncio.run(client_of(reply).send(call, "job-1", ids or {}, lambda *_: None, key))
    return seen[0]


@pytest.mark.parametrize("status", [404, 410])
def test_a_job_that_the_service_does_not_know_is_none(status: int) -> None:
    assert asyncio.run(client_of(in_turn(httpx.Response(status, json={}))).job("j")) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'"text"', b'{"id": ""}'])
def test_an_answer_that_is_no_job_is_unexpected(body: bytes) -> None:
    with pytest.raises(NetworkError, match="unexpected response"):
        asyncio.run(client_of(in_turn(httpx.Response(200, content=body))).job("j"))


def test_a_list_without_jobs_is_empty() -> None:
    assert asyncio.run(client_of(in_turn(httpx.Response(204))).jobs(1)) == ()


def test_a_body_is_sent_with_ids_and_values_in_the_place_of_references_and_secrets() -> None:
    body: Body = {
        "input": Ref("inputs.a"),
        "from": Ref("from:b.pdf"),
        "words": (Secret("env:X"), "plain"),
        "n": {"x": 1},
    }
    call = Call("patch_input", Ref("inputs.a"), body)
    request = sent(call, {"inputs.a": "i-1"})
    assert request.url.path == "/v2/jobs/job-1/input/i-1"
    assert json.loads(request.content) == {
        "input": "i-1",
        "from": "id of from:b.pdf",
        "words": ["value of env:X", "plain"],
        "n": {"x": 1},
    }
    assert "Idempotency-Key" not in request.headers


def test_a_create_carries_its_idempotency_key() -> None:
    assert sent(Call("create_job", body={}), key="key-1").headers["Idempotency-Key"] == "key-1"


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (Call("add_inputs", body=({"a": 1},)), {"a": 1}),
        (Call("add_inputs", body=({"a": 1}, {"b": 2})), [{"a": 1}, {"b": 2}]),
        (Call("patch_inputs", body=({"a": 1},)), [{"a": 1}]),
    ],
)
def test_an_array_of_one_is_posted_as_its_element(call: Call, body: Any) -> None:
    assert json.loads(sent(call).content) == body


@pytest.mark.parametrize("status", [404, 410])
def test_deleting_what_is_gone_is_a_success(status: int) -> None:
    client = client_of(in_turn(httpx.Response(status, json={}), httpx.Response(status, json={})))
    asyncio.run(client.send(Call("delete_input", "i"), "job-1", {}, lambda *_: None))
    asyncio.run(client.delete(Call("delete_job", "job-1")))


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (httpx.Response(404, json={}), None),
        (httpx.Response(200, json={"id": "job-1", "status": {"code": "completed"}}), True),
        (httpx.Response(200, json={"id": "job-1", "status": {"code": "canceled"}}), True),
        (httpx.Response(200, json={"id": "job-1", "status": {"code": "processing"}}), False),
        (httpx.Response(200, json={"id": "job-1", "status": {"code": "incomplete"}}), False),
    ],
)
def test_of_a_job_that_cannot_be_deleted_is_asked_whether_it_is_there_and_has_ended(
    answer: httpx.Response, ended: bool | None
) -> None:
    client = client_of(in_turn(httpx.Response(409, json={}), answer))
    there = asyncio.run(client.delete(Call("delete_job", "job-1")))
    assert (there.terminal if there else None) is ended


def test_a_preset_that_cannot_be_deleted_is_no_success() -> None:
    with pytest.raises(Refused):
        asyncio.run(client_of(in_turn(httpx.Response(409, json={}))).delete(Call("delete_preset", "p-1")))


def test_uploads_go_to_the_server_of_the_job_with_its_token_and_without_the_key() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        job = {"id": "job-1", "server": "https://www7.example", "token": "secret-token"}
        return httpx.Response(200, json=job if request.method == "GET" else {"id": "i"})

    client = client_of(answer)
    asyncio.run(client.send(UPLOAD, "job-1", {}, lambda *_: None))
    asyncio.run(client.send(UPLOAD, "job-1", {}, lambda *_: None))
    assert [str(request.url) for request in seen] == [
        "https://service.example/v2/jobs/job-1",
        "https://www7.example/upload-file/job-1",
        "https://www7.example/upload-file/job-1",
    ], "the job is read once, since it was not created here"
    assert seen[1].headers[TOKEN_HEADER] == "secret-token"
    assert KEY not in str(seen[1].headers.raw)


def test_the_answer_of_a_create_tells_where_uploads_go() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(200, json={"id": "job-1", "server": "https://www7.example"})

    client = client_of(answer)
    asyncio.run(client.send(Call("create_job", body={}), "", {}, lambda *_: None))
    asyncio.run(client.send(UPLOAD, "job-1", {}, lambda *_: None))
    assert seen == ["service.example", "www7.example"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_takes_no_upload_is_not_told_as_a_refused_key(status: int) -> None:
    """It never got the key."""

    def answer(request: httpx.Request) -> httpx.Response:
        job = {"id": "job-1", "server": "https://www7.example", "token": "secret-token"}
        return httpx.Response(200, json=job) if request.method == "GET" else httpx.Response(status)

    with pytest.raises(AuthError, match=f"server of the job does not accept the upload: .*{status}") as caught:
        asyncio.run(client_of(answer).send(UPLOAD, "job-1", {}, lambda *_: None))
    assert "API2CONVERT_API_KEY" not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize("server", ["file:///x", "ftp://h", "http://h:0", "//h", "www7.example", '["x"]'])
def test_a_server_to_which_nothing_can_be_sent_is_given_up_at_once(server: str) -> None:
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.method)
        return httpx.Response(200, json={"id": "job-1", "server": server, "token": "t"})

    with pytest.raises(NetworkError):
        asyncio.run(client_of(answer).send(UPLOAD, "job-1", {}, lambda *_: None))
    assert sent == ["GET"]


def test_a_job_that_names_no_server_cannot_take_uploads() -> None:
    with pytest.raises(NetworkError, match="names no server"):
        asyncio.run(
            client_of(in_turn(httpx.Response(200, json={"id": "job-1"}))).send(UPLOAD, "job-1", {}, lambda *_: None)
        )


def test_without_a_key_nothing_is_asked_but_what_is_open_to_all() -> None:
    client = client_of(in_turn(httpx.Response(200, json=[])), key="")
    assert asyncio.run(client.presets()) == ()
    with pytest.raises(AuthError, match="no API key"):
        asyncio.run(client.job("j"))


def test_the_catalog_ends_with_a_page_that_is_empty_or_repeats() -> None:
    rows = [{"id": number, "category": "image", "target": "jpg"} for number in range(3)]

    async def read(answer: Answer) -> list[Any]:
        return [row async for row in client_of(answer).catalog()]

    pages = in_turn(*(httpx.Response(200, json=page) for page in (rows[:2], rows[1:], [])))
    assert asyncio.run(read(pages)) == rows
    assert asyncio.run(read(lambda _: httpx.Response(200, json=rows))) == rows


@pytest.mark.parametrize(
    ("contracts", "jobs", "told"), [(404, 204, ""), (404, 404, "x"), (410, 405, "x"), (404, 500, "")]
)
def test_an_account_that_is_not_there_is_told_where_its_jobs_are_not_either(
    contracts: int, jobs: int, told: str
) -> None:
    answers = in_turn(httpx.Response(contracts), httpx.Response(jobs))
    if not told:
        assert asyncio.run(client_of(answers).credits_left(5.0)) is None
        return
    with pytest.raises(Refused, match=rf"rejected GET https://.*/v2/jobs\?page=1 \({jobs}\)") as caught:
        asyncio.run(client_of(answers).credits_left(5.0))
    assert caught.value.hint == "is that the right URL? check API2CONVERT_BASE_URL and --base-url"


CONTRACTS: list[tuple[Any, int | None]] = [
    (httpx.Response(200, json={"contracts": [{"credits_remaining": 400}], "credits_remaining": 471}), 471),
    (
        httpx.Response(200, json=[{"credits_remaining": 400}, {"contract_type": "invoice"}, {"credits_remaining": 71}]),
        471,
    ),
    (httpx.Response(200, json={"contracts": [{"contract_type": "invoice"}]}), None),
    (httpx.Response(200, json={"credits_remaining": "471"}), None),
    (httpx.Response(200, text="<html>"), None),
    (httpx.Response(204), None),
    (httpx.Response(403, json={"message": "no"}), None),
    (httpx.Response(500), None),
    (httpx.Response(429, headers={"retry-after": "60"}), None),
    (httpx.ReadTimeout("slow"), None),
]


@pytest.mark.parametrize(("answer", "left"), CONTRACTS)
def test_what_an_account_has_left_is_asked_once_and_nothing_depends_on_the_answer(
    answer: Any, left: int | None
) -> None:
    seen: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, httpx.Response)
        return answer

    assert asyncio.run(client_of(reply).credits_left(5.0)) == left
    assert [(request.method, request.url.path) for request in seen] == [("GET", "/v2/contracts")]


@pytest.mark.parametrize(("rows", "size"), [(CATALOG_ROWS, 1), (200, 500_000)], ids=["rows", "bytes"])
def test_a_catalog_without_end_ends(rows: int, size: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        page = request.url.params["page"]
        found = [{"id": f"{page}-{number}", "x": "x" * (size if number == 0 else 1)} for number in range(rows // 10)]
        return httpx.Response(200, json=found)

    async def all_rows() -> int:
        return len([row async for row in client_of(answer).catalog()])

    with pytest.raises(NetworkError, match="the catalog has more than"):
        asyncio.run(all_rows())
