"""Why the change of one address is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Conversion, Input, Job, Lifecycle
from a2c_spec.core.planner.forbidden import forbidden
from a2c_spec.core.prepare import prepare
from tests.core.planner.situations import fingerprint_secret

JOB = Job("job", inputs=(Input("a", "remote", source="https://x"),), conversions=(Conversion("webp", "webp", "image"),))


@pytest.mark.parametrize(
    ("prevent", "paid", "refused"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_only_what_was_paid_for_and_is_guarded_is_not_run_again(prevent: bool, paid: bool, refused: bool) -> None:
    job = replace(JOB, lifecycle=Lifecycle(prevent_replace=prevent))
    desired = prepare(job, fingerprint_secret, PlannerOptions())
    assert forbidden(desired, paid=paid).startswith("lifecycle.prevent_replace forbids") is refused
