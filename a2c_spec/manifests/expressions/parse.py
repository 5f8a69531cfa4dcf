"""Read Jinja expressions: jinja2 supplies the grammar, ``interpreter`` the meaning."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import jinja2
from jinja2 import nodes

from a2c_spec.manifests.expressions.limits import ExpressionError

MAX_LENGTH = 4_000

_GRAMMAR = jinja2.Environment(autoescape=False)  # noqa: S701 - only its parser is used; nothing is rendered by it


@lru_cache(maxsize=4096)
def parse(text: str) -> nodes.Expr:
    """The syntax tree of one expression."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters")
    try:
        template = _GRAMMAR.parse("{{" + text + "\n}}")
    except jinja2.TemplateSyntaxError as error:
        raise ExpressionError(f"not an expression: {error.message}") from error
    except (RecursionError, ValueError, OverflowError, MemoryError) as error:
        raise ExpressionError("the expression is nested too deeply or holds a number that is too long") from error
    return _only_expression(template)


def _only_expression(template: nodes.Template) -> nodes.Expr:
    body = template.body
    if len(body) == 1 and isinstance(body[0], nodes.Output) and len(body[0].nodes) == 1:
        expression = body[0].nodes[0]
        if isinstance(expression, nodes.Expr) and not isinstance(expression, nodes.TemplateData):
            return expression
    raise ExpressionError("exactly one expression is expected between `${{` and `}}`")


def roots(expression: nodes.Node) -> set[str]:
    """The names that an expression uses."""
    found = {node.name for node in expression.find_all(nodes.Name)}
    return found | ({expression.name} if isinstance(expression, nodes.Name) else set())


def static_paths(expression: nodes.Node) -> Iterator[tuple[str, str]]:
    """Every ``root.name`` that the expression spells out."""
    for node in [expression, *expression.find_all(nodes.Getattr)]:
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
            yield node.node.name, node.attr
