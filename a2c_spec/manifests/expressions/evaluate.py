"""Evaluate a Jinja expression with a small interpreter of our own: no Python attribute is ever reached, all is bounded.

What is not in the table below does not exist, so an expression can neither reach the interpreter, the clock, chance,
files or the network, nor run for long.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import nodes

from a2c_spec.manifests.expressions.functions import FUNCTIONS, METHODS, TESTS, call
from a2c_spec.manifests.expressions.limits import (
    Budget,
    ExpressionError,
    add,
    bounded,
    multiply,
    nearest,
    power,
    text_of,
)

Names = Mapping[str, Any]


class Undefined(ExpressionError):
    """A name that does not exist; ``default`` and ``is defined`` may catch it."""


def evaluate(expression: nodes.Node, names: Names, budget: Budget | None = None) -> Any:
    """The value of ``expression``; raises ExpressionError, and nothing else."""
    try:
        return _Scope(names, budget or Budget()).value(expression)
    except RecursionError as error:
        raise ExpressionError("the expression is nested too deeply") from error


class _Scope:
    """What an expression may see, and how much work is left for it."""

    __slots__ = ("budget", "names")

    def __init__(self, names: Names, budget: Budget) -> None:
        self.names = names
        self.budget = budget

    def value(self, node: nodes.Node) -> Any:
        self.budget.spend(1)
        meaning = _MEANINGS.get(type(node))
        if meaning is None:
            raise ExpressionError(f"{type(node).__name__.lower()} is not available in expressions")
        value = meaning(self, node)
        if type(node) in _LOOKUPS and type(value) in (dict, list, str):
            return value  # it was there before: no need to weigh it
        return bounded(value, self.budget)

    def values(self, several: Sequence[nodes.Node]) -> list[Any]:
        return [self.value(node) for node in several]


_LOOKUPS = frozenset({nodes.Name, nodes.Getattr, nodes.Getitem})


def _const(_scope: _Scope, node: nodes.Const) -> Any:
    return node.value


def _name(scope: _Scope, node: nodes.Name) -> Any:
    if node.name in scope.names:
        return scope.names[node.name]
    raise Undefined(f"`{node.name}` is not defined here", nearest(node.name, scope.names))


def _sequence(scope: _Scope, node: nodes.List | nodes.Tuple) -> Any:
    return scope.values(node.items)


def _dict(scope: _Scope, node: nodes.Dict) -> Any:
    return {text_of(scope.value(pair.key)): scope.value(pair.value) for pair in node.items}


def _getattr(scope: _Scope, node: nodes.Getattr) -> Any:
    return _entry(scope.value(node.node), node.attr, _spelled(node.node))


def _getitem(scope: _Scope, node: nodes.Getitem) -> Any:
    value = scope.value(node.node)
    if isinstance(node.arg, nodes.Slice):
        return _slice(scope, value, node.arg)
    return _entry(value, scope.value(node.arg), _spelled(node.node))


def _spelled(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    return f"{_spelled(node.node)}.{node.attr}" if isinstance(node, nodes.Getattr) else "this value"


def _entry(value: Any, key: Any, owner: str) -> Any:
    if isinstance(value, Mapping) and isinstance(key, str):
        if key in value:
            return value[key]
        raise Undefined(f"`{owner}` has no `{key}`", nearest(key, value))
    if isinstance(value, (list, str)) and isinstance(key, int) and not isinstance(key, bool):
        if -len(value) <= key < len(value):
            return value[key]
        raise Undefined(f"`{owner}` has no item {key}", f"it has {len(value)}")
    raise Undefined(f"`{owner}` has no `{key}`" if isinstance(key, (str, int)) else f"`{owner}` has no such entry")


def _slice(scope: _Scope, value: Any, node: nodes.Slice) -> Any:
    if not isinstance(value, (str, list)):
        raise ExpressionError("only text and lists can be sliced")
    bounds = [None if part is None else scope.value(part) for part in (node.start, node.stop, node.step)]
    if any(part is not None and type(part) is not int for part in bounds) or bounds[2] == 0:
        raise ExpressionError("a slice needs whole numbers, and a step that is not 0")
    return value[slice(*bounds)]


def _condition(scope: _Scope, node: nodes.CondExpr) -> Any:
    if scope.value(node.test):
        return scope.value(node.expr1)
    if node.expr2 is None:
        raise ExpressionError("`if` needs an `else` here")
    return scope.value(node.expr2)


def _and(scope: _Scope, node: nodes.And) -> Any:
    return scope.value(node.left) and scope.value(node.right)


def _or(scope: _Scope, node: nodes.Or) -> Any:
    return scope.value(node.left) or scope.value(node.right)


def _not(scope: _Scope, node: nodes.Not) -> Any:
    return not scope.value(node.node)


def _concat(scope: _Scope, node: nodes.Concat) -> Any:
    parts = [text_of(value) for value in scope.values(node.nodes)]
    scope.budget.spend_size(sum(map(len, parts)))
    return "".join(parts)


def _compare(scope: _Scope, node: nodes.Compare) -> Any:
    left = scope.value(node.expr)
    for operand in node.ops:
        right = scope.value(operand.expr)
        try:
            if not _COMPARISONS[operand.op](left, right):
                return False
        except TypeError as error:
            raise ExpressionError("these values cannot be compared") from error
        left = right
    return True


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "lteq": operator.le, "gt": operator.gt,
    "gteq": operator.ge, "in": lambda item, many: item in many, "notin": lambda item, many: item not in many,
}  # fmt: skip  # a table


def _arithmetic(function: Callable[[Any, Any], Any]) -> Callable[[_Scope, Any], Any]:
    def meaning(scope: _Scope, node: nodes.BinExpr) -> Any:
        left, right = scope.value(node.left), scope.value(node.right)
        try:
            return function(left, right)
        except (TypeError, ArithmeticError, ValueError) as error:
            raise ExpressionError(f"cannot compute this: {error}") from error

    return meaning


def _numbers(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def checked(left: Any, right: Any) -> Any:
        if isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return function(left, right)
        raise TypeError("numbers are needed on both sides")

    return checked


def _negative(scope: _Scope, node: nodes.Neg) -> Any:
    return _sign(scope.value(node.node), -1)


def _positive(scope: _Scope, node: nodes.Pos) -> Any:
    return _sign(scope.value(node.node), 1)


def _sign(value: Any, factor: int) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return factor * value
    raise ExpressionError("a sign needs a number")


def _filter(scope: _Scope, node: nodes.Filter) -> Any:
    if node.name in ("default", "d") and node.node is not None:
        return _default(scope, node)
    if node.node is None or node.name not in FUNCTIONS:
        raise ExpressionError(f"there is no filter `{node.name}`", nearest(node.name, FUNCTIONS))
    return _call(scope, node, node.name, FUNCTIONS[node.name], scope.value(node.node))


def _default(scope: _Scope, node: nodes.Filter) -> Any:
    try:
        return scope.value(node.node) if node.node is not None else None
    except Undefined:
        return scope.value(node.args[0]) if node.args else ""


def _called(scope: _Scope, node: nodes.Call) -> Any:
    target = node.node
    if isinstance(target, nodes.Getattr) and target.attr in METHODS:
        return _call(scope, node, target.attr, FUNCTIONS[METHODS[target.attr]], scope.value(target.node))
    if isinstance(target, nodes.Name) and target.name == "range":
        return _call(scope, node, "range", FUNCTIONS["range"])
    raise ExpressionError(f"`{_spelled(target)}` cannot be called", "filters are written `value | filter`")


def _call(scope: _Scope, node: Any, name: str, function: Callable[..., Any], *first: Any) -> Any:
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise ExpressionError("`*` and `**` arguments are not available")
    named = {pair.key: scope.value(pair.value) for pair in node.kwargs}
    return call(name, function, scope.budget, (*first, *scope.values(node.args)), named)


def _test(scope: _Scope, node: nodes.Test) -> Any:
    if node.name in ("defined", "undefined"):
        return _is_defined(scope, node) is (node.name == "defined")
    if node.name not in TESTS:
        raise ExpressionError(f"there is no test `{node.name}`", nearest(node.name, [*TESTS, "defined", "undefined"]))
    return bool(_call(scope, node, node.name, TESTS[node.name], scope.value(node.node)))


def _is_defined(scope: _Scope, node: nodes.Test) -> bool:
    try:
        scope.value(node.node)
    except Undefined:
        return False
    return True


_MEANINGS: dict[type, Callable[[_Scope, Any], Any]] = {
    nodes.Const: _const, nodes.TemplateData: lambda _scope, node: node.data, nodes.Name: _name,
    nodes.List: _sequence, nodes.Tuple: _sequence, nodes.Dict: _dict,
    nodes.Getattr: _getattr, nodes.Getitem: _getitem,
    nodes.CondExpr: _condition, nodes.And: _and, nodes.Or: _or, nodes.Not: _not,
    nodes.Compare: _compare, nodes.Concat: _concat,
    nodes.Add: _arithmetic(add), nodes.Mul: _arithmetic(multiply), nodes.Pow: _arithmetic(power),
    nodes.Sub: _arithmetic(_numbers(operator.sub)), nodes.Div: _arithmetic(_numbers(operator.truediv)),
    nodes.FloorDiv: _arithmetic(_numbers(operator.floordiv)), nodes.Mod: _arithmetic(_numbers(operator.mod)),
    nodes.Neg: _negative, nodes.Pos: _positive,
    nodes.Filter: _filter, nodes.Test: _test, nodes.Call: _called,
}  # fmt: skip  # the whole language, as a table
