"""Files of ours that get other places below the project root, and the order in which none is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Move:
    """A file of ours that gets another place below the project root; nothing is paid or downloaded.

    ``wanted``: the place that its manifest asks for, where the target is another one because something stands there.
    ``aside``: the target is a temporary name, which is not shown; another move takes the file on from there.
    """

    source: str
    target: str
    wanted: str = ""
    aside: bool = False

    @property
    def place(self) -> str:
        """The place that its manifest asks for."""
        return self.wanted or self.target


def in_safe_order(moves: Sequence[Move]) -> list[Move]:
    """The same moves; a file that stands where another one goes is first moved aside, so that none is overwritten."""
    targets = {move.target for move in moves}
    aside = {move.source: f"{move.source}.moving" for move in moves if move.source in targets}
    first = [Move(source, place, aside=True) for source, place in aside.items()]
    return first + [replace(move, source=aside.get(move.source, move.source)) for move in moves]
