"""A plan file may come from anywhere: whatever it holds, it is read, or refused in words."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from a2c_spec.core.calls import ENDPOINTS
from a2c_spec.core.plan import SIGNS
from a2c_spec.engine.saved_plan import read
from a2c_spec.errors import SpecError
from a2c_spec.manifests.schema.published import load_schema
from a2c_spec.views.plan_json import plan_from
from a2c_spec.views.plan_markdown import markdown_of
from a2c_spec.views.plan_text import PlanView
from a2c_spec.views.style import Style
from tests.conftest import Command
from tests.fuzz.mutations import places

RECIPE = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
inputs: [{id: cover, path: src/cover.png}, {id: page, path: src/signatures.png, slide_duration: 2}]
conversions: [{id: pdf, category: document, target: pdf}]
"""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def valid(project: Path, a2c: Command) -> dict[str, Any]:
    (project / "one.yaml").write_text(RECIPE)
    assert a2c("plan", "one.yaml", "--local", "-o", "p.a2cplan.json").code == 0
    tree: dict[str, Any] = json.loads((project / "p.a2cplan.json").read_text())
    change = tree["changes"][0]
    change["details"] = [{"path": "inputs.cover.sha256", "before": "a", "after": None, "sensitive": False}]
    change["moves"] = [{"from": "dist/a.pdf", "to": "dist/b.pdf"}]
    return tree


def spoiled(tree: dict[str, Any], place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    made = copy.deepcopy(tree)
    inner: Any = made
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return made


def test_the_published_schema_knows_every_action_and_every_kind_of_call() -> None:
    definitions = load_schema("plan")["definitions"]
    assert definitions["change"]["properties"]["action"]["enum"] == list(SIGNS)
    assert definitions["call"]["properties"]["kind"]["enum"] == list(ENDPOINTS)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_spoiled_plan_is_shown_or_refused(data: st.DataObject, valid: dict[str, Any], project: Path) -> None:
    tree = spoiled(valid, data.draw(st.sampled_from(places(valid))), data.draw(json_values))
    file = project / "spoiled.a2cplan.json"
    file.write_text(json.dumps(tree))
    with contextlib.suppress(SpecError):
        saved = read(file)
        assert PlanView(Style(False), verbose=True, explain=True).text(plan_from(saved.plan))
        assert markdown_of(plan_from(saved.plan), 2000)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200))
def test_bytes_that_are_no_plan_are_refused(raw: bytes, project: Path) -> None:
    file = project / "noise.a2cplan.json"
    file.write_bytes(raw)
    with pytest.raises(SpecError):
        read(file)
