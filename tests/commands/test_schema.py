"""`a2c-spec schema`, tried as a user would."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from a2c_spec.commands.schema import SCHEMAS
from tests.conftest import Command

PUBLISHED = Path(__file__).parents[2] / "schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_printed_as_it_is_published(name: str, a2c: Command) -> None:
    tree = json.loads(a2c("schema", name).out)
    jsonschema.Draft7Validator.check_schema(tree)
    assert tree == json.loads((PUBLISHED / f"{name}.schema.json").read_text())


def test_none_is_left_out(a2c: Command) -> None:
    assert {path.name.partition(".")[0] for path in PUBLISHED.glob("*.json")} == set(SCHEMAS)
    assert a2c("schema", "nothing").code == 2


@pytest.mark.parametrize("command", ["apply", "plan"])
def test_what_a_refresh_prints_conforms(command: str, two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local", "-q").code == 0
    told = json.loads(a2c(command, "--local", "--refresh-only", "--json").out)
    schema = json.loads((PUBLISHED / "refresh.schema.json").read_text())
    jsonschema.validate(told, schema)
    assert {*schema["properties"]} == {*told} == {*schema["required"]}
