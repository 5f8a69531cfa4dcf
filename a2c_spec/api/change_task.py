"""What carrying out one change needs besides the change itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from a2c_spec.core.live import LiveJob
from a2c_spec.core.observed import Observed
from a2c_spec.core.plan import Change
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.state import JobRecord

Keep = Callable[[JobRecord], Awaitable[None]]


async def not_kept(_done: JobRecord) -> None:
    """Keeps nothing for other jobs."""


SetAside = Callable[[Change, JobRecord], Awaitable[None]]


async def unbounded(_change: Change, _record: JobRecord) -> None:
    """Sets nothing aside."""


@dataclass(frozen=True, slots=True)
class Task:
    """One job to bring to its desired state.

    ``observe`` tells what is on the disk, given the record and the live job; ``replaces`` is the id of the job that
    the user wants to run again although nothing changed; ``keep`` keeps the results of a job that is about to be
    recorded as done, for others; ``set_aside`` counts the cost of a start that is sent again, as only the service's
    list says that the first one did nothing, and raises LimitRefused where that is too much.
    """

    desired: DesiredJob
    observe: Callable[[JobRecord | None, LiveJob | None], Observed]
    paid_again_allowed: bool
    replaces: str = ""
    keep: Keep = not_kept
    set_aside: SetAside = unbounded
