"""Which addresses the service may reach on behalf of a client: by default none of this machine or its networks."""

from __future__ import annotations

import ipaddress
import socket


class Unreachable(Exception):
    """The address must not, or cannot, be reached."""


def require_public(host: str, port: int, *, private: bool) -> None:
    """Raise Unreachable unless every address of the host is public, or private ones are allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("The host is not known.") from error
    if private:
        return
    for entry in found:
        require_public_address(str(entry[4][0]))


def require_public_address(text: str) -> None:
    """Raise Unreachable when an IP address is not a public one."""
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    if not inner.is_global or inner.is_multicast:
        raise Unreachable("The address is on this machine or a private network, which this service does not reach.")
