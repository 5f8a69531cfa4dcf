"""What all storage providers share: where a file is, and how its trouble is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """One file in somebody's storage, and the credentials to get at it."""

    parameters: Mapping[str, str]
    credentials: Mapping[str, str]


class StorageFailed(Exception):
    """The storage cannot be read or written. The message never holds a credential."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
