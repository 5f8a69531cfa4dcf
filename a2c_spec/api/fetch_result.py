"""Fetches one result to its place: with the password that opens it, under the link that it has now."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from a2c_spec.api.client import Client
from a2c_spec.api.download import Download, Downloads, Fetched, ResultGone
from a2c_spec.api.execute import Executor
from a2c_spec.api.output_files import OutputFiles
from a2c_spec.api.part_files import part_of
from a2c_spec.core.desired import Job, Secret
from a2c_spec.core.download_passwords import passwords, recorded_passwords
from a2c_spec.core.events import Event, Listener
from a2c_spec.core.live import LiveJob
from a2c_spec.core.reasons import run_again
from a2c_spec.core.result_paths import Placement
from a2c_spec.core.results import GONE
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.run_records import out_of_time
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.core.state_store import StateStore
from a2c_spec.errors import Conflict, ResultLocked, SpecError
from a2c_spec.held_folders import drop

FRESH = 60.0
"""Seconds for which it is believed which links a job showed."""
SHOWN_HINT = "the next apply tries again; it is run again, and paid again, only with --replace"


@dataclass(frozen=True, slots=True)
class ResultFetcher:
    """``executor`` records what is about to get its name, and what has gone. ``shown``: the jobs that were read because
    results of theirs were refused, and when."""

    client: Client
    store: StateStore
    downloads: Downloads
    files: OutputFiles
    executor: Executor
    tell: Listener
    shown: dict[str, tuple[float, LiveJob | None]] = field(default_factory=dict)

    async def fetch(self, job: Job, record: JobRecord, placement: Placement, file: SavedFile) -> SavedFile:
        """Downloads a result to the path of ``file``; returns that with its size and digest."""
        output, words = placement.output, self._passwords(job, record, placement)
        download = Download(
            job.address,
            output,
            self.files.absolute(file.path),
            on_progress=partial(self._tell_progress, job.address, file),
            before_rename=partial(self._record_download, job.address, file),
        )
        try:
            fetched = await self._fetched(job, download, words)
        except ResultLocked as error:
            raise _as_it_was_then(error, job, record, placement) from error
        self.tell(Event("saved", job.address, file.path, total=fetched.size))
        return replace(file, size=fetched.size, sha256=fetched.sha256)

    async def _fetched(self, job: Job, download: Download, words: Sequence[str]) -> Fetched:
        try:
            return await self._with_a_password(download, words)
        except ResultGone as error:
            return await self._with_new_link(job, download, words, error.answer)

    def _tell_progress(self, address: str, file: SavedFile, done: int) -> None:
        self.tell(Event("download", address, file.path, done=done, total=file.size))

    async def _record_download(self, address: str, file: SavedFile, fetched: Fetched) -> None:
        part = part_of(self.files.absolute(file.path), address, file.output_id)
        try:
            self.files.check_says(file.path, part)
        except Conflict:
            drop(part)
            raise
        await self.executor.recorder.save_landing(address, replace(file, size=fetched.size, sha256=fetched.sha256))

    async def _with_new_link(self, job: Job, download: Download, passwords: Sequence[str], answer: str) -> Fetched:
        """The result under the link that it has now. Gone is what its job itself no longer shows, or what the service
        need not keep any more; what it shows before that is tried again by the next apply."""
        output, record = download.output, self.store.get(job.address)
        live = await self._shown(record.job_id) if record else None
        found = next((one for one in live.outputs if one.id == output.id), None) if live else None
        if found is not None and found.uri != output.uri and found.status not in GONE:
            try:
                return await self._with_a_password(replace(download, output=found), passwords)
            except ResultGone as error:
                answer = error.answer
        told, hint = "cannot be downloaded: its job shows it", SHOWN_HINT
        if found is None or found.status in GONE or (record and out_of_time(record, self.client.wire.service_time())):
            if record is not None:
                await self.executor.save(replace(record, gone=(*record.gone, output.id)))
            told, hint = "is no longer on the service", "apply again: the plan will say what has to be run again"
        why = f"{output.filename} {told}, and its download was answered {answer}"
        raise ResultGone(why, output.id, answer, hint=hint, address=job.address)

    async def _shown(self, job_id: str) -> LiveJob | None:
        """The job as the service shows it, or did within a minute: one that lists very many results is not read anew
        for each of them."""
        clock = self.client.wire.limiter.clock
        since, live = self.shown.get(job_id, (-math.inf, None))
        if clock() - since > FRESH:
            live = await self.client.job(job_id)
            self.shown[job_id] = (clock(), live)
        return live

    async def _with_a_password(self, download: Download, passwords: Sequence[str]) -> Fetched:
        """Downloads with the first password that the service accepts."""
        *others, last = passwords
        for password in others:
            with contextlib.suppress(ResultLocked):
                return await self.downloads.fetch(download, password)
        return await self.downloads.fetch(download, last)

    def _passwords(self, job: Job, record: JobRecord, placement: Placement) -> Sequence[str]:
        """The passwords that may open a result, the likeliest first; an empty one if none is set. Those that were set
        and are no longer in the manifest come last, as far as their secrets can be had."""
        choices = passwords(job, placement)
        values = [self.client.reveal(word) if isinstance(word, Secret) else str(word) for word in choices]
        for word in recorded_passwords(record, placement):
            if word not in choices:
                with contextlib.suppress(SpecError):
                    values.append(self.client.reveal(word))
        return [*dict.fromkeys(values)] or [""]


def _as_it_was_then(error: ResultLocked, job: Job, record: JobRecord, placement: Placement) -> ResultLocked:
    """The same error; of a result that was protected when it was made, that it still is with what was set then."""
    if not recorded_passwords(record, placement):
        return error
    again = run_again(address_of(job.address), [placement.conversion])
    return ResultLocked(
        f"{error.message}; it has the password of its run, which has another value now, or none",
        hint=f"give the secret the value that it had then; or {again}",
    )
