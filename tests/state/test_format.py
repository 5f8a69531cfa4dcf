"""Records as JSON: what older and newer versions left out or added."""

from __future__ import annotations

import json
from typing import Any

import pytest

from a2c_spec.core.state import Element, Intent, JobRecord, SavedFile
from a2c_spec.state.format import decode, encode

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
TREE = json.loads(encode(RECORD))
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
    assert decode("host", "pack", json.dumps(later)) == RECORD


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
    assert decode("host", "pack", json.dumps(tree)) == record
