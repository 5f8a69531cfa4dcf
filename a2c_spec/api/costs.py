"""What jobs cost, as the service tells it: counted once, however many records, waits and failures hear of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from a2c_spec.core.live import LiveJob
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.core.state_store import StateStore


def of_none(_run: str, _job: str, _credits: int) -> None:
    """A listener that needs to know nothing."""


@dataclass(slots=True)
class Costs:
    """What became known of the costs of jobs since this was made, in credits.

    ``shared`` gives the jobs of which several addresses have results. ``heard`` is told the run, its job and what this
    cost in all. ``total`` is all that became known, ``of_job`` by job, ``untold`` by run what no event has told yet.
    """

    store: StateStore
    shared: Callable[[], Collection[str]] = frozenset
    heard: Callable[[str, str, int], None] = of_none
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
        self.heard(record.address, live.id, before + new)
        return replace(record, spent=record.spent + new)

    def tell(self, run: str) -> int:
        """What no event has told yet of a run, which an event tells now."""
        return self.untold.pop(run, 0)

    def _runs_of(self, job_id: str, record: JobRecord) -> list[JobRecord]:
        """The runs whose job it is."""
        every = self.store.scan() if job_id in self.shared() else self.store.runs(address_of(record.address))
        return [run for run in every if run.job_id == job_id]
