"""The result of an apply, counted as it goes: nothing is kept of a job but numbers and a few file names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from a2c_spec.core.plan import Change
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord

FILES_SHOWN = 20


@dataclass(slots=True)
class Tally:
    """``busy`` addresses had something to do, ``applied`` of them are as desired. ``spent`` is what
    became known to be spent, in credits, ``size`` in bytes; ``first`` are (path, bytes).

    ``held`` jobs stand on the service unstarted because their manifests want that. ``unstarted`` were not started.
    ``changes``: address -> how many of its changes do something; ``done`` are those of which one has.
    """

    busy: int
    applied: int = 0
    held: int = 0
    spent: int = 0
    files: int = 0
    cached: int = 0
    size: int = 0
    unstarted: int = 0
    first: list[tuple[str, int]] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)
    done: set[str] = field(default_factory=set)

    def count(self, failed: Collection[str]) -> None:
        """Counts addresses, in however many runs: one of these that failed is enough."""
        busy = {address for address, changes in self.changes.items() if changes}
        self.busy, self.applied = len(busy), len(self.done.difference(failed))
        self.unstarted = len(busy.difference(self.done, failed))

    def ended(self, change: Change, record: JobRecord | None) -> None:
        """One run of an address was brought to its desired state."""
        self.done.add(address_of(change.address))
        if record is None or change.action == "delete":
            return
        self.held += record.phase == "building"
        saved = [(file.path, file.size) for file in record.files if file.path]
        self.files += len(saved)
        self.size += sum(size for _, size in saved)
        self.first += saved[: FILES_SHOWN - len(self.first)]
