"""The values of a YAML document: plain dictionaries and lists that remember where each entry stands."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, NamedTuple, Protocol

from a2c_spec.core.diagnostics import Position

# None, bool, int, float, str, Late, Table or Row. Narrowed by the schema check, so not spelled out as a union.
Tree = Any
Path = tuple[str | int, ...]


class Place(Protocol):
    """A place as the YAML parser gives it: line and column count from 0. A yaml ``FingerprintSecret`` is one."""

    @property
    def name(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Spot(NamedTuple):
    """A place that we make ourselves."""

    name: str
    line: int
    column: int


class Table(dict[str, Tree]):
    """A mapping, with the place of every key and of every value."""

    __slots__ = ("key_places", "place", "places")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.key_places: dict[str, Place] = {}
        self.places: dict[str, Place] = {}

    def put(self, key: str, value: Tree, key_place: Place, place: Place) -> None:
        """Set ``key``, remembering both places."""
        self[key] = value
        self.key_places[key] = key_place
        self.places[key] = place

    def like(self) -> Table:
        """An empty table that shares this one's places."""
        twin = Table(self.place)
        twin.key_places, twin.places = self.key_places, self.places
        return twin


class Row(list[Tree]):
    """A sequence, with the place of every item."""

    __slots__ = ("place", "places")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: list[Place] = []

    def put(self, value: Tree, place: Place) -> None:
        """Append ``value``, remembering its place."""
        self.append(value)
        self.places.append(place)

    def like(self) -> Row:
        """An empty row that shares this one's places."""
        twin = Row(self.place)
        twin.places = self.places
        return twin


def position(place: Place) -> Position:
    """``place`` as people count: from 1."""
    return Position(place.name, place.line + 1, place.column + 1)


def place_of(table: Table, key: str) -> Position:
    """Where the value of ``key`` stands, or the table itself when it has no such key."""
    return position(table.places.get(key, table.place))


def plain(tree: Tree) -> Tree:
    """The same values in ordinary dictionaries and lists."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [plain(value) for value in tree]
    return tree


def without(tree: Table, keys: Container[str]) -> Table:
    """``tree`` without some keys, and without those that are the user's own (``x-``)."""
    left = tree.like()
    left.update((key, value) for key, value in tree.items() if key not in keys and not key.startswith("x-"))
    return left
