"""One command's session: state, files on disk and the service, opened and closed together."""

from __future__ import annotations

import getpass
import os
import socket
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from a2c_spec.api.output_files import OutputFiles
from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.events import Listener
from a2c_spec.core.observed import DOUBTFUL, NOT_OURS, Disk, Observed
from a2c_spec.core.result_paths import placed, predicted
from a2c_spec.core.run_keys import address_of
from a2c_spec.engine.digest_key import SecretFingerprints, noted_key, secret_fingerprints
from a2c_spec.engine.endpoint import endpoint, recorded_realm
from a2c_spec.engine.lost_calls import LostCalls
from a2c_spec.engine.manifest_places import sources_of
from a2c_spec.engine.private_files import check_same, keep_private
from a2c_spec.engine.project import Project
from a2c_spec.engine.reuse import Results, cache_of
from a2c_spec.engine.selection import matches
from a2c_spec.engine.state_places import PLACE_FILE, check_alone, last_place, note_state
from a2c_spec.engine.workspaces import Workspaces
from a2c_spec.errors import InvalidError, UsageError
from a2c_spec.manifests.catalog import catalog_rows, unnamed_targets
from a2c_spec.manifests.digests import DigestCache
from a2c_spec.manifests.expressions.template import render_late
from a2c_spec.state.migrations import prepare_folder
from a2c_spec.state.sqlite import SqliteStore

if TYPE_CHECKING:
    from a2c_spec.core.live import LiveJob
    from a2c_spec.core.prepare import DesiredJob
    from a2c_spec.core.state import JobRecord
    from a2c_spec.core.state_store import StateStore
    from a2c_spec.engine.connection import Connection

