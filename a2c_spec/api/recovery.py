"""Searches the service for the job of a create whose answer was lost, before anything is paid for again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from a2c_spec.api.client import PAGE, Client
from a2c_spec.api.http.concurrency import Clock, Sleep
from a2c_spec.core.live import LiveJob
from a2c_spec.core.state import JobRecord
from a2c_spec.core.transitions import adopt, lost_creates_of, matches, owned, too_old
from a2c_spec.errors import Conflict

PAGES = 40
"""How many pages of the job list (50 jobs each) are searched; lost answers are recent."""


class GracePeriod:
    """How long a request without an answer may still reach the service: ``seconds`` since the last such request.

    It begins when the object is made, because an earlier run may have been killed while it sent one.
    """

    def __init__(self, seconds: float, clock: Clock, sleep: Sleep) -> None:
        self.seconds, self.clock, self.sleep = seconds, clock, sleep
        self.ends = clock() + seconds

    def restart(self) -> None:
        """A request has just been found to have no answer."""
        self.ends = self.clock() + self.seconds

    async def wait(self) -> None:
        """Returns once every such request has reached the service, or never will."""
        while (remaining := self.ends - self.clock()) > 0:
            await self.sleep(min(remaining, self.seconds))


async def resolve_lost_create(client: Client, record: JobRecord, records: Collection[JobRecord]) -> JobRecord | None:
    """The record with the job that its create made; the record before that create when the service has no such job.

    ``records`` are all there are. Jobs that look alike are shared out among the creates that asked for exactly that.
    Raises Conflict when there are more such jobs than creates: the wrong choice would run or pay for the wrong job.
    """
    taken = owned(records)
    found = [job async for job in _candidates(client, record, taken)]
    if len(found) > 1 and len(found) > lost_creates_of(records, found[0]):
        raise Conflict(
            f"{len(found)} jobs on the service look like the one whose answer was lost: "
            + ", ".join(job.id for job in found),
            hint=f"choose one with `a2c-spec state adopt {record.address} JOB_ID`, or delete those you do not want",
            address=record.address,
        )
    return adopt(record, found[0]) if found else record.previous


async def _candidates(client: Client, record: JobRecord, taken: Collection[str]) -> AsyncIterator[LiveJob]:
    async for row in _listed(client):
        if row.id in taken or too_old(record, row) or not _may_match(record, row):
            continue
        live = await client.job(row.id)
        if live is not None and matches(record, live):
            yield live


def _may_match(record: JobRecord, row: LiveJob) -> bool:
    """Rows of the list may lack parts; a row without any says nothing against a match."""
    return not (row.conversions or row.inputs) or matches(record, row)


async def _listed(client: Client) -> AsyncIterator[LiveJob]:
    seen: set[str] = set()
    for page in range(1, PAGES + 1):
        rows = await client.jobs(page)
        for row in rows:
            if row.id not in seen:
                seen.add(row.id)
                yield row
        if len(rows) < PAGE:
            return
