"""Which conversions would be saved nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from a2c_spec.core.desired import Conversion, Input, Job, Late, Output
from a2c_spec.core.skipping import only_skipped


def late(text: Late, _names: Mapping[str, Any]) -> str:
    return text.text


def out(name: str, file: str, policy: str = "skip", only: str = "") -> Output:
    return Output(name, input=only, filename=file, save="dist/", on_conflict=policy)


EACH = [out("c", "x", only="a"), out("c", "y", only="b")]
CASES = [
    ([out("c", "x")], {"dist/x.webp"}, {"c": ("dist/x.webp",)}),
    ([out("c", "x")], set(), {}),
    ([out("c", "x", "rename")], {"dist/x.webp"}, {}),
    ([out("c", "x"), out("d", "y", "error")], {"dist/x.webp", "dist/y.webp"}, {"c": ("dist/x.webp",)}),
    (EACH, {"dist/x.webp"}, {}),
    (EACH, {"dist/x.webp", "dist/y.webp"}, {"c": ("dist/x.webp", "dist/y.webp")}),
    ([out("c", "x", only="a")], {"dist/x.webp"}, {}),
]


def made(name: str) -> Conversion:
    """A conversion that gives a result for each input."""
    return Conversion(name, "webp", "image", options={"allow_multiple_outputs": True})


@pytest.mark.parametrize(("outputs", "taken", "skipped"), CASES)
def test_a_conversion_is_left_out_only_if_each_of_its_places_is_taken(
    outputs: list[Output], taken: set[str], skipped: Mapping[str, tuple[str, ...]]
) -> None:
    names = dict.fromkeys(one.conversion for one in outputs)
    inputs = tuple(Input(name, "remote", source=f"https://x/{name}") for name in "ab")
    job = Job("j", inputs=inputs, conversions=tuple(map(made, names)), outputs=(*outputs,))
    assert only_skipped(job, late, taken.__contains__) == skipped
