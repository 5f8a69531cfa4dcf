"""A connection to the service, or to the local API in this process, with everything an apply needs around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from a2c_spec.core.events import Listener
from a2c_spec.core.graph import split_reference
from a2c_spec.core.run_records import made
from a2c_spec.core.state import JobRecord
from a2c_spec.core.state_store import StateStore
from a2c_spec.engine.endpoint import Endpoint, endpoint, kept_private
from a2c_spec.engine.known_secrets import watch
from a2c_spec.engine.project import Project
from a2c_spec.errors import SpecError
from a2c_spec.manifests.expressions.template import render_late

if TYPE_CHECKING:
    import httpx

    from a2c_spec.api.client import Client
    from a2c_spec.api.deliver import Delivery
    from a2c_spec.api.execute import Executor
    from a2c_spec.api.http.concurrency import JobSlots
    from a2c_spec.api.output_files import OutputFiles
    from a2c_spec.api.poll import Poller
    from a2c_spec.api.presets import Presets


@dataclass(frozen=True, slots=True)
class ReferenceResolver:
    """Finds the API id behind a reference to another manifest: ``from:job.conversion``, ``preset:name``."""

    store: StateStore

    def __call__(self, name: str) -> str:
        kind, _, rest = name.partition(":")
        if kind == "preset":
            return self._preset(rest)
        address, conversion = split_reference(rest)
        found = made(self.store.runs(address), conversion)
        if len(found) != 1:
            many = f"yields {len(found)} results" if found else "has no result yet"
            raise SpecError(f"`from: {rest}`: {address} {many}, and an input must be exactly one result")
        return found[0].output_id

    def _preset(self, name: str) -> str:
        record = self.store.get(name)
        if record is None or not record.job_id:
            raise SpecError(f"the preset {name} does not exist on the service yet", hint="apply its manifest first")
        return record.job_id


@dataclass(frozen=True, slots=True)
class Connection:
    """All the parts of the wire side, put together."""

    client: Client
    executor: Executor
    delivery: Delivery
    presets: Presets
    turns: JobSlots
    poller: Poller


@asynccontextmanager
async def connect(
    project: Project, store: StateStore, files: OutputFiles, tell: Listener, others: Callable[[], Iterable[JobRecord]]
) -> AsyncIterator[Connection]:
    """Opens the connection and closes it; the local API lives and ends with it."""
    where = kept_private(endpoint(project), project.flags)
    watch(project, store, where)
    app = _local_app(project, where.key) if project.flags.local else None
    open_http = partial(_http, project, where.base_url) if app is None else partial(_http_in_process, app)
    connection = _assemble(project, where, open_http, store, files, tell, others)
    try:
        yield connection
    finally:
        await connection.client.wire.close()
        if app is not None:
            await app.aclose()


def _local_app(project: Project, key: str) -> Any:
    try:
        from a2c_spec.local_api.app import create_app
        from a2c_spec.local_api.settings import Settings
    except ImportError as error:
        raise SpecError(
            f"the local API needs a library that is not installed: {error.name}",
            hint="pip install 'a2c-spec[local]' (or [local-all] for documents, audio and video)",
        ) from error
    return create_app(Settings(data_dir=project.home / "local", api_keys=(key,), log_calls=False))


def unconfined() -> str:
    """What this system lacks to confine the converters of the local API, as one sentence; empty when it has all."""
    from a2c_spec.local_api.convert.sandbox.confine import missing

    return missing()


def _http_in_process(app: Any) -> httpx.AsyncClient:
    import httpx

    from a2c_spec.api.http.inprocess import InProcessTransport
    from a2c_spec.api.http.transport import TIMEOUT

    return httpx.AsyncClient(transport=InProcessTransport(app), timeout=TIMEOUT)


def _http(project: Project, base_url: str) -> httpx.AsyncClient:
    from a2c_spec.api.http.network import open_client

    return open_client(project.flags.parallelism + 8, urlsplit(base_url).hostname or "", project.environ)


def _assemble(
    project: Project,
    where: Endpoint,
    open_http: Callable[[], httpx.AsyncClient],
    store: StateStore,
    files: OutputFiles,
    tell: Listener,
    others: Callable[[], Iterable[JobRecord]],
) -> Connection:
    from a2c_spec.api.client import Client
    from a2c_spec.api.deliver import Delivery
    from a2c_spec.api.download import Downloads
    from a2c_spec.api.execute import Executor
    from a2c_spec.api.fetch_result import ResultFetcher
    from a2c_spec.api.http.backoff import Pace
    from a2c_spec.api.http.concurrency import JobSlots, Limiter
    from a2c_spec.api.http.transport import Wire
    from a2c_spec.api.lost_answers import GracePeriod
    from a2c_spec.api.poll import POLLS, Poller
    from a2c_spec.api.presets import Presets
    from a2c_spec.api.upload import Uploads

    runtime = project.runtime
    sleep, jitter = runtime.sleep, runtime.jitter
    limiter = Limiter(project.flags.parallelism, runtime.monotonic, sleep)
    wire = Wire(open_http, where.base_url, where.key, limiter, sleep, jitter, runtime.probe, runtime.clock, tell=tell)
    wire.hidden = project.hidden
    client = Client(wire, Uploads(project.root), project.reveal, ReferenceResolver(store))
    pace = Pace(0.05, 1.3, 0.5) if project.flags.local else POLLS
    poller = Poller(client, runtime.monotonic, sleep, jitter, pace)
    grace = GracePeriod(0.5 if project.flags.local else 5.0, runtime.monotonic, sleep)
    executor = Executor(client, store, tell, runtime.clock, sleep, runtime.new_key, grace, runtime.probe, others=others)
    downloads = Downloads(wire, sleep, jitter, project.flags.max_download_bytes)
    slots = JobSlots(2 * project.flags.parallelism)  # while some write to the disk, others keep the line busy
    results = ResultFetcher(client, store, downloads, files, executor, tell)
    delivery = Delivery(store, poller, results, files, executor, render_late, tell, slots)
    return Connection(client, executor, delivery, Presets(client, store, tell), slots, poller)
