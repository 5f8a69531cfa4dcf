"""Which ids a call created is read from every shape of answer, and never guessed."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from a2c_spec.api.created_ids import created_ids
from a2c_spec.api.http.replies import Reply
from a2c_spec.core.calls import Call, Payload, Ref
from a2c_spec.core.desired import Content, Secret

Rows = list[dict[str, Any]]

CREATE = Call(
    "create_job",
    body={"input": ({"type": "remote"}, {"type": "input_id"}), "conversion": ({"target": "pdf"},)},
    creates=("job", "inputs.a", "inputs.b", "conversions.c"),
)
INPUTS = [{"id": "i1", "type": "remote"}, {"id": "i2", "type": "input_id"}]
CONVERSIONS = [{"id": "c1", "target": "pdf"}]
BOTH_INPUTS = {"job": "j", "inputs.a": "i1", "inputs.b": "i2"}


@pytest.mark.parametrize(
    ("answer", "ids"),
    [
        (
            {"id": "j", "input": INPUTS, "conversion": CONVERSIONS},
            {"job": "j", "inputs.a": "i1", "inputs.b": "i2", "conversions.c": "c1"},
        ),
        (
            {"id": "j", "input": INPUTS[::-1], "conversion": CONVERSIONS},
            {"job": "j", "inputs.a": "i1", "inputs.b": "i2", "conversions.c": "c1"},
        ),
        (
            {"id": "j", "input": INPUTS[:1], "conversion": CONVERSIONS},
            {"job": "j", "inputs.a": "i1", "conversions.c": "c1"},
        ),
        ({"id": "j", "input": INPUTS, "conversion": [{"id": "c1", "target": "jpg"}]}, BOTH_INPUTS),
        ({"id": "j", "input": INPUTS, "conversion": [*CONVERSIONS, {"id": "c2", "target": "pdf"}]}, BOTH_INPUTS),
        ({"id": "j", "input": INPUTS, "conversion": CONVERSIONS * 2}, {**BOTH_INPUTS, "conversions.c": "c1"}),
        ({"id": "j", "input": INPUTS, "conversion": [{"id": "", "target": "pdf"}]}, BOTH_INPUTS),
        ({"id": "j"}, {"job": "j"}),
        ({"input": INPUTS, "conversion": CONVERSIONS}, None),
        (None, None),
    ],
)
def test_a_part_of_a_new_job_has_an_id_if_it_came_back_as_it_was_sent_in_whatever_order(
    answer: Any, ids: dict[str, str] | None
) -> None:
    assert created_ids(CREATE, Reply(201, answer)) == ids


@pytest.mark.parametrize(
    ("creates", "answer", "ids"),
    [
        (("inputs.a",), {"id": {"job": "j", "input": "i1"}}, {"inputs.a": "i1"}),
        (("inputs.a",), {"id": "i1"}, {"inputs.a": "i1"}),
        (("inputs.a",), [{"id": "i1"}, {"id": "i1"}], {"inputs.a": "i1"}),
        (("inputs.a", "inputs.b"), [{"id": "i1"}, {"id": "i2"}], {"inputs.a": "i1", "inputs.b": "i2"}),
        (("inputs.a", "inputs.b"), [{"id": "i1"}], None),
        (("inputs.a", "inputs.b"), [{"id": "i1"}, {}], None),
        (("inputs.a",), {"id": {"job": "j"}}, None),
        (("inputs.a",), None, None),
        ((), {"id": "whatever"}, {}),
    ],
)
def test_parts_of_which_only_ids_are_told_have_them_in_the_order_of_the_answer(
    creates: tuple[str, ...], answer: Any, ids: dict[str, str] | None
) -> None:
    assert created_ids(Call("add_inputs", creates=creates), Reply(200, answer)) == ids


def test_a_caller_for_whom_the_order_is_not_enough_gets_no_ids_of_several() -> None:
    two = Call("upload_base64", creates=("inputs.a", "inputs.b"))
    assert created_ids(two, Reply(200, [{"id": {"input": "i1"}}, {"id": {"input": "i2"}}]), in_order=False) == {}
    one = Call("upload_base64", creates=("inputs.a",))
    assert created_ids(one, Reply(200, {"id": {"input": "i1"}}), in_order=False) == {"inputs.a": "i1"}


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def payload(name: str) -> Payload:
    return Payload("x", name, Content(1, "", md5(name)), path=name)


ADDED: list[tuple[str, tuple[Any, ...], list[dict[str, Any]]]] = [
    (
        "add_inputs",
        ({"type": "remote", "source": "u1"}, {"type": "remote", "source": "u2"}),
        [{"source": "u1"}, {"source": "u2"}],
    ),
    (
        "add_inputs",
        ({"type": "output", "source": Ref("from:x")}, {"type": "output", "source": "u2"}),
        [{"source": "id of from:x"}, {"source": "u2"}],
    ),
    ("add_conversions", ({"target": "png"}, {"target": "jpg"}), [{"target": "png"}, {"target": "jpg"}]),
    (
        "add_conversions",
        ({"target": "png", "options": {"preset": Ref("preset:a")}}, {"target": "png", "options": {"preset": "b"}}),
        [{"options": {"preset": "id of preset:a"}}, {"options": {"preset": "b"}}],
    ),
    ("upload_base64", (payload("a"), payload("b")), [{"filename": "a"}, {"filename": "b"}]),
    ("upload_base64", (payload("a"), payload("b")), [{"checksum": md5("a")}, {"checksum": md5("b")}]),
]


@pytest.mark.parametrize(("kind", "sent", "rows"), ADDED)
def test_an_array_of_parts_is_told_apart_by_what_the_answer_says_of_them(
    kind: str, sent: tuple[Any, ...], rows: list[dict[str, Any]]
) -> None:
    call = Call(kind, body=sent, creates=("x.a", "x.b"))
    told = [{"id": f"i{n}", **row} for n, row in enumerate(rows)]
    for answer in (told, told[::-1]):
        assert created_ids(call, Reply(200, answer), lambda name: f"id of {name}") == {"x.a": "i0", "x.b": "i1"}


def created(conversions: list[dict[str, Any]], answer: list[dict[str, Any]]) -> Any:
    """The ids of a create of two conversions whose answer shows them so."""
    call = Call(
        "create_job",
        body={"conversion": tuple(conversions)},
        creates=("job", "conversions.one", "conversions.two"),
    )
    return created_ids(call, Reply(201, {"id": "j", "conversion": answer}))


WIDE, NARROW = {"target": "png", "options": {"width": 800}}, {"target": "png", "options": {"width": 80}}
EXPANDED = {"height": None, "dpi": 72}


def test_conversions_to_one_target_are_told_apart_by_their_options_in_either_order() -> None:
    wide = {"id": "c-wide", "target": "png", "options": {"width": 800, **EXPANDED}}
    narrow = {"id": "c-narrow", "target": "png", "options": {"width": "80", **EXPANDED}}
    whole = {"job": "j", "conversions.one": "c-wide", "conversions.two": "c-narrow"}
    assert created([WIDE, NARROW], [wide, narrow]) == whole
    assert created([WIDE, NARROW], [narrow, wide]) == whole


def test_conversions_that_are_alike_may_have_either_id() -> None:
    rows = [{"id": "c1", "target": "png", "options": {"width": 800}}, {"id": "c2", "target": "png", "options": {}}]
    assert created([WIDE, WIDE], rows) == {"job": "j", "conversions.one": "c1", "conversions.two": "c2"}


def test_conversions_that_differ_in_what_the_answer_does_not_say_have_no_ids() -> None:
    rows = [{"id": "c-narrow", "target": "png", "options": []}, {"id": "c-wide", "target": "png", "options": []}]
    assert created([WIDE, NARROW], rows) == {"job": "j"}


def test_what_one_conversion_says_and_another_one_leaves_out_is_the_same_where_it_is_the_default() -> None:
    shown = {"target": "png", "options": {"width": 80, "dpi": 72}}
    whole = {"job": "j", "conversions.one": "c1", "conversions.two": "c2"}
    assert created([NARROW, {"target": "png"}], [{"id": "c1", **shown}, {"id": "c2", **shown}]) == whole
    locked = {"target": "png", "options": {"password": Secret("env:PDF")}}
    assert created([NARROW, locked], [{"id": "c1", **shown}, {"id": "c2", **shown}]) == {"job": "j"}


def test_a_service_that_shows_options_of_one_conversion_shows_them_of_all() -> None:
    rows: Rows = [{"id": "c1", "target": "png", "options": []}, {"id": "c2", "target": "png", "options": {"width": 80}}]
    assert created([NARROW, {"target": "png"}], rows) == {
        "job": "j",
        "conversions.one": "c2",
        "conversions.two": "c1",
    }
    assert created([NARROW, WIDE], rows) == {"job": "j", "conversions.one": "c2", "conversions.two": "c1"}


def test_conversions_that_differ_in_a_secret_have_no_ids_whatever_comes_back() -> None:
    locked: dict[str, Any] = {"target": "pdf", "options": {"password": Secret("env:PDF")}}
    open_: dict[str, Any] = {"target": "pdf"}
    rows: Rows = [
        {"id": "c1", "target": "pdf", "options": {"password": "***"}},
        {"id": "c2", "target": "pdf", "options": []},
    ]
    assert created([locked, open_], rows) == {"job": "j"}
    whole = {"job": "j", "conversions.one": "c1", "conversions.two": "c2"}
    assert created([locked, dict(locked)], rows) == whole


def test_what_was_sent_as_null_is_as_if_it_had_not_been_sent() -> None:
    rows = [{"id": "c1", "target": "png", "options": []}, {"id": "c2", "target": "png", "options": []}]
    whole = {"job": "j", "conversions.one": "c1", "conversions.two": "c2"}
    assert created([{"target": "png", "options": {"width": None}}, {"target": "png"}], rows) == whole


def test_conversions_are_told_apart_by_their_metadata() -> None:
    one, two = ({"target": "pdf", "metadata": {"title": title}} for title in ("One", "Two"))
    whole = {"job": "j", "conversions.one": "c1", "conversions.two": "c2"}
    assert created([one, two], [{"id": "c2", **two}, {"id": "c1", **one}]) == whole
    assert created([one, two], [{"id": "c2", "target": "pdf"}, {"id": "c1", "target": "pdf"}]) == {"job": "j"}


def test_three_that_are_alike_and_another_one_are_told_apart_in_another_order() -> None:
    look: dict[str, Any] = {"target": "webp", "options": {"preset": Ref("preset:look")}}
    names = ("one", "two", "three", "other")
    call = Call(
        "create_job",
        body={"conversion": (look, look, look, {"target": "txt"})},
        creates=("job", *(f"conversions.{name}" for name in names)),
    )
    rows = [{"id": "c3", "target": "txt"}, *({"id": f"c{n}", "target": "webp", "options": []} for n in (2, 1, 0))]
    ids = created_ids(call, Reply(201, {"id": "j", "conversion": rows}))
    assert ids is not None
    assert ids["conversions.other"] == "c3"
    assert {ids[f"conversions.{name}"] for name in names[:3]} == {"c0", "c1", "c2"}


def of_inputs(one: dict[str, Any], two: dict[str, Any], answer: list[dict[str, Any]]) -> Any:
    call = Call("create_job", body={"input": (one, two)}, creates=("job", "inputs.one", "inputs.two"))
    return created_ids(call, Reply(201, {"id": "j", "input": answer}))


BOTH = {"job": "j", "inputs.one": "i1", "inputs.two": "i2"}
HERE = {"type": "remote", "source": "https://a.example/1"}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"filename": "1.txt"}, {"filename": "2.txt"}),
        ({"filename": "1"}, {"filename": "12"}),
        ({"options": {"screen_width": 640}}, {"options": {"screen_width": 1280}}),
        ({"parameters": {"file": "a"}}, {"parameters": {"file": "b"}}),
        ({"engine": "website"}, {"engine": "file"}),
    ],
)
def test_inputs_of_one_source_are_told_apart_by_all_else_that_comes_back(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    rows = [{"id": "i2", **HERE, **two}, {"id": "i1", **HERE, **one}]
    assert of_inputs(HERE | one, HERE | two, rows) == BOTH
    assert of_inputs(HERE | one, HERE | two, [{"id": "i2", **HERE}, {"id": "i1", **HERE}]) == {"job": "j"}


def test_inputs_that_differ_in_what_gives_access_to_one_source_may_have_either_id() -> None:
    locked = HERE | {"credentials": {"decrypt_password": Secret("env:PDF")}}
    assert of_inputs(locked, HERE, [{"id": "i1", **HERE}, {"id": "i2", **HERE}]) == BOTH


def test_names_that_the_service_changed_do_not_hide_which_input_is_which() -> None:
    one, two = HERE | {"filename": "a b"}, {"type": "remote", "source": "https://a.example/2", "filename": "c d"}
    rows = [{"id": "i2", **two, "filename": "c_d"}, {"id": "i1", **one, "filename": "a_b"}]
    assert of_inputs(one, two, rows) == BOTH
    two = HERE | {"filename": "c d"}
    assert of_inputs(one, two, [{**rows[0], **HERE}, rows[1]]) == {"job": "j"}
