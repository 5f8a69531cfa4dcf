"""Many records are read at once; what the service fails to show is told by its name, and nothing else suffers."""

from __future__ import annotations

import asyncio

import pytest

from a2c_spec.core.state import JobRecord
from a2c_spec.engine.read_jobs import read_each
from a2c_spec.errors import AuthError, NetworkError, ReadFailed

RECORDS = [JobRecord(name, "local", "started", job_id=name) for name in ("c", "b", "a")]


def test_one_that_cannot_be_shown_fails_alone() -> None:
    under_way = most = 0

    async def read(record: JobRecord) -> str:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        if record.address != "b":
            raise ReadFailed(f"no {record.job_id}")
        return record.address

    reads = asyncio.run(read_each(RECORDS, read, 2))
    assert (reads.found, most) == (("b",), 2)
    assert [(error.address, error.message) for error in reads.failed] == [("a", "no a"), ("c", "no c")]


@pytest.mark.parametrize(("error", "address"), [(AuthError("no key"), ""), (NetworkError("not reached"), "c")])
def test_what_is_about_all_of_them_ends_it(error: AuthError | NetworkError, address: str) -> None:
    async def read(_record: JobRecord) -> str:
        raise error

    with pytest.raises(type(error)) as caught:
        asyncio.run(read_each(RECORDS, read, 1))
    assert caught.value.address == address
