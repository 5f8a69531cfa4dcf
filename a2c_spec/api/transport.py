"""One request, sent with care: retried where that is harmless, never leaking the key, errors in our own words."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from a2c_spec.api.limits import LONGEST_WAIT, Limiter, Sleep, retry_after
from a2c_spec.core.probe import Probe, unobserved
from a2c_spec.errors import AuthError, InvalidError, NetworkError, QuotaError, SpecError, missing_key

KEY_HEADER = "X-Api2convert-Api-Key"
TOKEN_HEADER = "X-Api2convert-Token"  # noqa: S105 - the name of a header
LARGEST_REPLY = 16 * 1024 * 1024
"""JSON replies larger than this (bytes) are refused; the official clients draw the same line."""

TIMEOUT = httpx.Timeout(connect=15.0, read=60.0, write=60.0, pool=None)
ATTEMPTS = 5
OPEN_PATHS = ("/conversions", "/presets", "/statuses")
"""What the service tells without a key."""
REDIRECTS = 5

UNSENT = (httpx.ConnectError, httpx.PoolTimeout)
"""Failures that prove that nothing was sent. A ConnectTimeout does not: httpx-aiohttp gives that name to connections
that broke after the request, too."""


class LostAnswer(NetworkError):
    """A request that changes something was sent, and whether it took effect is not known."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the JSON API: ``data`` is parsed, None for an empty body."""

    status: int
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What the service says went wrong; it names fields, never values of credentials."""
        if isinstance(self.data, Mapping):
            text = str(self.data.get("message") or "")
            errors = self.data.get("errors")
            return f"{text} {_plain(errors)}".strip() if errors else text
        return ""


def _plain(errors: object) -> str:
    if isinstance(errors, Mapping):
        return "; ".join(f"{key}: {value}" for key, value in errors.items())
    return str(errors)


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
                await self._after_push_back(reply, attempt)
            elif reply.status >= 500 and harmless and not last:
                await self.sleep(self._pause(attempt))
            else:
                return self._judge(reply, harmless=harmless, accept=accept)
        raise NetworkError("the service keeps answering 429", hint="lower --parallelism, or try later")

    async def _once(self, request: httpx.Request) -> Reply:
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
            self.limiter.went_well()
        return Reply(response.status_code, _parse(response, raw), response.headers)

    async def _after_failure(self, error: httpx.RequestError, *, harmless: bool, last: bool, attempt: int) -> None:
        unsent = isinstance(error, UNSENT)
        if not harmless and not unsent:
            raise LostAnswer(f"the answer of the service was lost ({said(error)})") from error
        if isinstance(error, TooLarge):
            raise NetworkError(f"an answer of the service is {error}") from error
        if last or (unsent and attempt >= 2):
            raise unreachable(self.base_url, error) from error
        await self.sleep(self._pause(attempt))

    async def _after_push_back(self, reply: Reply, attempt: int) -> None:
        asked = retry_after(reply.headers.get("retry-after", ""))
        pause = self._pause(attempt) if asked is None else min(asked, LONGEST_WAIT)
        self.limiter.pushed_back(pause)
        await self.sleep(pause)

    def _pause(self, attempt: int) -> float:
        """Seconds: 0.5 doubling up to 8, and up to a quarter more."""
        return float(min(8.0, 0.5 * 2**attempt) * (1 + self.jitter() / 4))

    def _judge(self, reply: Reply, *, harmless: bool, accept: tuple[int, ...]) -> Reply:
        if reply.status in accept or 200 <= reply.status < 300:
            if reply.data is Ellipsis:
                raise _not_the_service(reply, harmless=harmless)
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


class TooLarge(httpx.RequestError):
    """An answer that is not read to its end; what it is about may have happened all the same."""


async def read_capped(response: httpx.Response) -> bytes:
    """The whole body, refused beyond LARGEST_REPLY."""
    parts, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > LARGEST_REPLY:
            raise TooLarge(f"larger than {LARGEST_REPLY} bytes, which is refused", request=response.request)
        parts.append(chunk)
    return b"".join(parts)


def _parse(response: httpx.Response, raw: bytes) -> Any:
    """JSON, None for an empty body, Ellipsis for what is no JSON at all."""
    if not raw.strip():
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return ... if response.status_code < 400 else None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def no_downgrade(before: httpx.URL, after: httpx.URL) -> None:
    """What begins under TLS stays there; raises NetworkError."""
    if before.scheme == "https" and after.scheme != "https":
        raise NetworkError(f"{before.host} sends us on to {after.scheme}://{after.host}, without TLS; refused")


def said(error: Exception) -> str:
    error = error.__cause__ if isinstance(error.__cause__, Exception) else error
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def root_cause(error: BaseException) -> str:
    """What the system said at the bottom of a chain of errors, such as ``Name or service not known``."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) and below.strerror and not below.strerror.startswith("Cannot connect"):
            return re.sub(r"^Connect call failed.*", "connection refused or timed out", below.strerror)
        below = getattr(below, "os_error", None) or below.__cause__ or below.__context__
    return said(error) if isinstance(error, Exception) else type(error).__name__


def unreachable(base_url: str, error: Exception) -> NetworkError:
    return NetworkError(
        f"cannot reach {base_url}: {root_cause(error)}",
        hint="check the network, API2CONVERT_BASE_URL and --base-url; --local needs no service",
    )


def _not_the_service(reply: Reply, *, harmless: bool) -> NetworkError:
    kind = NetworkError if harmless else LostAnswer
    return kind(
        f"what answers with {reply.status} is not the service: the body is no JSON",
        hint="is there a proxy in between? check API2CONVERT_BASE_URL",
    )


def refusal(reply: Reply, *, harmless: bool) -> SpecError:
    """The error that a refused request is."""
    text = reply.message or f"the service answered {reply.status}"
    if reply.status in (401, 403):
        return AuthError(f"the service refuses the API key: {text}", hint="check API2CONVERT_API_KEY")
    if reply.status == 402:
        return QuotaError(f"credits or contract limits are exhausted: {text}", hint="nothing more is started")
    if reply.status >= 500:
        kind = NetworkError if harmless else LostAnswer
        return kind(f"the service failed with {reply.status}: {text}", hint="apply again later; nothing is lost")
    if 300 <= reply.status < 400:
        kind = NetworkError if harmless else LostAnswer
        return kind(f"the service redirects ({reply.status}); the key is never sent along", hint="check --base-url")
    if reply.status == 429:
        return NetworkError("the service keeps answering 429", hint="lower --parallelism, or try later")
    return Refused(reply.status, f"the service refuses the request ({reply.status}): {text}")


class Refused(InvalidError):
    """A 4xx that is about this very request: 400, 404, 409, 410, 422."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
