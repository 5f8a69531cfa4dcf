"""Searches the service for the job of a create whose answer was lost, before anything is paid for again."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace

from a2c_spec.api.client import PAGE, Client
from a2c_spec.api.http.concurrency import Clock, Sleep
from a2c_spec.api.http.replies import Refused
from a2c_spec.core.adoption import (
    Evidence,
    adopt,
    evidence,
    in_future,
    in_order,
    lost_creates_of,
    matches,
    owned,
    zone_of,
)
from a2c_spec.core.live import LiveJob, mapping, parse_job
from a2c_spec.core.planner import shown_order
from a2c_spec.core.state import Intent, JobRecord
from a2c_spec.core.transitions import epoch
from a2c_spec.errors import Conflict, NetworkError

WINDOW = 180.0
"""Seconds after its intent within which a create whose answer was lost may have made a job: time-outs and grace."""
PAGES = 2_000
"""How many pages of the job list (50 jobs each) are read at most; it has no order that could be relied on."""


BY_HAND = "ask for the job by its id: `a2c-spec state adopt`"


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


async def resolve_lost_create(
    client: Client, record: JobRecord, records: Collection[JobRecord], *, may_ask: bool = False
) -> JobRecord | None:
    """The record with the job that its create made; None when the service has no such job.

    ``records`` are all there are. Jobs that look alike are shared out among the creates that asked for exactly that.
    ``may_ask``: a draft may be made to find out how the service writes times. Raises Conflict when it cannot be
    decided: the wrong choice would run, or pay for, the wrong job; and where the service said that it made the job, and
    lists none. TimeUnknown is the one that a draft may decide.
    """
    if record.intent is None:
        return None
    found = await _resolved(client, record, record.intent, records, may_ask=may_ask)
    if found is None and record.intent.acknowledged:
        message = "the service answered that it made the job, not so that it can be told which, and lists none like it"
        hint = f"apply again looks once more; {_by_a_person(record.address)}"
        raise Conflict(message, hint=hint, address=record.address)
    return found


async def _resolved(
    client: Client, record: JobRecord, intent: Intent, records: Collection[JobRecord], *, may_ask: bool
) -> JobRecord | None:
    zone = zone_of(records)
    alike = [job async for job in _candidates(client, intent, owned(records), zone)]
    if not alike:
        return None
    intent, zone = _by_the_service(client, intent), _believed(client, zone, alike)
    offset = None
    if any(_may_be_ours(intent, job, zone) for job in alike):
        if not may_ask:
            message, hint = _undecided(alike, record.address)
            raise TimeUnknown(message, hint=hint, address=record.address)
        offset = await _measured_offset(client)
    judged = [(_judged(intent, job, zone, offset), job) for job in alike]
    found = [job for verdict, job in judged if verdict == "ours"]
    unclear = [job for verdict, job in judged if verdict == "unclear"]
    if unclear or (len(found) > 1 and len(found) > lost_creates_of(records, found[0])):
        message, hint = _undecided([*found, *unclear], record.address)
        raise Conflict(message, hint=hint, address=record.address)
    return adopt(replace(record, intent=intent), found[0], client.wire.service_time()) if found else None


class TimeUnknown(Conflict):
    """Whether a job is the one looked for depends on its time, and nothing tells yet how the service writes times."""


def _by_the_service(client: Client, intent: Intent) -> Intent:
    """The intent by the service's clock, as far as that is known.

    An intent that was noted before any answer came is of our clock; the answers since then tell by how much that is
    off. Where none does, the service's times cannot be compared with it.
    """
    if not intent.by_our_clock or client.wire.skew is None:
        return intent
    return replace(intent, noted_at=intent.noted_at + client.wire.skew, by_our_clock=False)


def _believed(client: Client, zone: float | None, jobs: Sequence[LiveJob]) -> float | None:
    """The zone, unless the service's clock says that one of the jobs would be made in the future by it."""
    now = None if client.wire.skew is None else client.wire.service_time()
    wrong = zone is not None and now is not None and any(in_future(job, zone, now) for job in jobs)
    return None if wrong else zone


