"""A job has a bounded number of parts, and what is done with many of them, or told of them, stays in proportion."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.local_api.jobs import lifecycle
from a2c_spec.local_api.jobs.drafts import MOST_PARTS, MOST_PROBLEMS
from a2c_spec.local_api.jobs.model import Input, Job
from a2c_spec.local_api.jobs.refusals import Refusal
from tests.local_api.harness import Api

REMOTE = {"type": "remote", "source": "https://example.com/a.txt"}
HELD = Job(id="j", token="t", owner="o", created=0, modified=0, base="b", process=False)


def with_inputs(count: int) -> Job:
    entries = tuple(Input(id=f"i{n}", type="remote", source="", created=0, modified=0) for n in range(count))
    return lifecycle.add_inputs(HELD, entries, 0, inline_position=False)


def test_many_inputs_are_changed_in_time_that_grows_with_their_number() -> None:
    job = with_inputs(MOST_PARTS)
    ids = [one.id for one in job.inputs]
    rows = [{"id": one, "options": {"position": place}} for place, one in enumerate(reversed(ids), 1)]
    begun = time.process_time()
    changed = lifecycle.patch_inputs(job, rows, 1)
    assert [one.id for one in lifecycle.found_inputs(changed, ids)] == ids
    assert time.process_time() - begun < 2
    assert [one.id for one in changed.in_order()] == ids[::-1]


def test_no_more_parts_than_are_allowed_are_taken() -> None:
    job = with_inputs(MOST_PARTS)
    with pytest.raises(Refusal, match="402"):
        lifecycle.add_inputs(job, job.inputs[:1], 1, inline_position=False)
    conversions: Any = (None,) * MOST_PARTS
    with pytest.raises(Refusal, match="402"):
        lifecycle.add_conversions(replace(HELD, conversions=conversions), (conversions[0],), 1)
    with pytest.raises(Refusal, match="404"):
        lifecycle.found_inputs(HELD, ["other"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/jobs", {"process": False, "input": [REMOTE] * (MOST_PARTS + 1)}),
        ("POST", "/jobs", {"process": False, "conversion": [{"target": "upper"}] * (MOST_PARTS + 1)}),
        ("POST", "/jobs/{job}/input", [REMOTE] * (MOST_PARTS + 1)),
        ("POST", "/jobs/{job}/conversions", [{"target": "upper"}] * (MOST_PARTS + 1)),
    ],
)
def test_a_request_with_more_is_refused_before_it_is_looked_at(
    method: str, path: str, body: Any, in_process: Api
) -> None:
    job = in_process.job()
    begun = time.process_time()
    assert in_process(method, path.format(job=job["id"]), json=body).status_code == 402
    assert time.process_time() - begun < 2


MANY = {f"option{n}": n for n in range(60_000)}


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/presets", {"name": "x", "target": "upper", "options": MANY}, 100),
        ("/jobs", {"process": False, "conversion": [{"target": "upper", "options": MANY}]}, 100),
        (
            "/jobs",
            {"process": False, "conversion": [{"target": "upper", "options": {"wdth": 1}}] * 3000},
            MOST_PROBLEMS,
        ),
        ("/jobs", {"process": False, "conversion": [{"target": "none"}] * 9000}, MOST_PROBLEMS),
        ("/jobs", {"process": False, "input": [{"type": "none"}] * 9000}, MOST_PROBLEMS),
    ],
    ids=["a preset", "a conversion", "conversions", "targets", "inputs"],
)
def test_very_many_mistakes_are_refused_at_once(path: str, body: Any, told: int, in_process: Api) -> None:
    begun = time.process_time()
    answer = in_process("POST", path, json=body)
    assert (answer.status_code, len(answer.json()["errors"])) == (400, told)
    assert time.process_time() - begun < 2
