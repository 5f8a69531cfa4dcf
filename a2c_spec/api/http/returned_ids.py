"""The ids in an answer, which go into addresses, records and texts: what is none is refused before anything is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from a2c_spec.core.live import mapping, rows
from a2c_spec.errors import InvalidError

LONGEST_ID = 200
"""Letters of an id; those of the service have 36."""

MOST_PARTS = 10_000
"""Inputs, conversions, results, errors or warnings of one job that are believed."""

AN_ID = re.compile(rf"(?!\.)[A-Za-z0-9._~:@=+-]{{1,{LONGEST_ID}}}")
"""What stands in the path of an address as it is, and for nothing else there. Known ids are UUIDs and short numbers."""


def odd_id(data: Any) -> str:
    """Where an answer has an id that is none (``output id``); empty where all are good. None and "" tell nothing."""
    return next((where for where, value in _ids(data) if not _is_good(value)), "")


def _is_good(value: Any) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return value >= 0 and len(str(value)) <= LONGEST_ID
    if isinstance(value, str):
        return not value or AN_ID.fullmatch(value) is not None
    return value is None


def _ids(data: Any) -> Iterator[tuple[str, Any]]:
    for row in rows(data) if isinstance(data, list) else (mapping(data),):
        given = row.get("id")
        if isinstance(given, Mapping):  # uploads answer {"id": {"job", "input"}}
            yield from ((f"{key} id", given.get(key)) for key in ("job", "input"))
        else:
            yield "id", given
        for kind in ("input", "conversion", "output"):
            yield from ((f"{kind} id", part.get("id")) for part in rows(row.get(kind)))
        for part in (*rows(row.get("output")), row):
            yield from _of_source(mapping(part.get("source")))


def _of_source(source: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The ids of that which a result was made of."""
    yield "conversion id", source.get("conversion")
    inputs = source.get("input")
    yield from (("input id", one) for one in (inputs if isinstance(inputs, list) else ()))


def too_many(data: Any) -> str:
    """Of what an answer shows more than is believed of one job (``output``); empty where of nothing."""
    lists = ("input", "conversion", "output", "errors", "warnings")
    every = rows(data) if isinstance(data, list) else (mapping(data),)
    return next((one for row in every for one in lists if len(rows(row.get(one))) > MOST_PARTS), "")


def path_with(template: str, **ids: str) -> str:
    """A path with ids in it; raises InvalidError where one, from a record or a command line, is none: it could lead
    somewhere else."""
    for name, given in ids.items():
        if f"{{{name}}}" in template and not AN_ID.fullmatch(given):
            raise InvalidError(
                f"`{given[:LONGEST_ID]}` is not an id of the service",
                hint=f"an id has at most {LONGEST_ID} letters, digits and signs such as `-`; nothing was sent",
            )
    return template.format(**ids)
