"""The result of an apply, counted as it goes: nothing is kept of a job but numbers and a few file names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from a2c_spec.core.plan import Change
from a2c_spec.core.results import partly
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord

FILES_SHOWN = 20
LEFT = "left to the next apply"
"""What is said of an address that needs what a job makes which is not waited for."""


@dataclass(slots=True)
class Tally:
    """``busy`` addresses had something to do, ``applied`` of them are as desired. ``spent`` is what
    became known to be spent, in credits, ``size`` in bytes; ``first`` are (path, bytes).

    ``started`` addresses have a job that runs and is not waited for; they are not applied yet. ``begun`` are those of
    them of which something was started now.
    ``held`` jobs stand on the service unstarted because their manifests want that. ``unstarted`` were not started.
    ``incomplete`` results were made without some input, ``told_incomplete`` says of the first ones, without which.
    ``later``: address -> why it is left to the next apply, which is no failure.
    ``exceeded`` says of each bound beyond which more was spent, by how much.
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
    incomplete: int = 0
    told_incomplete: list[str] = field(default_factory=list)
    later: dict[str, str] = field(default_factory=dict)
    exceeded: tuple[str, ...] = ()
    changes: Counter[str] = field(default_factory=Counter)
    done: set[str] = field(default_factory=set)
    started: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)

    def count(self, failed: Collection[str]) -> None:
        """Counts addresses, in however many runs: one of these that failed is enough."""
        busy = {address for address, changes in self.changes.items() if changes}
        self.later = {address: why for address, why in self.later.items() if address not in failed}
        self.busy, self.applied = len(busy), len(self.done.difference(failed, self.later, self.started))
        self.unstarted = len(busy.difference(self.done, failed, self.later))

    def ended(self, change: Change, before: JobRecord | None, record: JobRecord | None) -> None:
        """One run of an address was brought to its desired state; of its files, those count that were written now."""
        self.done.add(address_of(change.address))
        if record is None or change.action == "delete":
            return
        self.held += record.phase == "building"
        if record.phase == "started":
            self.started.add(address_of(change.address))
            self.begun |= {address_of(change.address)} if change.starts else set()
        known = {(file.output_id, file.path) for file in before.files} if before else set()
        again = {*change.downloads}
        new = [one for one in record.files if (one.output_id, one.path) not in known or one.wanted in again]
        saved = [(file.path, file.size) for file in new if file.path]
        self.files += len(saved)
        self.size += sum(size for _, size in saved)
        self.first += saved[: FILES_SHOWN - len(self.first)]
        told = [f"{address_of(change.address)}: {why}" for why in partly(record)]
        self.incomplete += len(told)
        self.told_incomplete += told[: FILES_SHOWN - len(self.told_incomplete)]
