"""Texts of others, cut where nobody reads on: what the service says may be as long as its answer."""

from __future__ import annotations

LONGEST_TEXT = 2_000
"""Characters of one text that the service says to people."""
LONGEST_NAME_TOLD = 1_000
"""Characters of a file name in an answer; no system has longer ones."""


def shortened(text: str, most: int = LONGEST_TEXT) -> str:
    """The beginning of a text, and how much is left out."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text) - most:,} more characters)"


def shortened_name(name: str) -> str:
    """A file name without its middle, so that its ending stays."""
    half = LONGEST_NAME_TOLD // 2
    return name if len(name) <= LONGEST_NAME_TOLD else f"{name[:half]}{name[-half:]}"
