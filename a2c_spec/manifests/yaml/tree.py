"""The tree of a YAML document: dictionaries and lists that remember where each entry is written."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, NamedTuple, Protocol

from a2c_spec.core.diagnostics import Position

# None, bool, int, float, str, Late, MapNode or SeqNode. Narrowed by the schema check, so not spelled out as a union.
Tree = Any
Path = tuple[str | int, ...]


class Mark(Protocol):
    """Where something is written; line and column count from 0. The marks of the YAML parser fit."""

    @property
    def name(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class PlainMark(NamedTuple):
    """A mark that does not come from the YAML parser."""

    name: str
    line: int
    column: int


class MapNode(dict[str, Tree]):
    """A mapping, with the mark of every key and of every value."""

    __slots__ = ("key_marks", "mark", "marks")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.key_marks: dict[str, Mark] = {}
        self.marks: dict[str, Mark] = {}

    def put(self, key: str, value: Tree, key_mark: Mark, mark: Mark) -> None:
        """Set ``key`` with both marks."""
        self[key] = value
        self.key_marks[key] = key_mark
        self.marks[key] = mark

    def like(self) -> MapNode:
        """An empty node that shares the marks of this one."""
        twin = MapNode(self.mark)
        twin.key_marks, twin.marks = self.key_marks, self.marks
        return twin


class SeqNode(list[Tree]):
    """A sequence, with the mark of every item."""

    __slots__ = ("mark", "marks")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[Mark] = []

    def put(self, value: Tree, mark: Mark) -> None:
        """Append ``value`` with its mark."""
        self.append(value)
        self.marks.append(mark)

    def like(self) -> SeqNode:
        """An empty node that shares the marks of this one."""
        twin = SeqNode(self.mark)
        twin.marks = self.marks
        return twin


def position(mark: Mark) -> Position:
    """``mark`` as people count: from 1."""
    return Position(mark.name, mark.line + 1, mark.column + 1)


def position_of(node: MapNode, key: str) -> Position:
    """Where the value of ``key`` is written, or ``node`` itself when it has no such key."""
    return position(node.marks.get(key, node.mark))


def plain(tree: Tree) -> Tree:
    """The same values in ordinary dictionaries and lists."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [plain(value) for value in tree]
    return tree


def without(tree: MapNode, keys: Container[str]) -> MapNode:
    """``tree`` without ``keys``, and without the keys that belong to the user (``x-...``)."""
    left = tree.like()
    left.update((key, value) for key, value in tree.items() if key not in keys and not key.startswith("x-"))
    return left
