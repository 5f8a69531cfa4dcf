"""Build the tree of one YAML document from the parser's events, without recursion and within bounds."""

from __future__ import annotations

from typing import Any

from yaml import events

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.manifests.yaml.scalars import KINDS, has_leading_zero, scalar, tagged
from a2c_spec.manifests.yaml.tree import MapNode, Mark, SeqNode, Tree, position

MAX_DEPTH = 64
MAX_ALIASED = 100_000  # what aliases may add to one document: values, each hundred characters counting as one
TOO_DEEP = f"values are nested more than {MAX_DEPTH} levels deep"

_CORE_TAG = "tag:yaml.org,2002:"


class Unreadable(Exception):
    """The rest of the text cannot be read; ``diagnostic`` says why."""

    def __init__(self, mark: Mark, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(position(mark), message, hint)


def _unsupported(event: Any) -> Unreadable:
    shown = event.tag.replace(_CORE_TAG, "!!")
    return Unreadable(event.start_mark, f"the tag `{shown}` is not supported", "quote the text if it starts with `!`")


def _size(event: Any) -> int:
    """What a text counts as."""
    return 1 + len(event.value) // 100


class _OpenNode:
    """A mapping or sequence whose end is not yet read."""

    __slots__ = ("anchor", "key", "key_mark", "merges", "merging", "node", "size")

    def __init__(self, node: MapNode | SeqNode, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: str | None = None
        self.key_mark: Mark = node.mark
        self.merging = False
        self.merges: list[tuple[Tree, Mark]] = []
        self.size = 1


class TreeBuilder:
    """Makes the tree ``root`` of one document from its events, and notes the ``problems`` met."""

    __slots__ = ("aliased", "anchors", "problems", "root", "stack", "start")

    def __init__(self, start: Mark) -> None:
        self.start = start
        self.root: Tree = None
        self.stack: list[_OpenNode] = []
        self.anchors: dict[str, tuple[Tree, int]] = {}
        self.aliased = 0
        self.problems: list[Diagnostic] = []

    def handle(self, event: Any, kind: type) -> None:
        """Handle one event."""
        if kind is events.ScalarEvent:
            self._scalar(event)
        elif kind is events.MappingStartEvent:
            self._open(MapNode(event.start_mark), event)
        elif kind is events.SequenceStartEvent:
            self._open(SeqNode(event.start_mark), event)
        elif kind is events.AliasEvent:
            self._alias(event)
        elif self.stack:
            self._close()

    def _scalar(self, event: Any) -> None:
        mark = event.start_mark
        parent = self.stack[-1] if self.stack else None
        if parent is not None and parent.key is None and isinstance(parent.node, MapNode):
            self._key(parent, event)
            return
        value = self._value(event, mark)
        if event.anchor:
            self.anchors[event.anchor] = (value, _size(event))
        self._put(value, mark, _size(event))

    def _value(self, event: Any, mark: Mark) -> Tree:
        text: str = event.value
        try:
            if event.tag is None or event.tag == "!":
                if event.style or event.tag:
                    return text
                value = scalar(text)
                if value is text and text[0] in "0+-" and has_leading_zero(text):
                    self._warn_leading_zero(text, mark)
                return value
            if event.tag.removeprefix(_CORE_TAG) in KINDS:
                return tagged(text, event.tag.removeprefix(_CORE_TAG))
        except ValueError as error:
            self._problem(mark, f"{error}", "quote it if text is meant")
            return text
        raise _unsupported(event)

    def _warn_leading_zero(self, text: str, mark: Mark) -> None:
        message = f"{text} starts with a zero, so it is read as text, not as a number"
        self.problems.append(Diagnostic(position(mark), message, f'if text is meant, quote it: "{text}"', "warning"))

    def _key(self, parent: _OpenNode, event: Any) -> None:
        key = event.value
        if event.anchor:
            self.anchors[event.anchor] = (key, _size(event))
        if not key and not event.style:
            self._problem(event.start_mark, "a key is missing before the colon")
        parent.key = key
        parent.size += _size(event) - 1
        parent.merging = key == "<<" and not event.style
        parent.key_mark = event.start_mark

    def _open(self, node: MapNode | SeqNode, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise Unreadable(event.start_mark, TOO_DEEP)
        if event.tag and not event.tag.startswith(_CORE_TAG) and event.tag != "!":
            raise _unsupported(event)
        self._refuse_as_key(event.start_mark)
        if event.anchor:
            self.anchors.pop(event.anchor, None)
        self.stack.append(_OpenNode(node, event.anchor))

    def _refuse_as_key(self, mark: Mark) -> None:
        if self.stack and self.stack[-1].key is None and isinstance(self.stack[-1].node, MapNode):
            raise Unreadable(mark, "a key must be text, not a mapping or a list", "quote it if it starts with { or [")

    def _close(self) -> None:
        closed = self.stack.pop()
        for value, mark in closed.merges:
            self._merge(closed.node, value, mark)
        if closed.anchor:
            self.anchors[closed.anchor] = (closed.node, closed.size)
        self._put(closed.node, closed.node.mark, closed.size)

    def _alias(self, event: Any) -> None:
        mark = event.start_mark
        if event.anchor not in self.anchors:
            inside = any(node.anchor == event.anchor for node in self.stack)
            what = "refers to a value that contains it" if inside else "refers to an anchor that is not defined above"
            raise Unreadable(mark, f"the alias *{event.anchor} {what}")
        value, size = self.anchors[event.anchor]
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            most = f"{MAX_ALIASED} values, or {100 * MAX_ALIASED} characters"
            raise Unreadable(mark, f"aliases expand to more than {most}")
        parent = self.stack[-1]
        if parent.key is None and isinstance(parent.node, MapNode):
            self._alias_as_key(parent, value, mark)
        else:
            self._put(value, mark, size)

    def _alias_as_key(self, parent: _OpenNode, value: Tree, mark: Mark) -> None:
        if not isinstance(value, str):
            raise Unreadable(mark, "a key must be text")
        parent.key, parent.key_mark = value, mark

    def _put(self, value: Tree, mark: Mark, size: int) -> None:
        if not self.stack:
            self.root = value
            return
        parent = self.stack[-1]
        parent.size += size
        node, key = parent.node, parent.key
        if isinstance(node, SeqNode):
            node.append(value)
            node.marks.append(mark)
            return
        parent.key = None
        if key is None or parent.merging:
            parent.merges.append((value, mark))
        elif key in node:
            self._duplicate(node, key, parent.key_mark)
        else:
            node[key] = value
            node.key_marks[key] = parent.key_mark
            node.marks[key] = mark

    def _duplicate(self, node: MapNode, key: str, mark: Mark) -> None:
        first = position(node.key_marks[key])
        self._problem(mark, f"the key `{key}` is given twice, first at {first}", "keep one of them")

    def _merge(self, node: MapNode | SeqNode, value: Tree, mark: Mark) -> None:
        sources = value if isinstance(value, SeqNode) else [value]
        for source in sources:
            if not isinstance(source, MapNode) or not isinstance(node, MapNode):
                self._problem(mark, "`<<` merges mappings only")
                return
            for key in source:
                if key not in node:
                    node.put(key, source[key], source.key_marks[key], source.marks[key])

    def _problem(self, mark: Mark, message: str, hint: str = "") -> None:
        self.problems.append(Diagnostic(position(mark), message, hint))
