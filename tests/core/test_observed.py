"""What stands at a path before an address is planned: what was not looked at is absent, what is not ours is taken."""

from __future__ import annotations

from typing import get_args

import pytest

from a2c_spec.core.observed import NOT_OURS, Disk, Observed


def late(_name: object, _values: object) -> str:
    raise AssertionError("nothing is rendered here")


TAKEN: dict[Disk, bool] = {
    "absent": False,
    "intact": False,
    "outdated": False,
    "changed": True,
    "foreign": True,
    "folder": True,
    "another's": False,
}


@pytest.mark.parametrize("status", TAKEN)
def test_a_path_is_taken_where_a_file_is_not_as_we_wrote_it(status: Disk) -> None:
    seen = Observed(late, disk={"dist/a": status})
    assert seen.status("dist/a") == status
    assert seen.taken("dist/a") is TAKEN[status]


def test_nothing_stands_where_nothing_was_seen() -> None:
    seen = Observed(late, disk={"dist/a": "foreign"})
    assert seen.status("dist/b") == "absent"
    assert not seen.taken("dist/b")


def test_every_status_is_in_the_table_above() -> None:
    assert set(get_args(Disk)) == TAKEN.keys()
    assert {status for status, taken in TAKEN.items() if taken} == NOT_OURS
