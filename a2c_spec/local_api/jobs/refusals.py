"""Every way the service says no; one exception, turned into an answer in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2c_spec.local_api.jobs.vocabulary import DOWNLOAD_DISABLED, INVALID


class Refusal(Exception):
    """An answer other than success: HTTP status, JSON body, headers."""

    def __init__(self, status: int, body: Mapping[str, Any] | None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def unauthorized() -> Refusal:
    """No key, an unknown key, or the wrong token."""
    return Refusal(401, {"message": "Invalid api key"})


def not_found(what: str) -> Refusal:
    """The thing does not exist, or belongs to somebody else."""
    return Refusal(404, {"message": f"The {what} was not found"})


def conflict(message: str) -> Refusal:
    """The job is in a status that forbids the change."""
    return Refusal(409, {"message": message})


def invalid(problems: Mapping[str, str], message: str = "Validation error") -> Refusal:
    """A body that is not valid; the keys are dotted field names, and no value is ever repeated."""
    errors = {name: [text] for name, text in problems.items()}
    return Refusal(400, {"code": INVALID, "message": message, "errors": errors})


def payment_required(message: str) -> Refusal:
    """Credits or a limit of the contract are exhausted."""
    return Refusal(402, {"message": message})


def gone(message: str = "The file download has been disabled") -> Refusal:
    """The download server's way of saying that a file is no longer to be had."""
    return Refusal(410, {"error_code": DOWNLOAD_DISABLED, "message": message})
