"""Whether the recipe of a run is the desired one, and what is said where that is not known part by part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Conversion, Input, Job
from a2c_spec.core.live import LiveJob
from a2c_spec.core.observed import Observed
from a2c_spec.core.planner import plan_job
from a2c_spec.core.planner.recipes import changed_since_start, details, first_runs, why
from a2c_spec.core.prepare import DesiredJob, prepare
from a2c_spec.core.same_recipe import same_recipe
from tests.core.planner.situations import fingerprint_secret, record_of


def desired_job(width: int) -> DesiredJob:
    conversion = Conversion("webp", "webp", "image", {"width": width})
    job = Job("job", inputs=(Input("a", "remote", source="https://x"),), conversions=(conversion,))
    return prepare(job, fingerprint_secret, PlannerOptions())


RAN = record_of(desired_job(1), "started")


def test_a_recipe_is_the_same_by_its_fingerprint_or_part_by_part() -> None:
    assert same_recipe(desired_job(1), RAN)
    assert same_recipe(desired_job(1), replace(RAN, fingerprint="of an earlier version"))
    assert same_recipe(desired_job(1), replace(RAN, basis={}))
    assert not same_recipe(desired_job(2), RAN)


def test_what_differs_is_said_where_the_parts_are_known() -> None:
    assert why(desired_job(2), RAN) == ("conversion webp changed: options.width 1 -> 2",)
    assert why(desired_job(2), replace(RAN, basis={})) == ()
    assert [one.path for one in details(desired_job(2), RAN)] == ["conversions.webp.options.width"]


def test_the_name_of_a_result_that_is_still_to_be_made_is_no_difference() -> None:
    def taking(upstream: str, **more: Any) -> DesiredJob:
        item = Input("a", "from", source="up.c", upstream=upstream, **more)
        return replace(desired_job(1), job=replace(desired_job(1).job, inputs=(item,)))

    ran = record_of(taking("digest", result_name="far.webp"), "done")
    told = "input a changed: what it depends on in another manifest changed"
    assert why(taking("not known", awaited=True), ran) == (told,)
    assert [one.path for one in details(taking("not known", awaited=True), ran)] == ["inputs.a.upstream"]
    known = why(taking("not known", awaited=True, result_name="new.webp"), ran)
    assert known == (told, 'input a changed: filename "far.webp" -> "new.webp"')


def test_a_run_of_another_recipe_is_said_to_be_one_even_if_its_parts_are_not_known() -> None:
    live = LiveJob("job-1", "processing", process=True)
    assert changed_since_start(desired_job(1), RAN, live) == ()
    assert changed_since_start(desired_job(2), RAN, live) == why(desired_job(2), RAN)
    assert changed_since_start(desired_job(2), replace(RAN, basis={}), live) == ("the recipe changed",)


def test_a_finished_run_of_an_unknown_recipe_is_run_again_and_says_so() -> None:
    done = replace(RAN, phase="done", fingerprint="f", basis={})
    change = plan_job(desired_job(2), done, Observed(late=lambda late, _scope: late.text))
    assert (change.action, change.reasons) == ("re-run", ("the recipe changed",))


@pytest.mark.parametrize(("known", "new"), [({"webp"}, 1), ({"webp", "png"}, 0), (set(), 0), ({"other"}, 0)])
def test_conversions_that_never_ran_are_counted_unless_none_did(known: set[str], new: int) -> None:
    job = replace(desired_job(1).job, conversions=(*desired_job(1).job.conversions, Conversion("png", "png", "image")))
    record = replace(RAN, basis={**RAN.basis, "conversions": {name: {} for name in known}})
    assert first_runs(replace(desired_job(1), job=job), record) == new
