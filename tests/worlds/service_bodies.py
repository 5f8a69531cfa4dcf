"""Reads what requests carry, strictly: JSON, one uploaded file, files as base64."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from tests.worlds.http_server import Request
from tests.worlds.service_model import Refusal

PARAMETER = re.compile(r'\b(name|filename)="((?:[^"\\]|\\.)*)"')


def json_of(request: Request) -> Any:
    """The body as JSON; raises Refusal for anything else, an empty body included."""
    try:
        return json.loads(request.body)
    except ValueError:
        raise Refusal(400, "The JSON body is empty") from None


def array(value: Any) -> list[Any]:
    """The value, which must be an array."""
    if not isinstance(value, list):
        raise Refusal(400, "an array is expected")
    return value


def multipart(request: Request) -> tuple[bytes, str, str]:
    """The file, its name, and the password beside it."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data; boundary="):
        raise Refusal(400, "a form is expected")
    line = b"--" + kind.partition("boundary=")[2].strip('"').encode()
    found: dict[str, tuple[bytes, str]] = {}
    pieces = (b"\r\n" + request.body).split(b"\r\n" + line)
    if request.whole and not pieces[-1].startswith(b"--"):
        raise Refusal(400, "the form has no end")
    for piece in pieces[1:-1] if request.whole else pieces[1:]:
        head, _, data = piece.partition(b"\r\n\r\n")
        told = dict(PARAMETER.findall(head.decode()))
        found[told.get("name", "")] = (data, told.get("filename", ""))
    if found.keys() - {"file", "decrypt_password"} or "file" not in found:
        raise Refusal(400, "the fields are file and decrypt_password")
    return (*found["file"], found.get("decrypt_password", (b"", ""))[0].decode())


def from_base64(row: Any) -> tuple[bytes, str]:
    """One file of an upload as base64, and its name."""
    if not isinstance(row, dict) or row.keys() - {"content", "filename"} or not isinstance(row.get("content"), str):
        raise Refusal(400, "the fields are content and filename")
    text = row["content"]
    try:
        data = base64.b64decode(text.split(",", 1)[1] if text.startswith("data:") else text, validate=True)
    except (ValueError, binascii.Error):
        raise Refusal(400, "content is not base64") from None
    return data, row.get("filename", "output")
