"""Bodies of planned calls, fit to be shown and stored: no secret, no file content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2c_spec.core.calls import Payload, Ref
from a2c_spec.core.desired import Secret
from a2c_spec.core.sensitive import HIDDEN, names_secret


def redacted(body: Any, *, hide: bool = False) -> Any:
    """The body as JSON: secrets by reference, texts under a name that says so hidden, ids not yet known as ``<name>``,
    uploads as what they are."""
    if isinstance(body, Secret):
        return f"(sensitive: {body.reference})"
    if isinstance(body, Ref):
        return f"<{body.name}>"
    if isinstance(body, Payload):
        return _payload(body)
    if isinstance(body, Mapping):
        return {key: redacted(value, hide=hide or names_secret(key)) for key, value in body.items()}
    if isinstance(body, tuple | list):
        return [redacted(value, hide=hide) for value in body]
    return HIDDEN if hide and isinstance(body, str) and body else body


def _payload(body: Payload) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "file": body.path or "(base64 in the manifest)",
        "filename": body.filename,
        "size": body.content.size,
        "sha256": body.content.sha256,
    }
    if body.decrypt_password:
        shown["decrypt_password"] = redacted(body.decrypt_password, hide=True)
    return shown
