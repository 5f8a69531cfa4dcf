"""The ASGI application: lives on any event loop, starts when first asked, answers under /v2 and without it."""

from __future__ import annotations

import logging
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from a2c_spec.local_api.converters import Converters, installed
from a2c_spec.local_api.jobs.clock import Clock
from a2c_spec.local_api.jobs.identity import Identity
from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.process_lock import Runner
from a2c_spec.local_api.jobs.refusals import Refusal
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.store import Store
from a2c_spec.local_api.routes import routes
from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.simulation.call_log import Call
from a2c_spec.local_api.simulation.fault_middleware import Dropped, interfere, socket_of
from a2c_spec.local_api.simulation.faults import Script
from a2c_spec.local_api.storage.blobs import Blobs
from a2c_spec.local_api.worker import callbacks
from a2c_spec.local_api.worker.run_job import carry_out
from a2c_spec.local_api.worker.threads import Workers

log = logging.getLogger("a2c_spec.local_api")
log.addHandler(logging.NullHandler())  # silent unless the program that runs us wants to hear


class LocalApi:
    """One service as an ASGI application. Closing it leaves a data folder ready for the next one."""

    def __init__(self, settings: Settings, converters: Converters | None = None) -> None:
        self.settings = settings
        self._converters = converters
        self._router = Router(routes=routes(), redirect_slashes=False, default=_unknown)
        self._service: Service | None = None
        self._workers = Workers(settings.workers)
        self._callers = Workers(2)
        self._temporary: Path | None = None
        self.script = Script(settings.faults)

    @property
    def service(self) -> Service:
        """The service, opened when first needed."""
        if self._service is None:
            self._service = self._open()
            self._service.adopt_orphans()
            self._service.purge()
        return self._service

    def _open(self) -> Service:
        folder = self._folder()
        store = Store(folder / "store.db")
        blobs = Blobs(folder / "files")
        runner = Runner(folder / "runners")
        runner.hold()
        service = Service(
            settings=self.settings,
            store=store,
            blobs=blobs,
            identity=Identity(self.settings.seed),
            converters=self._converters or installed(),
            clock=Clock(self.settings.clock, store),
            runner=runner,
        )
        service.on_start = lambda job_id: self._workers.submit(lambda: carry_out(service, job_id))
        service.on_change = lambda job: self._tell(service, job)
        return service

    def _tell(self, service: Service, job: Job) -> None:
        """Callbacks have threads of their own: a receiver in trouble must not hold up conversions."""
        if callbacks.wanted(job.callback, job.phase, every=job.notify_status):
            body = service.render(job, job.base)
            self._callers.submit(partial(callbacks.tell, self.settings, job.callback, body))

    def _folder(self) -> Path:
        if self.settings.data_dir is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="a2c-local-"))
            return self._temporary
        self.settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.settings.data_dir

    async def aclose(self, grace: float = 0.2) -> None:
        """Stop; what is under way is resumed by the next service on the same folder."""
        service, self._service = self._service, None
        self._workers.stop(grace)
        self._callers.stop(grace)
        if service is not None:
            service.runner.release()
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
                await self._answer(scope, receive, send)
            except ClientDisconnect:
                return  # nobody is left to answer
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
        service, path = self.service, _plain(scope["path"])
        if path.startswith("/_a2c"):
            await self._route(scope, receive, send)
            return
        faults = self.script.meet(scope["method"], path)
        if not self.settings.log_calls:
            await interfere(service, faults, self._route, scope, receive, send)
            return
        call = Call(service, scope, path, faults)
        try:
            await interfere(service, faults, call.handling(self._route), scope, receive, send)
        finally:
            call.tell()

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        inner: dict[str, Any] = {**scope, "app": self, "a2c.service": self.service, "a2c.script": self.script}
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


def _plain(path: str) -> str:
    return path.removeprefix("/v2") if path.startswith("/v2/") else path


def _refused(refusal: Refusal) -> Response:
    if refusal.body is None:
        return Response(status_code=refusal.status, headers=refusal.headers)
    return JSONResponse(dict(refusal.body), refusal.status, refusal.headers)


async def _unknown(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"message": "There is no such endpoint"}, 404)(scope, receive, send)


def create_app(settings: Settings | None = None, converters: Converters | None = None) -> LocalApi:
    """A service to be called in process, or to be given to any ASGI server."""
    return LocalApi(settings or Settings(), converters)
