"""Replies are read tolerantly: what is oddly shaped or missing stays empty, and no token is ever kept."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.live import (
    MOST_BYTES,
    MOST_CREDITS,
    LiveConversion,
    LiveInput,
    LiveJob,
    LiveOutput,
    Problem,
    mapping,
    number,
    parse_conversion,
    parse_input,
    parse_job,
    parse_output,
    rows,
    text,
)

REPLY: dict[str, Any] = {
    "id": "job-1",
    "token": "full access",
    "status": {"code": "completed", "info": "all is well"},
    "process": True,
    "server": "https://web1.example.com/v2/dl/web1/",
    "spent": 2,
    "created_at": "2026-11-26T10:00:00",
    "notify_status": True,
    "input": [{"id": "in-1", "type": "upload", "hash": "AB" * 16, "size": "12", "options": []}],
    "conversion": [{"id": "c-1", "target": "png", "category": "image", "options": {"dpi": 72}, "output_target": None}],
    "output": [{"id": "o-1", "source": {"conversion": "c-1", "input": ["in-1"]}, "uri": "https://x/y/a.png?k=1"}],
    "errors": [{"source": "input", "id_source": "in-1", "code": 7, "message": "cannot be read"}],
    "warnings": [{"source": "conversion", "idSource": "c-1", "code": "w", "message": None}],
}


def test_a_whole_reply_is_read() -> None:
    assert parse_job(REPLY) == LiveJob(
        "job-1",
        "completed",
        "all is well",
        True,
        {"notify_status": True},
        "https://web1.example.com/v2/dl/web1",
        2,
        "2026-11-26T10:00:00",
        (LiveInput("in-1", "upload", size=12, checksum="ab" * 16),),
        (LiveConversion("c-1", "png", "image", {"dpi": 72}),),
        (LiveOutput("o-1", "c-1", ("in-1",), "a.png", "https://x/y/a.png?k=1"),),
        (Problem("input", "in-1", "7", "cannot be read"),),
        (Problem("conversion", "c-1", "w", ""),),
    )


def test_the_token_of_a_job_is_not_kept() -> None:
    assert "full access" not in repr(parse_job(REPLY))


@pytest.mark.parametrize("empty", [None, [], {}, "", 0, "text"])
def test_parts_of_another_shape_are_none(empty: object) -> None:
    keys = ("status", "input", "conversion", "output", "errors", "warnings", "server", "spent")
    live = parse_job({"id": "job-1", "process": "yes"} | dict.fromkeys(keys, empty))
    assert (live.inputs, live.conversions, live.outputs, live.errors, live.warnings) == ((), (), (), (), ())
    assert (live.process, live.spent) == (None, 0)
    assert live.status == (empty if isinstance(empty, str) else "")


@pytest.mark.parametrize(
    ("status", "process", "editable", "terminal"),
    [
        ("incomplete", None, True, False),
        ("created", True, True, False),
        ("ready", False, True, False),
        ("ready", True, False, False),
        ("ready", None, False, False),
        ("processing", False, False, False),
        ("a word of tomorrow", False, False, False),
        ("completed", False, False, True),
        ("failed", True, False, True),
        ("canceled", True, False, True),
    ],
)
def test_a_job_can_be_edited_until_it_is_told_to_run_and_ends_in_three_ways(
    status: str, process: bool | None, editable: bool, terminal: bool
) -> None:
    live = LiveJob("job-1", status, process=process)
    assert (live.editable, live.terminal) == (editable, terminal)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"filename": "a.png", "name": "b.png", "uri": "https://x/c.png"}, "a.png"),
        ({"name": "b.png", "uri": "https://x/c.png"}, "b.png"),
        ({"filename": None, "uri": "https://x/c.png?k=a/d.png"}, "c.png"),
        ({}, ""),
        ({"uri": "https://user:pw@x"}, ""),
        ({"uri": "https://user:pw@x/"}, ""),
        ({"uri": "https://user:p%2Fw@x/a/c.png#d/e"}, "c.png"),
        ({"uri": "c.png"}, ""),
        ({"uri": "/a/c.png"}, "c.png"),
    ],
)
def test_a_result_is_named_by_what_the_service_says_first(row: dict[str, Any], name: str) -> None:
    assert parse_output(row).filename == name


def test_a_result_made_of_something_else_than_a_list_of_inputs_names_none() -> None:
    assert parse_output({"source": {"conversion": "c", "input": "in-1"}}).inputs == ()
    assert parse_output({"source": {"input": ("in-1", 2)}}).inputs == ("in-1", "2")
    assert parse_output({"source": []}).conversion == ""


def test_a_checksum_is_compared_in_lowercase_whatever_key_it_has() -> None:
    shown, md5 = "AB" * 16, "ab" * 16
    rows = ({"checksum": shown}, {"hash": shown}, {"checksum": "", "hash": md5})
    assert [parse_input(row).checksum for row in rows] == [md5] * 3
    assert parse_output({"checksum": shown}).checksum == md5


@pytest.mark.parametrize("shown", ["ab" * 20, "ab" * 32, "crc32:1a2b3c4d", "g" * 32, f"{'ab' * 16}-2", "0", 7])
def test_a_checksum_that_is_no_md5_proves_nothing(shown: object) -> None:
    assert parse_input({"checksum": shown}).checksum == ""
    assert parse_output({"checksum": shown}).checksum == ""


def test_where_a_conversion_delivers_is_kept_row_by_row() -> None:
    targets = [{"type": "ftp"}, "odd", {"type": "amazons3"}]
    assert parse_conversion({"output_target": targets}).output_target == ({"type": "ftp"}, {"type": "amazons3"})


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (3, 3),
        ("3", 3),
        (3.9, 3),
        (True, 1),
        (None, 0),
        ("3 kB", 0),
        ([], 0),
        (float("inf"), 0),
        (float("nan"), 0),
        (-1, 0),
        ("-7", 0),
        (-1e300, 0),
        (10**30, MOST_BYTES),
        ("9" * 30, MOST_BYTES),
        (1e300, MOST_BYTES),
        ("9" * 5000, 0),
    ],
)
def test_a_count_may_come_as_text(value: object, count: int) -> None:
    assert number(value) == count


def test_the_readers_of_single_values() -> None:
    assert [text(value) for value in ("a", None, 3, False)] == ["a", "", "3", "False"]
    objects: list[object] = [{"a": 1}, [], None, "a"]
    assert [mapping(value) for value in objects] == [{"a": 1}, {}, {}, {}]
    arrays: list[object] = [[{"a": 1}, None, 2], "ab", b"ab", {"a": 1}, None]
    assert [list(rows(value)) for value in arrays] == [[{"a": 1}], [], [], [], []]


@pytest.mark.parametrize("part", ["input", "conversion", "output"])
def test_a_part_that_is_listed_twice_with_one_id_is_one(part: str) -> None:
    other = REPLY[part][0] | {"id": "x"}
    twice = REPLY | {part: [REPLY[part][0], other, REPLY[part][0], other]}
    assert parse_job(twice) == parse_job(REPLY | {part: [REPLY[part][0], other]})


def test_parts_without_an_id_each_count() -> None:
    assert len(parse_job({"output": [{"filename": "a"}, {"filename": "a"}]}).outputs) == 2


@pytest.mark.parametrize(
    ("shown", "places"),
    [((None, None), []), ((1, 2), [1, 2]), ((2, None), [2, 1]), ((None, 1, None), [2, 1, 3]), ((5, None), [5, 1])],
)
def test_inputs_without_a_position_have_the_places_that_are_left(
    shown: tuple[int | None, ...], places: list[int]
) -> None:
    inputs = [{"id": str(n), "options": {} if one is None else {"position": one}} for n, one in enumerate(shown)]
    assert parse_job({"id": "j", "input": inputs}).positions == places


@pytest.mark.parametrize(
    ("told", "believed"), [(10**30, MOST_CREDITS), (-5, 0), (2**64 - 1, MOST_CREDITS), ("x", 0), (7, 7)]
)
def test_what_a_job_cost_is_within_what_can_be_added_up(told: object, believed: int) -> None:
    assert parse_job({"spent": told}).spent == believed


def test_places_that_are_none_take_no_time() -> None:
    job = parse_job({"input": [{"id": str(n), "options": {"position": n + 1 if n else 0}} for n in range(20_000)]})
    assert sorted(job.positions) == list(range(1, 20_001))
