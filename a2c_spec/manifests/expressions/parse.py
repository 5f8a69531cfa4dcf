"""Read one expression: checked and compiled once, then evaluated as often as there are rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes

from a2c_spec.manifests.expressions.limits import Budget, ExpressionError, plain
from a2c_spec.manifests.expressions.sandbox import FAILURES, SANDBOX, Names, NotDefined, explained, values_of
from a2c_spec.manifests.expressions.syntax import check

MAX_LENGTH = 4_000
EVALUATING = 50  # steps that every evaluation costs, beside one for each part of the expression

_NOT_READ = (RecursionError, ValueError, OverflowError, MemoryError, SyntaxError)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression: the names it uses, those of them that are spelled ``name.KEY`` with their keys, its size.

    One that is but a name and its keys, as most are, is looked up by its ``path`` and needs no compiling.
    """

    template: jinja2.Template | None
    path: tuple[str, ...]
    roots: frozenset[str]
    keys: frozenset[tuple[str, str]]
    size: int

    @property
    def spelled(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.keys)

    def value(self, names: Names, budget: Budget | None = None) -> Any:
        """What the expression means, as a plain value; raises ExpressionError, and nothing else."""
        budget = budget or Budget()
        budget.spend(EVALUATING + self.size)
        try:
            if self.template is None:
                return plain(_looked_up(self.path, names), budget)
            return plain(next(values_of(self.template, names, budget))[2], budget)
        except FAILURES as error:
            problem = explained(error, names)
            raise problem from (error if problem is not error else None)


def _looked_up(path: tuple[str, ...], names: Names) -> Any:
    if path[0] not in names:
        raise NotDefined(path[0])
    value, owner = names[path[0]], path[0]
    for key in path[1:]:
        value, owner = SANDBOX.getitem(value, key, owner), f"{owner}.{key}"
    return value


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The expression that ``text`` spells; raises ExpressionError."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters")
    try:
        tree = SANDBOX.parse("{{ " + text + "\n}}")
        expression = _only_expression(tree)
        size = check(expression)
        found = list(tree.find_all((nodes.Name, nodes.Getattr)))
        roots = frozenset(node.name for node in found if isinstance(node, nodes.Name))
        spelled = (node for node in found if isinstance(node, nodes.Getattr))
        keys = frozenset((node.node.name, node.attr) for node in spelled if isinstance(node.node, nodes.Name))
        path = _path(expression)
        template = None if path else SANDBOX.from_string(tree)
        return Expression(template, path, roots, keys, size)
    except jinja2.TemplateSyntaxError as error:
        raise ExpressionError(f"not an expression: {error.message}") from error
    except _NOT_READ as error:
        raise ExpressionError("the expression is nested too deeply or holds a number that is too long") from error


def _path(node: nodes.Node) -> tuple[str, ...]:
    """``("vars", "size")`` for ``vars.size``; empty for what is more than that."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if not isinstance(node, nodes.Getattr):
        return ()
    owner = _path(node.node)
    return (*owner, node.attr) if owner else ()


def _only_expression(tree: nodes.Template) -> nodes.Expr:
    if len(tree.body) == 1 and isinstance(tree.body[0], nodes.Output) and len(tree.body[0].nodes) == 1:
        expression = tree.body[0].nodes[0]
        if not isinstance(expression, nodes.TemplateData):
            return expression
    raise ExpressionError("exactly one expression is expected between `${{` and `}}`")
