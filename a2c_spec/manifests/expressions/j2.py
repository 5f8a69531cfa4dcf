"""Expand ``*.yaml.j2``: Jinja text whose every ``{{ }}`` is JSON-encoded, so that a value can never break out.

``{% for %}``, ``{% if %}`` and ``{% set %}`` mean what they mean in Jinja, within the limits of the sandbox.
The file may begin with a head, an ordinary YAML document of ``vars`` and ``env`` closed by ``---``; what it declares
can be used in the text and in every document of the file. ``${{ }}`` belongs to the value level and passes through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2 import nodes

from a2c_spec.manifests.expressions.limits import Budget, ExpressionError, plain
from a2c_spec.manifests.expressions.sandbox import FAILURES, SANDBOX, Names, explained, values_of
from a2c_spec.manifests.expressions.syntax import check
from a2c_spec.manifests.expressions.template import escape, parts_of

MAX_BYTES = 1024 * 1024
_COMPILING = 20  # steps that each node of a template costs before anything is evaluated
_STATEMENTS = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign)
_HEAD = re.compile(r"\A(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?:vars|env)[ \t]*:.*?^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_BEYOND_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")


@dataclass(frozen=True, slots=True)
class Expanded:
    """The text, and for each of its lines the line of the template it comes from (both counted from 0)."""

    text: str
    lines: tuple[int, ...]


class TemplateError(ExpressionError):
    """What is wrong with a text, and on which line, counted from 1."""

    def __init__(self, line: int, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.line = line


def head_of(text: str) -> str:
    """The head of a template, without the ``---`` that closes it; empty when it has none."""
    found = _HEAD.match(text)
    return found.group()[:-3].rstrip("-\r") if found else ""


def expand(text: str, names: Names) -> Expanded:
    """The YAML text that the template ``text`` stands for; raises TemplateError."""
    budget = Budget(steps=600_000)
    template = _compiled(text, budget)
    line, lines, pieces = 0, [0], []
    try:
        for at, is_text, value in values_of(template, names, budget):
            line = at  # of this piece, should something be wrong with it
            pieces.append(value if is_text else encoded(plain(value, budget)))
            budget.spend_size(len(pieces[-1]))
            _note_lines(lines, pieces[-1], line - 1)
            line = 0
    except FAILURES as error:
        problem = explained(error, names)
        raise TemplateError(line or _line_of(error, template), problem.message, problem.hint) from error
    return Expanded("".join(pieces), tuple(lines))


def _compiled(text: str, budget: Budget) -> jinja2.Template:
    head = head_of(text)
    blank = re.sub(r"[^\n]", "", head)
    try:
        tree = SANDBOX.parse(_guarded(blank + text[len(head) :]))
        budget.spend(_COMPILING * check(tree, _STATEMENTS))
        return SANDBOX.from_string(tree)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(error.lineno, f"not a template: {error.message}") from error
    except ExpressionError as error:
        raise TemplateError(error.line or 1, error.message, error.hint) from error
    except (RecursionError, ValueError, OverflowError, MemoryError, SyntaxError) as error:
        raise TemplateError(1, "the template is nested too deeply or holds a number that is too long") from error


def _note_lines(lines: list[int], piece: str, line: int) -> None:
    """Add, for each line that ``piece`` begins, the line of the template it comes from."""
    if "\n" in piece:
        lines.extend(line + number + 1 for number in range(piece.count("\n")))
    elif lines[-1] < line:
        lines[-1] = line


def _line_of(error: BaseException, template: jinja2.Template) -> int:
    """The line of the template on which the code that raised ``error`` stands."""
    line, trace = 1, error.__traceback__
    while trace:
        if trace.tb_frame.f_code is template.root_render_func.__code__:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line


def _guarded(text: str) -> str:
    """``text`` with what belongs to the value level hidden from Jinja."""
    pieces = []
    for part in parts_of(text):
        if isinstance(part, str):
            pieces.append(part.replace("${{", "{% raw %}$${{{% endraw %}"))
        else:
            pieces.append("{% raw %}${{" + part[0] + "}}{% endraw %}")
    return "".join(pieces)


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
