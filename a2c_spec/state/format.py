"""Records as JSON and back, the same for every store, with a check that finds damage before it is believed."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, get_args

from a2c_spec.core.live import MOST_BYTES
from a2c_spec.core.recipe import dumps
from a2c_spec.core.state import Element, Intent, JobRecord, Phase, SavedFile

_COLUMNS = frozenset({"address", "realm"})
_FIELDS = {field.name for field in fields(JobRecord)} - _COLUMNS
_DEFAULTS = {field.name: field.default for field in fields(JobRecord)}
_INTENT = {field.name for field in fields(Intent)}
_FILE = {field.name for field in fields(SavedFile)}
_ANY_FILE = SavedFile("", 0, "", "", "")
_PHASES = frozenset(get_args(Phase))

LATEST = 253_402_300_799.0
"""The end of the year 9999, in epoch seconds: no time is later."""

_CHECK = '{"check":"'
"""How the JSON of a record begins; the check is the CRC-32 of all that follows it, in hexadecimal."""

_MARK = re.compile(r'"(?:\$secret|decrypt|download_password)":("(?:[^"\\]|\\.)+")')


def encode(record: JobRecord) -> str:
    """The record as JSON text, without what has a column of its own."""
    return with_check(dumps(_tree(record)))


def with_check(text: str) -> str:
    """The JSON text of an object, begun with the check of all that follows."""
    rest = text[1:]
    return f'{_CHECK}{zlib.crc32(rest.encode()):08x}",{rest}'


def checked(text: str) -> dict[str, Any]:
    """The object that was written so; raises ValueError where anything of it was changed since."""
    head, rest = text[: len(_CHECK) + 10], text[len(_CHECK) + 10 :]
    if head != f'{_CHECK}{zlib.crc32(rest.encode()):08x}",':
        raise ValueError("it does not fit its check")
    tree: dict[str, Any] = json.loads(f"{{{rest}")
    return tree


def _tree(record: JobRecord) -> dict[str, Any]:
    tree = {name: getattr(record, name) for name in _FIELDS}
    tree["elements"] = _element_rows(record.elements)
    for name in ("files", "landing", "leftover"):
        tree[name] = [{field: getattr(file, field) for field in _FILE} for file in tree[name]]
    tree["intent"] = _intent_tree(record.intent) if record.intent else None
    return tree


def _intent_tree(intent: Intent) -> dict[str, Any]:
    tree = {name: getattr(intent, name) for name in _INTENT}
    return tree | {"elements": _element_rows(intent.elements)}


def _element_rows(elements: Mapping[str, Element]) -> list[Any]:
    """``[name, API id, sent]``, and the echo where one is known."""
    return [
        [name, element.api_id, element.sent, *([element.echo] if element.echo else [])]
        for name, element in elements.items()
    ]


def marks(text: str) -> Iterator[str]:
    """The marks of secrets in a record as text."""
    return (json.loads(mark) for mark in _MARK.findall(text))


def decode(realm: str, address: str, text: str) -> JobRecord:
    """The record of a row; keys that this version does not know are ignored. Raises ValueError for a damaged one."""
    return _record(realm, address, checked(text))


def _record(realm: str, address: str, tree: Mapping[str, Any]) -> JobRecord:
    values = {key: value for key, value in tree.items() if key in _FIELDS}
    odd = [key for key, value in values.items() if not _fits(value, _DEFAULTS.get(key))]
    odd += [] if values.get("phase", "building") in _PHASES else ["phase"]
    odd += [] if _is_recipe(values.get("basis", {})) else ["basis"]
    if odd:
        raise ValueError(f"its `{odd[0]}` is no such value")
    values["elements"] = _elements(values.get("elements", ()))
    values["files"] = tuple(_file(row) for row in values.get("files", ()))
    values["landing"] = tuple(_file(row) for row in values.get("landing", ()))
    values["leftover"] = tuple(_file(row) for row in values.get("leftover", ()))
    values["warnings"] = _texts(values.get("warnings", ()))
    values["gone"] = _texts(values.get("gone", ()))
    values["former_jobs"] = _texts(values.get("former_jobs", ()))
    values["undeletable"] = _texts(values.get("undeletable", ()))
    intent = values.get("intent")
    values["intent"] = _intent(intent) if intent else None
    return JobRecord(address=address, realm=realm, **values)


def _fits(value: Any, usual: object) -> bool:
    """Whether a value is of the kind of the usual one; a number is not below 0, so that it loosens no bound."""
    if isinstance(usual, bool):
        return isinstance(value, bool)
    if isinstance(usual, int | float):
        whole = isinstance(value, int) or (isinstance(usual, float) and isinstance(value, float))
        most = LATEST if isinstance(usual, float) else MOST_BYTES
        return whole and not isinstance(value, bool) and 0 <= value <= most
    return not isinstance(usual, str) or isinstance(value, str)


def _is_recipe(basis: Any) -> bool:
    """Whether it is the recipe of a job, or of a preset: what it has, names its parts."""
    if not isinstance(basis, dict):
        return False
    inputs, conversions, order = basis.get("inputs", {}), basis.get("conversions", {}), basis.get("order", [])
    maps = [inputs, conversions, basis.get("preset", {}), basis.get("fields", {})]
    if not (all(isinstance(one, dict) for one in maps) and isinstance(order, list)):
        return False
    known = all(isinstance(name, str) and name in inputs for name in order)
    return known and all(isinstance(part, dict) for part in (*inputs.values(), *conversions.values()))


def _checked(values: dict[str, Any], usual: Any) -> dict[str, Any]:
    """The values, each of the kind that it has in ``usual``; raises ValueError where one is of another."""
    if odd := next((key for key, value in values.items() if not _fits(value, getattr(usual, key))), ""):
        raise ValueError(f"its `{odd}` is no such value")
    return values


def _texts(values: Any) -> tuple[str, ...]:
    if not all(isinstance(one, str) for one in values):
        raise ValueError("a list of names holds something else")
    return tuple(values)


def _intent(tree: Mapping[str, Any]) -> Intent:
    values = {key: value for key, value in tree.items() if key in _INTENT}
    _checked(values, Intent())
    if not _is_recipe(values.get("basis", {})):
        raise ValueError("the basis of its intent is no such value")
    return Intent(**(values | {"kinds": _texts(values.get("kinds", ())), "elements": _elements(values["elements"])}))


def _elements(rows: Iterable[Any]) -> Mapping[str, Element]:
    found = {name: Element(api_id, sent, *echo) for name, api_id, sent, *echo in rows}
    if not all(isinstance(name, str) and _is_element(one) for name, one in found.items()):
        raise ValueError("its `elements` are no such values")
    return found


def _is_element(one: Element) -> bool:
    maps = [one.sent, one.echo, *(one.echo.values() if isinstance(one.echo, dict) else ())]
    return isinstance(one.api_id, str) and all(isinstance(values, dict) for values in maps)


def _file(row: Mapping[str, Any]) -> SavedFile:
    values = {key: value for key, value in row.items() if key in _FILE}
    return SavedFile(**(_checked(values, _ANY_FILE) | {"inputs": _texts(values.get("inputs", ()))}))
