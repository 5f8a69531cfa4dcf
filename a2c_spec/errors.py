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
    ├── NotCleanedUp (9)          all is here that was asked for, and not all that it replaced is away
    ├── StalePlan (10)            something that a saved plan depends on has changed
    ├── LimitRefused (11)         a limit would be exceeded, or a confirmation is missing
    ├── Locked (12)               another process holds the state
    ├── Conflict (13)             409 twice: the job keeps changing on the service
    ├── IntegrityError (14)       bytes on disk are not what they should be
    └── Interrupted (130)         Ctrl-C, SIGTERM or SIGHUP

Foreign exceptions are translated at the edge that met them, with ``from``; only ``cli`` catches this tree.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, Self

from a2c_spec.core.reasons import counted
from a2c_spec.core.run_keys import address_of

if TYPE_CHECKING:
    from a2c_spec.core.diagnostics import Diagnostic


class SpecError(Exception):
    """Base of the tree. ``message`` says what is wrong, ``hint`` what to do about it, ``lines`` more of it; never
    holds a secret. ``spent`` is how many credits turned out to be spent on it."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", address: str = "", lines: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message, self.lines, self.hint = message, tuple(lines), hint
        self.address, self.spent = address, 0

    def __copy__(self) -> Self:
        """The same error once more, whatever its kind is made of."""
        copied = type(self).__new__(type(self), *self.args)
        copied.__dict__.update(self.__dict__)
        return copied

    @property
    def told(self) -> str:
        """What is wrong, and what was spent on it."""
        spent = f" ({counted(self.spent, 'credit')} spent)" if self.spent else ""
        return f"{self.message}{spent}"


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


class NotCleanedUp(SpecError):
    """What was asked for is done and recorded, and what it takes the place of could not be taken away."""

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
    """Stopped by Ctrl-C, SIGTERM or SIGHUP; the state is exact."""

    exit_code = 130


ENDS: Mapping[type[SpecError], str] = {
    AskedToWait: "not done in time",
    WaitTimeout: "still running",
    NotCleanedUp: "not cleaned up",
    NotStarted: "not started",
}


def end_of(error: SpecError) -> str:
    """How whatever an error is about ended, in a word or three."""
    return next((word for kind, word in ENDS.items() if isinstance(error, kind)), "failed")


def by_end(errors: Iterable[SpecError]) -> dict[str, int]:
    """How many addresses failed, run on, were not started, ...: each counts once, with the worst of its runs."""
    order, worst = ("failed", *ENDS.values()), dict[object, int]()
    for error in errors:
        key, rank = address_of(error.address) or id(error), order.index(end_of(error))
        worst[key] = min(rank, worst.get(key, rank))
    return {word: count for rank, word in enumerate(order) if (count := [*worst.values()].count(rank))}


FULL = (errno.ENOSPC, errno.EDQUOT)
WORDS = {
    **dict.fromkeys(FULL, "the disk is full"),
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open on this machine",
    errno.EIO: "the disk, or its driver, cannot read or write there (input/output error)",
}
"""What the system means, where its own words leave that open."""

HINTS = {
    **dict.fromkeys(FULL, "free disk space and try again"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "change the permissions, or work as another user"),
    errno.EROFS: "what only reads works here; to write, use a copy, or a file system that can be written",
    errno.EMFILE: "allow more (`ulimit -n 4096`), or lower --parallelism",
}


def why(error: OSError) -> str:
    """What the system says of a call that failed."""
    return WORDS.get(error.errno or 0) or error.strerror or str(error) or type(error).__name__


def of_the_system(error: OSError, doing: str = "") -> SpecError:
    """An error of the system in words: what was being done, or the file it is about, and why it cannot be."""
    what = doing or (shown_name(error.filename) if error.filename else "a call of the operating system failed")
    return SpecError(f"{what}: {why(error)}", hint=HINTS.get(error.errno or 0, ""))


@contextmanager
def while_doing(doing: str) -> Iterator[None]:
    """Errors of the system that come out of this say what was being done, as in ``cannot write a.pdf``."""
    try:
        yield
    except OSError as error:
        raise of_the_system(error, doing) from error


LACKING = "has letters that the locale of this machine lacks"
ANOTHER_LOCALE = "set LC_ALL=C.UTF-8, or PYTHONUTF8=1"
BEYOND_LOCALE = f"{LACKING}; {ANOTHER_LOCALE}"

HALF = re.compile("[\udc80-\udcff]")
"""How Python reads a byte of a name that is not UTF-8."""


def is_text(name: str) -> bool:
    """Whether a name is valid Unicode; the bytes of others cannot be written down or sent."""
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def not_text(name: str, hint: str = "") -> tuple[str, str]:
    """Why a name or a value that came as bytes is none, and what to do: ``hint``, unless only the locale cannot read
    it."""
    try:
        os.fsencode(name).decode()
    except UnicodeError:
        return "is not UTF-8", hint
    return LACKING, ANOTHER_LOCALE


def shown_name(name: object) -> str:
    """A name that can be printed anywhere: a byte that is not UTF-8 as ``\\xe9``."""
    text = os.fsdecode(name) if isinstance(name, bytes) else str(name)
    raw = HALF.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)
    return raw.encode(errors="backslashreplace").decode()
