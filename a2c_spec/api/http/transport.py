"""One request, sent with care: retried where that is harmless, never leaking the key, errors in our own words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from a2c_spec.api.http.backoff import LONGEST_RETRY_AFTER, backoff, retry_after
from a2c_spec.api.http.concurrency import Limiter, Sleep
from a2c_spec.api.http.replies import (
    LostAnswer,
    Reply,
    TooLarge,
    error_text,
    not_the_service,
    parsed,
    read_capped,
    refusal,
    unreachable,
)
from a2c_spec.core.events import Probe, unobserved
from a2c_spec.errors import NetworkError, missing_key

KEY_HEADER = "X-Api2convert-Api-Key"
TOKEN_HEADER = "X-Api2convert-Token"  # noqa: S105 - the name of a header
TIMEOUT = httpx.Timeout(connect=15.0, read=60.0, write=60.0, pool=None)
ATTEMPTS = 5
OPEN_PATHS = ("/conversions", "/presets", "/statuses")
"""What the service tells without a key."""
REDIRECTS = 5

UNSENT = (httpx.ConnectError, httpx.PoolTimeout)
"""Failures that prove that nothing was sent. A ConnectTimeout does not: httpx-aiohttp gives that name to connections
that broke after the request, too."""


@dataclass(slots=True)
class Wire:
    """Sends requests to one service. ``base_url`` has no trailing slash; ``jitter`` returns 0..1.

    The account key travels only to ``base_url``; uploads carry the job's token instead, downloads neither.
    """

    http: httpx.AsyncClient
    base_url: str
    key: str
    limiter: Limiter
    sleep: Sleep
    jitter: Callable[[], float]
    probe: Probe = unobserved
    count: dict[str, int] = field(default_factory=dict)

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        harmless: bool | None = None,
        accept: tuple[int, ...] = (),
    ) -> Reply:
        """A JSON request below ``base_url``.

        ``harmless``: repeating it changes nothing more (default: all but POST). Statuses in ``accept`` are returned
        instead of raised. Raises the tree of ``errors``; LostAnswer when a harmful one may have taken effect.
        """
        if not self.key and not path.startswith(OPEN_PATHS):
            raise missing_key()
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        made = {KEY_HEADER: self.key} if self.key else {}
        made |= {"Accept": "application/json", **({"Content-Type": "application/json"} if content else {})}
        made |= headers or {}
        return await self.send(
            lambda: self.http.build_request(method, f"{self.base_url}{path}", content=content, headers=made),
            harmless=method != "POST" if harmless is None else harmless,
            accept=accept,
        )

    async def send(self, build: Callable[[], httpx.Request], *, harmless: bool, accept: tuple[int, ...] = ()) -> Reply:
        """Sends what ``build`` makes, anew for every attempt, and reads a JSON answer."""
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            try:
                reply = await self._once(build())
            except httpx.RequestError as error:
                await self._after_failure(error, harmless=harmless, last=last, attempt=attempt)
                continue
            if reply.status == 429 and not last:
                await self._after_429(reply, attempt)
            elif reply.status >= 500 and harmless and not last:
                await self.sleep(backoff(attempt, self.jitter()))
            else:
                return self._judge(reply, harmless=harmless, accept=accept)
        raise NetworkError("the service keeps answering 429", hint="lower --parallelism, or try later")

    async def _once(self, request: httpx.Request) -> Reply:
        no_downgrade(httpx.URL(self.base_url), request.url)
        self.count[request.method] = self.count.get(request.method, 0) + 1
        async with self.limiter.slot():
            self.probe(f"send {request.method} {request.url.path}")
            response = await self.http.send(request, stream=True)
            try:
                raw = await read_capped(response)
            finally:
                await response.aclose()
        self.probe(f"answered {request.method} {request.url.path}")
        if response.status_code != 429:
            self.limiter.on_success()
        return Reply(response.status_code, parsed(response, raw), response.headers)

    async def _after_failure(self, error: httpx.RequestError, *, harmless: bool, last: bool, attempt: int) -> None:
        unsent = isinstance(error, UNSENT)
        if not harmless and not unsent:
            raise LostAnswer(f"the answer of the service was lost ({error_text(error)})") from error
        if isinstance(error, TooLarge):
            raise NetworkError(f"an answer of the service is {error}") from error
        if last or (unsent and attempt >= 2):
            raise unreachable(self.base_url, error) from error
        await self.sleep(backoff(attempt, self.jitter()))

    async def _after_429(self, reply: Reply, attempt: int) -> None:
        asked = retry_after(reply.headers.get("retry-after", ""))
        pause = backoff(attempt, self.jitter()) if asked is None else min(asked, LONGEST_RETRY_AFTER)
        self.limiter.on_throttled(pause)
        await self.sleep(pause)

    def _judge(self, reply: Reply, *, harmless: bool, accept: tuple[int, ...]) -> Reply:
        if reply.status in accept or 200 <= reply.status < 300:
            if reply.data is Ellipsis:
                raise not_the_service(reply, harmless=harmless)
            return reply
        raise refusal(reply, harmless=harmless)

    @asynccontextmanager
    async def stream(
        self, url: str, headers: Mapping[str, str], secret: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """A download: neither key nor token travels, and ``secret`` headers only to the host that was asked.

        Redirects are followed, as results may live on storage, but never from https to http.
        """
        self.count["GET"] = self.count.get("GET", 0) + 1
        async with self.limiter.slot():
            self.probe(f"send GET {httpx.URL(url).path}")
            response = await self._landed(url, {"Accept-Encoding": "identity", **headers}, secret)
            try:
                yield response
            finally:
                await response.aclose()

    async def _landed(self, url: str, headers: Mapping[str, str], secret: Mapping[str, str]) -> httpx.Response:
        """The first answer that is no redirect."""
        first = place = httpx.URL(url)
        no_downgrade(httpx.URL(self.base_url), place)
        for _ in range(REDIRECTS):
            sent = {**headers, **secret} if _origin(place) == _origin(first) else headers
            request = self.http.build_request("GET", place, headers=sent)
            response = await self.http.send(request, stream=True)
            if response.next_request is None:
                return response
            await response.aclose()
            no_downgrade(place, response.next_request.url)
            place = response.next_request.url
        raise NetworkError(f"{first.host} redirects more than {REDIRECTS} times")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def no_downgrade(before: httpx.URL, after: httpx.URL) -> None:
    """What begins under TLS stays there; raises NetworkError."""
    if before.scheme == "https" and after.scheme != "https":
        raise NetworkError(f"{before.host} sends us on to {after.scheme}://{after.host}, without TLS; refused")
