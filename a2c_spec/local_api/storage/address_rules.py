"""Which addresses the service may reach for a client: by default no address of this machine or a private network."""

from __future__ import annotations

import ipaddress
import socket

from a2c_spec.local_api.storage.transfer import TransferFailed


def require_public(host: str, port: int, *, private: bool) -> None:
    """Raise TransferFailed unless the host is known and all its addresses are public; ``private`` allows others."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TransferFailed("The host is not known.") from error
    if private:
        return
    for entry in found:
        require_public_address(str(entry[4][0]))


def require_public_address(text: str) -> None:
    """Raise TransferFailed when an IP address is not a public one."""
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    if not inner.is_global or inner.is_multicast:
        raise TransferFailed("The address is on this machine or a private network, which this service does not reach.")
