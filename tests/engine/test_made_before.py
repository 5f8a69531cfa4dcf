"""Which jobs are planned once more, because another one makes some of their results already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Conversion
from a2c_spec.core.plan import Change
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.engine.made_before import partly_made
from a2c_spec.engine.planned import PlannedChange
from tests.engine.projects import desired, job


class Makers:
    """Dependencies in which others make these conversions."""

    def __init__(self, *made: str) -> None:
        self.made = made
        self.session = self.results = self

    def keys(self, one: DesiredJob) -> Mapping[str, str]:
        return {item.id: item.id for item in one.job.conversions if item.id != "nokey"}

    def makes_elsewhere(self, _address: str, key: str) -> bool:
        return key in self.made


def step(*ids: str, starts: bool = True) -> PlannedChange:
    one = desired(job("job", conversions=tuple(Conversion(name, "webp", "image") for name in ids)))
    calls = (Call("create_job", starts=True),) if starts else ()
    return PlannedChange(Change("job", "create", (), calls), one, None)


@pytest.mark.parametrize(
    ("change", "made", "again"),
    [
        (step("a", "b"), ["a"], True),
        (step("a", "b"), [], False),
        (step("a", "b"), ["a", "b"], False),
        (step("a"), ["a"], False),
        (step("a", "b", starts=False), ["a"], False),
        (step("a", "nokey"), ["a"], True),
    ],
    ids=["one of two", "none", "both, which waits as a whole", "its only one", "it pays nothing", "one cannot be kept"],
)
def test_a_job_is_planned_again_where_others_make_some_of_it(
    change: PlannedChange, made: list[str], again: bool
) -> None:
    makers: Any = Makers(*made)
    found = dict(partly_made({"job": [change]}, makers))
    assert list(found) == (["job"] if again else [])
    assert all([item.id for item in one.conversions] == change.conversions for one in found.values())
