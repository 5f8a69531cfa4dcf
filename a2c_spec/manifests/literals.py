"""Plain text where an expression was meant: ``key: each.stem``, ``filename: "{{ each.stem }}"``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from a2c_spec.core.desired import LATE_NAMES
from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.manifests.expressions.limits import ExpressionError
from a2c_spec.manifests.expressions.template import split
from a2c_spec.manifests.yaml.tree import MapNode, Mark, SeqNode, Tree, position, without

MAX_TEXT = 2000  # characters; nobody writes a longer name by hand
NAMING = frozenset({"name", "key", "by", "id", "filename", "save", "path", "glob", "pattern", "exclude", "source"})
"""Keys under which ``each.stem`` is looked for inside of the text too; elsewhere it must be the whole text."""

_OF_ROWS = frozenset({"template", "key", "group"})
_ROOTS = r"(?:vars|env|each|batch|output|input)"
_NAME = rf"(?P<name>{_ROOTS})\.(?P<key>[A-Za-z_]\w*)"
_WHOLE = re.compile(rf"\s*{_NAME}(?:\s*\|.*)?\s*\Z", re.DOTALL)
_BRACES = re.compile(rf"(?:\$\{{|%\{{|\{{\{{|\{{)\s*(?P<all>{_NAME}[^{{}}]*?)\s*\}}\}}?")
_INSIDE = re.compile(rf"\$?(?<![A-Za-z0-9.])(?P<all>{_NAME})")

Scope = Mapping[str, Collection[str] | None]
"""The names that expressions may use, each with its keys; None: any key."""


def misplaced(tree: MapNode, names: Mapping[str, Any], unrendered: Collection[str]) -> list[Diagnostic]:
    """Every scalar of a manifest that holds an expression as plain text; ``unrendered`` are keys of no expressions."""
    scope: dict[str, Collection[str] | None] = {name: tuple(keys) for name, keys in names.items()}
    found = [*_search(without(tree, {*unrendered, *_OF_ROWS}), tree.mark, "", scope)]
    if tree.get("kind") == "Batch":
        in_rows = {**scope, "each": None, "batch": ("name", "address", "rows")}
        rows = without(tree, tree.keys() - _OF_ROWS)
        found += _search(rows, tree.mark, "", in_rows)
    return found


def _search(tree: Tree, mark: Mark, key: str, scope: Scope) -> Iterator[Diagnostic]:
    if isinstance(tree, str):
        if "." in tree and len(tree) <= MAX_TEXT and (meant := _meant(tree, key, scope)):
            message = f"`{key}` holds `{meant.text}` as plain text, where its value seems to be meant"
            yield Diagnostic(position(mark), message, f"write {key}: {quoted(meant.better)}")
    elif isinstance(tree, MapNode):
        for name, value in tree.items():
            if not name.startswith("x-") and (not isinstance(value, str) or "." in value):
                inner = {**scope, **LATE_NAMES} if name == "outputs" else scope
                yield from _search(value, tree.marks[name], name, inner)
    elif isinstance(tree, SeqNode):
        for value, where in zip(tree, tree.marks, strict=True):
            yield from _search(value, where, key, scope)


def quoted(text: str) -> str:
    """``text`` as YAML that holds everywhere: ``{`` has a meaning of its own inside of ``{ }``."""
    return f'"{text}"' if '"' not in text and "\\" not in text else "'" + text.replace("'", "''") + "'"


class _Meant(NamedTuple):
    """The part of a text that looks like an expression, and the whole text with it written as one."""

    text: str
    better: str


def _meant(text: str, key: str, scope: Scope) -> _Meant | None:
    if "$${{" in text:
        return None  # plain text on purpose
    if "${{" not in text:
        return _corrected(text, key, scope, whole=True)
    try:
        parts = split(text)
    except ExpressionError:
        return None  # rendering reports it
    found: _Meant | None = None
    better = ""
    for part in parts:
        new = _corrected(part, key, scope, whole=False) if isinstance(part, str) else None
        better += new.better if new else part if isinstance(part, str) else f"${{{{{part[0]}}}}}"
        found = found or new
    return _Meant(found.text, better) if found else None


def _corrected(text: str, key: str, scope: Scope, *, whole: bool) -> _Meant | None:
    if whole and (all_of_it := _WHOLE.match(text)):
        name, better = text.strip(), f"${{{{ {text.strip()} }}}}"
        return _Meant(name, better) if _known(all_of_it["name"], all_of_it["key"], scope) else None
    for pattern in (_BRACES, _INSIDE) if key in NAMING else (_BRACES,):
        known = [found for found in pattern.finditer(text) if _known(found["name"], found["key"], scope)]
        if known:
            places = {found.start() for found in known}
            better = pattern.sub(lambda one: f"${{{{ {one['all']} }}}}" if one.start() in places else one[0], text)  # noqa: B023
            return _Meant(known[0][0], better)
    return None


def _known(name: str, key: str, scope: Scope) -> bool:
    keys = scope.get(name, ())
    return keys is None or key in keys
