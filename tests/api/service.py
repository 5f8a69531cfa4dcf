"""One remote job on a service that a test writes down, and everything that carries a change out against it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from a2c_spec.api.change_task import Task
from a2c_spec.api.client import Client
from a2c_spec.api.deliver import Delivery
from a2c_spec.api.download import Downloads
from a2c_spec.api.execute import Executor
from a2c_spec.api.fetch_result import ResultFetcher
from a2c_spec.api.http.concurrency import JobSlots
from a2c_spec.api.lost_answers import GracePeriod
from a2c_spec.api.output_files import OutputFiles
from a2c_spec.api.poll import Poller
from a2c_spec.api.upload import Uploads
from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Conversion, Input, Job, Output, Secret
from a2c_spec.core.events import Event
from a2c_spec.core.live import LiveJob
from a2c_spec.core.observed import Observed
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import plan_job
from a2c_spec.core.prepare import prepare
from a2c_spec.core.state import JobRecord
from a2c_spec.manifests.digests import measure
from a2c_spec.manifests.expressions.template import render_late
from a2c_spec.state.sqlite import SqliteStore
from tests.api.wires import Clock, wire_over

RESULT = b"the result"
Rule = Callable[["Service", httpx.Request], httpx.Response | Exception | None]
"""Answers a request in the place of the service; None leaves it to the service."""


def job_of(*, process: bool = True, save: str = "dist/", inputs: int = 1, **output: Any) -> Job:
    """A job with remote inputs, one conversion and one result."""
    return Job(
        "pack",
        process=process,
        inputs=tuple(Input(f"in{n}", "remote", source=f"https://files.example/result-{n}") for n in range(inputs)),
        conversions=(Conversion("sum", "sha256", "hash"),),
        outputs=(Output("sum", save=save, **output),),
    )


@dataclass
class Service:
    """The jobs it has and the requests it got. A started job ends at once, as ``ends_as``; empty means never.

    Its times are of ``zone`` (seconds ahead of UTC) and do not say so.
    """

    clock: Clock = field(default_factory=Clock)
    rule: Rule = lambda _service, _request: None
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    ends_as: str = "completed"
    results: int = 1
    zone: float = 0.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v2")
        self.requests.append(f"{request.method} {path}")
        answer = self.rule(self, request)
        if isinstance(answer, Exception):
            raise answer
        return answer or self.answer(request.method, path.strip("/").split("/"), request.content)

    def answer(self, method: str, parts: list[str], content: bytes) -> httpx.Response:
        body = json.loads(content) if content else {}
        if parts[0] == "results":
            return httpx.Response(200, content=RESULT)
        if parts == ["jobs"]:
            found = list(self.jobs.values()) if method == "GET" else self.create(body)
            return httpx.Response(200, json=found)
        job = self.jobs.get(parts[1])
        if job is None:
            return httpx.Response(404, json={"message": "no such job"})
        if method == "POST":
            part = parts[2].removesuffix("s")
            added = [{**row, "id": f"{part}-{len(job[part]) + n}"} for n, row in enumerate(_rows(body))]
            job[part] += added
            return httpx.Response(200, json=added if isinstance(body, list) else added[0])
        if method == "PATCH" and len(parts) == 2:
            job.update(body)
            self.run(job)
        if method == "DELETE":
            del self.jobs[parts[1]]
        return httpx.Response(200, json=job)

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        number = len(self.jobs) + 1
        job = {"id": f"job-{number}", "process": body.get("process", True), "status": "incomplete", "output": []}
        made = datetime.fromtimestamp(self.clock.now + self.zone, UTC).replace(tzinfo=None, microsecond=0)
        job["created_at"] = made.isoformat()
        for part in ("input", "conversion"):
            job[part] = [{**row, "id": f"{part}-{n}"} for n, row in enumerate(body.get(part, ()))]
        self.jobs[job["id"]] = job
        self.run(job)
        return job

    def run(self, job: dict[str, Any]) -> None:
        """A job that is told to run has run."""
        if job["process"] and job["input"] and self.ends_as:
            job["status"] = self.ends_as
            job["spent"] = 1
            inputs = [row["id"] for row in job["input"]]
            source = {"conversion": job["conversion"][0]["id"], "input": inputs}
            job["output"] = [
                {
                    "id": f"out-{n}",
                    "uri": f"https://service.example/results/{n}",
                    "filename": f"result-{n}.txt",
                    "size": len(RESULT),
                    "source": source,
                }
                for n in range(self.results)
            ]


def _rows(body: Any) -> list[dict[str, Any]]:
    return body if isinstance(body, list) else [body]


@dataclass
class Bench:
    """A project in a folder and everything that carries out a change of its job."""

    folder: Path
    service: Service
    job: Job = field(default_factory=job_of)
    options: PlannerOptions = field(default_factory=PlannerOptions)
    events: list[Event] = field(default_factory=list)
    moments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock, self.store = self.service.clock, SqliteStore(self.folder / ".a2c" / "state.db", "host")
        wire = wire_over(self.service, clock)
        client = Client(
            wire, Uploads(self.folder), lambda secret: f"value of {secret.reference}", lambda name: f"id of {name}"
        )
        grace = GracePeriod(5.0, clock, clock.sleep)
        tell, key = self.events.append, lambda: "key-1"
        self.executor = Executor(client, self.store, tell, clock, clock.sleep, key, grace, self.moments.append)
        self.files = OutputFiles(self.folder, self.store, lambda path: measure(path).sha256, self.moments.append)
        poller = Poller(client, clock, clock.sleep, lambda: 0.0)
        downloads, slots = Downloads(wire, clock.sleep, lambda: 0.0), JobSlots(2)
        results = ResultFetcher(client, self.store, downloads, self.files, self.executor, tell)
        self.delivery = Delivery(self.store, poller, results, self.files, self.executor, render_late, tell, slots)
        self.desired = prepare(self.job, _mark, self.options)

    def task(self, *, paid_again_allowed: bool = True, replaces: str = "") -> Task:
        return Task(self.desired, self.observe, paid_again_allowed, replaces)

    def observe(self, record: JobRecord | None, live: LiveJob | None) -> Observed:
        paths = {file.path for file in record.files if file.path} if record else set()
        return Observed(render_late, live, disk={path: self.files.status(path, "pack") for path in paths})

    def change(self, record: JobRecord | None = None) -> Change:
        return plan_job(self.desired, record, self.observe(record, None))

    def execute(self, change: Change, record: JobRecord | None = None, task: Task | None = None) -> JobRecord:
        return asyncio.run(self.executor.carry_out(task or self.task(), change, record or JobRecord("pack", "host")))

    def deliver(self, change: Change, record: JobRecord | None = None, task: Task | None = None) -> JobRecord:
        return asyncio.run(self.delivery.carry_out(task or self.task(), change, record or JobRecord("pack", "host")))

    def put(self, record: JobRecord) -> JobRecord:
        asyncio.run(self.store.put(record))
        return record

    def durable(self) -> JobRecord | None:
        """What a process that is started now would read."""
        other = SqliteStore(self.store.path, "host")
        try:
            return other.get("pack")
        finally:
            other.close()

    def notes(self) -> list[str]:
        return [event.text for event in self.events if event.kind == "note"]


def _mark(secret: Secret | str) -> str:
    return f"mark of {secret.reference if isinstance(secret, Secret) else secret}"
