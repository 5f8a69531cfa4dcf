"""The document that programs read after an apply."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.views.outputs import job_json, outputs_lines

FILE = SavedFile("dist/a.webp", 3, "ab" * 32, "out-1", "webp", ("cover",))
INPUT = {"type": "upload", "sha256": "cd" * 32, "filename": "a.png"}
RECORD = JobRecord(
    "a",
    "local",
    "done",
    "job-1",
    answered_at=1_700_000_000.25,
    updated_at=1_700_000_001.0,
    fingerprint="f",
    basis={"inputs": {"cover": INPUT, "page": {"type": "remote", "source": "https://x"}}},
    files=(FILE,),
    spent=2,
)


@pytest.mark.parametrize("records", [[], [RECORD], [RECORD, replace(RECORD, address="ü")]])
def test_the_pieces_are_one_json_document(records: list[JobRecord]) -> None:
    tree = json.loads("".join(outputs_lines(("create", [one], "") for one in records)))
    assert (tree["format_version"], [row["address"] for row in tree["jobs"]]) == (1, [one.address for one in records])


def test_a_job_tells_what_went_in_what_came_out_and_when() -> None:
    assert job_json("re-run", [replace(RECORD, address="a#2")]) == {
        "address": "a",
        "action": "re-run",
        "job_id": "job-1",
        "phase": "done",
        "problem": "",
        "fingerprint": "f",
        "spent": 2,
        "created_at": "2023-11-14T22:13:20.250+00:00",
        "ended_at": "2023-11-14T22:13:21.000+00:00",
        "inputs": [
            {"id": "cover", "type": "upload", "sha256": "cd" * 32},
            {"id": "page", "type": "remote", "source": "https://x"},
        ],
        "left_out": {},
        "files": [
            {
                "path": "dist/a.webp",
                "size": 3,
                "sha256": "ab" * 32,
                "conversion": "webp",
                "inputs": ["cover"],
                "output_id": "out-1",
                "job_id": "job-1",
            }
        ],
    }


def test_what_never_happened_has_no_time() -> None:
    told = job_json("create", [JobRecord("a", "local")])
    assert (told["created_at"], told["ended_at"], told["inputs"]) == ("", "", [])


PARTS: list[tuple[list[JobRecord], str, str, str]] = [
    ([RECORD, replace(RECORD, phase="failed", problem="no")], "", "failed", "no"),
    ([replace(RECORD, phase="failed", problem="no"), RECORD], "it needs up", "failed", "it needs up"),
    ([replace(RECORD, phase="completed", warnings=("tired", "odd"))], "", "completed", "tired; odd"),
    ([replace(RECORD, phase="completed")], "", "completed", "not all of its results are here"),
    ([RECORD, replace(RECORD, phase="started")], "", "started", ""),
    ([RECORD, replace(RECORD, warnings=("odd",))], "", "done", ""),
]


@pytest.mark.parametrize(("runs", "problem", "phase", "told"), PARTS)
def test_an_address_of_which_a_part_is_not_as_it_was_asked_for_says_so(
    runs: list[JobRecord], problem: str, phase: str, told: str
) -> None:
    found = job_json("re-run", runs, problem)
    assert (found["phase"], found["problem"]) == (phase, told)
