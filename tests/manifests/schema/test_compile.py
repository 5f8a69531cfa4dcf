"""Every keyword that we compile means what JSON Schema says."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from a2c_spec.manifests.schema.compile import Compiler
from a2c_spec.manifests.schema.keywords import Report
from a2c_spec.manifests.yaml.reader import read_one
from a2c_spec.manifests.yaml.tree import PlainMark

VALUES: list[Any] = [None, True, False, 0, 1, 2, 1.0, 1.5, "", "a", "aa", "1", [], [1], ["a", 1], {}, {"a": 1}]
VALUES += [{"a": "a", "b": 1}, {"b": True}, {"x-a": 1, "c": 2}]
SCHEMAS: list[Any] = [
    True,
    False,
    {"type": "integer"},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "null"},
    {"enum": [1, "a"]},
    {"enum": [True]},
    {"const": 0},
    {"const": "a"},
    {"minimum": 1},
    {"maximum": 1},
    {"pattern": "^a"},
    {"minLength": 1},
    {"maxLength": 1},
    {"minItems": 1},
    {"minProperties": 1},
    {"maxProperties": 1},
    {"items": {"type": "integer"}},
    {"required": ["a", "b"]},
    {"propertyNames": {"maxLength": 1}},
    {"properties": {"a": {"type": "integer"}}, "additionalProperties": False},
    {"properties": {"a": True}, "patternProperties": {"^x-": True}, "additionalProperties": {"type": "boolean"}},
    {"properties": {"a": False}},
    {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "minLength": 1}]},
    {"anyOf": [{"minimum": 1, "type": "number"}, {"type": "integer", "maximum": 0}]},
    {"allOf": [{"minimum": 1}, {"maximum": 1}]},
    {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"maxProperties": 0}},
    {"if": {"properties": {"a": {"const": "a"}}}, "then": {"required": ["b"]}},
    {"if": {"properties": {"a": {"type": "integer"}}}, "then": {"maxProperties": 0}},
    {"if": {"type": "string"}, "then": {"minLength": 2}},
]


def _accepts(schema: Any, value: Any) -> bool:
    root, _ = read_one(json.dumps(value).encode(), "f")
    report = Report(rendered=False)
    Compiler(lambda reference, base: (reference, base)).compile(schema, "f")(root, "v", PlainMark("f", 0, 0), report)
    return not report.problems


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_a_schema_accepts_what_jsonschema_accepts(schema: Any) -> None:
    expected = [value for value in VALUES if jsonschema.Draft7Validator(schema).is_valid(value)]
    assert [repr(value) for value in VALUES if _accepts(schema, value)] == [repr(value) for value in expected]
