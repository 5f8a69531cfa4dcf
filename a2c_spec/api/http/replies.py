"""What the service answered: parsed JSON, or an error that says whether the request may have taken effect."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx

from a2c_spec.api.http.unpack import NotRead, unpacked
from a2c_spec.core.durations import roughly
from a2c_spec.core.json_text import read_json
from a2c_spec.core.live import LiveJob, mapping, parse_job
from a2c_spec.core.shortened import shortened
from a2c_spec.errors import AskedToWait, AuthError, InvalidError, NetworkError, QuotaError, ReadFailed, SpecError

LARGEST_REPLY = 16 * 1024 * 1024
"""JSON replies larger than this (bytes) are refused; the official clients draw the same line."""

MOST_VALUES = 1_000_000
"""JSON replies with more commas are refused: each value takes many times its bytes in memory."""

DEEPEST = 100
"""Levels of a JSON reply; none that is meant well has ten."""

NOT_JSON: Any = object()
"""The data of a successful answer that holds no JSON."""


class LostAnswer(NetworkError):
    """A request that changes something was sent, and its answer was lost: it may have taken effect or not.

    ``acknowledged``: as much came of the answer that it has (a status of 2xx), and what it did is not known.
    """

    def __init__(self, message: str, *, hint: str = "", acknowledged: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.acknowledged = acknowledged


@dataclass(frozen=True)
class Reply:
    """An answer of the JSON API: ``data`` is parsed, None for an empty body; ``size`` is that of the body in bytes."""

    status: int
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    size: int = 0

    @cached_property
    def job(self) -> LiveJob:
        """The job that it describes, if it describes one."""
        return parse_job(mapping(self.data))

    @property
    def message(self) -> str:
        """What the service says is wrong; it names fields, never values of credentials."""
        if isinstance(self.data, Mapping):
            text = str(self.data.get("message") or "")
            errors = self.data.get("errors")
            return shortened(f"{text} {_joined(errors)}".strip() if errors else text)
        return ""


KEY_REFUSED = "the service does not accept the API key: "


def _joined(errors: object) -> str:
    if isinstance(errors, Mapping):
        return "; ".join(f"{key}: {value}" for key, value in errors.items())
    return str(errors)


async def read_capped(response: httpx.Response) -> bytes:
    """The whole body; raises NotRead beyond LARGEST_REPLY or MOST_VALUES."""
    parts, size, values = [], 0, 0
    async for chunk in unpacked(response):
        size, values = size + len(chunk), values + chunk.count(b",")
        if size > LARGEST_REPLY:
            raise NotRead(f"larger than {LARGEST_REPLY} bytes", request=response.request)
        if values > MOST_VALUES:
            raise NotRead(f"of more than {MOST_VALUES} values", request=response.request)
        parts.append(chunk)
    return b"".join(parts)


def parse_body(response: httpx.Response, raw: bytes) -> Any:
    """The JSON of an answer: None for an empty body, NOT_JSON if a successful answer holds none.

    Raises NotRead for what is nested beyond DEEPEST.
    """
    if not raw.strip():
        return None
    try:
        data = read_json(raw)
        if raw.count(b"[") + raw.count(b"{") > DEEPEST and _is_deep(data):
            raise NotRead(f"nested more than {DEEPEST} levels deep", request=response.request)
        return data
    except (ValueError, RecursionError):
        return NOT_JSON if response.status_code < 400 else None


def _is_deep(data: Any) -> bool:
    """Whether it is nested beyond DEEPEST: no answer is, and what goes through it would take for ever."""
    level = [data]
    for _ in range(DEEPEST):
        inside = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level = [value for values in inside for value in values if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def error_text(error: Exception) -> str:
    """An exception, or its cause if it has one, with its type, since some say nothing else."""
    error = error.__cause__ if isinstance(error.__cause__, Exception) else error
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def root_cause(error: BaseException) -> str:
    """The message of the system at the end of a chain of errors, such as ``Name or service not known``."""
    cause: BaseException | None = error
    if isinstance(error, httpx.ProxyError):  # it answered, instead of leading on to the service
        return re.sub(r"^(\d+), message='(.*)', url=.*", r"it answers \1 \2", str(error))
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror and not cause.strerror.startswith("Cannot connect"):
            return re.sub(r"^Connect call failed.*", "connection refused or timed out", cause.strerror)
        cause = getattr(cause, "os_error", None) or cause.__cause__ or cause.__context__
    return error_text(error) if isinstance(error, Exception) else type(error).__name__


def unreachable(base_url: str, error: Exception) -> NetworkError:
    through = "".join(getattr(error, "__notes__", ()))
    cause = root_cause(error)
    hint = "check the network, API2CONVERT_BASE_URL and --base-url; --local needs no service"
    if through:
        hint = "check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, and the network"
    if "CERTIFICATE_VERIFY_FAILED" in cause:
        hint = "if your network inspects TLS, name the file of its certificate in SSL_CERT_FILE"
    return NetworkError(f"cannot reach {base_url}{through}: {cause}", hint=hint)


def not_json(reply: Reply, *, repeatable: bool) -> NetworkError:
    message = f"unexpected response ({reply.status}): the body is not JSON"
    hint = "check API2CONVERT_BASE_URL and --base-url, and whether a proxy answers instead of the service"
    if repeatable:
        return NetworkError(message, hint=hint)
    return LostAnswer(message, hint=hint, acknowledged=reply.status == httpx.codes.CREATED)  # no page to log in says so


def refused_answer(error: NotRead) -> str:
    """What is said of an answer that came, and is not believed."""
    return f"the answer of the service is {error}, which is refused"


def lost_answer(error: Exception, said: str, statuses: Sequence[int]) -> LostAnswer:
    """What becomes of a request that may have taken effect. ``said``: the error, without secrets; ``statuses`` ends
    with that of the answer, if it came."""
    told = refused_answer(error) if isinstance(error, NotRead) else f"the answer of the service was lost ({said})"
    return LostAnswer(told, acknowledged=bool(statuses) and 200 <= statuses[-1] < 300)


def throttled() -> NetworkError:
    return NetworkError("the service keeps answering 429 (too many requests)", hint="lower --parallelism, or try later")


def busy_for(seconds: float, longest: float, given: str = "") -> SpecError:
    """The service asks for a pause that is not waited for; ``given``: how the time is called that the
    user gave."""
    asked = f"the service asks to wait {roughly(seconds)}"
    if given:
        hint = "nothing is lost: try again later, or with a longer timeout"
        return AskedToWait(f"{asked}; less is left of the {longest:g} s that {given} allows", hint=hint)
    return NetworkError(
        f"{asked}, longer than the {roughly(longest)} of waiting that is allowed", hint="try again after that time"
    )


NO_SUCH_ADDRESS = (404, 405, 410)
"""How something answers that is not the service, or not where the service is, to a call about nothing in particular."""


def names_nothing(path: str) -> bool:
    """Whether a path below the base URL is about nothing that may be there or not, such as a job: ``/jobs?page=2``."""
    return path.partition("?")[0].count("/") == 1


def judged(reply: Reply, *, repeatable: bool, accept: tuple[int, ...] = (), general: str = "") -> Reply:
    """The answer, where it is a success, or its status is accepted; else raises ``error_of`` it."""
    if reply.status not in accept and not 200 <= reply.status < 300:
        raise error_of(reply, repeatable=repeatable, general=general)
    if reply.data is NOT_JSON:
        raise not_json(reply, repeatable=repeatable)
    return reply


def error_of(reply: Reply, *, repeatable: bool, general: str = "") -> SpecError:
    """The error for an answer that is no success; LostAnswer if a request that must not be repeated may have worked.

    ``general``: the method and the URL of a call that names nothing of ours, which nobody can have changed.
    """
    text = reply.message or f"the service answered {reply.status}"
    unexpected = NetworkError if repeatable else LostAnswer
    if reply.status in (401, 403):
        return AuthError(f"{KEY_REFUSED}{text}", hint="check API2CONVERT_API_KEY")
    if reply.status == 402:
        return QuotaError(f"credits or contract limits are used up: {text}", hint="nothing more is started")
    if reply.status >= 500:
        failed = ReadFailed if repeatable else LostAnswer
        return failed(f"the service failed with {reply.status}: {text}", hint="try again later; nothing is lost")
    if reply.status == 407:
        hint = "write them into HTTPS_PROXY or HTTP_PROXY: http://USER:PASSWORD@HOST:PORT"
        return NetworkError("the proxy needs a user and a password (407); nothing reached the service", hint=hint)
    if 300 <= reply.status < 400:
        hint = "check API2CONVERT_BASE_URL and --base-url"
        return unexpected(f"the service redirects ({reply.status}), which is not followed with the key", hint=hint)
    if reply.status == 429:
        return throttled()
    misled = general and reply.status in NO_SUCH_ADDRESS
    told = f"the service rejected {general if misled else 'the request'} ({reply.status}): {text}"
    hint = "is that the right URL? check API2CONVERT_BASE_URL and --base-url" if misled else ""
    return Refused(reply.status, told, hint=hint, of_ours=not general)


class Refused(InvalidError):
    """The service rejected this one request (400, 404, 409, 410, 422, ...); it had no effect. ``of_ours``: it names
    something that was there, such as a job."""

    def __init__(self, status: int, message: str, *, hint: str = "", of_ours: bool = True) -> None:
        super().__init__(message, hint=hint)
        self.status, self.of_ours = status, of_ours

    @property
    def conflicts(self) -> bool:
        """Whether something of ours may not be any more as it was known."""
        return self.of_ours and self.status in (404, 409, 410)


class NotCancelled(Refused):
    """The service does not cancel a job, which runs on."""


class MissingIds(SpecError):
    """A call succeeded, but its answer does not say which ids it created."""


UNKNOWN_RESULT = (LostAnswer, MissingIds)
"""Failures after which only reading the job tells what it holds now."""


def token_refused(error: AuthError) -> AuthError:
    """The same of an upload: its server got no key, but the token of the job."""
    told = error.message.removeprefix(KEY_REFUSED)
    return AuthError(
        f"the server of the job does not accept the upload: {told}", hint="apply again; the key is not sent there"
    )
