"""FTP servers: reading inputs and writing outputs."""

from __future__ import annotations

import ftplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.address_rules import addresses_of
from a2c_spec.local_api.storage.blobs import CHUNK
from a2c_spec.local_api.storage.transfer import Location, TransferFailed


def ftp_get(place: Location, path: Path, settings: Settings) -> None:
    """Copy a file of the server to ``path``."""
    left = settings.limits.upload_bytes
    with _connected(place, settings) as server, path.open("wb") as file:

        def write(data: bytes) -> None:
            nonlocal left
            left -= len(data)
            if left < 0:
                raise TransferFailed("The file is larger than this service takes.")
            file.write(data)

        server.retrbinary(f"RETR {place.parameters['file']}", write, CHUNK)


def ftp_put(path: Path, place: Location, settings: Settings) -> None:
    """Copy ``path`` to a file of the server."""
    with _connected(place, settings) as server, path.open("rb") as file:
        server.storbinary(f"STOR {place.parameters['file']}", file, CHUNK)


@contextmanager
def _connected(place: Location, settings: Settings) -> Iterator[ftplib.FTP]:
    host, port = place.parameters["host"], _port(place)
    try:
        addresses = addresses_of(host, port, private=settings.fetch_private)
        with ftplib.FTP(timeout=settings.limits.fetch_seconds) as server:  # noqa: S321 - the client asked for FTP
            _connect(server, addresses, port)
            server.login(place.credentials["username"], place.credentials["password"])
            yield server
    except ftplib.error_perm as error:
        code = 401 if str(error).startswith("530") else 404
        raise TransferFailed("The FTP server refused the login or the file.", code) from error
    except (ftplib.Error, OSError, EOFError, ValueError) as error:
        raise TransferFailed("The FTP server cannot be reached, or it closed the connection.") from error


def _connect(server: ftplib.FTP, addresses: list[str], port: int) -> None:
    """Connect to the first of these addresses that answers."""
    for address in addresses[:-1]:
        with suppress(OSError):
            server.connect(address, port)
            return
    server.connect(addresses[-1], port)


def _port(place: Location) -> int:
    text = place.parameters.get("port") or "21"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise TransferFailed("parameters.port must be a port number.")
    return int(text)