NOTHING = Observed(render_late)
"""What is known of a job before anything of it is looked at."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a use case works with.

    ``store`` holds the records, ``files`` the results on disk, ``digests`` the digests of files seen before,
    ``results`` the results cache, ``others`` the states of the other environments. ``connection`` is None where the
    session was opened without the service. ``inputs`` are the keys of all paths that manifests read, once they are
    known, ``lost`` the calls whose answers were lost.
    """

    project: Project
    store: StateStore
    files: OutputFiles
    digests: DigestCache
    fingerprint_secret: SecretFingerprints
    options: PlannerOptions
    results: Results
    others: Workspaces
    connection: Connection | None = None
    shared: dict[str, frozenset[str]] = field(default_factory=dict)
    inputs: set[str] = field(default_factory=set)
    lost: LostCalls = field(default_factory=LostCalls)

    def held_by_several(self) -> frozenset[str]:
        """Jobs of which several addresses have results; looked for once, until the books are kept."""
        if "jobs" not in self.shared:
            found = {(job, address_of(run.address)) for run in self.store.scan() for job in run.jobs}
            count = Counter(job for job, _ in found)
            self.shared["jobs"] = frozenset(job for job, addresses in count.items() if addresses > 1)
        return self.shared["jobs"]

    @property
    def service(self) -> Connection:
        """The connection, for use cases that need one."""
        assert self.connection is not None, "the session was opened without the service"  # noqa: S101 - ours
        return self.connection

    def record(self, address: str) -> JobRecord | None:
        """The record of an address; a file that landed in the moment of a crash is counted."""
        found = self.store.get(address)
        return self.files.recover_files(found) if found else None

    def runs(self, address: str) -> list[JobRecord]:
        """Every run of an address, as the disk shows it."""
        return self.on_disk(self.store.runs(address))

    def on_disk(self, runs: Collection[JobRecord]) -> list[JobRecord]:
        """All runs of an address; files that another run has by now are not theirs any more."""
        found = [self.files.recover_files(record) for record in runs]
        return found if len(found) < 2 else [self.files.own(record) for record in found]

    def still_here(self, record: JobRecord) -> JobRecord:
        """The record without saved files that are missing."""
        saved = (file for file in record.files if file.path)
        return replace(
            record, files=tuple(one for one in saved if self.files.status(one.path, record.address) != "absent")
        )

    def with_returned(self, desired: DesiredJob, record: JobRecord) -> JobRecord:
        """The record with results that stand where they belong although nothing says so: another run has written there
        since, and then they came back, as with a branch that is checked out."""
        away = {file.output_id: file for file in record.files if file.sha256 and not file.path}
        places = placed(desired.job, record, render_late) if away else ()
        paths = {one.output.id: one.path for one in places if one.path and one.output.id in away}
        back = {key: path for key, path in paths.items() if self.files.came_back(away[key], path, record.address)}
        if not back:
            return record
        files = (
            replace(file, path=path, wanted=path) if (path := back.get(file.output_id)) else file
            for file in record.files
        )
        leftover = (file for file in record.leftover if file.path not in back.values())
        return replace(record, files=tuple(files), leftover=tuple(leftover))

    def recorded(self, address: str) -> JobRecord:
        """The record of an address; raises UsageError, naming the nearest address, when there is none."""
        record = next(iter(self.store.runs(address)), None)
        if record is None:
            raise self._unknown(address)
        return record

    def keys(self, globs: Collection[str]) -> tuple[str, ...]:
        """The keys of the recorded runs that the globs mean, of all where there are none; raises UsageError, naming the
        nearest address, when a glob means nothing."""
        recorded = self.store.addresses()
        if unmet := [glob for glob in globs if not any(matches(key, (glob,)) for key in recorded)]:
            raise self._unknown(unmet[0])
        return tuple(key for key in recorded if not globs or matches(key, globs))

    def nothing(self) -> str:
        """That nothing is recorded for this endpoint, and where something is: for other ones, in other environments."""
        there = [f"for {realm}" for realm in self.store.realms() if realm != self.results.realm]
        there += self.others.used()
        instead = f"; something is recorded {', '.join(there)}" if there else ""
        return f"nothing is recorded for {self.results.realm}{instead}"

    def _unknown(self, address: str) -> UsageError:
        near = get_close_matches(address, self.store.addresses(), n=1)
        hint = f"did you mean {near[0]}?" if near else "`a2c-spec state list` shows all addresses"
        hint = hint if self.store.addresses() else self.nothing()
        return UsageError(f"nothing is recorded for {address}", hint=hint)

    async def recover_files(self) -> None:
        """Writes down the files that an interrupted apply put in place; call it while holding the lock."""
        for record in (one for one in self.store.interrupted() if one.landing):
            self.files.drop_parts(record)
            await self.store.put(self.files.recover_files(record))

    def observe(
        self, desired: DesiredJob, record: JobRecord | None, live: LiveJob | None, known: Observed = NOTHING
    ) -> Observed:
        """What stands at every path that the job has written or is going to write, besides what is known already."""
        paths, places = {placement.path for placement in predicted(desired.job, render_late)}, None
        if record is not None:
            places = placed(desired.job, record, render_late, live)
            paths |= {path for file in record.files for path in (file.path, file.wanted) if path}
            paths |= {placement.path for placement in places if placement.path}
        address = desired.job.address
        disk: dict[str, Disk] = {path: self.files.status(path, address) for path in paths}
        blocked = {path: why for path, stands in disk.items() if (why := self.files.obstacle(path, stands))}
        here = {file.output_id: file.path for file in record.files if file.path} if record else {}
        moves = ((here.get(one.output.id, one.path), one.path) for one in places or () if one.path)
        blocked |= self.files.sources.unmovable(self.files.root, moves)
        back = [file for file in record.files if disk.get(file.path) in DOUBTFUL] if record else []
        disk |= {file.path: "intact" for file in back if self.files.came_back(file, file.path, address)}
        origins = {path: why for path, stands in disk.items() if (why := self.files.known_of(path, stands, address))}
        taken = [path for path, stands in disk.items() if stands in NOT_OURS]
        late = frozenset(path for path in taken if self.files.is_strange(path, disk[path], address, planned=True))
        renames = any(spec.on_conflict == "rename" for spec in desired.job.outputs)
        beside = {path: self.files.expected(path, "rename", address) for path in taken if renames}
        placed_now = None if live else places
        running = live is not None and record is not None and record.phase == "started"
        shared = running and record is not None and record.job_id in self.held_by_several()
        return replace(
            known,
            live=live,
            disk=disk,
            blocked=blocked,
            origins=origins,
            beside=beside,
            late_names=late,
            placed=placed_now,
            shared=shared,
        )


