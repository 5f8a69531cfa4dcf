"""Which job needs a result of which other: the order in which they run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from a2c_spec.core.desired import Job


def split_reference(text: str) -> tuple[str, str]:
    """``("other-job", "pdf")`` of ``other-job.pdf``; the address may hold dots itself."""
    address, _, conversion = text.rpartition(".")
    return address, conversion


def needs(job: Job) -> tuple[str, ...]:
    """Addresses of the jobs whose results are inputs of this one."""
    return tuple(dict.fromkeys(split_reference(item.source)[0] for item in job.inputs if item.type == "from"))


def in_dependency_order(jobs: Iterable[Job]) -> Sequence[Job]:
    """Every job after those it needs; the given order otherwise. Assumes there is no cycle (the loader refuses one)."""
    by_address = {job.address: job for job in jobs}
    done: dict[str, Job] = {}
    for job in by_address.values():
        _visit(job, by_address, done, set())
    return tuple(done.values())


def _visit(job: Job, by_address: Mapping[str, Job], done: dict[str, Job], above: set[str]) -> None:
    if job.address in done or job.address in above:
        return
    for address in needs(job):
        if address in by_address:
            _visit(by_address[address], by_address, done, above | {job.address})
    done[job.address] = job
