"""A slice of the fuzzing, the same in each run; the whole of it is ``python -m tests.fuzz``."""

from __future__ import annotations

import pytest

from tests.fuzz.__main__ import ALL, line
from tests.fuzz.runner import fuzz
from tests.fuzz.targets import Target

INPUTS = {"expressions": 2000, "tables": 1000, "answers": 400, "requests": 400, "converters": 60, "applies": 15}
"""So many inputs of each target; of others 150."""


@pytest.mark.parametrize("target", ALL, ids=[target.name for target in ALL])
def test_nothing_that_others_write_ends_in_anything_but_a_result_or_a_refusal(target: Target) -> None:
    inputs = INPUTS.get(target.name, 150)
    outcome = fuzz(target, inputs, seed=1)
    assert not outcome.found, [(found.number, found.why) for found in outcome.found]
    assert outcome.inputs == inputs, line(target, outcome)
