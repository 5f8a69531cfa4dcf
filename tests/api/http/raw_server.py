"""A server that answers with exactly these bytes, which no library would send."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator

Pieces = Callable[[str], Iterable[bytes]]
"""The path of a request -> what is sent, in pieces."""


@contextlib.contextmanager
def raw_server(answer: Pieces) -> Iterator[str]:
    """Its URL; every connection is answered once, and closed."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.2)
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536) or b"\r\n\r\n"
            for piece in answer(head.split(b" ")[1].decode() if b" " in head else ""):
                if over.is_set():
                    return
                connection.sendall(piece)

    def accept() -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        over.set()
        thread.join()
        listening.close()
