"""Results that were paid for before: looked up in the results cache, put in their places, kept for the next time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from a2c_spec.api.replaced import let_go
from a2c_spec.core.caching import cache_key, cacheable, entries_of, names_itself, record_from, usable
from a2c_spec.core.events import Event, Listener
from a2c_spec.core.foreseen import apart
from a2c_spec.core.prepare import only
from a2c_spec.core.reasons import counted
from a2c_spec.core.result_paths import Placement, placed
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.engine.project import Project
from a2c_spec.errors import SpecError, UsageError
from a2c_spec.manifests.discover import STATE_FOLDER
from a2c_spec.manifests.expressions.template import render_late
from a2c_spec.manifests.project_file import CACHE_ELSEWHERE, cache_problem, is_no_folder
from a2c_spec.state.results_cache import Pruned, ResultsCache

if TYPE_CHECKING:
    from a2c_spec.api.execute import Executor
    from a2c_spec.api.output_files import OutputFiles
    from a2c_spec.core.plan import Change
    from a2c_spec.core.prepare import DesiredJob


DAY = 86_400.0


def evict(cache: ResultsCache, settings: Mapping[str, Any], now: float) -> Pruned | None:
    """Removes what is beyond the ``max_bytes`` and ``max_age_days`` of a2c.yaml; None when neither is set, or where the
    folder is not one that was made for results."""
    most, days = settings.get("max_bytes"), settings.get("max_age_days")
    if (most is None and days is None) or not cache.is_ours():
        return None
    return cache.prune(most, now - days * DAY if days is not None else 0.0)


def cache_place(project: Project) -> tuple[str, str]:
    """The folder of the results cache as it is named, and the variable that names it, if one does."""
    given = project.environ.get("A2C_SPEC_CACHE")
    return given or str(project.file.cache.get("url", "")) or ".a2c/cache", "A2C_SPEC_CACHE" if given else ""


def cache_of(project: Project) -> ResultsCache | None:
    """The results cache: A2C_SPEC_CACHE, else the setting ``cache``, else ``.a2c/cache``; None under --no-cache."""
    if project.flags.no_cache:
        return None
    url, variable = cache_place(project)
    named = f"{variable}: " if variable else ""
    if "://" in url:
        raise UsageError(f"{named}the results cache {url} must be a folder", hint="mount the store, or name a folder")
    folder = Path(url).expanduser() if variable else Path(url)
    hint, why = CACHE_ELSEWHERE, "" if variable else cache_problem(project.root, url)
    if variable and is_no_folder(project.root / folder):
        hint, why = "name another one", "must be a folder, and is a file"
    if why:
        raise UsageError(f"{named}the results cache {url} {why}", hint=hint)
    place = project.root.resolve() / folder
    if folder.parts[:1] != (STATE_FOLDER,):  # which is never a link
        place = place.resolve() if place.exists() else place.parent.resolve() / place.name
    return ResultsCache(place)


def cache_limits(project: Project) -> Mapping[str, Any]:
    """The limits that a2c.yaml sets for its own results cache; none for one that A2C_SPEC_CACHE names, which others
    may have filled, and which a pull request must not be able to empty."""
    return {} if cache_place(project)[1] else project.file.cache


@dataclass(slots=True)
class Results:
    """The results of one realm in the cache, if there is one; ``making`` are keys whose result is under way; ``kept``:
    something was kept by now."""

    cache: ResultsCache | None
    realm: str
    making: dict[str, asyncio.Event] = field(default_factory=dict)
    kept: bool = False
    tried: str | None = field(init=False, default=None)

    def unwritable(self) -> str:
        """Why nothing can be kept in the cache; empty when something can, or there is none. It is tried once."""
        if self.tried is None:
            self.tried = self.cache.unwritable() if self.cache else ""
        return self.tried

    def known(self, desired: DesiredJob, record: JobRecord | None) -> JobRecord | None:
        """The job as cached results would leave it; None unless all of its conversions are there and saved here."""
        entries = self._entries(desired)
        if not entries or len(entries) < len(desired.job.conversions):
            return None
        found = record_from(entries, desired, record, self.realm)
        placements = placed(desired.job, found, render_late)
        return found if placements and all(placement.path for placement in placements) else None

    def holds(self, desired: DesiredJob, conversion: str) -> bool:
        """Whether the result of one conversion is there."""
        return self.known(only(desired, conversion), None) is not None

    def soon_there(self, desired: DesiredJob, making: Callable[[str], bool], made: set[str], conversion: str) -> str:
        """``here`` if the result of one conversion is there, ``soon`` if it will be once another one that is planned
        has been made, else nothing.

        ``made`` are conversions that are made anew, and keys of results that this job is going to make."""
        if conversion in made or not desired.job.process:
            return ""
        if self.holds(desired, conversion):
            return "here"
        key = self.keys(only(desired, conversion)).get(conversion, "")
        known = making(key) or key in made
        made.add(key)
        return "soon" if key and known else ""

    def sources(self, desired: DesiredJob) -> list[tuple[str, Path]]:
        """Of every file that is kept for a job: its conversion, and the place where it is kept."""
        rows = [(name, row) for name, entry in self._entries(desired).items() for row in entry["files"]]
        return [(name, self.cache.file(row["sha256"])) for name, row in rows] if self.cache else []

    def _entries(self, desired: DesiredJob) -> dict[str, Mapping[str, Any]]:
        """What is kept of each conversion, as far as its files can get the names that the manifest asks for; nothing
        for a job that is to be held."""
        found: dict[str, Mapping[str, Any]] = {}
        for item in desired.job.conversions if self.cache is not None and desired.job.process else ():
            alone = only(desired, item.id)
            key = cache_key(alone.fingerprint, self.realm) if cacheable(alone.job) else ""
            entry = self.cache.load(key) if self.cache and key else None
            if entry and usable(entry, alone):
                found[item.id] = entry
        return found

    def keep(self, desired: DesiredJob, record: JobRecord, root: Path, now: float) -> None:
        """Keeps the files of a job that has just ended, unless the disk is full: the cache is a convenience."""
        if self.cache is None:
            return
        self.kept = True
        found = entries_of(desired, record, now)
        entries = {cache_key(fingerprint, self.realm): entry for fingerprint, entry in found.items()}
        unfit = set(self._keys(desired).values()) - entries.keys() if record.warnings else ()
        with suppress(OSError):
            for key in unfit:
                self.cache.pass_over(key)
            for key, entry in entries.items():
                digests = {row["sha256"] for row in entry["files"]}
                sources = {file.sha256: root / file.path for file in record.files if file.sha256 in digests}
                self.cache.save(key, entry, sources)

    def tidy(self, project: Project) -> None:
        """Keeps the cache within the limits of a2c.yaml, if this apply kept anything."""
        if self.cache is not None and self.kept:
            with suppress(OSError):  # the cache is a convenience
                evict(self.cache, cache_limits(project), project.runtime.clock())

    def keys(self, desired: DesiredJob) -> dict[str, str]:
        """The key of each conversion whose result may be kept, as far as is known; none where it was not fit before.

        What only the service can name is told apart from what has a name, which it cannot be taken from."""
        keys = self._keys(desired)
        known = {item.id for item in desired.job.conversions if names_itself(desired.job, item)}
        return {name: key if name in known else f"{key} unnamed" for name, key in keys.items()}

    def _keys(self, desired: DesiredJob) -> dict[str, str]:
        if self.cache is None or self.unwritable():
            return {}
        saved = {spec.conversion for spec in desired.job.outputs if spec.save}
        saved -= {spec.conversion for spec in desired.job.outputs if not spec.save}
        alone = {item.id: only(desired, item.id) for item in desired.job.conversions if item.id in saved}
        sure = {name: one for name, one in alone.items() if cacheable(one.job, awaited=True)}
        keys = {name: cache_key(one.fingerprint, self.realm) for name, one in sure.items()}
        return {name: key for name, key in keys.items() if not self.cache.passed_over(key)}

    def twin(self, keys: Iterable[str]) -> asyncio.Event | None:
        """The event that is set when another job of this run has made one of the same conversions."""
        return next((self.making[key] for key in keys if key in self.making), None)

    @contextmanager
    def claimed(self, keys: Iterable[str]) -> Iterator[None]:
        """Other jobs that need one of the same conversions wait for this one."""
        ended = asyncio.Event()
        mine = [key for key in keys if key not in self.making]
        self.making |= dict.fromkeys(mine, ended)
        try:
            yield
        finally:
            for key in mine:
                self.making.pop(key, None)
            ended.set()


@dataclass(frozen=True, slots=True)
class Restorer:
    """Puts cached files where the manifest saves them, as durably as downloaded ones."""

    cache: ResultsCache
    files: OutputFiles
    executor: Executor
    tell: Listener

    async def restore(
        self, desired: DesiredJob, cached: JobRecord, before: JobRecord | None, change: Change
    ) -> JobRecord:
        """The record once every file is in its place; raises SpecError when the cache lost one meanwhile.

        The job that was to make them is let go before anything else is done, as ``change`` says.
        """
        await let_go(self.executor, desired.job.address, change.instead, running=change.paid_again)
        placements = placed(apart(desired.job, self.files.store, render_late), cached, render_late)
        files = {file.output_id: file for file in cached.files}
        fresh = [await self._one(one, files[one.output.id], desired.job.address) for one in placements]
        paths = {file.path for file in fresh}
        earlier = (*before.files, *before.leftover) if before else ()
        leftover = tuple(file for file in earlier if file.path and file.path not in paths)
        self.tell(Event("done", desired.job.address, text=f"{counted(len(fresh), 'file')} from the results cache"))
        done = replace(cached, files=tuple(fresh), landing=(), leftover=leftover)
        self.files.note_complete(done)
        return await self.executor.recorder.save_run(done, [item.id for item in desired.job.conversions])

    async def _one(self, one: Placement, file: SavedFile, address: str) -> SavedFile:
        path = self.files.resolve_conflict(one.path, one.spec.on_conflict if one.spec else "error", address)
        saved = replace(file, path=path, name=one.name, wanted=one.path)
        if path:
            self.files.check_says(path, self.cache.file(file.sha256))
            await self.executor.recorder.save_landing(address, saved)
            target = self.files.absolute(path)
            if not await asyncio.to_thread(self.cache.fetch, file.sha256, target):
                raise SpecError("its result is no longer in the results cache", hint="apply again to convert it")
            self.tell(Event("saved", address, path, total=file.size))
        return saved
