"""Whatever the service, or a proxy in its place, answers: it is read, or refused in our own words."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from a2c_spec.api.client import Client
from a2c_spec.api.created_ids import created_ids
from a2c_spec.api.http.replies import Reply, parse_body
from a2c_spec.api.http.transport import Wire
from a2c_spec.api.upload import Uploads
from a2c_spec.core.adoption import adopt, evidence, matches
from a2c_spec.core.calls import Call
from a2c_spec.core.live import LiveJob, mapping, number, parse_job
from a2c_spec.core.state import Element, Intent, JobRecord
from a2c_spec.errors import SpecError
from tests.api.wires import Clock, wire_over

KEYS = ["id", "status", "code", "info", "input", "conversion", "output", "source", "size", "checksum", "options"]
KEYS += [
    "message",
    "errors",
    "server",
    "token",
    "process",
    "spent",
    "created_at",
    "callback",
    "uri",
    "filename",
    "type",
]
NUMBERS = st.integers() | st.floats()
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=20)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner),
    max_leaves=25,
)
CREATE = Call(
    "create_job",
    body={"process": True, "input": ({"type": "remote"},), "conversion": ({"target": "pdf"},)},
    creates=("job", "inputs.a", "conversions.b"),
)
ADD = Call("add_inputs", body=({}, {}), creates=("inputs.a", "inputs.b"))
UPLOAD = Call("upload_file", creates=("inputs.a",))
INTENT = Intent(
    ("create_job",),
    starts=True,
    noted_at=1.0,
    elements={
        "job": Element("", {"callback": "x"}),
        "inputs.a": Element("", {"identity": {"type": "remote", "source": "u"}}),
        "conversions.b": Element("", {"target": "pdf", "options": {"x": 1}}),
    },
)
RECORD = JobRecord("a", "host", intent=INTENT)


@given(JSON)
@example({"spent": float("inf")})
@example({"input": [{"size": float("nan")}]})
@example({"created_at": "0001-01-01T00:00:00+23:00"})
@example({"created_at": "9999-12-31T23:59:59-23:00"})
@example({"id": "1", "input": [{"type": "remote", "source": "u"}], "conversion": [{"target": "pdf", "options": [1]}]})
def test_any_json_is_read_as_a_job(data: Any) -> None:
    live = parse_job(mapping(data))
    assert isinstance(live, LiveJob)
    if matches(INTENT, live):
        adopt(RECORD, live, 2.0)
    assert evidence(INTENT, live, None, 180.0) in ("ours", "not ours", "unclear")


@given(JSON, st.sampled_from([CREATE, ADD, UPLOAD]))
def test_any_answer_names_ids_or_none(data: Any, call: Call) -> None:
    ids = created_ids(call, Reply(200, data))
    assert ids is None or all(isinstance(value, str) and value for value in ids.values())


@given(st.one_of(st.floats(), st.integers(), st.text(), st.none(), st.just("1e999"), st.just("9" * 5000)))
def test_any_count_is_a_number(value: object) -> None:
    assert isinstance(number(value), int)


def client_of(wire: Wire) -> Client:
    return Client(wire, Uploads(Path()), lambda _secret: "", lambda _name: "")


def dumped(data: Any) -> bytes:
    """As it travels; what JSON cannot say becomes an empty object."""
    try:
        return json.dumps(data).encode()
    except ValueError:
        return b"{}"


@settings(max_examples=60)
@given(st.binary(max_size=60) | JSON.map(dumped), st.sampled_from([200, 201, 204, 302, 400, 500]))
def test_any_body_with_any_status_is_read_or_refused(body: bytes, status: int) -> None:
    client = client_of(wire_over(lambda _request: httpx.Response(status, content=body), Clock()))
    for ask in (client.job("1"), client.jobs(1), client.presets(), client.preset("1"), client.history("1")):
        with contextlib.suppress(SpecError):
            asyncio.run(ask)


HALVES = [
    (rb'{"id": "1", "info": "a\ud83d"}', "a?"),
    (rb'{"id": "1", "info": "\uDE00a"}', "?a"),
    (rb'{"id": "1", "info": "\ud83d\ude00"}', "\U0001f600"),
    (rb'{"id": "1", "info": "\\ud83d"}', r"\ud83d"),
    (b'{"id": "1", "info": "a\xed\xa0\xbd"}', "a?"),
    ('{"id": "1", "info": "\ud7ff"}'.encode(), "\ud7ff"),
]


@pytest.mark.parametrize(("body", "info"), HALVES)
def test_half_a_character_becomes_something_that_can_be_written(body: bytes, info: str) -> None:
    assert parse_body(httpx.Response(200), body) == {"id": "1", "info": info}


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b"9" * 100_000, b"\xff\xfe{"]
)
def test_a_bomb_is_no_json(body: bytes) -> None:
    client = client_of(wire_over(lambda _request: httpx.Response(200, content=body), Clock()))
    with pytest.raises(SpecError):
        asyncio.run(client.job("1"))
