"""Read YAML 1.2 strictly: duplicate keys and alias bombs are refused, and every value knows where it is written."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml import events

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests.yaml import syntax_errors
from a2c_spec.manifests.yaml.builder import TreeBuilder, Unreadable
from a2c_spec.manifests.yaml.tree import Mark, Tree, position
from a2c_spec.regular_files import beginning

MAX_BYTES = 10 * 1024 * 1024

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its tree, where it starts, and its problems; with an error among them it must not be used."""

    root: Tree
    mark: Mark
    problems: tuple[Diagnostic, ...] = ()
    templated: bool = True  # false when the file contains no `${{`


def read(data: bytes, name: str, *, max_bytes: int = MAX_BYTES) -> Iterator[Document | Diagnostic]:
    """Yield the documents of ``data``; where reading must stop, the last item is a Diagnostic that says why."""
    problem = unreadable(data, name, max_bytes)
    if problem:
        yield problem
        return
    try:
        yield from _documents(_parser(data.removeprefix(b"\xef\xbb\xbf"), name), b"${{" in data)
    except Unreadable as refused:
        yield refused.diagnostic
    except yaml.MarkedYAMLError as error:
        yield syntax_errors.explain(error, data, name)
    except (yaml.YAMLError, ValueError, RecursionError):  # whatever else the parser may raise
        yield Diagnostic(Position(name, 1, 1), "this is not valid YAML")


NOT_UTF8 = "this byte is not UTF-8"


def file_bytes(path: Path, most: int = MAX_BYTES, *, pipe: bool = False, within: Path | None = None) -> bytes:
    """What a file holds, up to one byte more than may be read; ``pipe``: also one that a command line names; ``within``
    as of ``opened``."""
    return beginning(path, most + 1, pipe=pipe, within=within)


def unreadable(data: bytes, name: str, max_bytes: int = MAX_BYTES) -> Diagnostic | None:
    """Why ``data`` cannot be read as text; None when it can."""
    start = Position(name, 1, 1)
    if len(data) > max_bytes:
        return Diagnostic(start, f"the file has more than {max_bytes} bytes")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:2].count(0) == 1:
        return Diagnostic(start, "the file is UTF-16; only UTF-8 is supported", "save it as UTF-8")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return Diagnostic(_place_at(data[: error.start].decode(), name), NOT_UTF8, "save it as UTF-8")
    found = _FORBIDDEN.search(text)
    if found:
        message = f"the control character U+{ord(found.group()):04X} is not allowed"
        return Diagnostic(_place_at(text[: found.start()], name), message, 'write it as "\\x.." in double quotes')
    return None


def _place_at(before: str, name: str) -> Position:
    lines = re.split("\r\n|\r|\n", before.removeprefix("\ufeff"))
    return Position(name, len(lines), len(lines[-1]) + 1)


class _Named(io.BytesIO):
    """Bytes with a file name; the parser puts the name into every mark."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


class _PureParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's own parser, for installations without libyaml."""

    def __init__(self, stream: io.BytesIO) -> None:
        yaml.reader.Reader.__init__(self, stream)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


def _parser(data: bytes, name: str) -> Any:
    if yaml.__with_libyaml__:
        return yaml.cyaml.CParser(  # type: ignore[attr-defined]  # the stubs leave it out
            _Named(data, name)
        )
    return _PureParser(_Named(data, name))


def _documents(parser: Any, templated: bool) -> Iterator[Document]:
    next_event, builder = parser.get_event, None
    while True:
        event = next_event()
        kind = type(event)
        if kind is events.DocumentStartEvent:
            builder = TreeBuilder(event.start_mark)
        elif kind is events.DocumentEndEvent:
            assert builder is not None, "the parser opens a document before it closes one"  # noqa: S101 - for mypy
            yield Document(builder.root, builder.start, tuple(builder.problems), templated)
        elif kind is events.StreamEndEvent:
            return
        elif builder is not None:
            builder.handle(event, kind)


def read_one(data: bytes, name: str) -> tuple[Tree, list[Diagnostic]]:
    """The only document of ``data`` (None when it is empty), and every problem."""
    root: Tree = None
    problems: list[Diagnostic] = []
    for number, item in enumerate(read(data, name)):
        if isinstance(item, Diagnostic):
            problems.append(item)
            continue
        problems.extend(item.problems)
        if number:
            problems.append(Diagnostic(position(item.mark), "only one document is expected here"))
        else:
            root = item.root
    return root, problems
