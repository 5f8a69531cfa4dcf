"""Applies faults to one request: before it is handled, and to its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from email.utils import formatdate
from typing import Any, NoReturn

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from a2c_spec.local_api.jobs import lifecycle
from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.refusals import Refusal
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.simulation.faults import Fault

Handle = Callable[[Scope, Receive, Send], Awaitable[None]]
PAGE = "<!doctype html><html><head><title>Service</title></head><body><h1>{}</h1></body></html>"


class Dropped(ConnectionError):
    """The connection broke before the answer was complete. In process, the client gets this exception."""


async def handle_with_faults(
    service: Service, faults: Sequence[Fault], handle: Handle, scope: Scope, receive: Receive, send: Send
) -> None:
    """Handle a request with the faults that apply to it."""
    answer: Response | None = None
    for fault in faults:
        await _before(service, fault, scope["path"])
        answer = answer or _replaced_answer(service, fault)
    final = next((fault for fault in faults if fault.do in ("drop", "status", "html", "redirect")), None)
    if final is None:
        await handle(scope, receive, _with_changed_answer(faults, send))
        return
    if final.when == "after":
        await handle(scope, receive, _discard)
    if final.do == "drop" or answer is None:
        await drop(send)
    await answer(scope, receive, send)


async def _before(service: Service, fault: Fault, path: str) -> None:
    if fault.do == "latency":
        await asyncio.sleep(fault.seconds)
    rule = _JOB_CHANGES.get(fault.do)
    if rule is not None:
        job = _job_of(service, path)
        if job is not None:
            rule(service, job)


def _replaced_answer(service: Service, fault: Fault) -> Response | None:
    if fault.do == "status":
        return JSONResponse({"message": "A fault was asked for"}, fault.status, _headers(service, fault))
    if fault.do == "html":
        return HTMLResponse(PAGE.format(fault.status), fault.status)
    if fault.do == "redirect":
        return Response(status_code=302, headers={"Location": fault.to})
    return None


def _headers(service: Service, fault: Fault) -> dict[str, str]:
    text = fault.retry_after
    if text.startswith("date:"):
        text = formatdate(service.settings.clock() + float(text.removeprefix("date:")), usegmt=True)
    return {"Retry-After": text} if text else {}


async def _discard(_message: Message) -> None:
    """Takes an answer that the client does not get."""


def socket_of(send: Send) -> Any:
    """The connection of an answer; None when the application is called in process."""
    return getattr(getattr(send, "__self__", None), "transport", None)


async def drop(send: Send) -> NoReturn:
    """Break the connection, and raise Dropped, which is what a client in process gets."""
    transport = socket_of(send)
    if transport is not None:
        transport.abort()
        await asyncio.sleep(0.01)  # until the server has seen it
    raise Dropped("the connection was dropped")


def _with_changed_answer(faults: Sequence[Fault], send: Send) -> Send:
    for fault in faults:
        if fault.do in ("malformed", "truncate", "slow"):
            return _ChangedAnswer(fault, send)
    return send


class _ChangedAnswer:
    """Sends an answer on, but cut off or slowly."""

    def __init__(self, fault: Fault, send: Send) -> None:
        self._fault, self._send, self._passed = fault, send, 0
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._fault.do == "malformed":
            self._start = message
        elif message["type"] == "http.response.body":
            await {"malformed": self._cut_in_half, "truncate": self._truncate, "slow": self._send_slowly}[
                self._fault.do
            ](message)
        else:
            await self._send(message)

    async def _cut_in_half(self, message: Message) -> None:
        half = message.get("body", b"")[: max(1, len(message.get("body", b"")) // 2)]
        if self._start is not None:
            MutableHeaders(scope=self._start)["content-length"] = str(len(half))
            await self._send(self._start)
        await self._send({**message, "body": half, "more_body": False})

    async def _truncate(self, message: Message) -> None:
        body = message.get("body", b"")
        left = self._fault.size - self._passed
        self._passed += len(body)
        await self._send({**message, "body": body[: max(0, left)], "more_body": True})
        if self._passed >= self._fault.size:
            await asyncio.sleep(0.05)  # so that what was sent arrives before the connection breaks
            await drop(self._send)
        if not message.get("more_body"):
            await self._send({"type": "http.response.body", "body": b""})

    async def _send_slowly(self, message: Message) -> None:
        body, size = message.get("body", b""), max(1, self._fault.size)
        for start in range(0, len(body), size):
            await self._send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
            await asyncio.sleep(self._fault.seconds)
        if not message.get("more_body"):
            await self._send({"type": "http.response.body", "body": b""})


# Changes of the job, as if by another client


def _job_of(service: Service, path: str) -> Job | None:
    for part in path.split("/"):
        job = service.store.job(part) or service.store.job_of_file("output", part)
        if job is not None:
            return job
    return None


def expire_outputs(service: Service, job: Job) -> None:
    """Make all outputs of the job expire."""
    service.update(job.id, lambda now: replace(now, outputs=tuple(replace(row, expired=True) for row in now.outputs)))


def _start_job(service: Service, job: Job) -> None:
    def rule(now: Job) -> Job:
        return lifecycle.start(replace(now, process=True), service.clock.now(), service.process.name)

    if job.editable:
        service.update(job.id, rule)


def _cancel_job(service: Service, job: Job) -> None:
    try:
        service.update(job.id, lambda now: lifecycle.cancel(now, service.clock.now()))
    except Refusal:
        return  # it is finished already


def _delete_job(service: Service, job: Job) -> None:
    service.forget(job.id)


_JOB_CHANGES: dict[str, Callable[[Service, Job], Any]] = {
    "expire": expire_outputs,
    "start_job": _start_job,
    "cancel_job": _cancel_job,
    "delete_job": _delete_job,
}
