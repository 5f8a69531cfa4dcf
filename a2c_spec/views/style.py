"""Colours, or none: the few styles that every view shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from a2c_spec.views import inert

_CODES: Mapping[str, str] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}


@dataclass(frozen=True, slots=True)
class Style:
    """Wraps text in terminal codes when ``on``."""

    on: bool = False

    def __call__(self, text: str, *names: str) -> str:
        if not self.on or not names or not text:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{inert.line(text)}\x1b[0m"

    def lines(self, lines: Iterable[str]) -> str:
        """A text of these lines, whatever is in them: every text for people is made here."""
        return inert.joined(lines, coloured=self.on)


PLAIN = Style()
"""Text without codes."""


def wants_colour(environ: Mapping[str, str], *, is_tty: bool, no_color: bool) -> bool:
    """NO_COLOR, --no-color, TERM=dumb and anything that is no terminal mean plain text; FORCE_COLOR overrides."""
    if no_color or environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return is_tty or bool(environ.get("FORCE_COLOR"))
