"""Keys of runs: the first run of an address has the address itself, others ``address#2``, ``address#3``, ...; and the
names of parts that no manifest names."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import count

_NUMBER = re.compile(r"#[1-9][0-9]*$")


def address_of(key: str) -> str:
    """``report`` of ``report`` and of ``report#2``."""
    return _NUMBER.sub("", key) if "#" in key else key


def free_key(address: str, taken: Collection[str]) -> str:
    """The first key of the address that no run has."""
    if address not in taken:
        return address
    return next(key for number in count(2) if (key := f"{address}#{number}") not in taken)


def added_part(kind: str, api_id: str) -> str:
    """What a part of a job is called in a record that somebody else added there: no manifest gives such a name."""
    return f"{kind}.#{api_id}"
