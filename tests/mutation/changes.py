"""The small changes that are tried: each is one place of a module, and what stands there instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
}
"""An operator, and the one that is most easily written by mistake."""


@dataclass(frozen=True, slots=True)
class Change:
    """In ``path`` the bytes from ``start`` to ``end`` become ``new``; ``lines`` are those of the function around."""

    path: str
    line: int
    start: int
    end: int
    old: str
    new: str
    lines: range

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.new.encode() + source[self.end :]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {' '.join(self.old.split())}  ->  {' '.join(self.new.split())}"


def changes(path: str, source: bytes) -> Iterator[Change]:
    """Every change of one module, in the order of its lines."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node, new, around in _variants(ast.parse(source)):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        old = source[start:end].decode()
        yield Change(path, node.lineno, start, end, old, new, around or range(1, len(starts)))


Variant = tuple[ast.expr | ast.stmt, str, range]


def _variants(tree: ast.AST, around: range = range(0)) -> Iterator[Variant]:
    """What may stand instead of the nodes below; ``around`` are the lines of the function that holds them."""
    for child in _running(tree):
        lines = around
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = range(child.lineno, (child.end_lineno or 0) + 1)
        if isinstance(child, ast.expr | ast.stmt):
            yield from ((child, new, lines) for new in dict.fromkeys(_instead(child)))
        yield from ((test, f"(not {ast.unparse(test)})", lines) for test in _conditions(child))
        yield from _variants(child, lines)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that do something when run: no annotations, decorators, docstrings, assertions."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "keywords") and not isinstance(node, ast.Call):
            continue
        for one in value if isinstance(value, list) else [value]:
            words = isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
            checking = isinstance(one, ast.If) and "TYPE_CHECKING" in ast.unparse(one.test)
            if isinstance(one, ast.AST) and not (words or checking or isinstance(one, ast.Assert | ast.JoinedStr)):
                yield one


def _conditions(node: ast.AST) -> list[ast.expr]:
    """What decides here and is not changed as an expression anyway."""
    match node:
        case ast.If(test) | ast.While(test):
            tests = [test]
        case ast.comprehension(ifs=tests):
            pass
        case _:
            return []
    return [test for test in tests if not isinstance(test, ast.Compare | ast.UnaryOp)]


def _instead(node: ast.expr | ast.stmt) -> Iterator[str]:
    match node:
        case ast.Compare(left, [operator], [right]) if type(operator) in SWAPPED:
            yield _text(ast.Compare(left, [_swapped(operator)], [right]))
        case ast.BoolOp(operator, values):
            yield _text(ast.BoolOp(_swapped(operator), values))
            yield from (_text(ast.BoolOp(operator, [*values[:at], *values[at + 1 :]])) for at in range(len(values)))
        case ast.UnaryOp(ast.Not(), operand):
            yield _text(operand)
        case ast.BinOp(left, operator, right) if type(operator) in SWAPPED:
            yield _text(ast.BinOp(left, _swapped(operator), right))
        case ast.IfExp(_, body, orelse):
            yield from (_text(body), _text(orelse))
        case ast.Constant(value):
            yield from _other_values(value)
        case ast.Return(value) if value is not None and ast.unparse(value) != "None":
            yield "return None"
        case ast.Continue():
            yield "break"
        case ast.Raise() | ast.Expr(ast.Call() | ast.Await()) | ast.AugAssign():
            yield "pass"


def _other_values(value: object) -> Iterator[str]:
    """Another constant of the same kind; sentences are left alone, since their wording decides nothing."""
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int):
        yield str(value + 1)
    elif isinstance(value, str) and value and " " not in value:
        yield repr(f"{value}~")


def _swapped(operator: ast.AST) -> Any:
    return SWAPPED[type(operator)]()


def _text(node: ast.AST) -> str:
    """In brackets, so that it means the same wherever it stands."""
    return f"({ast.unparse(node)})"
