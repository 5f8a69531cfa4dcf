"""A task for a worker process: the name of a function, its argument, and its limits."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

MIB = 1024 * 1024


def load(reference: str) -> Callable[..., Any]:
    """The function that ``package.module:name`` refers to."""
    module, _, name = reference.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


SECONDS, MEMORY, OUTPUT = 300.0, 4096 * MIB, 4096 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one task: seconds (also of CPU time), address space per process, bytes per file and of all products."""

    seconds: float = SECONDS
    memory: int = MEMORY
    output: int = OUTPUT


@dataclass(frozen=True, slots=True)
class Task:
    """``function`` is ``package.module:name``; it takes and returns plain JSON values.

    The task may write below ``workdir`` only, and read that, ``reads`` and the installed software.
    """

    function: str
    payload: dict[str, Any]
    workdir: Path
    reads: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def to_json(self) -> dict[str, Any]:
        """The task as JSON values, for the pipe."""
        return {
            "function": self.function,
            "payload": self.payload,
            "workdir": str(self.workdir.absolute()),
            "reads": [str(path.absolute()) for path in self.reads],
            "limits": asdict(self.limits),
        }
