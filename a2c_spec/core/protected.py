"""Paths that no manifest reads, sends or writes: what runs code, what tells of us, what holds secrets."""

from __future__ import annotations

import unicodedata

from a2c_spec.core.unseen import seen

FOLDERS = frozenset({".git", "git~1", ".a2c", ".github"})
"""Of Git (also under the short name that Windows gives it), of the state, of what runs in pipelines."""
FILES = frozenset({"a2c.yaml", "a2c.catalog.json"})
SECRETS = ".env"
"""How names of files begin that programs read their secrets from: ``.env``, ``.env.local``, ``.envrc``."""


def protected(path: str) -> str:
    """The part of a path, in whatever letters and Unicode form, that no manifest may name; empty when there is none.

    Names are compared as the file systems do that tell the fewest apart: they ignore case, characters that nobody sees,
    dots and spaces at the end, and what follows a colon.
    """
    for part in path.replace("\\", "/").split("/"):
        name = (part.lower() if part.isascii() else _seen(part)).partition(":")[0].rstrip(" .")
        if name in FOLDERS or name in FILES or name.startswith(SECRETS):
            return part
    return ""


def _seen(part: str) -> str:
    return seen(unicodedata.normalize("NFKC", seen(part))).casefold()
