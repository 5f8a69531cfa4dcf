"""Creates that had no answer: how often one may be sent again within an apply."""

from __future__ import annotations

from dataclasses import dataclass

from a2c_spec.api.change_task import SetAside
from a2c_spec.api.failures import drafts_lost
from a2c_spec.api.http.replies import LostAnswer
from a2c_spec.core.plan import Change
from a2c_spec.core.state import JobRecord
from a2c_spec.errors import Conflict, LimitRefused, SpecError

MOST_DRAFTS = 3
"""So many drafts are made when answers get lost, before we give up: each may stay on the service, unpaid."""

MOST_STARTS = 3
"""So often an apply sends the create of one job that starts it: each may be paid for, whatever a list says."""


@dataclass(slots=True)
class Repeats:
    """What had no answer while one job was brought to its desired state.

    ``lost`` is the last such failure, ``sent`` the change that was being carried out. ``set_aside`` counts the cost of
    a start that is sent again.
    """

    set_aside: SetAside
    sent: Change | None = None
    lost: SpecError | None = None
    drafts: int = 0
    starts: int = 1

    def met(self, error: SpecError, sent: Change, stored: JobRecord) -> None:
        """A call of ``sent`` had no answer; raises what is said after too many drafts."""
        self.lost, self.sent = error, sent
        self.drafts += stored.lost_draft
        if self.drafts == MOST_DRAFTS:
            raise drafts_lost(error, self.drafts) from error

    async def allow_start(self, record: JobRecord) -> None:
        """Returns if a create, of which the service lists no job, may start one more; raises what was met, with the
        limit if one forbids it. What an earlier process sent is not counted."""
        if self.lost is None or self.sent is None:
            return
        if self.starts >= MOST_STARTS:
            raise self.lost
        self.starts += 1
        try:
            await self.set_aside(self.sent, record)
        except LimitRefused as limit:
            hint = "apply again looks for the job once more, and starts it if the service has none"
            raise LostAnswer(f"{self.lost.message}, and may have been paid for; {limit.message}", hint=hint) from limit

    def undecided(self, error: Conflict) -> Conflict:
        """What cannot be decided, with the failure that led to it."""
        if self.lost is None:
            return error
        return Conflict(f"{self.lost.message}; {error.message}", hint=error.hint, address=error.address)
