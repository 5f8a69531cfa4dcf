"""Value-level templates: ``${{ expression }}`` in the scalars of a tree, each rendered exactly once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from a2c_spec.core.desired import LATE_NAMES, Late
from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.errors import InvalidError
from a2c_spec.manifests.expressions.limits import Budget, ExpressionError, Unknown, nearest, text_of
from a2c_spec.manifests.expressions.parse import parse
from a2c_spec.manifests.expressions.sandbox import Names, NotDefined
from a2c_spec.manifests.yaml.tree import MapNode, Mark, Path, SeqNode, Tree, position

MAX_PARTS = 10_000
DEFERRED_NAMES = frozenset(LATE_NAMES)
_OPEN = re.compile(r"\$?\$\{\{")
_INSIDE = re.compile(r"""'(?:\\.|[^'\\])*(?:'|\Z)|"(?:\\.|[^"\\])*(?:"|\Z)|\{|\}\}?""", re.DOTALL)
_STATIC = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|(?<![\w.])(vars|env|each|batch)\s*\.\s*(\w+)""", re.DOTALL)

_PLAIN = frozenset({int, float, bool, type(None)})

Part = str | tuple[str]  # literal text, or (the source of an expression,)


def escape(text: str) -> str:
    """``text`` such that rendering it gives ``text`` back."""
    return text.replace("${{", "$${{")


@lru_cache(maxsize=4096)
def split(text: str) -> tuple[Part, ...]:
    """The literal and the computed parts of a scalar."""
    return parts_of(text)


def parts_of(text: str) -> tuple[Part, ...]:
    """The literal and the computed parts of any text."""
    parts: list[Part] = []
    at = 0
    while found := _OPEN.search(text, at):
        if len(parts) > MAX_PARTS:
            raise ExpressionError("the text holds too many expressions")
        literal = text[at : found.start()]
        if found.group().startswith("$$"):
            parts.append(literal + "${{")
            at = found.end()
            continue
        end = _end(text, found.end())
        parts.extend([literal] if literal else [])
        parts.append((text[found.end() : end],))
        at = end + 2
    parts.extend([text[at:]] if at < len(text) else [])
    return tuple(parts)


def _end(text: str, start: int) -> int:
    """Where the ``}}`` stands that closes the expression which starts at ``start``."""
    depth = 0
    at = start
    while found := _INSIDE.search(text, at):
        token = found.group()
        at = found.end()
        if token == "{":  # noqa: S105 - a brace, not a password
            depth += 1
        elif token[0] == "}":
            if depth == 0 and token == "}}":  # noqa: S105 - braces, not a password
                return found.start()
            if depth == 0:
                break
            depth -= 1
            at = found.start() + 1
    raise ExpressionError("`${{` is never closed", "write `${{ expression }}`, or `$${{` for the text itself")


def render_text(text: str, names: Names, *, deferrable: bool = False, budget: Budget | None = None) -> Any:
    """The value of one scalar: typed if it is a single expression, text otherwise, Late if its names come later."""
    parts = split(text)
    budget = budget or Budget()
    if deferrable and any(isinstance(part, tuple) and parse(part[0]).roots & DEFERRED_NAMES for part in parts):
        return Late(_deferred_text(parts, names), {})
    values = [part if isinstance(part, str) else parse(part[0]).value(names, budget) for part in parts]
    if len(values) == 1:
        return values[0]
    texts = [text_of(value) for value in values]
    budget.spend_size(sum(map(len, texts)))
    return "".join(texts)


def _deferred_text(parts: tuple[Part, ...], names: Names) -> str:
    text = ""
    for part in parts:
        piece = _now_or_later(part, names)
        if piece.startswith("${{"):  # after a dollar, it would read as the escape `$${{`
            bare = text.rstrip("$")
            text = f"{bare}${{{{ '{text[len(bare) :]}' }}}}" if bare != text else text
        text += piece
    return text


def _now_or_later(part: Part, names: Names) -> str:
    """A part with everything but ``output`` and ``input`` resolved, as template text again."""
    if isinstance(part, str):
        return escape(part)
    expression = parse(part[0])
    if not expression.roots & DEFERRED_NAMES:
        return escape(text_of(expression.value(names)))
    for root, key in sorted(expression.keys):
        if root in LATE_NAMES and key not in LATE_NAMES[root]:
            raise ExpressionError(f"`{root}` has no `{key}`", nearest(key, LATE_NAMES[root]))
    unresolved = expression.roots - DEFERRED_NAMES - expression.spelled - {"range"}
    if unresolved:
        name = min(unresolved)
        raise ExpressionError(f"beside `output` and `input`, `{name}` must be spelled `{name}.NAME`")
    return "${{" + _STATIC.sub(lambda found: _resolved(found, names), part[0]) + "}}"


def _resolved(found: re.Match[str], names: Names) -> str:
    return found[0] if found[1] is None else _literal(parse(f"{found[1]}.{found[2]}").value(names))


def _literal(value: Any) -> str:
    """``value`` as an expression that gives it back."""
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_literal(key)}: {_literal(item)}' for key, item in value.items())}}}"
    if value is None:
        return "none"
    text = json.dumps(value, ensure_ascii=False)  # Jinja reads \ud83d\ude00 as two characters
    return f"({text})" if isinstance(value, (int, float)) else text


def render_late(late: Late, names: Mapping[str, Any]) -> str:
    """The text of ``late`` once ``output`` and ``input`` are known; raises InvalidError when it has none."""
    try:
        return text_of(render_text(late.text, {**late.scope, **names}))
    except ExpressionError as error:
        raise InvalidError(f"cannot name this result: {error.message}", hint=error.hint) from error


class Rendering:
    """One pass over a tree: collects what went wrong, and which parts (``inputs``, 1) were computed at all."""

    def __init__(self, names: Names, budget: Budget | None = None) -> None:
        self.names = names
        self.budget = budget or Budget()
        self.problems: list[Diagnostic] = []
        self.touched: set[Path] = set()

    def tree(self, tree: Tree, mark: Mark, path: Path = ()) -> Tree:
        """``tree`` with every scalar rendered; keys, and what holds no template, are left as they are."""
        kind = type(tree)
        if kind is str:
            return self._scalar(tree, mark, path) if "${{" in tree else tree
        if kind is not MapNode and kind is not SeqNode:
            return tree
        entries = tree.items() if kind is MapNode else enumerate(tree)
        changed = {}
        for key, value in entries:
            if type(value) in _PLAIN or (type(value) is str and "${{" not in value):
                continue
            computed = self.tree(value, tree.marks[key], (*path, key))
            if computed is not value:
                changed[key] = computed
        return _with(tree, changed) if changed else tree

    def _scalar(self, text: str, mark: Mark, path: Path) -> Tree:
        self.touched.add(path[:2])
        deferrable = len(path) == 3 and path[0] == "outputs" and path[2] in ("filename", "save")
        try:
            return planted(render_text(text, self.names, deferrable=deferrable, budget=self.budget), mark)
        except ExpressionError as error:
            hint = error.hint
            if deferrable and isinstance(error, NotDefined):
                hint = nearest(error.name, {**self.names, **LATE_NAMES})
            if error.message:
                self.problems.append(Diagnostic(position(mark), error.message, hint))
            return Unknown()

    def computed(self, tree: MapNode) -> MapNode:
        """Of the rendered ``tree``, only what was computed, which is what has to be checked again."""
        part = tree.like()
        for key, value in tree.items():
            if isinstance(value, SeqNode):
                row = SeqNode(value.mark)
                for n, item in enumerate(value):
                    if (key, n) in self.touched:
                        row.put(item, value.marks[n])
                if row:
                    part[key] = row
            elif any(path[0] == key for path in self.touched):
                part[key] = value
        return part


def _with(tree: MapNode | SeqNode, changed: dict[Any, Tree]) -> MapNode | SeqNode:
    """``tree`` with some entries changed, the others shared."""
    if isinstance(tree, MapNode):
        table = tree.like()
        table.update(tree)
        table.update(changed)
        return table
    row = tree.like()
    row.extend(tree)
    for number, value in changed.items():
        row[number] = value
    return row


def planted(value: Any, mark: Mark) -> Tree:
    """A computed value as a tree whose every part stands at ``place``."""
    if isinstance(value, Mapping):
        table = MapNode(mark)
        for key, item in value.items():
            table.put(key, planted(item, mark), mark, mark)
        return table
    if isinstance(value, list):
        row = SeqNode(mark)
        for item in value:
            row.put(planted(item, mark), mark)
        return row
    return value
