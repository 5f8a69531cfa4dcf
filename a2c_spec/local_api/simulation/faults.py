"""Faults as data: which requests meet them, and what happens to those."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

ACTS: Mapping[str, str] = {
    "latency": "wait `seconds` before anything else",
    "drop": "the connection breaks; `when` says whether before or after the effect",
    "status": "answer `status`, with `retry_after` if given (seconds, or an HTTP date made of 'date:<seconds>')",
    "malformed": "the effect happens, the answer is JSON cut in half",
    "html": "answer an HTML page with `status`",
    "redirect": "answer 302 to the URL `to`",
    "truncate": "the answer's body breaks off after `size` bytes",
    "slow": "the answer's body comes in pieces of `size` bytes, `seconds` apart",
    "expire": "the outputs of the job, or of the file, expire first",
    "start_job": "somebody else has started the job a moment ago",
    "cancel_job": "somebody else has canceled the job a moment ago",
    "delete_job": "somebody else has deleted the job a moment ago",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. Matching requests are counted; it strikes from the ``nth`` on, ``times`` times."""

    do: str
    method: str = ""  # empty: every method
    path: str = "*"  # shell pattern over the path without /v2
    nth: int = 1
    times: int | None = 1  # null: from then on always
    chance: float = 1.0  # of those, only so many, chosen by ``seed``
    seed: int = 0
    when: str = "before"  # the effect: before | after
    status: int = 503
    seconds: float = 0.0
    size: int = 1024
    retry_after: str = ""
    to: str = ""

    @property
    def label(self) -> str:
        """What the call log calls it."""
        return f"{self.do} {self.status}" if self.do in ("status", "html") else self.do

    def matches(self, method: str, path: str) -> bool:
        """Does a request come into question?"""
        return self.method.upper() in ("", method) and fnmatchcase(path, self.path)

    def strikes(self, count: int) -> bool:
        """Does the ``count``-th matching request meet it?"""
        if count < self.nth or (self.times is not None and count >= self.nth + self.times):
            return False
        return self.chance >= 1 or _draw(self.seed, count) < self.chance


def _draw(seed: int, count: int) -> float:
    return int.from_bytes(hashlib.sha256(f"{seed}:{count}".encode()).digest()[:6]) / 2**48


class Script:
    """Faults with their counters."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._rows: list[tuple[Fault, list[int]]] = [(fault, [0, 0]) for fault in faults]

    def add(self, faults: Sequence[Fault]) -> None:
        """More of them."""
        self._rows += [(fault, [0, 0]) for fault in faults]

    def clear(self) -> None:
        """None any more."""
        self._rows = []

    def meet(self, method: str, path: str) -> list[Fault]:
        """The faults that this request meets, in order; counts it."""
        met = []
        for fault, counters in self._rows:
            if fault.matches(method, path):
                counters[0] += 1
                if fault.strikes(counters[0]):
                    counters[1] += 1
                    met.append(fault)
        return met

    def report(self) -> list[dict[str, Any]]:
        """Every fault, how many requests matched it, and how often it struck."""
        return [{**asdict(fault), "matched": counts[0], "struck": counts[1]} for fault, counts in self._rows]


class BadScript(ValueError):
    """A script that is not one; says what is wrong and where."""


def faults_of(document: Any) -> tuple[Fault, ...]:
    """Faults out of plain data: a list of mappings, or one mapping, or {faults: [...]}."""
    rows = document.get("faults", [document]) if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise BadScript("a fault script is a list of faults")
    return tuple(_fault(row, index) for index, row in enumerate(rows))


def read_faults(text: bytes) -> tuple[Fault, ...]:
    """The faults of a script in YAML or JSON."""
    import yaml  # here, as most services never meet a script

    try:
        return faults_of(yaml.safe_load(text))
    except (yaml.YAMLError, RecursionError, UnicodeDecodeError) as error:
        raise BadScript(str(error)) from error


def _fault(row: Any, index: int) -> Fault:
    if not isinstance(row, dict) or row.get("do") not in ACTS:
        raise BadScript(f"fault {index}: `do` must be one of: {', '.join(ACTS)}")
    known = {entry.name: str(entry.type) for entry in fields(Fault)}
    for name, value in row.items():
        if name not in known:
            raise BadScript(f"fault {index}: unknown key {name!r}; known are: {', '.join(known)}")
        if not _fits(known[name], value):
            raise BadScript(f"fault {index}: {name} must be of type {known[name]}")
    if row.get("when", "before") not in ("before", "after"):
        raise BadScript(f"fault {index}: `when` must be before or after")
    values: dict[str, Any] = {name: str(value) if known[name] == "str" else value for name, value in row.items()}
    return Fault(**values)


def _fits(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return False
    allowed: Mapping[str, tuple[type, ...]] = {
        "str": (str, int, float),
        "int": (int,),
        "int | None": (int, type(None)),
        "float": (int, float),
    }
    return isinstance(value, allowed[kind])
