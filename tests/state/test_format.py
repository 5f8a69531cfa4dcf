"""Records as JSON: what older and newer versions left out or added."""

from __future__ import annotations

import json
from typing import Any

import pytest

from a2c_spec.core.state import Element, Intent, JobRecord, SavedFile
from a2c_spec.state.format import checked, decode, encode, with_check

FILE = SavedFile("dist/a.pdf", 3, "ab" * 32, "out-1", "pdf")
RECORD = JobRecord(
    "pack",
    "host",
    elements={"job": Element("job-1", {"callback": "x"}, {"fields": {"a": 1}}), "inputs.a": Element("in-1")},
    files=(FILE,),
    landing=(FILE,),
    leftover=(FILE,),
    intent=Intent(("create_job",), elements={"inputs.a": Element("", {"position": 1})}),
)
TREE = checked(encode(RECORD))
MINIMAL = {"path": "a", "size": 1, "sha256": "", "output_id": "o", "conversion": "c"}


def test_what_has_a_column_of_its_own_is_not_written_twice() -> None:
    assert not {"address", "realm"} & TREE.keys()
    assert decode("there", "other", encode(RECORD)).address == "other"
    assert decode("there", "other", encode(RECORD)).realm == "there"


def test_an_echo_is_written_where_one_is_known() -> None:
    assert TREE["elements"] == [
        ["job", "job-1", {"callback": "x"}, {"fields": {"a": 1}}],
        ["inputs.a", "in-1", {}],
    ]


def test_what_a_newer_version_adds_is_ignored() -> None:
    later = TREE | {"later": 7, "intent": TREE["intent"] | {"later": 7}}
    for part in ("files", "landing", "leftover"):
        later[part] = [row | {"later": 7} for row in TREE[part]]
    assert decode("host", "pack", with_check(json.dumps(later))) == RECORD


OLDER: list[tuple[dict[str, Any], JobRecord]] = [
    ({}, JobRecord("pack", "host")),
    (
        {"phase": "done", "files": [MINIMAL]},
        JobRecord("pack", "host", "done", files=(SavedFile("a", 1, "", "o", "c"),)),
    ),
    ({"intent": {"elements": []}}, JobRecord("pack", "host", intent=Intent())),
]


@pytest.mark.parametrize(("tree", "record"), OLDER)
def test_what_an_older_version_did_not_write_is_as_if_it_was_empty(tree: dict[str, Any], record: JobRecord) -> None:
    assert decode("host", "pack", with_check(json.dumps(tree))) == record


def changed(text: str, at: int) -> str:
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]


def test_whatever_is_changed_of_a_record_is_found() -> None:
    text = encode(RECORD)
    assert decode("host", "pack", text) == RECORD
    for damaged in (*(changed(text, at) for at in range(len(text))), text[:-1], f"{text} ", "", json.dumps(TREE)):
        with pytest.raises(ValueError, match="check"):
            decode("host", "pack", damaged)


def test_a_record_is_json_for_whoever_looks_at_it() -> None:
    tree = json.loads(encode(RECORD))
    assert (len(tree.pop("check")), tree) == (8, TREE)


@pytest.mark.parametrize("value", [-1, "1", None, True, 0.5, [], float("inf"), float("nan")], ids=repr)
def test_a_cost_that_is_none_is_damage(value: Any) -> None:
    """Below 0, it would loosen the bounds of what may be spent."""
    with pytest.raises(ValueError, match="`spent`"):
        decode("host", "pack", with_check(json.dumps({"spent": value})))


ROW = {"path": "a", "size": 1, "sha256": "b", "output_id": "c", "conversion": "d"}
OTHER: list[tuple[str, Any]] = [
    ("job_id", 7),
    ("phase", None),
    ("phase", "zzz"),
    ("updated_at", "x"),
    ("updated_at", 1e300),
    ("gone_since", -1.0),
    ("basis", []),
    ("basis", {"order": [{}]}),
    ("basis", {"order": ["a"], "inputs": {}}),
    ("basis", {"conversions": {"c": "x"}}),
    ("basis", {"conversions": []}),
    ("warnings", [7]),
    ("files", [{**ROW, "size": "1"}]),
    ("files", [{**ROW, "path": 7}]),
    ("files", [{**ROW, "inputs": [7]}]),
    ("elements", [["job", 7, {}]]),
    ("elements", [["job", "id", []]]),
    ("elements", [["job", "id", {}, {"options": 7}]]),
    ("intent", {"basis": 7, "elements": []}),
    ("intent", {"starts": "yes", "elements": []}),
]


@pytest.mark.parametrize(("key", "value"), OTHER, ids=repr)
def test_a_value_of_another_kind_is_damage(key: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"no such value|something else|no such values"):
        decode("host", "pack", with_check(json.dumps({key: value})))
