"""All answers that refuse a request. They are one exception, which the application turns into a response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Error codes in the body of an answer
EMPTY_BODY = 8
INVALID = 400
DOWNLOAD_DISABLED = 107


class Refusal(Exception):
    """An answer that is not a success: HTTP status, JSON body, headers."""

    def __init__(self, status: int, body: Mapping[str, Any] | None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def unauthorized() -> Refusal:
    """401: no key, an unknown key, or the wrong token."""
    return Refusal(401, {"message": "Invalid api key"})


def not_found(what: str) -> Refusal:
    """404: the thing does not exist, or belongs to another account."""
    return Refusal(404, {"message": f"The {what} was not found"})


def not_an_object() -> Refusal:
    """400: the body is valid JSON, but not an object."""
    return Refusal(400, {"code": INVALID, "message": "The JSON body must be an object"})


def conflict(message: str) -> Refusal:
    """409: the job is in a status that does not allow the change."""
    return Refusal(409, {"message": message})


def invalid(problems: Mapping[str, str], message: str = "Validation error") -> Refusal:
    """400: the body is not valid. ``problems`` has a text per dotted field name; texts never repeat a value."""
    errors = {name: [text] for name, text in problems.items()}
    return Refusal(400, {"code": INVALID, "message": message, "errors": errors})


def payment_required(message: str) -> Refusal:
    """402: the credits or a limit of the contract are used up."""
    return Refusal(402, {"message": message})


def gone() -> Refusal:
    """410: the download server no longer has the file."""
    return Refusal(410, {"error_code": DOWNLOAD_DISABLED, "message": "The file download has been disabled"})
