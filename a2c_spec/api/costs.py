"""What jobs cost, as the service tells it: counted once, however many records, waits and failures hear of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from a2c_spec.core.live import LiveJob
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.core.state_store import StateStore


@dataclass(slots=True)
class Costs:
    """What became known of the costs of jobs since this was made, in credits.

    ``shared`` gives the jobs of which several addresses have results. ``learned`` are a run, its job and what this cost
    in all, for who listens from then on. ``total`` is all that became known, ``of_job`` by job, ``untold`` by run what
    no event has told yet.
    """

    store: StateStore
    shared: Callable[[], Collection[str]] = frozenset
    heard: Callable[[str, str, int], None] | None = None
    learned: list[tuple[str, str, int]] = field(default_factory=list)
    total: int = 0
    of_job: Counter[str] = field(default_factory=Counter)
    untold: Counter[str] = field(default_factory=Counter)
    known: dict[str, int] = field(default_factory=dict)

    def learn(self, record: JobRecord, live: LiveJob) -> JobRecord:
        """The record with what its job cost, as far as no record of this job says so already."""
        before = max(self.known.get(live.id, 0), sum(run.spent for run in self._runs_of(live.id, record)))
        new = max(0, live.spent - before)
        self.known[live.id] = before + new
        self.total += new
        if not new:
            return record
        self.of_job[live.id] += new
        self.untold[record.address] += new
        self.learned.append((record.address, live.id, before + new))
        self._tell_heard()
        return replace(record, spent=record.spent + new)

    def listen(self, heard: Callable[[str, str, int], None]) -> None:
        """Tells ``heard`` what jobs cost: what became known until now, at once, and everything from now on."""
        self.heard = heard
        self._tell_heard()

    def _tell_heard(self) -> None:
        while self.heard is not None and self.learned:
            self.heard(*self.learned.pop(0))

    def tell(self, run: str) -> int:
        """What no event has told yet of a run, which an event tells now."""
        return self.untold.pop(run, 0)

    def _runs_of(self, job_id: str, record: JobRecord) -> list[JobRecord]:
        """The runs whose job it is."""
        every = self.store.scan() if job_id in self.shared() else self.store.runs(address_of(record.address))
        return [run for run in every if run.job_id == job_id]
