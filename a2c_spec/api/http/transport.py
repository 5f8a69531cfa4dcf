"""Sends one request: retried where that cannot do harm, the key never sent elsewhere, errors translated."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import httpx

from a2c_spec.api.http.backoff import LONGEST_RETRY_AFTER, asks_to_wait, backoff, retry_after
from a2c_spec.api.http.concurrency import Limiter, Sleep
from a2c_spec.api.http.redaction import Redaction
from a2c_spec.api.http.replies import (
    Reply,
    busy_for,
    error_text,
    judged,
    lost_answer,
    names_nothing,
    parse_body,
    read_capped,
    refused_answer,
    throttled,
    unreachable,
)
from a2c_spec.api.http.request_failures import (
    explained,
    harmless,
    met_while_reading,
    no_downgrade,
    origin,
    proves_unsent,
)
from a2c_spec.api.http.returned_ids import MOST_PARTS, odd_id, too_many
from a2c_spec.api.http.secret_forms import url_secrets
from a2c_spec.api.http.stalled import taken
from a2c_spec.api.http.unpack import NotRead
from a2c_spec.core.durations import roughly
from a2c_spec.core.events import Event, Listener, Probe, ignore, unobserved
from a2c_spec.errors import NetworkError, missing_key

KEY_HEADER = "X-Api2convert-Api-Key"
TOKEN_HEADER = "X-Api2convert-Token"  # noqa: S105 - the name of a header
TIMEOUT = httpx.Timeout(connect=15.0, read=60.0, write=60.0, pool=None)
LONGEST_ANSWER = 600.0
"""Seconds that a whole JSON answer may take, in however small pieces it comes."""
ATTEMPTS = 5
OPEN_PATHS = ("/conversions", "/presets", "/statuses")
"""What the service answers without a key."""
REDIRECTS = 5
LEAST_TOLD = 2.0
"""Seconds. Shorter pauses that the service asks for are not worth a line."""
MOST_UNSENT = 3
"""So many attempts at a service that cannot be reached at all."""


@dataclass(slots=True)
class Wire:
    """Sends requests to one service. ``base_url`` has no trailing slash; ``jitter`` returns 0..1.

    ``patience``: the most seconds that one request waits because the service asks for it, 0 for as long as is usual;
    ``patience_by``: how the setting is called that says it, with its place.
    ``open_http`` gives the HTTP client, which is made for the first request: most plans send none.

    ``clock`` is our own (epoch seconds), ``skew`` what the service's is ahead of it, as its answers tell; None until
    one did.
    ``hidden`` knows the secrets, which no answer and no error brings back.
    The account key travels only to ``base_url``; uploads carry the job's token instead, downloads neither.
    """

    open_http: Callable[[], httpx.AsyncClient]
    base_url: str
    key: str
    limiter: Limiter
    sleep: Sleep
    jitter: Callable[[], float]
    probe: Probe = unobserved
    clock: Callable[[], float] = time.time
    skew: float | None = None
    tell: Listener = ignore
    patience: float = 0.0
    patience_by: str = "--timeout"
    count: dict[str, int] = field(default_factory=dict)
    opened: httpx.AsyncClient | None = None
    hidden: Redaction = field(default_factory=Redaction)
    service: httpx.URL = field(init=False)

    def __post_init__(self) -> None:
        self.service = httpx.URL(self.base_url)

    @property
    def http(self) -> httpx.AsyncClient:
        self.opened = self.opened or self.open_http()
        return self.opened

    async def close(self) -> None:
        """Closes the connections; nothing is sent afterwards."""
        if self.opened is not None:
            await self.opened.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        accept: tuple[int, ...] = (),
        patience: float = 0.0,
    ) -> Reply:
        """A JSON request below ``base_url``.

        ``repeatable``: sending it twice does the same as once (default: all but POST). Statuses in ``accept`` are
        returned instead of raised. ``patience``: as that of the wire, where less is left. Raises the tree of
        ``errors``; LostAnswer when a request that is not repeatable may have taken effect.
        """
        return await self.send(
            self._request(method, path, body, headers or {}),
            repeatable=method != "POST" if repeatable is None else repeatable,
            accept=accept,
            patience=patience,
            general=self.hidden.text(f"{method} {self.base_url}{path}") if names_nothing(path) else "",
        )

    async def once(self, path: str) -> Reply | None:
        """The answer to a GET that is sent once, whatever it is; None where there is none."""
        with contextlib.suppress(httpx.RequestError):
            return await self._send_once(self._built(self._request("GET", path, None, {})), [])
        return None

    def _request(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Callable[[], httpx.Request]:
        """Builds a JSON request below ``base_url``; raises AuthError where it needs a key and there is none."""
        if not self.key and not path.startswith(OPEN_PATHS):
            raise missing_key()
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        all_headers = {KEY_HEADER: self.key} if self.key else {}
        all_headers |= {"Accept": "application/json", **({"Content-Type": "application/json"} if content else {})}
        all_headers |= headers
        return lambda: self.http.build_request(method, f"{self.base_url}{path}", content=content, headers=all_headers)

    async def send(
        self,
        build: Callable[[], httpx.Request],
        *,
        repeatable: bool,
        accept: tuple[int, ...] = (),
        patience: float = 0.0,
        general: str = "",
    ) -> Reply:
        """Sends what ``build`` returns, built again for every attempt, and reads a JSON answer. ``general``: as of
        ``error_of``."""
        waited, started, before, statuses = 0.0, self.limiter.clock(), sys.exception(), list[int]()
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            try:
                reply = await self._send_once(self._built(build), statuses)
            except httpx.RequestError as error:
                if (ours := met_while_reading(error, before)) is not None:
                    raise ours from None
                late = 0 < (patience or self.patience) < self.limiter.clock() - started
                if not repeatable and not proves_unsent(error):
                    raise lost_answer(error, self.said(error), statuses) from error
                await self._after_failure(error, last=last or late, attempt=attempt)
                continue
            busy = asks_to_wait(reply.status, reply.headers) and (reply.status == 429 or repeatable)
            if busy and not last:
                pause = self.throttle(reply.headers, attempt, waited, patience)
                waited += pause
                await self.sleep(pause)
            elif reply.status >= 500 and repeatable and not last:
                await self.sleep(backoff(attempt, self.jitter()))
            else:
                return judged(reply, repeatable=repeatable, accept=accept, general=general)
        raise throttled()

    def _built(self, build: Callable[[], httpx.Request]) -> httpx.Request:
        """A request; raises NetworkError where an address that the service gave is none. A user and a password in it
        go along as a header, as browsers send them, and are hidden like every other secret."""
        with explained(self.said):
            request = build()
            if request.url.userinfo:
                self.hidden.learn(*url_secrets(str(request.url)), request.url.password)
                user = httpx.BasicAuth(request.url.username, request.url.password)
                request = next(user.auth_flow(request))
                request.url = request.url.copy_with(userinfo=b"")
            return request

    async def _send_once(self, request: httpx.Request, statuses: list[int]) -> Reply:
        with explained(self.said):
            no_downgrade(self.service, request.url)
        self.count[request.method] = self.count.get(request.method, 0) + 1
        async with self.limiter.slot():
            self.probe(f"send {request.method} {request.url.path}")
            with explained(self.said, sent=origin(request.url) == origin(self.service)):
                response = await taken(self.http, request)
            statuses.append(response.status_code)
            try:
                async with asyncio.timeout(LONGEST_ANSWER):
                    raw = await read_capped(response)
            except TimeoutError:
                late = f"the answer takes longer than {LONGEST_ANSWER:g} s"
                raise httpx.ReadTimeout(late, request=request) from None
            finally:
                await response.aclose()
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            self.skew = parsedate_to_datetime(response.headers.get("date", "")).timestamp() - self.clock()
        self.probe(f"answered {request.method} {request.url.path}")
        if not asks_to_wait(response.status_code, response.headers):
            self.limiter.on_success()
        return Reply(response.status_code, self._believed(response, raw), response.headers, len(raw))

    def _believed(self, response: httpx.Response, raw: bytes) -> Any:
        """The data of an answer, without secrets; raises NotRead where an id in it is none, or is a secret."""
        data, told = parse_body(response, raw), response.status_code >= 400
        if not told and (many := too_many(data)):
            raise NotRead(f"one of a job with more than {MOST_PARTS} under `{many}`", request=response.request)
        if not told and (where := odd_id(data)):
            raise NotRead(f"one whose {where} is none", request=response.request)
        with harmless(response):
            return self.hidden.data(data, told=told)

    def service_time(self) -> float:
        """Epoch seconds by the service's clock (the ``Date`` of its answers, in whole seconds), or by ours."""
        return self.clock() + (self.skew or 0.0)

    async def _after_failure(self, error: httpx.RequestError, *, last: bool, attempt: int) -> None:
        if isinstance(error, NotRead):
            raise NetworkError(refused_answer(error)) from error
        unsent = proves_unsent(error)
        if last or (unsent and attempt + 1 >= MOST_UNSENT):
            failure = unreachable(self.base_url, error)
            raise NetworkError(self.hidden.text(failure.message), hint=failure.hint) from error
        await self.sleep(backoff(attempt, self.jitter()))

    def said(self, error: Exception) -> str:
        """What an error of the HTTP library says, which may quote what was sent."""
        return self.hidden.text(error_text(error))

    def throttle(self, headers: Mapping[str, str], attempt: int, waited: float = 0.0, patience: float = 0.0) -> float:
        """All requests pause, and fewer are sent at once, because the service is busy; gives the pause in seconds.

        ``waited``: seconds that the same request has waited already. Raises NetworkError when the service asks for more
        than is usual, AskedToWait when that takes longer than ``patience``.
        """
        asked = retry_after(headers.get("retry-after", ""), self.service_time())
        pause = backoff(attempt, self.jitter()) if asked is None else asked
        patience = patience or self.patience
        usual = pause <= LONGEST_RETRY_AFTER
        if patience and waited + pause > patience and (usual or patience <= LONGEST_RETRY_AFTER):
            raise busy_for(pause, self.patience or patience, self.patience_by)
        if not usual:
            raise busy_for(pause, LONGEST_RETRY_AFTER)
        if pause >= LEAST_TOLD and asked is not None and self.limiter.resume_at <= self.limiter.clock():
            self.tell(Event("note", "", text=f"the service is busy and asks to wait {roughly(pause)}"))
        self.limiter.on_throttled(pause)
        return pause

    @asynccontextmanager
    async def stream(
        self, url: str, headers: Mapping[str, str], secret: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """A download, sent without key and token; ``secret`` headers are sent only to the host of ``url``.
        Redirects are followed, since results may be on a storage server, but never from https to http."""
        self.count["GET"] = self.count.get("GET", 0) + 1
        async with self.limiter.slot():
            with explained(self.said):
                first = httpx.URL(url)
                self.probe(f"send GET {first.path}")
                response = await self._follow(first, {"Accept-Encoding": "identity", **headers}, secret)
            try:
                yield response
            finally:
                await response.aclose()

    async def _follow(self, first: httpx.URL, headers: Mapping[str, str], secret: Mapping[str, str]) -> httpx.Response:
        """The first answer that is no redirect."""
        current = first
        no_downgrade(self.service, current)
        for _ in range(REDIRECTS):
            sent = {**headers, **secret} if origin(current) == origin(first) else headers
            request = self._built(partial(self.http.build_request, "GET", current, headers=sent))
            response = await self.http.send(request, stream=True)
            if response.next_request is None:
                return response
            await response.aclose()
            with harmless(response):
                self.hidden.check_link(response.headers["location"], str(response.next_request.url))
            no_downgrade(current, response.next_request.url)
            current = response.next_request.url
        raise NetworkError(f"{first.host} redirects more than {REDIRECTS} times")
