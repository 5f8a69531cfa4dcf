"""Small servers on this machine that the service connects to: web pages, a callback receiver, S3, FTP."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Site:
    """A web server with the requests that it received: method, path, headers, body."""

    url: str
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def site(answer: Callable[[str, str, int], Answer], host: str = "127.0.0.1", port: int = 0) -> Iterator[Site]:
    """Serve ``answer(method, path, number of the request)``."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.requests.append((self.command, self.path, headers, body))
            status, extra, content = answer(self.command, self.path, len(found.requests))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

        do_GET = do_PUT = do_POST = handle_any

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer((host, port), Handler)
    found = Site(f"http://{host}:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class FtpServer:
    """A minimal FTP server with one user, and its files in memory."""

    port: int
    files: dict[str, bytes]


@contextmanager
def ftp_server(user: str, password: str, files: dict[str, bytes]) -> Iterator[FtpServer]:
    """Serve files by FTP until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_accept, args=(listener, user, password, files), daemon=True)
    thread.start()
    try:
        yield FtpServer(listener.getsockname()[1], files)
    finally:
        listener.close()


def _accept(listener: socket.socket, user: str, password: str, files: dict[str, bytes]) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                _session(connection, user, password, files)


def _session(connection: socket.socket, user: str, password: str, files: dict[str, bytes]) -> None:
    def say(text: str) -> None:
        connection.sendall(f"{text}\r\n".encode())

    say("220 hello")
    passive: socket.socket | None = None
    name = ""
    for line in connection.makefile("r", encoding="utf-8"):
        command, _, argument = line.strip().partition(" ")
        match command.upper():
            case "USER":
                name = argument
                say("331 password?")
            case "PASS":
                say("230 welcome" if (name, argument) == (user, password) else "530 no")
            case "PASV":
                passive = socket.create_server(("127.0.0.1", 0))
                port = passive.getsockname()[1]
                say(f"227 passive (127,0,0,1,{port >> 8},{port & 255})")
            case "EPSV":
                passive = socket.create_server(("127.0.0.1", 0))
                say(f"229 passive (|||{passive.getsockname()[1]}|)")
            case "RETR" if passive is not None and argument in files:
                say("150 here it comes")
                with passive, passive.accept()[0] as data:
                    data.sendall(files[argument])
                say("226 done")
            case "STOR" if passive is not None:
                say("150 go ahead")
                with passive, passive.accept()[0] as data:
                    files[argument] = b"".join(iter(lambda data=data: data.recv(65536), b""))  # type: ignore[misc] # no way to annotate it
                say("226 done")
            case "RETR":
                say("550 no such file")
            case "TYPE":
                say("200 ok")
            case "QUIT":
                say("221 bye")
                return
            case _:
                say("502 what?")
