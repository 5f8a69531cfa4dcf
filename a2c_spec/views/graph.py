"""The dependencies between jobs, drawn as mermaid or dot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Edges = Mapping[str, Sequence[str]]
"""address -> the addresses it needs."""


def mermaid(edges: Edges) -> str:
    """A mermaid flow chart; an arrow points from what is made to what takes it."""
    ids = {address: f"n{number}" for number, address in enumerate(edges)}
    nodes = [f'  {ids[address]}["{address.replace(chr(34), "#quot;")}"]' for address in edges]
    arrows = [f"  {ids[need]} --> {ids[address]}" for address, needs in edges.items() for need in needs if need in ids]
    return "\n".join(["flowchart LR", *nodes, *arrows])


def dot(edges: Edges) -> str:
    """A graphviz digraph."""
    nodes = [f"  {_quoted(address)};" for address in edges]
    arrows = [f"  {_quoted(need)} -> {_quoted(address)};" for address, needs in edges.items() for need in needs]
    return "\n".join(["digraph jobs {", "  rankdir=LR;", *nodes, *arrows, "}"])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
