"""Build the tree of one YAML document from the parser's events, without recursion and within bounds."""

from __future__ import annotations

from typing import Any

from yaml import events

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.manifests.yaml.scalars import KINDS, has_leading_zero, scalar, tagged
from a2c_spec.manifests.yaml.tree import Place, Row, Table, Tree, position

MAX_DEPTH = 64
MAX_ALIASED = 100_000  # nodes that aliases may add to one document
TOO_DEEP = f"values are nested more than {MAX_DEPTH} levels deep"

_CORE_TAG = "tag:yaml.org,2002:"


class Refused(Exception):
    """Reading cannot go on."""

    def __init__(self, place: Place, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(position(place), message, hint)


def _unsupported(event: Any) -> Refused:
    shown = event.tag.replace(_CORE_TAG, "!!")
    return Refused(event.start_mark, f"the tag `{shown}` is not supported", "quote the text if it starts with `!`")


class _Open:
    """A mapping or sequence that is being read."""

    __slots__ = ("anchor", "key", "key_place", "merges", "merging", "node", "size")

    def __init__(self, node: Table | Row, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: str | None = None
        self.key_place: Place = node.place
        self.merging = False
        self.merges: list[tuple[Tree, Place]] = []
        self.size = 1


class Builder:
    """Turns the events of one document into its tree, without recursion."""

    __slots__ = ("aliased", "anchors", "problems", "root", "stack", "start")

    def __init__(self, start: Place) -> None:
        self.start = start
        self.root: Tree = None
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Tree, int]] = {}
        self.aliased = 0
        self.problems: list[Diagnostic] = []

    def take(self, event: Any, kind: type) -> None:
        """Handle one event."""
        if kind is events.ScalarEvent:
            self._scalar(event)
        elif kind is events.MappingStartEvent:
            self._open(Table(event.start_mark), event)
        elif kind is events.SequenceStartEvent:
            self._open(Row(event.start_mark), event)
        elif kind is events.AliasEvent:
            self._alias(event)
        elif self.stack:
            self._close()

    def _scalar(self, event: Any) -> None:
        place = event.start_mark
        opened = self.stack[-1] if self.stack else None
        if opened is not None and opened.key is None and isinstance(opened.node, Table):
            self._key(opened, event)
            return
        value = self._value(event, place)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._put(value, place, 1)

    def _value(self, event: Any, place: Place) -> Tree:
        text: str = event.value
        try:
            if event.tag is None or event.tag == "!":
                if event.style or event.tag:
                    return text
                value = scalar(text)
                if value is text and text[0] in "0+-" and has_leading_zero(text):
                    self._warn_leading_zero(text, place)
                return value
            if event.tag.removeprefix(_CORE_TAG) in KINDS:
                return tagged(text, event.tag.removeprefix(_CORE_TAG))
        except ValueError as error:
            self._problem(place, f"{error}", "quote it if text is meant")
            return text
        raise _unsupported(event)

    def _warn_leading_zero(self, text: str, place: Place) -> None:
        message = f"{text} starts with a zero, so it is read as text, not as a number"
        self.problems.append(Diagnostic(position(place), message, f'write "{text}" to say so', "warning"))

    def _key(self, opened: _Open, event: Any) -> None:
        key = event.value
        if event.anchor:
            self.anchors[event.anchor] = (key, 1)
        if not key and not event.style:
            self._problem(event.start_mark, "a key is missing before the colon")
        opened.key = key
        opened.merging = key == "<<" and not event.style
        opened.key_place = event.start_mark

    def _open(self, node: Table | Row, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise Refused(event.start_mark, TOO_DEEP)
        if event.tag and not event.tag.startswith(_CORE_TAG) and event.tag != "!":
            raise _unsupported(event)
        self._refuse_as_key(event.start_mark)
        if event.anchor:
            self.anchors.pop(event.anchor, None)
        self.stack.append(_Open(node, event.anchor))

    def _refuse_as_key(self, place: Place) -> None:
        if self.stack and self.stack[-1].key is None and isinstance(self.stack[-1].node, Table):
            raise Refused(place, "a key must be text, not a mapping or a list", "quote it if it starts with { or [")

    def _close(self) -> None:
        opened = self.stack.pop()
        for value, place in opened.merges:
            self._merge(opened.node, value, place)
        if opened.anchor:
            self.anchors[opened.anchor] = (opened.node, opened.size)
        self._put(opened.node, opened.node.place, opened.size)

    def _alias(self, event: Any) -> None:
        place = event.start_mark
        if event.anchor not in self.anchors:
            inside = any(opened.anchor == event.anchor for opened in self.stack)
            what = "refers to the value it stands in" if inside else "refers to an anchor that is not defined above it"
            raise Refused(place, f"the alias *{event.anchor} {what}")
        value, size = self.anchors[event.anchor]
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            raise Refused(place, f"aliases expand to more than {MAX_ALIASED} values")
        opened = self.stack[-1]
        if opened.key is None and isinstance(opened.node, Table):
            self._refuse_as_key_alias(opened, value, place)
        else:
            self._put(value, place, size)

    def _refuse_as_key_alias(self, opened: _Open, value: Tree, place: Place) -> None:
        if not isinstance(value, str):
            raise Refused(place, "a key must be text")
        opened.key, opened.key_place = value, place

    def _put(self, value: Tree, place: Place, size: int) -> None:
        if not self.stack:
            self.root = value
            return
        opened = self.stack[-1]
        opened.size += size
        node, key = opened.node, opened.key
        if isinstance(node, Row):
            node.append(value)
            node.places.append(place)
            return
        opened.key = None
        if key is None or opened.merging:
            opened.merges.append((value, place))
        elif key in node:
            self._duplicate(node, key, opened.key_place)
        else:
            node[key] = value
            node.key_places[key] = opened.key_place
            node.places[key] = place

    def _duplicate(self, node: Table, key: str, place: Place) -> None:
        first = position(node.key_places[key])
        self._problem(place, f"the key `{key}` is given twice, first at {first}", "keep one of them")

    def _merge(self, node: Table | Row, value: Tree, place: Place) -> None:
        sources = value if isinstance(value, Row) else [value]
        for source in sources:
            if not isinstance(source, Table) or not isinstance(node, Table):
                self._problem(place, "`<<` merges mappings only")
                return
            for key in source:
                if key not in node:
                    node.put(key, source[key], source.key_places[key], source.places[key])

    def _problem(self, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Diagnostic(position(place), message, hint))
