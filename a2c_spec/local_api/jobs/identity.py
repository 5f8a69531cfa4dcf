"""Ids and tokens: random, or the same again for the same seed."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Makes ids; with a seed each is a function of the seed and of what it names."""

    seed: str | int | None = None

    def new(self, *names: object) -> str:
        """A UUID for the thing of that name."""
        return str(uuid.UUID(bytes=self._bytes(names), version=4))

    def token(self, *names: object) -> str:
        """32 lowercase hexadecimal digits."""
        return self._bytes((*names, "token")).hex()

    def _bytes(self, names: tuple[object, ...]) -> bytes:
        if self.seed is None:
            return secrets.token_bytes(16)
        text = "\x1f".join(str(name) for name in (self.seed, *names))
        return hashlib.sha256(text.encode()).digest()[:16]


def owner_of(key: str) -> str:
    """What stands for an account in the store, where the key itself has no business."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
