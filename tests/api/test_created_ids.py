"""Which ids a call created is read from every shape of answer, and never guessed."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.api.created_ids import created_ids
from a2c_spec.api.http.replies import Reply
from a2c_spec.core.calls import Call

CREATE = Call(
    "create_job",
    body={"input": ({"type": "remote"}, {"type": "input_id"}), "conversion": ({"target": "pdf"},)},
    creates=("job", "inputs.a", "inputs.b", "conversions.c"),
)
INPUTS = [{"id": "i1", "type": "remote"}, {"id": "i2", "type": "input_id"}]
CONVERSIONS = [{"id": "c1", "target": "pdf"}]


@pytest.mark.parametrize(
    ("answer", "ids"),
    [
        (
            {"id": "j", "input": INPUTS, "conversion": CONVERSIONS},
            {"job": "j", "inputs.a": "i1", "inputs.b": "i2", "conversions.c": "c1"},
        ),
        ({"id": "j", "input": INPUTS[::-1], "conversion": CONVERSIONS}, {"job": "j"}),
        ({"id": "j", "input": INPUTS[:1], "conversion": CONVERSIONS}, {"job": "j"}),
        ({"id": "j", "input": INPUTS, "conversion": [{"id": "c1", "target": "jpg"}]}, {"job": "j"}),
        ({"id": "j", "input": INPUTS, "conversion": CONVERSIONS * 2}, {"job": "j"}),
        ({"id": "j"}, {"job": "j"}),
        ({"input": INPUTS, "conversion": CONVERSIONS}, None),
        (None, None),
    ],
)
def test_parts_of_a_new_job_have_ids_only_if_they_come_back_as_sent(answer: Any, ids: dict[str, str] | None) -> None:
    assert created_ids(CREATE, Reply(201, answer)) == ids


@pytest.mark.parametrize(
    ("creates", "answer", "ids"),
    [
        (("inputs.a",), {"id": {"job": "j", "input": "i1"}}, {"inputs.a": "i1"}),
        (("inputs.a",), {"id": "i1"}, {"inputs.a": "i1"}),
        (("inputs.a", "inputs.b"), [{"id": "i1"}, {"id": "i2"}], {"inputs.a": "i1", "inputs.b": "i2"}),
        (("inputs.a", "inputs.b"), [{"id": "i1"}], None),
        (("inputs.a", "inputs.b"), [{"id": "i1"}, {}], None),
        (("inputs.a",), {"id": {"job": "j"}}, None),
        (("inputs.a",), None, None),
        ((), {"id": "whatever"}, {}),
    ],
)
def test_parts_that_were_added_have_the_ids_of_the_answer_in_its_order(
    creates: tuple[str, ...], answer: Any, ids: dict[str, str] | None
) -> None:
    assert created_ids(Call("add_inputs", creates=creates), Reply(200, answer)) == ids
