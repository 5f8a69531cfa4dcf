"""URLs that manifests and settings name: their parts, as every reader takes them, and hosts as they are reached."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit

PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[^\s\x00-\x20\x7f/?#@\\<>\"{}|^`]+")
_IPV4 = re.compile(r"[0-9]+(\.[0-9]+){3}")
_OLD_IPV4 = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}")


def http_parts(url: str) -> SplitResult | None:
    """The parts of a URL that begins with http or https and names a host and, if any, a port that can be; else None."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    named = _HOST.fullmatch(host) and all(0 < len(label) < 64 for label in host.removesuffix(".").split("."))
    named = named and (_is_address(host) if _IPV4.fullmatch(host) else _is_name(host))
    return parts if parts.scheme in PORTS and named and (port is None or port > 0) else None


def _is_address(host: str) -> bool:
    """Whether it is an IPv4 address as every program reads it, without zeros before a number."""
    try:
        return bool(ipaddress.IPv4Address(host))
    except ValueError:
        return False


def _is_name(host: str) -> bool:
    """Whether a host that is written, or encoded, in other letters is a name in them."""
    try:
        return bool(host.encode().decode("idna") if host.isascii() else host.encode("idna")) or ":" in host
    except UnicodeError:
        return False


def is_plain_path(path: str) -> bool:
    """Whether nothing in a path can be left out, or spelled in another way: no ``.``, ``..``, ``//`` and ``%``."""
    inside = path.removeprefix("/").removesuffix("/")
    return "%" not in inside and (not inside or {"", ".", ".."}.isdisjoint(inside.split("/")))


def reached(host: str) -> str:
    """A host as it is looked up: without the dot at the end, and an IPv4 address in its usual form (``127.1``)."""
    host = host.casefold().removesuffix(".")
    if _OLD_IPV4.fullmatch(host):
        try:
            return socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            return host
    return host
