"""The API of the service: one method per endpoint that is read, and one that sends any planned call."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from a2c_spec.api.http.replies import NO_SUCH_ADDRESS, Reply, error_of, token_refused
from a2c_spec.api.http.returned_ids import path_with
from a2c_spec.api.http.transport import TOKEN_HEADER, Wire
from a2c_spec.api.upload import Progress, Uploads
from a2c_spec.core.calls import ENDPOINTS, Body, Call, Payload, Ref
from a2c_spec.core.desired import Secret
from a2c_spec.core.live import CATALOG_BYTES, CATALOG_ROWS, LiveJob, mapping, number, parse_job, rows, text
from a2c_spec.core.shortened import shortened
from a2c_spec.errors import AuthError, Conflict, NetworkError

NEW_PLAN = "apply again to make a new plan"

PAGE = 50
"""Rows of one page of ``GET /jobs``."""

JOBS = "/jobs?page={}"


@dataclass(frozen=True, slots=True)
class UploadAccess:
    """What uploads to one job need: the server the job names, and its token (full access to that one job)."""

    server: str
    token: str = field(repr=False)


@dataclass(slots=True)
class Client:
    """Speaks to one service. ``reveal`` returns the value of a secret and is called only to send it.

    ``find_reference`` returns the API id behind a reference to another manifest (``from:job.conversion``,
    ``preset:name``). ``upload_access`` remembers, by job id, what uploads to a job need.
    """

    wire: Wire
    uploads: Uploads
    reveal: Callable[[Secret], str]
    find_reference: Callable[[str], str]
    upload_access: dict[str, UploadAccess] = field(default_factory=dict)

    async def job(self, job_id: str, patience: float = 0.0) -> LiveJob | None:
        """``GET /jobs/{id}``; None when the service does not know it (404 or 410). ``patience``: as in the wire."""
        reply = await self.wire.call("GET", path_with("/jobs/{job}", job=job_id), accept=(404, 410), patience=patience)
        return None if reply.status in (404, 410) else self._job(reply)

    async def jobs(self, page: int) -> tuple[LiveJob, ...]:
        """``GET /jobs``: 50 rows a page, from page 1; a 204 means there are none. Rows may lack parts."""
        return tuple(parse_job(row) for row in await self.job_rows(page))

    async def job_rows(self, page: int, patience: float = 0.0) -> Sequence[Mapping[str, Any]]:
        """The rows of ``jobs`` unparsed, for a caller who needs only a few of them. ``patience``: as in the wire."""
        return (await self.job_page(page, patience))[0]

    async def job_page(self, page: int, patience: float = 0.0) -> tuple[Sequence[Mapping[str, Any]], int]:
        """The rows of one page, and how many jobs there are in all (``X-Count``); 0 where the service does not say."""
        reply = await self.wire.call("GET", JOBS.format(page), patience=patience)
        return rows(reply.data), number(reply.headers.get("x-count"))

    async def history(self, job_id: str) -> tuple[Mapping[str, Any], ...]:
        """``GET /jobs/{id}/history``: rows of id, status, info, created_at."""
        found = rows((await self.wire.call("GET", path_with("/jobs/{job}/history", job=job_id))).data)
        return tuple(
            {key: shortened(one) if isinstance(one, str) else one for key, one in row.items()} for row in found
        )

    async def catalog(self) -> AsyncIterator[Mapping[str, Any]]:
        """``GET /conversions``, every page until one is empty or repeats; needs no key."""
        seen: set[str] = set()
        size = 0
        for page in range(1, 201):
            reply = await self.wire.call("GET", f"/conversions?page={page}")
            size += reply.size
            if size > CATALOG_BYTES or len(seen) > CATALOG_ROWS:
                most = f"{CATALOG_ROWS} targets, or {CATALOG_BYTES} bytes"
                raise NetworkError(f"unexpected response: the catalog has more than {most}")
            new = [row for row in rows(reply.data) if _row_key(row) not in seen]
            if not new:
                return
            seen.update(_row_key(row) for row in new)
            for row in new:
                yield row

    async def credits_left(self, seconds: float) -> int | None:
        """``GET /contracts``: the credits that the account has left; None where it is not prepaid, or where the service
        does not say so at once. Sent once, since nothing depends on it; AuthError where the key is not accepted,
        Refused where the jobs of the account are not there either, so that something else has this address."""
        reply = there = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                reply = await self.wire.once("/contracts")
                there = (
                    await self.wire.once(JOBS.format(1))
                    if reply is not None and reply.status in NO_SUCH_ADDRESS
                    else None
                )
        if reply is not None and reply.status == 401:
            raise error_of(reply, repeatable=True)
        if there is not None and there.status in NO_SUCH_ADDRESS:
            raise error_of(there, repeatable=True, general=f"GET {self.wire.base_url}{JOBS.format(1)}")
        return _credits_left(reply.data) if reply is not None and reply.status == 200 else None

    async def presets(self) -> tuple[Mapping[str, Any], ...]:
        """``GET /presets``: public ones, and with a key the account's own."""
        return tuple(rows((await self.wire.call("GET", "/presets")).data))

    async def preset(self, preset_id: str) -> Mapping[str, Any] | None:
        """``GET /presets/{id}``; None when it does not exist."""
        reply = await self.wire.call("GET", path_with("/presets/{id}", id=preset_id), accept=(404,))
        return None if reply.status == 404 else mapping(reply.data)

    async def send(
        self, call: Call, job_id: str, ids: Mapping[str, str], progress: Progress, idempotency_key: str = ""
    ) -> Reply:
        """Sends one planned call. 404 and 410 for a DELETE are success: what is to be deleted does not exist."""
        if call.uploads:
            return await self._upload(call, job_id, progress)
        path = path_with(ENDPOINTS[call.kind].path, job=job_id, id=subject_id(call, ids))
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        accept = (404, 410) if call.method == "DELETE" else ()
        body = None if call.body is None else self.resolved(wire_body(call), ids)
        reply = await self.wire.call(call.method, path, body=body, headers=headers, accept=accept)
        if call.kind in ("create_job", "patch_job"):
            self._remember_access(reply)
        return reply

    async def check_not_started(self, job_id: str) -> None:
        """Raises Conflict where a job that was a draft when it was planned to be deleted was started since."""
        live = await self.job(job_id)
        if live is not None and not live.editable:
            raise Conflict(f"job {job_id} was started outside a2c-spec, and is not deleted", hint=NEW_PLAN)

    async def delete(self, call: Call) -> LiveJob | None:
        """A DELETE of something that may have ended or been deleted already; gives the job that is there all the same.

        404 and 410 say that it is not there. A 409 says only that it cannot be deleted: whether it runs, has ended or
        is not there, a GET shows.
        """
        api_id = subject_id(call, {})
        path = path_with(ENDPOINTS[call.kind].path, job="", id=api_id)
        job = call.kind == "delete_job"
        reply = await self.wire.call("DELETE", path, accept=(404, 409, 410) if job else (404, 410))
        return await self.job(api_id) if reply.status == 409 else None

    async def _upload(self, call: Call, job_id: str, progress: Progress) -> Reply:
        access = self.upload_access.get(job_id) or await self._read_access(job_id)
        headers = {TOKEN_HEADER: access.token} if access.token else {}
        path = access.server + path_with(ENDPOINTS[call.kind].path.removeprefix("{server}"), job=job_id)
        try:
            return await self._sent(call, path, headers, progress)
        except AuthError as error:
            raise token_refused(error) from error

    async def _sent(self, call: Call, path: str, headers: Mapping[str, str], progress: Progress) -> Reply:
        if isinstance(call.body, Payload):
            return await self.uploads.file(self.wire, path, headers, call.body, self._password(call.body), progress)
        payloads = (
            tuple(item for item in call.body if isinstance(item, Payload)) if isinstance(call.body, tuple) else ()
        )
        return await self.uploads.base64(self.wire, path, headers, payloads, progress)

    def _password(self, payload: Payload) -> str:
        value = payload.decrypt_password
        return self.reveal(value) if isinstance(value, Secret) else value or ""

    async def _read_access(self, job_id: str) -> UploadAccess:
        await self.job(job_id)
        if job_id not in self.upload_access:
            raise NetworkError(f"unexpected response: job {job_id} names no server for its uploads")
        return self.upload_access[job_id]

    def resolved(self, body: Any, ids: Mapping[str, str]) -> Any:
        """A body as it is sent: with ids in the place of references, and values in the place of secrets."""
        if isinstance(body, Secret):
            return self.reveal(body)
        if isinstance(body, Ref):
            return ids.get(body.name) or self.find_reference(body.name)
        if isinstance(body, Mapping):
            return {key: self.resolved(value, ids) for key, value in body.items()}
        if isinstance(body, tuple | list):
            return [self.resolved(value, ids) for value in body]
        return body

    def _job(self, reply: Reply) -> LiveJob:
        if not isinstance(reply.data, Mapping) or not reply.data.get("id"):
            raise NetworkError("unexpected response: it does not describe a job")
        self._remember_access(reply)
        return reply.job

    def _remember_access(self, reply: Reply) -> None:
        """Remembers what uploads to the job in a reply need."""
        job = reply.job
        if job.id and job.server:
            self.upload_access[job.id] = UploadAccess(job.server, text(mapping(reply.data).get("token")))


def wire_body(call: Call) -> Body:
    """The body of a call; an array of one is posted as its element, the only form the published document shows."""
    if isinstance(call.body, tuple) and len(call.body) == 1 and call.method == "POST":
        return call.body[0]
    return call.body


def subject_id(call: Call, ids: Mapping[str, str]) -> str:
    """The API id of what a call is about."""
    return ids[call.subject.name] if isinstance(call.subject, Ref) else call.subject


def _credits_left(data: Any) -> int | None:
    """Of an object with the sum, or of an array of contracts; a contract by invoice names none."""
    every = [data] if isinstance(data, Mapping) else rows(data)
    left = [one["credits_remaining"] for one in every if isinstance(one.get("credits_remaining"), int)]
    return sum(left) if left else None


def _row_key(row: Mapping[str, Any]) -> str:
    return f"{row.get('id')}/{row.get('category')}/{row.get('target')}"
