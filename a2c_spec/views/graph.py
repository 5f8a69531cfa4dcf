"""The dependencies between jobs, drawn as mermaid or dot."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from a2c_spec.views import inert
from a2c_spec.views.style import PLAIN

_MEANT = re.compile(r"[^\w .,:/()\[\]-]")

Edges = Mapping[str, Sequence[str]]
"""address -> the addresses it needs."""


def mermaid(edges: Edges) -> str:
    """A mermaid flow chart; an arrow points from what is made to what takes it."""
    ids = {address: f"n{number}" for number, address in enumerate(edges)}
    nodes = [f'  {ids[address]}["{_entities(address)}"]' for address in edges]
    arrows = [f"  {ids[need]} --> {ids[address]}" for address, needs in edges.items() for need in needs if need in ids]
    return PLAIN.lines(["flowchart LR", *nodes, *arrows])


def dot(edges: Edges) -> str:
    """A graphviz digraph."""
    nodes = [f"  {_quoted(address)};" for address in edges]
    arrows = [f"  {_quoted(need)} -> {_quoted(address)};" for address, needs in edges.items() for need in needs]
    return PLAIN.lines(["digraph jobs {", "  rankdir=LR;", *nodes, *arrows, "}"])


def _quoted(text: str) -> str:
    return '"' + inert.line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _entities(text: str) -> str:
    """A text in which mermaid finds neither HTML nor markdown, nor the end of the label."""
    return _MEANT.sub(lambda found: "#quot;" if found[0] == '"' else f"#{ord(found[0])};", inert.line(text))
