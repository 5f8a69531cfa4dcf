"""Expand ``*.yaml.j2``: Jinja text whose every ``{{ }}`` is JSON-encoded, so that a value can never break out.

``{% for %}``, ``{% if %}`` and ``{% set %}`` are understood, by the ``interpreter`` within its bounds.
The file may begin with a head, an ordinary YAML document of ``vars`` and ``env`` closed by ``---``; what it declares
can be used in the text and in every document of the file. ``${{ }}`` belongs to the value level and passes through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2 import nodes

from a2c_spec.manifests.expressions.evaluate import evaluate
from a2c_spec.manifests.expressions.limits import Budget, ExpressionError
from a2c_spec.manifests.expressions.template import escape, parts_of

MAX_BYTES = 1024 * 1024
_GRAMMAR = jinja2.Environment(autoescape=False)  # noqa: S701 - only its parser is used; values are JSON-encoded
_HEAD = re.compile(r"\A(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?:vars|env)[ \t]*:.*?^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_BEYOND_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")


@dataclass(frozen=True, slots=True)
class Expanded:
    """The text, and for each of its lines the line of the template it comes from (both counted from 0)."""

    text: str
    lines: tuple[int, ...]


class Trouble(ExpressionError):
    """What is wrong with a text, and on which line, counted from 1."""

    def __init__(self, line: int, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.line = line


def head_of(text: str) -> str:
    """The head of a template, without the ``---`` that closes it; empty when it has none."""
    found = _HEAD.match(text)
    return found.group()[:-3].rstrip("-\r") if found else ""


def expand(text: str, names: Mapping[str, Any]) -> Expanded:
    """The YAML text that the template ``text`` stands for; raises Trouble."""
    head = head_of(text)
    blank = re.sub(r"[^\n]", "", head)
    try:
        template = _GRAMMAR.parse(_guarded(blank + text[len(head) :]))
    except jinja2.TemplateSyntaxError as error:
        raise Trouble(error.lineno, f"not a template: {error.message}") from error
    except ExpressionError as error:
        raise Trouble(1, error.message, error.hint) from error
    except (RecursionError, ValueError, OverflowError, MemoryError) as error:
        raise Trouble(1, "the template is nested too deeply or holds a number that is too long") from error
    writer = _Writer()
    try:
        writer.write(template.body, dict(names))
    except RecursionError as error:
        raise Trouble(writer.line, "the template is nested too deeply") from error
    except Trouble:
        raise
    except ExpressionError as error:
        raise Trouble(writer.line, error.message, error.hint) from error
    return Expanded("".join(writer.pieces), tuple(writer.lines))


def _guarded(text: str) -> str:
    """``text`` with what belongs to the value level hidden from Jinja."""
    pieces = []
    for part in parts_of(text):
        if isinstance(part, str):
            pieces.append(part.replace("${{", "{% raw %}$${{{% endraw %}"))
        else:
            pieces.append("{% raw %}${{" + part[0] + "}}{% endraw %}")
    return "".join(pieces)


class _Writer:
    """Writes the text, piece by piece, and notes where each line comes from."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.lines: list[int] = [0]
        self.line = 1
        self.budget = Budget(steps=600_000)

    def write(self, body: list[nodes.Node], names: dict[str, Any]) -> None:
        for node in body:
            self.budget.spend(1)
            self.line = node.lineno
            statement = _STATEMENTS.get(type(node))
            if statement is None:
                raise ExpressionError(f"`{type(node).__name__.lower()}` is not available in templates")
            statement(self, node, names)

    def output(self, node: nodes.Output, names: dict[str, Any]) -> None:
        for part in node.nodes:
            self.line = part.lineno
            if isinstance(part, nodes.TemplateData):
                self.put(part.data, part.lineno - 1)
            else:
                self.put(encoded(evaluate(part, names, self.budget)), part.lineno - 1)

    def put(self, text: str, line: int) -> None:
        self.budget.spend_size(len(text))
        self.pieces.append(text)
        for number in range(text.count("\n")):
            self.lines.append(line + number + 1)
        if not text.endswith("\n") and "\n" not in text and self.lines[-1] < line:
            self.lines[-1] = line

    def loop(self, node: nodes.For, names: dict[str, Any]) -> None:
        items = evaluate(node.iter, names, self.budget)
        if isinstance(items, Mapping):
            items = list(items)
        if not isinstance(items, list) or node.recursive:
            raise ExpressionError("`for` needs a list")
        if node.test is not None:
            items = [item for item in items if evaluate(node.test, names | _bound(node.target, item), self.budget)]
        for number, item in enumerate(items):
            loop = {
                "index": number + 1,
                "index0": number,
                "first": number == 0,
                "last": number + 1 == len(items),
                "length": len(items),
            }
            self.write(node.body, names | _bound(node.target, item) | {"loop": loop})
        if not items:
            self.write(node.else_, names)

    def choice(self, node: nodes.If, names: dict[str, Any]) -> None:
        if evaluate(node.test, names, self.budget):
            self.write(node.body, names)
            return
        for other in node.elif_:
            if evaluate(other.test, names, self.budget):
                self.write(other.body, names)
                return
        self.write(node.else_, names)

    def assign(self, node: nodes.Assign, names: dict[str, Any]) -> None:
        names.update(_bound(node.target, evaluate(node.node, names, self.budget)))


def _bound(target: nodes.Node, value: Any) -> dict[str, Any]:
    if isinstance(target, nodes.Name):
        return {target.name: value}
    if isinstance(target, nodes.Tuple) and isinstance(value, list) and len(value) == len(target.items):
        pairs = zip(target.items, value, strict=True)
        return {item.name: one for item, one in pairs if isinstance(item, nodes.Name)}
    raise ExpressionError("these names do not fit the value")


_STATEMENTS: dict[type, Callable[[_Writer, Any, dict[str, Any]], None]] = {
    nodes.Output: _Writer.output,
    nodes.For: _Writer.loop,
    nodes.If: _Writer.choice,
    nodes.Assign: _Writer.assign,
}


def encoded(value: Any) -> str:
    """``value`` as JSON that YAML reads as the same value, and that is not taken for a template again."""
    text = json.dumps(_escaped(value), ensure_ascii=False, allow_nan=False)
    return _BEYOND_YAML.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, Mapping):
        return {key: _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list) else value
