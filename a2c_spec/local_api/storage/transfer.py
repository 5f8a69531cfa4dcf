"""What all transfers share: where a file is in a customer's storage, and the error of a transfer that failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TRANSFER_FAILED = 99  # the API's error code for a file that cannot be fetched or delivered


@dataclass(frozen=True, slots=True)
class Location:
    """One file in a customer's storage, and the credentials that give access to it."""

    parameters: Mapping[str, str]
    credentials: Mapping[str, str]


class TransferFailed(Exception):
    """A file cannot be fetched or delivered. Code and message go to the job's errors and hold no credentials."""

    def __init__(self, message: str, code: int = TRANSFER_FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
