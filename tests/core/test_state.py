"""What a record says of itself: what is known, what is only intended, and under which ids."""

from __future__ import annotations

from dataclasses import replace

import pytest

from a2c_spec.core.state import ENDED, Element, Intent, JobRecord, SavedFile

BARE = JobRecord("a", "local")
FILE = SavedFile("dist/a", 3, "sha", "out-1", "webp", checksum="md5")


@pytest.mark.parametrize(
    ("file", "digest"),
    [
        (FILE, "sha"),
        (replace(FILE, sha256=""), "md5"),
        (replace(FILE, sha256="", checksum=""), "out-1"),
    ],
)
def test_a_result_is_told_by_the_best_that_is_known_of_it(file: SavedFile, digest: str) -> None:
    assert file.digest == digest


INTENTS: list[tuple[Intent | None, bool, bool]] = [
    (None, False, False),
    (Intent(), False, False),
    (Intent(("patch_job",), starts=True), False, False),
    (Intent(("create_job",)), True, False),
    (Intent(("create_job", "upload_file"), starts=True), True, True),
    (Intent(("create_preset",), starts=True), False, False),
]


@pytest.mark.parametrize(("intent", "unresolved", "lost_start"), INTENTS)
def test_only_a_create_can_be_lost_and_only_one_that_starts_can_cost(
    intent: Intent | None, unresolved: bool, lost_start: bool
) -> None:
    record = replace(BARE, intent=intent)
    assert (record.unresolved, record.lost_start) == (unresolved, lost_start)
    assert intent is None or intent.creates is unresolved


KNOWN: list[tuple[JobRecord, bool]] = [
    (BARE, True),
    (replace(BARE, phase="canceled", intent=Intent(("create_job",)), spent=3), True),
    (replace(BARE, job_id="job-1"), False),
    (replace(BARE, files=(FILE,)), False),
    (replace(BARE, landing=(FILE,)), False),
    (replace(BARE, basis={"job": {}}), False),
]


@pytest.mark.parametrize(("record", "empty"), KNOWN)
def test_a_record_is_empty_until_a_job_a_result_or_a_recipe_is_known(record: JobRecord, empty: bool) -> None:
    assert record.empty is empty


def test_parts_are_found_by_their_names_and_by_the_ids_of_the_service() -> None:
    parts = {"job": Element("job-1"), "inputs.a": Element("in-1", {"filename": "x"}), "inputs.b": Element("")}
    record = replace(BARE, elements=parts)
    assert record.element("inputs.a") == Element("in-1", {"filename": "x"})
    assert record.element("inputs.c") is None
    assert record.names() == {"job-1": "job", "in-1": "inputs.a"}, "a part without an id goes by none"


def test_a_job_ends_in_the_phase_that_the_service_names() -> None:
    assert ENDED == {"completed": "completed", "failed": "failed", "canceled": "canceled"}
    assert "done" not in ENDED.values(), "done is our word: the results are here, too"
