"""The ASGI application. It starts with the first request, on any event loop, and answers with and without /v2."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from a2c_spec.local_api import convert
from a2c_spec.local_api.convert.contract import Converters
from a2c_spec.local_api.http.guard import require_allowed
from a2c_spec.local_api.http.wire import wire_for
from a2c_spec.local_api.jobs.clock import Clock
from a2c_spec.local_api.jobs.identity import Identity, new_key
from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.process_lock import ProcessLock
from a2c_spec.local_api.jobs.refusals import Refusal
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.store import Store
from a2c_spec.local_api.routes import routes
from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.simulation.call_log import Call
from a2c_spec.local_api.simulation.dashboard import with_policy
from a2c_spec.local_api.simulation.dates import Dated
from a2c_spec.local_api.simulation.fault_middleware import Dropped, handle_with_faults, socket_of
from a2c_spec.local_api.simulation.faults import ActiveFaults
from a2c_spec.local_api.storage.blobs import Blobs
from a2c_spec.local_api.storage.private_folder import make_private
from a2c_spec.local_api.worker import callbacks
from a2c_spec.local_api.worker.run_job import run_job
from a2c_spec.local_api.worker.threads import WorkerThreads

NO_WRITING = (errno.EROFS, errno.EACCES, errno.EPERM)
GRACE = 0.2  # seconds that running tasks get when the service stops
log = logging.getLogger("a2c_spec.local_api")
log.addHandler(logging.NullHandler())  # silent unless the program configures logging


class LocalApi:
    """One service as an ASGI application. After ``aclose``, another service can use its data folder."""

    def __init__(self, settings: Settings, converters: Converters | None = None) -> None:
        self.settings = settings if settings.api_keys else replace(settings, api_keys=(new_key(),))
        self._converters = converters or convert
        self._router = Router(routes=routes(), redirect_slashes=False, default=_unknown)
        self._service: Service | None = None
        self._workers = WorkerThreads(settings.workers)
        self._callback_threads = WorkerThreads(2)
        self._temporary: Path | None = None
        self.faults = ActiveFaults(settings.faults)

    @property
    def service(self) -> Service:
        """The service; it is opened by the first use."""
        if self._service is None:
            self._service = self._open()
            if not self._service.store.read_only:
                self._service.forget_secrets()
                self._service.adopt_orphans()
                self._service.purge()
        return self._service

    def _open(self) -> Service:
        folder = self._folder()
        store = Store(folder / "store.db", read_only=not os.access(folder, os.W_OK))
        blobs = Blobs(folder / "files")
        process = ProcessLock(folder / "runners")
        if not store.read_only:
            process.acquire()
        service = Service(
            settings=self.settings,
            store=store,
            blobs=blobs,
            identity=Identity(self.settings.seed),
            converters=self._converters,
            clock=Clock(self.settings.clock, store),
            process=process,
        )
        service.on_start = lambda job_id: self._workers.submit(lambda: run_job(service, job_id))
        service.on_change = lambda job: self._send_callback(service, job)
        return service

    def _send_callback(self, service: Service, job: Job) -> None:
        """Callbacks have their own threads: a receiver that does not answer must not delay conversions."""
        if callbacks.is_due(job.callback, job.phase, every=job.notify_status):
            body = wire_for(service, job.base).job(job, service.visible(job))
            self._callback_threads.submit(partial(callbacks.send, self.settings, job.callback, body))

    def _folder(self) -> Path:
        """The folder of the settings; one for this run where there is none, or none can be made."""
        folder = self.settings.data_dir
        if folder is not None:
            try:
                make_private(folder)
            except OSError as error:
                if error.errno not in NO_WRITING or folder.exists():
                    raise
            else:
                return folder
        self._temporary = Path(tempfile.mkdtemp(prefix="a2c-local-"))
        return self._temporary

    async def aclose(self) -> None:
        """Stop. Jobs that are not finished are resumed by the next service on the same folder."""
        service, self._service = self._service, None
        self._workers.stop(GRACE)
        self._callback_threads.stop(GRACE)
        if service is not None:
            service.process.release()
            service.store.close()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            try:
                await self._answer(scope, receive, Dated(self.service.clock.now, send).send)
            except ClientDisconnect:
                return  # the client has gone
            except Dropped:
                if socket_of(send) is None:
                    raise

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                _ = self.service
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        service, path = self.service, _without_version(scope["path"])
        try:
            require_allowed(Request(scope), path, self.settings)
        except Refusal as refusal:
            await _refused(refusal)(scope, receive, send)
            return
        if path.startswith("/_a2c"):
            await self._route(scope, receive, with_policy(send))
            return
        faults = self.faults.count(scope["method"], path)
        if not self.settings.log_calls:
            await handle_with_faults(service, faults, self._route, scope, receive, send)
            return
        call = Call(service, scope, path, faults)
        try:
            await handle_with_faults(service, faults, call.recording(self._route), scope, receive, send)
        finally:
            call.close()

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        inner: dict[str, Any] = {**scope, "app": self, "a2c.service": self.service, "a2c.faults": self.faults}
        try:
            await self._router(inner, receive, send)
        except (ClientDisconnect, Dropped):
            raise
        except Refusal as refusal:
            await _refused(refusal)(scope, receive, send)
        except HTTPException as error:
            await JSONResponse({"message": error.detail}, error.status_code, error.headers)(scope, receive, send)
        except Exception:
            log.exception("The local API failed at %s %s", scope["method"], scope["path"])
            await JSONResponse({"message": "Internal server error"}, 500)(scope, receive, send)


def _without_version(path: str) -> str:
    return path.removeprefix("/v2") if path.startswith("/v2/") else path


def _refused(refusal: Refusal) -> Response:
    if refusal.body is None:
        return Response(status_code=refusal.status, headers=refusal.headers)
    return JSONResponse(dict(refusal.body), refusal.status, refusal.headers)


async def _unknown(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"message": "There is no such endpoint"}, 404)(scope, receive, send)


def create_app(settings: Settings | None = None, converters: Converters | None = None) -> LocalApi:
    """A service to call in this process, or to give to any ASGI server."""
    return LocalApi(settings or Settings(), converters)
