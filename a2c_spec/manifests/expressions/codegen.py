"""Compile a checked template so that the sandbox sees every value that is made or looked at."""

from __future__ import annotations

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame

from a2c_spec.manifests.expressions.syntax import spelled


class Generator(CodeGenerator):
    """Writes code that yields, for each text and each expression: its line, whether it is text, and the value.

    What Jinja would compile to bare Python (comparing, slicing, joining, looping) calls the sandbox instead.
    """

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        for part in node.nodes:
            if isinstance(part, nodes.TemplateData):
                self.writeline(f"yield {part.lineno}, True, {part.data!r}", part)
            else:
                self.writeline(f"yield {part.lineno}, False, ", part)
                self.visit(part, frame)

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        cost = 1 + sum(_count(part) for part in [*node.body, *([node.test] if node.test else [])])
        rounds = nodes.EnvironmentAttribute("rounds")
        node.iter = nodes.Call(rounds, [node.iter, nodes.Const(cost)], [], None, None, lineno=node.lineno)
        super().visit_For(node, frame)

    def visit_CondExpr(self, node: nodes.CondExpr, frame: Frame) -> None:
        node.expr2 = node.expr2 or nodes.EnvironmentAttribute("no_else")
        super().visit_CondExpr(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self._call("joined", node.nodes, frame)

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        self.write("(")
        self._call("weighed", [node.expr], frame)
        for operand in node.ops:
            self.write(f" {_COMPARISONS[operand.op]} ")
            self._call("weighed", [operand.expr], frame)
        self.write(")")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        self._entry(node.node, nodes.Const(node.attr), frame)

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        if isinstance(node.arg, nodes.Slice):
            parts = (node.arg.start, node.arg.stop, node.arg.step)
            self._call("sliced", [node.node, *(part or nodes.Const(None) for part in parts)], frame)
        else:
            self._entry(node.node, node.arg, frame)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: ARG002 - as in Jinja
        if isinstance(node.node, nodes.Getattr):
            self.write(f"environment.methods[{node.node.attr!r}](context, ")
            self.visit(node.node.node, frame)
            self.signature(node, frame)
            self.write(")")
        else:
            name = node.node.name if isinstance(node.node, nodes.EnvironmentAttribute) else "numbers"
            self._call(name, node.args, frame)

    def _entry(self, owner: nodes.Expr, key: nodes.Expr, frame: Frame) -> None:
        self.write("environment.getitem(")
        self.visit(owner, frame)
        self.write(", ")
        self.visit(key, frame)
        self.write(f", {spelled(owner)!r})")

    def _call(self, name: str, arguments: list[nodes.Expr], frame: Frame) -> None:
        self.write(f"environment.{name}(context")
        for argument in arguments:
            self.write(", ")
            self.visit(argument, frame)
        self.write(")")


_COMPARISONS = {
    "eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in",
}  # fmt: skip  # a table


def _count(node: nodes.Node) -> int:
    return 1 + sum(map(_count, node.iter_child_nodes()))
