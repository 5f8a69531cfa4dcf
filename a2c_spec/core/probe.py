"""Named moments of a run, told to a probe; tests end the process at one of them."""

from __future__ import annotations

from collections.abc import Callable

Probe = Callable[[str], None]
"""Hears ``send``/``answered`` and ``record``/``recorded`` around every request and every write of the state, and
``place``/``placed`` around every file that gets its final name."""


def unobserved(_moment: str) -> None:
    """The probe of a run that nobody watches."""
