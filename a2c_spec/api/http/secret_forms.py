"""How a secret may be written in what a service says: escaped by what it is made of, in hex, in base64, in parts."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit
from uuid import UUID

from a2c_spec.core.disguises import LONG, disguises, in_base64, unfolded

SHORT = 4
"""Secrets with fewer characters are hidden only where they stand alone: as a word of a message, or a whole value; one
character cannot be told from any other text."""
LONG_LINE = 8
"""Lines of a secret, and parts of a URL that is one, are hidden by themselves from so many characters on."""
LEAST_PASSWORD, LONG_USER = 2, 16
"""Of a URL: one character is no password, as in `TOKEN:x@`; a user with so many is hidden, as it may be a token."""
_HEX_32 = re.compile("[0-9a-fA-F]{32}")


def url_secrets(url: str) -> Iterator[str]:
    """The password of a URL, as it is written and as it is meant, and its user with it as it is sent; also the user,
    where that is what opens it: with no password, or with one that only stands in its place, or where it is long."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
    except ValueError:
        return
    user, password = parts.username or "", parts.password or ""
    if password:
        yield from (password, unquote(password))
    if user and (len(password) < LEAST_PASSWORD or len(user) >= LONG_USER):
        yield from (user, unquote(user))
    if user or password:
        yield base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()


def parts_of(secret: str) -> Iterator[str]:
    """The parts of a secret that are secret by themselves: its lines, values of JSON, the password of a URL."""
    lines = [line.strip() for line in secret.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= LONG_LINE)
    if secret.lstrip().startswith("{"):
        yield from (text for text in texts_of(_json(secret)) if len(text) >= 2 * LONG_LINE)
    if re.match(r"[a-z]+://", secret):
        yield from url_secrets(secret)
        yield from (value for _, value in parse_qsl(secret.partition("?")[2]) if len(value) >= LONG_LINE)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _entities(number: str, letters: str) -> Callable[[str], str]:
    """Writes some letters as entities of HTML with their numbers."""
    return lambda text: re.sub(letters, lambda found: number.format(ord(found[0])), text)


SIGNS, BEYOND_ASCII = r"[^\w ]", r"[^\x00-\x7f]"


ESCAPED: tuple[Callable[[str], str], ...] = (
    str,
    quote,
    partial(quote, safe=""),
    quote_plus,
    lambda text: repr(text)[1:-1],
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: text.replace("/", "\\/"),
    html.escape,
    lambda text: html.escape(text, quote=False),
    lambda text: html.escape(text).replace("&#x27;", "&#39;"),
    lambda text: html.escape(text).replace("&#x27;", "&apos;"),
    lambda text: html.escape(text, quote=False).replace('"', "&quot;"),
    _entities("&#{};", SIGNS),
    _entities("&#x{:x};", SIGNS),
    _entities("&#{};", BEYOND_ASCII),
    _entities("&#x{:x};", BEYOND_ASCII),
    lambda text: re.sub(r"""(["'\\])""", r"\\\1", text),
    lambda text: re.sub(r"""(["'\\`$])""", r"\\\1", text),
    re.escape,
    lambda text: text.replace("'", "''"),
    lambda text: text.replace("'", "'\\''"),
    lambda text: shlex.quote(text)[1:-1] if shlex.quote(text) != text else text,
    lambda text: text.encode(errors="replace").decode("latin-1"),
    lambda text: text.encode(errors="replace").decode("cp1252", errors="replace"),
)
"""How services and what they are made of write a text: each of these ways, and each upon each other."""


def forms_of(secret: str, *, twice: bool) -> set[str]:
    """The secret as it may appear: as it is, escaped once or twice, in hex, or within base64 at any offset."""
    raw = secret.encode(errors="replace")
    found = {escape(secret) for escape in ESCAPED}
    found |= {outer(inner) for inner in found for outer in ESCAPED if twice} | {raw.hex()}
    if _HEX_32.fullmatch(secret):
        found.add(str(UUID(secret)))
    found.add(base64.b64encode(raw).decode().rstrip("="))
    return found | {*in_base64(raw)} if len(raw) > SHORT else found


def folded(secret: str) -> frozenset[str]:
    """The secret as an unfolded text has it; a shorter one only as it is."""
    one = unfolded(secret)
    return disguises(secret) if len(one) >= LONG else frozenset([one] if len(one) >= SHORT else ())


def texts_of(data: Any) -> list[str]:
    """Every text of a tree, its keys too, but for the tokens of jobs, which stay."""
    if isinstance(data, str):
        return [data]
    found: list[str] = []
    if isinstance(data, dict):
        found += data
        for key, value in data.items():
            if isinstance(value, str) and key != "token":
                found.append(value)
            elif value and key != "token":
                found += texts_of(value)
    elif isinstance(data, list):
        for value in data:
            found += texts_of(value)
    return found
