"""Serves the API on a socket with uvicorn."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Self

import uvicorn

from a2c_spec.local_api.app import LocalApi, create_app
from a2c_spec.local_api.convert.contract import Converters
from a2c_spec.local_api.http.connections import Connection
from a2c_spec.local_api.settings import Settings


def run(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 0,
    on_ready: Callable[[str], None] = lambda _url: None,
    converters: Converters | None = None,
) -> None:
    """Serve until interrupted; ``on_ready`` gets the base URL, including ``/v2``, when the service is ready."""
    asyncio.run(serve(create_app(settings, converters), host, port, on_ready))


async def serve(app: LocalApi, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve on the running event loop until interrupted."""
    listener = listen(host, port)
    await server_of(app, lambda: on_ready(url_of(listener))).serve([listener])


def server_of(app: LocalApi, on_ready: Callable[[], None]) -> _Server:
    """The server, without log output; it calls ``on_ready`` when it is ready."""
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        proxy_headers=False,  # nobody may say where a request came from
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # the service tells its own
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
    )
    return _Server(config, on_ready)


class Background:
    """Serves the API on a thread of this process, for tests; ``url`` is its base URL."""

    def __init__(self, app: LocalApi, host: str = "127.0.0.1", port: int = 0) -> None:
        self._listener = listen(host, port)
        self._ready = threading.Event()
        self._server = server_of(app, self._ready.set)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.app = app
        self.url = url_of(self._listener)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(30):
            raise RuntimeError("the local API did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._server.end()
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.run(self._server.serve([self._listener]))


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. It names TCP explicitly, because only then asyncio switches Nagle's algorithm off."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(512)
    listener.setblocking(False)
    return listener


def url_of(listener: socket.socket) -> str:
    """The base URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/v2" if ":" in host else f"http://{host}:{port}/v2"


class _Server(uvicorn.Server):
    """A uvicorn server that calls ``on_ready``, and ends at once, where uvicorn looks ten times a second and pauses."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Ends it, from any thread."""
        self.should_exit = True
        if self._loop:
            self._loop.call_soon_threadsafe(self._ended.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.end()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def main_loop(self) -> None:
        await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.tasks:  # requests that are being answered
            await super().shutdown(sockets)
            return
        for open_one in (*self.servers, *(sockets or ())):
            open_one.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self.lifespan.shutdown()
