"""What a saved plan was made from, as digests: of no secret, and of nothing that would let one be guessed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.core.desired import Conversion
from a2c_spec.core.plan import Change
from a2c_spec.engine.loading import Reading
from a2c_spec.engine.plan_basis import DECIDING, Basis, basis_of
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.manifests.notes import Notes
from a2c_spec.manifests.origins import Origin
from tests.engine.projects import desired, job, session_in

LOCKED = Conversion("c", "pdf", "document", options={"user_password": "geheim-1"})


def made_of(root: Path, value: str) -> Basis:
    """The basis of a job with a password in plain text, one part of which has this value."""
    step = PlannedChange(Change("a#2", "create", ("new",)), desired(job("a", conversions=(LOCKED,))), None)
    with session_in(root) as session:
        notes = Notes(origins={"a": {"part": Origin(value, "A2C_VAR_w")}})
        return basis_of(session, Reading(session.project, [], [], notes), [step])


def test_settings_parts_and_records_are_told_of_each_run(tmp_path: Path) -> None:
    basis = made_of(tmp_path, '"x"')
    assert {*basis.settings} == {*DECIDING}
    assert basis.of_run("a#2") == basis.of_run("a")
    assert {*basis.of_run("a")} == {"made_of", "recorded"}
    assert (basis.of_run("b"), Basis().of_run("a")) == ({}, {})
    assert basis.made_of["a"]["part"][1] == "A2C_VAR_w"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('"x"', '"y"', False),
        ('"geheim-1"', '"(sensitive)"', True),
        ('{"pw": "geheim-1", "x": 1}', '{"pw": "(sensitive)", "x": 1}', True),
        ('"geheim"', '"heim-1"', True),
        ("1", "2", False),
    ],
)
def test_what_is_a_secret_or_a_part_of_one_has_no_digest_of_its_own(
    one: str, other: str, same: bool, tmp_path: Path
) -> None:
    parts = [made_of(tmp_path, value).made_of["a"]["part"] for value in (one, other)]
    assert (parts[0] == parts[1]) is same


def test_a_record_changes_only_its_own_digest(tmp_path: Path) -> None:
    first = made_of(tmp_path, "1")
    assert replace(first, settings={}).recorded == made_of(tmp_path, "2").recorded
