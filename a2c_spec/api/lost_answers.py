"""Searches the service for the job of a create whose answer was lost, before anything is paid for again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence

from a2c_spec.api.client import PAGE, Client
from a2c_spec.api.http.concurrency import Clock, Sleep
from a2c_spec.core.live import LiveJob
from a2c_spec.core.state import Intent, JobRecord
from a2c_spec.core.transitions import EARLY, ZONES, adopt, epoch, evidence, lost_creates_of, matches, owned, zone_of
from a2c_spec.errors import Conflict

WINDOW = 180.0
"""Seconds after its intent within which a create whose answer was lost may have made a job: time-outs and grace."""
PAGES = 2_000
"""How many pages of the job list (50 jobs each) are read at most; it has no order that could be relied on."""


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
    """The record with the job that its create made; None when the service has no such job.

    ``records`` are all there are. Jobs that look alike are shared out among the creates that asked for exactly that.
    Raises Conflict when it cannot be decided: the wrong choice would run, or pay for, the wrong job.
    """
    if record.intent is None:
        return None
    zone = zone_of(records)
    found: list[LiveJob] = []
    unclear: list[LiveJob] = []
    async for job in _candidates(client, record.intent, owned(records)):
        judged = evidence(record.intent, job, zone, WINDOW)
        if judged != "not ours":
            (found if judged == "ours" else unclear).append(job)
    if unclear or (len(found) > 1 and len(found) > lost_creates_of(records, found[0])):
        raise _undecided(record.address, [*found, *unclear])
    return adopt(record, found[0], client.wire.service_time()) if found else None


def _undecided(address: str, jobs: Sequence[LiveJob]) -> Conflict:
    many = f"{len(jobs)} jobs" if len(jobs) > 1 else "a job"
    return Conflict(
        f"{many} on the service may be the one whose answer was lost: {', '.join(job.id for job in jobs)}",
        hint=f"`a2c-spec state adopt {address} JOB_ID` takes one; `a2c-spec state rm {address}` says that none is",
        address=address,
    )


async def _candidates(client: Client, intent: Intent, taken: Collection[str]) -> AsyncIterator[LiveJob]:
    async for row in _listed(client):
        if row.id in taken or _much_older(intent, row) or not _may_match(intent, row):
            continue
        live = await client.job(row.id)
        if live is not None and matches(intent, live):
            yield live


def _much_older(intent: Intent, row: LiveJob) -> bool:
    """Whether no zone can explain the age of a row, so that the job need not be read."""
    made = epoch(row.created_at)
    return made is not None and made < intent.noted_at - ZONES - EARLY


def _may_match(intent: Intent, row: LiveJob) -> bool:
    """Rows of the list may lack parts; a row without any says nothing against a match."""
    return not (row.conversions or row.inputs) or matches(intent, row)


async def _listed(client: Client) -> AsyncIterator[LiveJob]:
    """Every job of the account, whatever the order of the list; raises Conflict when it does not end."""
    seen: set[str] = set()
    for page in range(1, PAGES + 1):
        rows = await client.jobs(page)
        for row in rows:
            if row.id not in seen:
                seen.add(row.id)
                yield row
        if len(rows) < PAGE:
            return
    raise Conflict(
        f"the service lists more than {PAGES * PAGE} jobs", hint="ask for the job by its id: `a2c-spec state adopt`"
    )
