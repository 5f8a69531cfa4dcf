"""Looks on the service for the job of a create whose answer was lost, before anything is paid for again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from a2c_spec.api.client import PAGE, Client
from a2c_spec.core.live import LiveJob
from a2c_spec.core.state import JobRecord
from a2c_spec.core.transitions import adopt, matches, owned, rivals, too_old
from a2c_spec.errors import Conflict

PAGES = 40
"""How far back the list of jobs is read (pages of 50); lost answers are recent."""


async def resolve(client: Client, record: JobRecord, records: Collection[JobRecord]) -> JobRecord | None:
    """The record with the job that its create made; what was known before when the service has none.

    ``records`` are all there are. Jobs that look alike are shared out among the creates that asked for just that.
    Raises Conflict when there are more jobs than such creates, since choosing wrongly would run or pay for the wrong
    one.
    """
    taken = owned(records)
    found = [job async for job in _candidates(client, record, taken)]
    if len(found) > 1 and len(found) > rivals(records, found[0]):
        raise Conflict(
            f"{len(found)} jobs on the service look like the one whose answer was lost: "
            + ", ".join(job.id for job in found),
            hint=f"choose one with `a2c-spec state adopt {record.address} JOB_ID`, or delete those not wanted",
            address=record.address,
        )
    return adopt(record, found[0]) if found else record.previous


async def _candidates(client: Client, record: JobRecord, taken: Collection[str]) -> AsyncIterator[LiveJob]:
    async for row in _rows(client):
        if row.id in taken or too_old(record, row) or not _may_match(record, row):
            continue
        live = await client.job(row.id)
        if live is not None and matches(record, live):
            yield live


def _may_match(record: JobRecord, row: LiveJob) -> bool:
    """Rows may be incomplete, so a row only rules a job out by what it does say."""
    return not (row.conversions or row.inputs) or matches(record, row)


async def _rows(client: Client) -> AsyncIterator[LiveJob]:
    seen: set[str] = set()
    for page in range(1, PAGES + 1):
        rows = await client.jobs(page)
        for row in rows:
            if row.id not in seen:
                seen.add(row.id)
                yield row
        if len(rows) < PAGE:
            return
