"""Characters that nobody sees: what they hide in a text, or in a name that looks like another one."""

from __future__ import annotations

import re

JOINERS = "\u200c\u200d\ufe0f"
"""Those that letters of some languages, and emoji, are written with."""
HIDDEN = (
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""All others that Unicode calls format characters (category Cf) or default ignorable; as a set of a regular
expression."""
UNSEEN = HIDDEN + JOINERS
_UNSEEN = re.compile(f"[{UNSEEN}]")


def seen(text: str) -> str:
    """What is seen of a text."""
    return text if text.isascii() else _UNSEEN.sub("", text)


def is_unseen(letter: str) -> bool:
    """Whether nobody sees a character."""
    return _UNSEEN.match(letter) is not None