def _may_be_ours(intent: Intent, job: LiveJob, zone: float | None) -> bool:
    """Whether it takes the service's clocks to decide. Without them, a job of any age may be ours."""
    unclear = epoch(job.created_at) is not None and evidence(intent, job, zone, WINDOW) == "unclear"
    return intent.by_our_clock or unclear


def _judged(intent: Intent, job: LiveJob, zone: float | None, offset: float | None) -> Evidence:
    """Other than by its time, a job is unclear whose inputs seem to stand in another order."""
    if offset is None and _may_be_ours(intent, job, zone):
        return "unclear"
    judged = evidence(intent, job, zone, WINDOW, offset)
    ordered = in_order(intent, [job.inputs[n] for n in shown_order(job)])
    return judged if judged != "ours" or ordered else "unclear"


async def _measured_offset(client: Client) -> float | None:
    """By how many seconds the times that the service stores differ from those of its answers (its zone, two clocks),
    told by a draft: it costs nothing, and is deleted."""
    try:
        reply = await client.wire.call("POST", "/jobs", body={"process": False})
    except (NetworkError, Refused):
        return None
    now, draft = client.wire.service_time(), parse_job(mapping(reply.data))
    if draft.id:
        with contextlib.suppress(NetworkError, Refused):  # a draft that stays costs nothing
            await client.wire.call("DELETE", f"/jobs/{draft.id}", accept=(404, 409, 410))
    made = epoch(draft.created_at)
    return None if made is None else made - now


def _undecided(jobs: Sequence[LiveJob], address: str) -> tuple[str, str]:
    """What to say, and how to decide it."""
    many = f"{len(jobs)} jobs" if len(jobs) > 1 else "a job"
    return (
        f"{many} on the service may be the one whose answer was lost: {', '.join(job.id for job in jobs)}",
        _by_a_person(address),
    )


def _by_a_person(address: str) -> str:
    """How somebody who knows decides it."""
    return f"`a2c-spec state adopt {address} JOB_ID` takes one; `a2c-spec state rm {address}` says that none is"


async def _candidates(
    client: Client, intent: Intent, taken: Collection[str], zone: float | None
) -> AsyncIterator[LiveJob]:
    async for row in _listed(client):
        if row.id in taken or _other_time(client, intent, row, zone) or not _may_match(intent, row):
            continue
        live = await client.job(row.id)
        if live is not None and matches(intent, live):
            yield live


def _other_time(client: Client, intent: Intent, row: LiveJob, zone: float | None) -> bool:
    """Whether a row is of another time for certain, so that the job need not be read."""
    intent, zone = _by_the_service(client, intent), _believed(client, zone, [row])
    return not intent.by_our_clock and evidence(intent, row, zone, WINDOW) == "not ours"


def _may_match(intent: Intent, row: LiveJob) -> bool:
    """Rows of the list may lack parts; a row without any says nothing against a match."""
    return not (row.conversions or row.inputs) or matches(intent, row)


async def _listed(client: Client) -> AsyncIterator[LiveJob]:
    """Every job of the account, whatever the order of the list; raises Conflict when it does not show them all."""
    seen: set[str] = set()
    for page in range(1, PAGES + 1):
        found, total = await client.job_page(page)
        for row in map(parse_job, found):
            if row.id not in seen:
                seen.add(row.id)
                yield row
        if len(found) < PAGE and len(seen) >= total:
            return
        if not found:
            raise Conflict(f"the service counts {total} jobs and lists {len(seen)}", hint=BY_HAND)
        if len(seen) > PAGES * PAGE:
            break
    raise Conflict(f"the service lists more than {PAGES * PAGE} jobs", hint=BY_HAND)
