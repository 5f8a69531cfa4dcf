"""Which addresses the service may reach for a client: by default no address of this machine or a private network."""

from __future__ import annotations

import ipaddress
import socket

from a2c_spec.local_api.storage.transfer import TransferFailed

PUBLIC_6 = ipaddress.ip_network("2000::/3")
"""All of IPv6 that was given out for public use; the rest is local, or stands for something else."""
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""Addresses that end in one of IPv4, by which a network without IPv4 reaches it."""
ISATAP = (0x00005EFE, 0x02005EFE)
"""In the middle of an address that ends in one of IPv4, to which some systems send through a tunnel."""


def addresses_of(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of a host; TransferFailed unless it is known and all of them are public; ``private`` allows others.

    Connect to one of these, and not to the name: the next look-up may give other ones.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TransferFailed("The host is not known.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in () if private else addresses:
        require_public_address(address)
    return addresses


def require_public_address(text: str) -> None:
    """Raise TransferFailed when an IP address is not a public one."""
    if not _is_public(ipaddress.ip_address(text.partition("%")[0])):
        raise TransferFailed("The address is on this machine or a private network, which this service does not reach.")


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in TRANSLATED or address.ipv4_mapped:
        return _is_public(last)
    if address.sixtofour or ((int(address) >> 32) & 0xFFFFFFFF) in ISATAP:
        return _is_public(address.sixtofour or last)
    return address in PUBLIC_6 and address.is_global
