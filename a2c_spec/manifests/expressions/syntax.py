"""What of Jinja's grammar an expression may hold; what is not in the table at the end is refused."""

from __future__ import annotations

import unicodedata
from typing import Any

from jinja2 import nodes

from a2c_spec.manifests.expressions.functions import FILTERS, METHODS, TESTS
from a2c_spec.manifests.expressions.limits import ExpressionError, limited, nearest

MAX_DEPTH = 90  # of a tree: Python compiles no deeper ones

Problem = tuple[str, str] | None


def check(tree: nodes.Node, statements: tuple[type[nodes.Node], ...] = ()) -> int:
    """Refuse what expressions may not hold; returns how many nodes there are. Raises ExpressionError with a line."""
    count = 0
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise ExpressionError("the expression is nested too deeply", line=node.lineno)
        problem = _CHECKS.get(type(node), _allowed)(node)
        if type(node) not in _EXPRESSIONS and not isinstance(node, statements):
            where = "templates" if statements else "expressions"
            problem = (f"`{type(node).__name__.lower()}` is not available in {where}", "")
        if problem:
            message, hint = problem
            raise ExpressionError(message, hint, node.lineno)
        waiting.extend(reversed([(child, depth + 1) for child in node.iter_child_nodes()]))
    return count


def _allowed(_node: Any) -> Problem:
    return None


def _check_name(node: nodes.Name) -> Problem:
    if node.name == "self" or unicodedata.normalize("NFKC", node.name) != node.name:
        return f"`{node.name}` is not defined here", ""
    return None


def _check_const(node: nodes.Const) -> Problem:
    limited(node.value)
    return None


def _check_filter(node: nodes.Filter) -> Problem:
    if node.node is None or node.name not in FILTERS:
        return f"there is no filter `{node.name}`", nearest(node.name, FILTERS)
    return _check_arguments(node)


def _check_test(node: nodes.Test) -> Problem:
    if node.name not in TESTS:
        return f"there is no test `{node.name}`", nearest(node.name, TESTS)
    return _check_arguments(node)


def _check_call(node: nodes.Call) -> Problem:
    target = node.node
    if isinstance(target, nodes.Getattr) and target.attr in METHODS:
        return _check_arguments(node)
    if isinstance(target, nodes.Name) and target.name == "range" and not node.kwargs:
        return _check_arguments(node)
    if isinstance(target, nodes.Getattr):
        return f"`{spelled(target)}` cannot be called", nearest(target.attr, METHODS)
    return f"`{spelled(target)}` cannot be called", "filters are written `value | filter`"


def _check_arguments(node: Any) -> Problem:
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return "`*` and `**` arguments are not available", ""
    return None


def _check_loop(node: nodes.For) -> Problem:
    return ("`recursive` is not available in templates", "") if node.recursive else None


_CHECKS: dict[type, Any] = {
    nodes.Name: _check_name, nodes.Const: _check_const, nodes.Filter: _check_filter, nodes.Test: _check_test,
    nodes.Call: _check_call, nodes.For: _check_loop,
}  # fmt: skip  # a table
_EXPRESSIONS = frozenset({
    nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Getattr, nodes.Getitem, nodes.Slice,
    nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.Concat, nodes.Add, nodes.Sub,
    nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.Neg, nodes.Pos, nodes.Filter, nodes.Test,
    nodes.Call, nodes.Keyword,
})  # fmt: skip  # the whole language


def spelled(node: nodes.Node) -> str:
    """A name as it was written, such as ``vars.size``."""
    if isinstance(node, nodes.Name):
        return node.name
    return f"{spelled(node.node)}.{node.attr}" if isinstance(node, nodes.Getattr) else "this value"
