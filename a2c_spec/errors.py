"""Every error a user can meet, with its exit code.

    SpecError (1)                 anything else that went wrong
    ├── UsageError (2)            the command line asks for something impossible
    ├── AuthError (3)             no key, or the service refuses it
    ├── QuotaError (4)            402: credits or contract limits exhausted
    ├── InvalidError (5)          a manifest or a request is not valid; carries diagnostics
    ├── ResultLocked (3)          the service needs another password for a result
    ├── ConversionFailed (6)      the service ended the job as failed or canceled
    ├── WaitTimeout (7)           still running when the time was up; nothing is lost
    │   └── AskedToWait           the service asks for a pause that would end after the time was up
    ├── NetworkError (8)          the service cannot be reached, or its response is unexpected
    │   └── ReadFailed            the service fails to show one thing
    ├── PartialFailure (9)        some jobs were applied, others were not
    ├── PartialResult (9)         the job completed, and a conversion of it gave nothing
    ├── NotStarted (9)            it needs another job that did not succeed
    ├── StalePlan (10)            something that a saved plan depends on has changed
    ├── LimitRefused (11)         a limit would be exceeded, or a confirmation is missing
    ├── Locked (12)               another process holds the state
    ├── Conflict (13)             409 twice: the job keeps changing on the service
    ├── IntegrityError (14)       bytes on disk are not what they should be
    └── Interrupted (130)         Ctrl-C or SIGTERM

Foreign exceptions are translated at the edge that met them, with ``from``; only ``cli`` catches this tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from a2c_spec.core.diagnostics import Diagnostic


class SpecError(Exception):
    """Base of the tree. ``message`` says what is wrong, ``hint`` what to do about it; never holds a secret."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", address: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.address = address


OF_ALL = (3, 4)
"""Exit codes of errors that are not about one address: the key, the credits."""


@contextmanager
def about(address: str) -> Iterator[None]:
    """Errors that come out of this and name no address are about this one."""
    try:
        yield
    except SpecError as error:
        if error.exit_code not in OF_ALL:
            error.address = error.address or address
        raise


class UsageError(SpecError):
    """The command line asks for something impossible."""

    exit_code = 2


class AuthError(SpecError):
    """No API key, or the service refuses it (401, 403)."""

    exit_code = 3


def missing_key() -> AuthError:
    """There is no API key, and a call needs one."""
    return AuthError(
        "there is no API key",
        hint="set API2CONVERT_API_KEY, or add --local to convert here, with no account, key or network",
    )


class QuotaError(SpecError):
    """Credits or contract limits are exhausted (402)."""

    exit_code = 4


class InvalidError(SpecError):
    """A manifest or a request is not valid; ``diagnostics`` holds every problem found, with its place."""

    exit_code = 5

    def __init__(
        self, message: str, *, diagnostics: Sequence[Diagnostic] = (), hint: str = "", address: str = ""
    ) -> None:
        super().__init__(message, hint=hint, address=address)
        self.diagnostics = tuple(diagnostics)


class ConversionFailed(SpecError):
    """The service ended the job as failed or canceled."""

    exit_code = 6


class WaitTimeout(SpecError):
    """The job was still running when the time was up."""

    exit_code = 7


class AskedToWait(WaitTimeout):
    """The service asks for a pause that would end after the time was up."""


class NetworkError(SpecError):
    """The service cannot be reached, or its response is unexpected."""

    exit_code = 8


class ReadFailed(NetworkError):
    """The service answers, and fails to show one thing; what is about other things can go on."""


class PartialFailure(SpecError):
    """Some jobs were applied, others were not."""

    exit_code = 9


class PartialResult(SpecError):
    """The job completed, and one of its conversions gave nothing, or nothing of one of its inputs."""

    exit_code = 9


class NotStarted(SpecError):
    """A job was not started, because it needs another one that did not succeed."""

    exit_code = 9


class ResultLocked(SpecError):
    """The service needs another password for a result; the API key is fine."""

    exit_code = 3


class StalePlan(SpecError):
    """Something that a saved plan depends on has changed."""

    exit_code = 10


class LimitRefused(SpecError):
    """A limit would be exceeded, or a confirmation is missing."""

    exit_code = 11


class Locked(SpecError):
    """Another process holds the state."""

    exit_code = 12


class Conflict(SpecError):
    """The job was changed outside a2c-spec, and changed again after it was planned again."""

    exit_code = 13


class IntegrityError(SpecError):
    """Bytes on disk, or from the service, are not what they should be."""

    exit_code = 14


class Interrupted(SpecError):
    """Stopped by Ctrl-C or SIGTERM; the state is exact."""

    exit_code = 130
