"""The service behind the endpoints and workers: the one place where jobs are created, changed and started."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from a2c_spec.local_api.convert.contract import Converters
from a2c_spec.local_api.jobs import lifecycle, presets
from a2c_spec.local_api.jobs.catalog import Catalog, catalog_of
from a2c_spec.local_api.jobs.clock import Clock
from a2c_spec.local_api.jobs.drafts import require_parts
from a2c_spec.local_api.jobs.identity import Identity
from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.process_lock import ProcessLock
from a2c_spec.local_api.jobs.refusals import Refusal, not_found, payment_required
from a2c_spec.local_api.jobs.secret_values import has_secrets, without_secrets
from a2c_spec.local_api.jobs.store import Rule, Store
from a2c_spec.local_api.jobs.visible_status import VisibleStatus, visible_status
from a2c_spec.local_api.jobs.vocabulary import FETCHING, STATUSES, TERMINAL, UNDER_WAY, code_of
from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.blobs import Blobs

WITHOUT_SECRETS = 1
"""The version of a store in which no job that has ended has its secrets."""


@dataclass(slots=True)
class Service:
    """Everything that endpoints and workers share. The two functions are called after a job starts or changes."""

    settings: Settings
    store: Store
    blobs: Blobs
    identity: Identity
    converters: Converters
    clock: Clock
    process: ProcessLock
    on_start: Callable[[str], None] = lambda _job_id: None
    on_change: Callable[[Job], None] = lambda _job: None
    _catalog: Catalog | None = None
    _catalog_lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def catalog(self) -> Catalog:
        """The catalog of the converters, which are asked for it once."""
        with self._catalog_lock:
            if self._catalog is None:
                self._catalog = catalog_of(self.converters.catalog())
            return self._catalog

    def visible(self, job: Job) -> VisibleStatus:
        """The status of the job that clients see."""
        return visible_status(job, self.settings.progression, self.clock.now())

    def new_id(self, kind: str) -> str:
        """An id for a new thing of this kind."""
        if self.settings.seed is None:
            return self.identity.new(kind)
        with self.store.transaction():
            return self.identity.new(kind, self.store.number(kind))

    # Changes

    def create(self, job: Job) -> Job:
        """Store a new job, and start it when it has everything it needs."""
        with self.store.transaction():
            created = self._started(job)
            self.store.add_job(created)
            self._record(replace(job, phase="created"), job, "")
            self._record(job, created, "")
        self._announce(job, created)
        return created

    def update(self, job_id: str, rule: Rule, note: str = "", *, may_start: bool = True) -> Job:
        """Change a job by a rule and return it; 404 when there is none. ``note`` becomes an event of its history."""
        with self.store.transaction():
            before = self.store.job(job_id)
            if before is None:
                raise not_found("job")
            after = rule(before)
            after = self._started(after) if may_start else after
            self.store.put_job(before, after)
            self._record(before, after, note)
            if before.phase not in TERMINAL and after.phase in TERMINAL and has_secrets(before):
                self.store.empty_log()
        self._announce(before, after)
        return after

    def forget(self, job_id: str) -> None:
        """Delete a job and its files; the credits it used stay used."""
        with self.store.transaction():
            self.store.drop_job(job_id)
            self.store.empty_log()
        self.blobs.drop_job(job_id)

    def _started(self, job: Job) -> Job:
        if not lifecycle.startable(job):
            return job
        self._require_credits(job)
        self._require_slot()
        return lifecycle.start(job, self.clock.now(), self.process.name)

    def _require_slot(self) -> None:
        limit = self.settings.limits.concurrent_jobs
        marks = ", ".join("?" * len(UNDER_WAY))
        sql = f"SELECT COUNT(*) FROM jobs WHERE phase IN ({marks})"  # noqa: S608 - only question marks
        if limit is not None and self.store.rows(sql, *UNDER_WAY)[0][0] >= limit:
            raise Refusal(429, {"message": "Too many concurrent conversions"})

    def _require_credits(self, job: Job) -> None:
        left = self.credits_left(job.owner)
        if left is not None and left < len(job.conversions):
            raise payment_required("The credits of this account are exhausted")

    def credits_left(self, owner: str) -> int | None:
        """The credits that an account may still spend; None without a limit."""
        bought = self.settings.limits.credits
        if bought is None:
            return None
        return bought - int(self.store.rows("SELECT COALESCE(SUM(spent), 0) FROM usage WHERE owner = ?", owner)[0][0])

    def require_room(self, job: Job, more_inputs: int, more_bytes: int) -> None:
        """402 when a job would have more inputs or bytes than the contract allows."""
        limits = self.settings.limits
        require_parts("inputs", len(job.inputs) + more_inputs)
        total = sum(entry.size for entry in job.inputs) + more_bytes
        if limits.inputs is not None and len(job.inputs) + more_inputs > limits.inputs:
            raise payment_required("The job has more inputs than the contract allows")
        if limits.job_bytes is not None and total > limits.job_bytes:
            raise payment_required("The inputs of the job are larger than the contract allows")

    def _record(self, before: Job, after: Job, note: str) -> None:
        vocabulary = self.settings.unknowns.vocabulary
        code = code_of(after.phase, vocabulary)
        if note:
            self.store.add_event(after.id, code_of(before.phase, vocabulary), note, self.clock.now())
        if before.phase != after.phase:
            self.store.add_event(after.id, code, STATUSES[code], self.clock.now())
        if before.phase not in TERMINAL and after.phase in TERMINAL:
            self._bill(after)

    def _bill(self, job: Job) -> None:
        sizes = sum(entry.size for entry in job.inputs), sum(entry.size for entry in job.outputs)
        seconds = (job.finished or job.modified) - (job.started or job.modified)
        sql = "INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?)"
        now = self.clock.now()
        self.store.rows(sql, job.owner, now, *sizes, max(0.0, seconds), job.phase == "completed", job.spent)

    def _announce(self, before: Job, after: Job) -> None:
        if before.phase == after.phase:
            return
        self.on_change(after)
        if before.editable and after.phase in UNDER_WAY:
            self.on_start(after.id)

    # Orphans

    def adopt_orphans(self) -> None:
        """Take over the jobs of processes that have ended."""
        marks = ", ".join("?" * len(UNDER_WAY))
        sql = f"SELECT id, runner FROM jobs WHERE phase IN ({marks}) AND runner != ?"  # noqa: S608 - only question marks
        rows = self.store.rows(sql, *UNDER_WAY, self.process.name)
        dead = {name for name in {row[1] for row in rows} if not self.process.is_alive(name)}
        for job_id, _ in (row for row in rows if row[1] in dead):
            self._adopt(job_id, dead)
        self.process.remove_stale()

    def _adopt(self, job_id: str, dead: set[str]) -> None:
        with self.store.transaction():
            job = self.store.job(job_id)
            if job is None or job.runner not in dead or job.phase in TERMINAL:
                return
            self.store.put_job(job, replace(job, runner=self.process.name, phase=FETCHING))
            note = "The work was interrupted and is being resumed."
            code = code_of(FETCHING, self.settings.unknowns.vocabulary)
            self.store.add_event(job_id, code, note, self.clock.now())
        self.on_start(job_id)

    def forget_secrets(self) -> None:
        """Take the secrets out of jobs that ended before versions did so at the end; once for a store."""
        with self.store.transaction():
            if self.store.rows("PRAGMA user_version")[0][0] >= WITHOUT_SECRETS:
                return
            ended = [job for job in self.store.all_jobs(limit=-1, offset=0) if job.phase in TERMINAL]
            for job in ended:
                self.store.put_job(job, without_secrets(job))
            self.store.rows(f"PRAGMA user_version = {WITHOUT_SECRETS}")
        if ended:
            self.store.rows("VACUUM")
            self.store.empty_log()

    def purge(self) -> None:
        """Delete the files of jobs whose outputs have expired, and of jobs that no longer exist."""
        before = self.clock.now() - self.settings.limits.output_lifetime
        for job_id in self.blobs.untouched_since(before):
            job = self.store.job(job_id)
            if job is None or (job.finished is not None and job.finished < before):
                self.blobs.drop_job(job_id)

    def presets_of(self, owner: str) -> Callable[[str], Mapping[str, Any] | None]:
        """A function that finds a preset the account may use, by its id."""
        return lambda preset_id: presets.find(self.store, owner, preset_id)
