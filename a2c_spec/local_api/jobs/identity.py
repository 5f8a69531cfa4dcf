"""Ids and tokens: random, or derived from a seed, so that they are repeatable."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Makes ids and tokens. With a seed, each depends only on the seed and on the names it is made for."""

    seed: str | int | None = None

    def new(self, *names: object) -> str:
        """A UUID for the thing with these names."""
        return str(uuid.UUID(bytes=self._bytes(names), version=4))

    def token(self, *names: object) -> str:
        """32 lowercase hexadecimal digits."""
        return self._bytes((*names, "token")).hex()

    def _bytes(self, names: tuple[object, ...]) -> bytes:
        if self.seed is None:
            return secrets.token_bytes(16)
        text = "\x1f".join(str(name) for name in (self.seed, *names))
        return hashlib.sha256(text.encode()).digest()[:16]


def account_of(number: int) -> str:
    """The account of a key, by its number in the settings: another key changes nothing, and it tells nothing of it."""
    return hashlib.sha256(f"local-{number}".encode() if number else b"local").hexdigest()[:32]


def new_key() -> str:
    """A key that nobody can guess."""
    return secrets.token_hex(16)
