"""Which job needs a result of which other, and in which order they run."""

from __future__ import annotations

import pytest

from a2c_spec.core.desired import Input, Job
from a2c_spec.core.graph import in_dependency_order, needs, split_reference


def job(address: str, *needed: str) -> Job:
    return Job(address, inputs=tuple(Input(str(n), "from", source=f"{one}.pdf") for n, one in enumerate(needed)))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("job.pdf", ("job", "pdf")),
        ('b["x.png"].pdf', ('b["x.png"]', "pdf")),
        ("job", ("", "job")),
        ("a.b.c", ("a.b", "c")),
    ],
)
def test_a_reference_ends_in_its_conversion(text: str, parts: tuple[str, str]) -> None:
    assert split_reference(text) == parts


def test_only_inputs_from_others_make_a_need_and_each_counts_once() -> None:
    inputs = (
        Input("a", "from", source="x.pdf"),
        Input("b", "remote", source="y.pdf"),
        Input("c", "from", source="x.png"),
    )
    assert needs(Job("job", inputs=inputs)) == ("x",)


ORDERS = [
    ([], []),
    ([job("a"), job("b")], ["a", "b"]),
    ([job("a", "b"), job("b")], ["b", "a"]),
    ([job("a", "c"), job("b", "a"), job("c")], ["c", "a", "b"]),
    ([job("a", "b", "c"), job("c", "d"), job("b", "d"), job("d")], ["d", "b", "c", "a"]),
    ([job("a", "elsewhere"), job("b")], ["a", "b"]),
    ([job("a", "a")], ["a"]),
    ([job("a", "b"), job("b", "a")], ["b", "a"]),
]


@pytest.mark.parametrize(("jobs", "order"), ORDERS)
def test_every_job_comes_after_those_it_needs_and_once(jobs: list[Job], order: list[str]) -> None:
    assert [one.address for one in in_dependency_order(jobs)] == order
