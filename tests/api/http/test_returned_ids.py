"""Ids that a service gives, or a record has, are such as they are known to be, wherever they stand."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from a2c_spec.api.http.replies import LostAnswer
from a2c_spec.api.http.returned_ids import LONGEST_ID, MOST_PARTS, odd_id, path_with, too_many
from a2c_spec.errors import InvalidError, NetworkError
from tests.api.wires import Clock, in_turn, wire_over

UUID = "6f1e6d3a-0e43-4a1c-8d43-1f6f0f5b0c11"
GOOD: tuple[Any, ...] = (None, "", UUID, "59", 59, "job-1", "a" * 32, "a" * LONGEST_ID)
ODD = (
    "..", "../presets/1", "a/b", "a?page=1", "a#b", "a b", "a\n", "a\x00b", "%2e%2e", "\u202e", "\ud83d", "é", "a\\b",
    "x" * (LONGEST_ID + 1),
)  # fmt: skip
NO_ID: tuple[Any, ...] = (*ODD, True, 1.5, -1, [], ["a"], {"a": 1}, 10**300)
PLACES: tuple[tuple[str, Any], ...] = (
    ("id", lambda one: {"id": one}),
    ("id", lambda one: [{"id": UUID}, {"id": one}]),
    ("job id", lambda one: {"id": {"job": one, "input": UUID}}),
    ("input id", lambda one: {"id": {"job": UUID, "input": one}}),
    ("input id", lambda one: {"id": UUID, "input": [{"id": UUID}, {"id": one}]}),
    ("conversion id", lambda one: {"conversion": [{"id": one}]}),
    ("output id", lambda one: [{"output": [{"id": one}]}]),
    ("conversion id", lambda one: {"output": [{"id": UUID, "source": {"conversion": one}}]}),
    ("input id", lambda one: {"output": [{"id": UUID, "source": {"input": [UUID, one]}}]}),
    ("conversion id", lambda one: [{"id": UUID, "source": {"conversion": one}}]),
)


@pytest.mark.parametrize(("where", "made"), PLACES, ids=[str(n) for n in range(len(PLACES))])
def test_an_id_that_is_none_is_found_wherever_it_stands(where: str, made: Any) -> None:
    assert [one for one in GOOD if odd_id(made(one))] == []
    odd = [one for one in NO_ID if not isinstance(one, dict) or where != "id"]
    assert [one for one in odd if odd_id(made(one)) != where] == []


def test_what_has_no_ids_is_as_it_should_be() -> None:
    shapes: tuple[Any, ...] = (
        None,
        [],
        {},
        "x",
        7,
        [None, "x"],
        {"input": "x", "output": {"id": "a b"}, "source": "a b"},
    )
    assert [one for one in shapes if odd_id(one)] == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_with_an_id_that_is_none_is_not_believed(method: str) -> None:
    """A create may have taken effect, so its answer counts as lost."""
    wire = wire_over(in_turn(httpx.Response(200, json={"id": "../presets/1"})), Clock())
    with pytest.raises(NetworkError, match="one whose id is none") as caught:
        asyncio.run(wire.call(method, "/jobs"))
    assert isinstance(caught.value, LostAnswer) is (method == "POST")
    assert "presets" not in caught.value.message


@pytest.mark.parametrize("given", [*ODD, ""], ids=lambda one: ascii(one[:9]))
@pytest.mark.parametrize("template", ["/jobs/{id}", "/jobs/{job}/input/{id}"])
def test_what_is_no_id_stands_in_no_address(template: str, given: str) -> None:
    with pytest.raises(InvalidError, match="is not an id of the service"):
        path_with(template, job=UUID, id=given)


def test_only_ids_that_a_path_has_are_looked_at() -> None:
    assert path_with("/jobs/{job}", job=UUID, id="") == f"/jobs/{UUID}"
    assert path_with("/jobs", job="", id="a b") == "/jobs"


@pytest.mark.parametrize("kind", ["input", "conversion", "output", "errors", "warnings"])
def test_a_job_with_more_parts_than_is_believed_is_refused(kind: str) -> None:
    many = [{"id": str(n)} for n in range(MOST_PARTS + 1)]
    assert [too_many({kind: many}), too_many([{}, {kind: many}]), too_many({kind: many[1:]})] == [kind, kind, ""]
    wire = wire_over(in_turn(httpx.Response(200, json={"id": UUID, kind: many})), Clock())
    with pytest.raises(NetworkError, match=f"more than {MOST_PARTS} under `{kind}`"):
        asyncio.run(wire.call("GET", "/jobs"))
