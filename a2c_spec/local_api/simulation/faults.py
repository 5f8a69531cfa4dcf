"""Faults as data: which requests each applies to, and what happens to them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

ACTS: Mapping[str, str] = {
    "latency": "wait `seconds` before anything else",
    "drop": "the connection breaks; `when` says whether before or after the request takes effect",
    "status": "answer `status`, with `retry_after` if given (seconds, or an HTTP date made of 'date:<seconds>')",
    "malformed": "the request takes effect; the answer is JSON cut in half",
    "html": "answer an HTML page with `status`",
    "redirect": "answer 302 to the URL `to`",
    "truncate": "the answer's body breaks off after `size` bytes",
    "slow": "the answer's body comes in pieces of `size` bytes, `seconds` apart",
    "expire": "the outputs of the job, or of the file, expire first",
    "start_job": "first the job is started, as if by another client",
    "cancel_job": "first the job is canceled, as if by another client",
    "delete_job": "first the job is deleted, as if by another client",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. It applies to the ``nth`` matching request and those after it, ``times`` times."""

    do: str
    method: str = ""  # empty: every method
    path: str = "*"  # shell pattern over the path without /v2
    nth: int = 1
    times: int | None = 1  # null: without end
    chance: float = 1.0  # the share of these requests it applies to, chosen by ``seed``
    seed: int = 0
    when: str = "before"  # the request takes effect: before | after
    status: int = 503
    seconds: float = 0.0
    size: int = 1024
    retry_after: str = ""
    to: str = ""

    @property
    def label(self) -> str:
        """The name of the fault in the call log."""
        return f"{self.do} {self.status}" if self.do in ("status", "html") else self.do

    def matches(self, method: str, path: str) -> bool:
        """Whether a request matches method and path."""
        return self.method.upper() in ("", method) and fnmatchcase(path, self.path)

    def applies(self, count: int) -> bool:
        """Whether the fault applies to the ``count``-th matching request."""
        if count < self.nth or (self.times is not None and count >= self.nth + self.times):
            return False
        return self.chance >= 1 or _draw(self.seed, count) < self.chance


def _draw(seed: int, count: int) -> float:
    return int.from_bytes(hashlib.sha256(f"{seed}:{count}".encode()).digest()[:6]) / 2**48


class ActiveFaults:
    """The faults of a service, with how often each was matched and applied."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._rows: list[tuple[Fault, list[int]]] = [(fault, [0, 0]) for fault in faults]

    def add(self, faults: Sequence[Fault]) -> None:
        """Add faults."""
        self._rows += [(fault, [0, 0]) for fault in faults]

    def clear(self) -> None:
        """Remove all faults."""
        self._rows = []

    def count(self, method: str, path: str) -> list[Fault]:
        """Count a request; returns the faults that apply to it, in order."""
        applied = []
        for fault, counters in self._rows:
            if fault.matches(method, path):
                counters[0] += 1
                if fault.applies(counters[0]):
                    counters[1] += 1
                    applied.append(fault)
        return applied

    def report(self) -> list[dict[str, Any]]:
        """Every fault as plain data, with how many requests matched it and how often it was applied."""
        return [{**asdict(fault), "matched": counts[0], "struck": counts[1]} for fault, counts in self._rows]


class InvalidFaults(ValueError):
    """The data does not describe faults; the message says what is wrong and where."""


def faults_of(document: Any) -> tuple[Fault, ...]:
    """The faults in plain data: a list of mappings, one mapping, or {faults: [...]}."""
    rows = document.get("faults", [document]) if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise InvalidFaults("a fault script is a list of faults")
    return tuple(_fault(row, index) for index, row in enumerate(rows))


def read_faults(text: bytes) -> tuple[Fault, ...]:
    """The faults in YAML or JSON text."""
    import yaml  # here: most services have no faults

    try:
        return faults_of(yaml.safe_load(text))
    except (yaml.YAMLError, RecursionError, UnicodeDecodeError) as error:
        raise InvalidFaults(str(error)) from error


def _fault(row: Any, index: int) -> Fault:
    if not isinstance(row, dict) or str(row.get("do")) not in ACTS:
        raise InvalidFaults(f"fault {index}: `do` must be one of: {', '.join(ACTS)}")
    known = {entry.name: str(entry.type) for entry in fields(Fault)}
    for name, value in row.items():
        if name not in known:
            raise InvalidFaults(f"fault {index}: unknown key {name!r}; known are: {', '.join(known)}")
        if isinstance(value, str) and value.encode(errors="ignore").decode() != value:
            raise InvalidFaults(f"fault {index}: {name} holds half a character")
        if not _fits(known[name], value):
            raise InvalidFaults(f"fault {index}: {name} must be of type {known[name]}")
    if row.get("when", "before") not in ("before", "after"):
        raise InvalidFaults(f"fault {index}: `when` must be before or after")
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
