"""Small files share an upload as long as there is room in its body; an empty one takes no room and is sent too."""

from __future__ import annotations

import pytest

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Content, Input
from a2c_spec.core.planner.uploads import any_order

OPTIONS = PlannerOptions(base64_file=100, base64_body=400)


def inputs(*sizes: int) -> list[Input]:
    """Files of these sizes in bytes."""
    return [
        Input(f"f{place}", "upload", path=f"f{place}", content=Content(size, f"{place:064}", f"{place:032}"))
        for place, size in enumerate(sizes)
    ]


GROUPED: list[tuple[tuple[int, ...], list[tuple[str, int]]]] = [
    ((0, 0), [("base64", 2)]),
    ((0, 90, 90), [("base64", 3)]),
    ((90, 90, 90), [("base64", 3)]),
    ((99, 99, 99, 99), [("base64", 3), ("base64", 1)]),
    ((99, 99, 99, 0), [("base64", 4)]),
    ((101, 99, 99), [("base64", 2), ("file", 1)]),
    ((99,), [("file", 1)]),
]


@pytest.mark.parametrize(("sizes", "groups"), GROUPED)
def test_files_are_grouped_by_size(sizes: tuple[int, ...], groups: list[tuple[str, int]]) -> None:
    assert [(group.way, len(group.inputs)) for group in any_order(inputs(*sizes), OPTIONS)] == groups
