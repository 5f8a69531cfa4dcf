"""Whether what a run makes is what is desired: all of it, or which of its conversions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Conversion, Input, Job
from a2c_spec.core.prepare import DesiredJob, prepare
from a2c_spec.core.run_division import divide
from a2c_spec.core.same_recipe import current, same_recipe
from a2c_spec.core.state import JobRecord
from tests.core.planner.situations import fingerprint_secret


def converted(widths: dict[str, int], source: str = "https://x") -> DesiredJob:
    conversions = tuple(Conversion(name, "webp", "image", {"width": width}) for name, width in widths.items())
    job = Job("job", inputs=(Input("a", "remote", source=source),), conversions=conversions)
    return prepare(job, fingerprint_secret, PlannerOptions())


def run_of(desired: DesiredJob) -> JobRecord:
    return JobRecord("job", "x", "done", "job-1", fingerprint=desired.fingerprint, basis=desired.basis)


@pytest.mark.parametrize(
    ("wish", "made", "pairs", "same"),
    [
        ({"a": 1}, {"a": 1}, {"a": "a"}, True),
        ({"a": 1}, {"a": 2}, {}, False),
        ({"b": 1}, {"a": 1}, {"a": "b"}, False),
        ({"a": 2, "b": 1}, {"a": 1, "b": 2}, {"a": "b", "b": "a"}, False),
        ({"a": 1}, {"a": 1, "b": 1}, {"a": "a"}, True),
    ],
)
def test_which_conversions_are_current(
    wish: dict[str, int], made: dict[str, int], pairs: dict[str, str], same: bool
) -> None:
    desired, run = converted(wish), run_of(converted(made))
    assert current(desired, run, [*wish]) == pairs
    assert same_recipe(desired, run) is same
    assert current(converted(wish, "https://y"), run, [*wish]) == {}, "of another source"


def test_what_stands_for_another_one_already_is_not_taken_twice() -> None:
    run = run_of(converted({"a": 1}))
    assert current(converted({"b": 1}), run, ["b"], without=["a"]) == {}


def test_what_an_input_takes_from_a_job_that_has_still_to_run_does_not_count_yet() -> None:
    def taking(upstream: str, *, awaited: bool) -> DesiredJob:
        item = Input("a", "from", source="up.c", upstream=upstream, awaited=awaited)
        return prepare(
            Job("job", inputs=(item,), conversions=(Conversion("a", "webp"),)), fingerprint_secret, PlannerOptions()
        )

    before = taking("digest", awaited=False)
    run = run_of(before)
    later = taking("not known", awaited=True)
    assert [part.record for part in divide(later, [run]).parts] == [run]
    assert not same_recipe(later, run)
    other = replace(before, job=replace(before.job, inputs=(replace(before.job.inputs[0], source="up.k"),)))
    assert same_recipe(other, run), "what the other job calls its result decides nothing"
