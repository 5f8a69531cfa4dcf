"""The command that does the rest is one that means the same: no flag of how it is shown, no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from a2c_spec.engine.again import onward
from a2c_spec.engine.outcome import THE_REST, ApplyOptions
from a2c_spec.engine.selection import Selection
from a2c_spec.errors import SpecError
from tests.engine.projects import session_in

SAVED = "the saved plan is used up; `a2c-spec apply{}` does the rest"
ALL = Selection()
GIVEN: list[tuple[dict[str, Any], Selection, ApplyOptions, str]] = [
    ({}, ALL, ApplyOptions(), ""),
    ({"verbose": True, "as_json": True, "max_credits": 3}, ALL, ApplyOptions(), " --max-credits 3"),
    ({"timeout": 60.0, "manifests": ("a b.yaml",)}, ALL, ApplyOptions(), " 'a b.yaml' --timeout 60"),
    ({"var": ("token=geheim", "x=1")}, ALL, ApplyOptions(yes=True), " --var token=... --var x=1 -y"),
    ({}, Selection(("a",), ("b",), ("k=v",)), ApplyOptions(), " --target a --exclude b --selector k=v"),
]


@pytest.mark.parametrize(("flags", "chosen", "options", "words"), GIVEN)
def test_a_saved_plan_that_is_used_up_names_what_means_the_same(
    flags: dict[str, Any], chosen: Selection, options: ApplyOptions, words: str, tmp_path: Path
) -> None:
    given = {name: f"--{name.replace('_', '-')}" for name in flags}
    with session_in(tmp_path, **flags, given=given) as session:
        told = [onward(SpecError("x", hint=hint), session, [], chosen, options, saved=True).hint for hint in ("", "h")]
        same = onward(SpecError("x", hint=THE_REST), session, [], chosen, options, saved=False)
    assert told == [SAVED.format(words), f"h; {SAVED.format(words)}"]
    assert same.hint == THE_REST, "the same command does the rest"
