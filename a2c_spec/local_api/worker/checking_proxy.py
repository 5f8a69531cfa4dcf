"""A proxy on this machine for one browser: it looks every host up itself, and connects to the addresses it has checked.

A page names hosts as it likes: by links, redirects, pictures and scripts. All of these come by here.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.address_rules import addresses_of
from a2c_spec.local_api.storage.transfer import TransferFailed

HEAD = 64 * 1024
PIECE = 64 * 1024
PATIENCE = 30.0
AT_ONCE = 128
_FIRST = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.[01]")
_OURS = re.compile(rb"(?im)^(?:proxy-[a-z-]+|connection|keep-alive|te|upgrade):[^\n]*\n")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):([0-9]{1,5})")


@contextmanager
def checking_proxy(settings: Settings) -> Iterator[int]:
    """Serves until the block ends; gives the port, on the loopback address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, settings), daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # ends accept


def _accept(listener: socket.socket, settings: Settings) -> None:
    slots = threading.BoundedSemaphore(AT_ONCE)

    def serve(line: socket.socket) -> None:
        with slots, closing(line), suppress(OSError, ValueError):
            line.settimeout(PATIENCE)
            _serve(line, settings)

    with suppress(OSError):
        while True:
            line, _ = listener.accept()
            threading.Thread(target=serve, args=(line,), daemon=True).start()


def _serve(line: socket.socket, settings: Settings) -> None:
    head, rest = _head(line)
    found = _FIRST.match(head)
    if found is None:
        return _say(line, "400 Bad Request")
    method, target = found[1], found[2].decode("ascii")
    try:
        host, port, path = _connect_target(target) if method == b"CONNECT" else _plain_target(target)
        upstream = _connected(addresses_of(host, port, private=settings.fetch_private), port)
    except TransferFailed:
        return _say(line, "403 Forbidden")
    except ValueError:
        return _say(line, "400 Bad Request")
    except OSError:
        return _say(line, "502 Bad Gateway")
    with closing(upstream):
        if method == b"CONNECT":
            line.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:  # one request for each connection, so that the next one is checked too
            kept = _OURS.sub(b"", head[found.end() :]).removesuffix(b"\r\n")
            upstream.sendall(method + b" " + path.encode() + b" HTTP/1.1" + kept + b"Connection: close\r\n\r\n")
        upstream.sendall(rest)
        _relay(line, upstream)
    return None


def _head(line: socket.socket) -> tuple[bytes, bytes]:
    """The head of a request, and what came with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(PIECE)
        if not piece or len(data) > HEAD:
            raise ValueError
        data += piece
    head, end, rest = data.partition(b"\r\n\r\n")
    return head + end, rest


def _connect_target(target: str) -> tuple[str, int, str]:
    found = _HOST.fullmatch(target)
    if found is None:
        raise ValueError
    return found[1].strip("[]"), int(found[2]), ""


def _plain_target(target: str) -> tuple[str, int, str]:
    parts = urlsplit(target)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError
    return parts.hostname, parts.port or 80, f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


def _connected(addresses: list[str], port: int) -> socket.socket:
    for address in addresses[:-1]:
        with suppress(OSError):
            return socket.create_connection((address, port), PATIENCE)
    return socket.create_connection((addresses[-1], port), PATIENCE)


def _say(line: socket.socket, status: str) -> None:
    line.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass on what each side sends, until one of them has ended."""
    back = threading.Thread(target=_pass_on, args=(other, one), daemon=True)
    back.start()
    _pass_on(one, other)
    back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            target.sendall(piece)
    for side, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with suppress(OSError):
            side.shutdown(how)
