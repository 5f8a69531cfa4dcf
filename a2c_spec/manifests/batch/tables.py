"""Rows from table files: CSV, JSON (an array, or one object for each line) and YAML."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, BinaryIO, TextIO

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.core.json_text import NotJson, why_not_json
from a2c_spec.manifests.yaml.reader import NOT_UTF8, read
from a2c_spec.manifests.yaml.tree import SeqNode, plain, position

MAX_TABLE = 256 * 1024 * 1024
_LINES = (".jsonl", ".ndjson")
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class EachRow:
    """One row: its values by name, and where it comes from."""

    values: Mapping[str, Any]
    where: Position
    label: str


Rows = Iterator[EachRow | Diagnostic]


def values_of(row: Any) -> Mapping[str, Any]:
    """``row`` as a mapping; a value that is not a mapping becomes the single column ``value``."""
    return row if isinstance(row, Mapping) else {"value": row}


def csv_rows(file: BinaryIO, name: str, options: Mapping[str, Any]) -> Rows:
    """Yield the rows of an open CSV file; all values are text, and the first line names the columns."""
    if problem := _too_large(file, name):
        yield problem
        return
    with io.TextIOWrapper(file, "utf-8-sig", newline="") as lines:
        try:
            yield from _csv(lines, name, options.get("delimiter", ","))
        except UnicodeDecodeError:
            yield _not_utf8(file, name)


def _not_utf8(file: BinaryIO, name: str) -> Diagnostic:
    """The first byte of a table that is not UTF-8, with its place."""
    where = Position(name)
    file.seek(0)
    for number, line in enumerate(file, 1):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            before = line[: error.start].decode().removeprefix("\ufeff" if number == 1 else "")
            where = Position(name, number, len(before) + 1)
            break
    return Diagnostic(where, NOT_UTF8, "save it as UTF-8")


def _too_large(file: BinaryIO, name: str) -> Diagnostic | None:
    large = os.fstat(file.fileno()).st_size > MAX_TABLE
    return Diagnostic(Position(name), f"the table has more than {MAX_TABLE} bytes") if large else None


def _csv(lines: TextIO, name: str, delimiter: str) -> Rows:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        if len({*header} - {""}) < len(header) or not header:
            yield Diagnostic(Position(name, 1, 1), "the first line must name every column, each name once")
            return
        line = reader.line_num + 1
        for cells in reader:
            where, line = Position(name, line, 1), reader.line_num + 1
            if len(cells) == len(header):
                yield EachRow(dict(zip(header, cells, strict=True)), where, f"line {where.line}")
            elif cells:
                yield Diagnostic(where, _count_problem(len(cells), len(header)))
    except csv.Error as error:
        yield Diagnostic(Position(name, reader.line_num, 1), _csv_problem(error))


def _count_problem(cells: int, columns: int) -> str:
    plural = "" if cells == 1 else "s"
    return f"this line has {cells} cell{plural}, but the first line names {columns} column{'' if columns == 1 else 's'}"


def _csv_problem(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "a quote is not closed"
    if "expected after" in str(error):
        return "a quoted cell must end with its quote, and quotes inside it must be doubled"
    return "this line is not valid CSV"


def json_rows(file: BinaryIO, name: str, _options: Mapping[str, Any]) -> Rows:
    """Yield the rows of an open JSON file: the items of its array, or its lines (``.jsonl``, ``.ndjson``)."""
    if problem := _too_large(file, name):
        yield problem
        return
    with io.TextIOWrapper(file, "utf-8-sig") as lines:
        try:
            yield from _json_lines(lines, name) if PurePath(name).suffix in _LINES else _json_array(lines, name)
        except UnicodeDecodeError:
            yield _not_utf8(file, name)


def _json_lines(lines: TextIO, name: str) -> Rows:
    for number, line in enumerate(lines, 1):
        if line.strip():
            where = Position(name, number, 1)
            try:
                yield EachRow(values_of(_DECODER.decode(line)), where, f"line {number}")
            except (ValueError, RecursionError) as error:
                yield Diagnostic(where, f"this line is not valid JSON: {why_not_json(error)}")


def _json_array(lines: TextIO, name: str) -> Rows:
    text = lines.read(MAX_TABLE + 1)
    at = _skip(text, 0)
    if len(text) > MAX_TABLE or text[at : at + 1] != "[":
        yield Diagnostic(Position(name, 1, 1), "a JSON table must be an array of objects")
        return
    line, counted, number = 1, 0, 0
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        line, counted, number = line + text.count("\n", counted, at), at, number + 1
        where = Position(name, line, at - text.rfind("\n", 0, at))
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield Diagnostic(where, f"this row is not valid JSON: {why_not_json(error)}")
            return
        yield EachRow(values_of(value), where, f"row {number}")
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            yield Diagnostic(where, "a `,` or `]` is missing after this row")
            return


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise NotJson("a key is given twice")
    return row


def _no_constant(text: str) -> Any:
    raise NotJson(f"{text} is not a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_no_twice, parse_constant=_no_constant)


def yaml_rows(file: BinaryIO, name: str, _options: Mapping[str, Any]) -> Rows:
    """Yield the rows of an open YAML file: the items of its list, or its documents."""
    for document in read(file.read(MAX_TABLE + 1), name, max_bytes=MAX_TABLE):
        if isinstance(document, Diagnostic):
            yield document
            continue
        yield from document.problems
        root = document.root
        items = zip(root, root.marks, strict=True) if isinstance(root, SeqNode) else [(root, document.mark)]
        for item, mark in items:
            where = position(mark)
            yield EachRow(values_of(plain(item)), where, f"line {where.line}")