def _planner_options(project: Project) -> PlannerOptions:
    """What the planner does by the catalog; who loads manifests is told where that cannot be read, and `catalog pull`
    mends it."""
    with suppress(InvalidError):
        return PlannerOptions(unnamed_targets=unnamed_targets(catalog_rows(project.root) or ()))
    return PlannerOptions()


@contextmanager
def open_state(project: Project) -> Iterator[Session]:
    """Opens the state and what lies on the disk; the service is not needed."""
    realm = endpoint(project.checked()).realm
    folders = keep_private(project)
    check_alone(project)
    _not_left_behind(project, realm)
    store = SqliteStore(project.state_file(), realm)
    _mark_place(project)
    try:
        store.realm = realm = recorded_realm(realm, store.realms())
        others = Workspaces(project, realm)
        with others, DigestCache(project.home / "digests.db", lambda: int(project.runtime.clock() * 1e9)) as digests:

            def sha256(path: Path) -> str:
                return digests.measure(path).sha256

            check_same(project, folders)
            sources, probe = sources_of(project), project.runtime.probe
            yield Session(
                project,
                store,
                OutputFiles(
                    project.root, store, sha256, probe, kept=others.kept, let_go=others.let_go, sources=sources
                ),
                digests,
                secret_fingerprints(project, partial(noted_key, store)),
                _planner_options(project),
                Results(cache_of(project), realm),
                others,
                inputs=sources.read,
            )
    finally:
        store.close()


def _in_use(path: Path, realm: str) -> bool:
    """Whether anything is recorded in a state."""
    with closing(SqliteStore(path, realm)) as store:
        store.realm = recorded_realm(realm, store.realms())
        return bool(store.addresses())


def _mark_place(project: Project) -> None:
    """Writes down where the state is, if that is not the usual place, for the day on which a2c.yaml says otherwise."""
    here, marker = project.state_file(), project.home / PLACE_FILE
    with suppress(OSError):
        note_state(project.root, here)
        if here == project.home / "state.db":
            marker.unlink(missing_ok=True)
        elif last_place(project.root, project.home) != [here]:
            prepare_folder(project.home)
            with os.fdopen(
                os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
            ) as file:
                file.write(here.relative_to(project.root).as_posix())


def _not_left_behind(project: Project, realm: str) -> None:
    """Raises UsageError where the state would begin anew although the usual place has one: all would be paid again."""
    here = project.state_file()
    places = [project.home / "state.db", *last_place(project.root, project.home)]
    before = next((path for path in places if path != here and path.is_file() and _in_use(path, realm)), None)
    if here.exists() or before is None:
        return
    at = [os.path.relpath(path, project.cwd) for path in (before, here)]
    raise UsageError(
        f"the state should be in {at[1]}, but there is none; what was applied so far is recorded in {at[0]}",
        hint=f"move it: mkdir -p {os.path.dirname(at[1]) or '.'} && mv {at[0]} {at[1]}",  # noqa: PTH120 - a name
    )


@asynccontextmanager
async def open_session(project: Project, tell: Listener | None = None) -> AsyncIterator[Session]:
    """Opens the state and a connection to the service; nothing is sent until something is asked.

    ``tell`` hears what happens; without it, the project's own listener does.
    """
    from a2c_spec.engine.connection import connect

    with open_state(project) as session:
        async with connect(
            project, session.store, session.files, tell or project.tell, session.others.records
        ) as connection:
            connection.executor.costs.shared = session.held_by_several
            yield replace(session, connection=connection)


def lock_holder(environ: Mapping[str, str]) -> str:
    """Who holds the state, shown to a process that finds it locked: user, host, process, CI run."""
    run = environ.get("GITHUB_RUN_ID") or environ.get("CI_JOB_URL") or ""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "somebody"
    return f"{user} on {socket.gethostname()}, pid {os.getpid()}" + (f", run {run}" if run else "")
