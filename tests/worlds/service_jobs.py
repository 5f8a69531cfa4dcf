"""The life of a job on the other service: parts are added and changed, it starts, it ends, it is removed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.worlds.meddling import MEDDLING
from tests.worlds.recipes import remote_bytes
from tests.worlds.service_bodies import array
from tests.worlds.service_model import (
    TERMINAL,
    Conversion,
    Entry,
    Input,
    Job,
    Output,
    Preset,
    Refusal,
    Start,
    category_of,
    check_options,
)
from tests.worlds.service_runs import ended, recipes_of
from tests.worlds.switches import Fault, Switches

JOB_FIELDS = frozenset(
    {"process", "fail_on_input_error", "fail_on_conversion_error", "callback", "notify_status", "download_passwords"}
)
INPUT_FIELDS = frozenset(
    {"type", "source", "engine", "options", "filename", "content_type", "credentials", "parameters"}
)
INLINE = frozenset({"remote", "input_id", "output", "base64"})
LONGEST_RUN = 900.0
"""Seconds after which a job has ended although nobody looked."""


@dataclass(slots=True)
class Jobs:
    """All that the service knows. ``actor`` is who is calling at the moment."""

    switches: Switches
    clock: Callable[[], float]
    actor: str = "us"
    jobs: dict[str, Job] = field(default_factory=dict)
    presets: dict[str, Preset] = field(default_factory=dict)
    starts: list[Start] = field(default_factory=list)
    log: list[Entry] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    numbers: int = 0
    runs: int = 0

    def now(self) -> float:
        """Seconds, by the service's clock."""
        return self.clock() + self.switches.skew

    def new_id(self) -> str:
        self.numbers += 1
        return f"{self.numbers:08x}-0000-4000-8000-{self.numbers * 2654435761 % (1 << 48):012x}"

    # Jobs

    def create(self, body: Any) -> Job:
        if not isinstance(body, dict):
            raise Refusal(400, "the job must be an object")
        unknown = body.keys() - JOB_FIELDS - {"input", "conversion", "type"}
        if unknown:
            raise Refusal(400, f"unknown field {sorted(unknown)[0]}")
        token = f"{self.chance.getrandbits(128):032x}"
        job = Job(self.new_id(), token, self.actor, self.now(), process=body.get("process", True) is not False)
        job.flags = {name: body[name] for name in JOB_FIELDS & body.keys() if name != "process"}
        job.inputs = [self.new_input(one) for one in array(body.get("input", []))]
        job.conversions = [self.new_conversion(one) for one in array(body.get("conversion", []))]
        self.jobs[job.id] = job
        self.start_if_ready(job)
        return job

    def find(self, job_id: str) -> Job:
        job = self.jobs.get(job_id)
        if job is None or (job.deleted and self.switches.deleted == "404"):
            raise Refusal(404, "there is no such job")
        return job

    def editable(self, job: Job) -> Job:
        if job.status != "draft":
            raise Refusal(409, f"the job is {job.status}")
        if self.actor != job.creator:
            job.edited = True
        return job

    def patch(self, job: Job, body: Any) -> None:
        if not isinstance(body, dict) or body.keys() - JOB_FIELDS:
            raise Refusal(400, "unknown field")
        self.editable(job)
        job.flags.update({name: value for name, value in body.items() if name != "process"})
        if "process" in body:
            job.process = body["process"] is True
        self.start_if_ready(job)

    def remove(self, job: Job) -> None:
        if job.deleted:
            raise Refusal(409 if self.switches.deleted == "canceled" else 404, "the job is canceled")
        if job.status == "running":
            self._cancel(job)
        elif job.status in TERMINAL and self.switches.remove == "409":
            raise Refusal(409, "the job has ended")
        job.deleted = True
        if job.status not in TERMINAL:
            job.status = "canceled"
        for output in job.outputs:
            output.deleted = True

    def _cancel(self, job: Job) -> None:
        if self.switches.cancel == "409":
            raise Refusal(409, "the job is running")
        if self.switches.cancel == "500":
            raise Refusal(500, "the job could not be canceled")
        if self.switches.cancel == "ended":
            self.finish(job)
            raise Refusal(409, "the job has ended")

    # Parts

    def new_input(self, body: Any) -> Input:
        if not isinstance(body, dict) or body.keys() - INPUT_FIELDS:
            raise Refusal(400, "unknown field of an input")
        kind, source = body.get("type", "remote"), body.get("source")
        if kind not in INLINE or not isinstance(source, str) or not source:
            raise Refusal(400, f"an input of type {kind} needs a source")
        one = Input(self.new_id(), kind, source, body.get("filename", ""), added=self.now())
        one.engine, one.content_type = body.get("engine", "auto"), body.get("content_type", "")
        one.password = (body.get("credentials") or {}).get("decrypt_password", "")
        one.settings = {name: value for name, value in (body.get("options") or {}).items() if name != "position"}
        self._fetch(one)
        return one

    def _fetch(self, one: Input) -> None:
        """What an input that is not uploaded brings with it."""
        if one.type == "remote":
            one.data = None if "missing" in one.source else remote_bytes(one.source)
            one.filename = one.filename or one.source.split("?")[0].rsplit("/", 1)[-1]
        elif one.type == "input_id":
            self._again(one)
        elif one.type == "output":
            made = {output.id: output for job in self.jobs.values() for output in job.outputs}.get(one.source)
            if made is None:
                raise Refusal(400, "there is no such output")
            one.data = None if made.deleted or self.expired(made) else made.data
            one.filename = one.filename or made.filename

    def _again(self, one: Input) -> None:
        old = {item.id: item for job in self.jobs.values() for item in job.inputs}.get(one.source)
        late = old is not None and self.now() - old.added > self.switches.drop_inputs_after
        if self.switches.input_id == "refused" or old is None or old.data is None or late:
            raise Refusal(400, "there is no such input")
        one.data, one.filename = old.data, one.filename or old.filename

    def new_conversion(self, body: Any) -> Conversion:
        if not isinstance(body, dict) or body.keys() - {"target", "category", "options", "metadata", "output_target"}:
            raise Refusal(400, "unknown field of a conversion")
        category = category_of(str(body.get("target", "")), body.get("category") or "")
        options = check_options(category, body["target"], body.get("options") or {})
        if options.get("preset") is not None and options["preset"] not in self.presets:
            raise Refusal(400, "there is no such preset")
        return Conversion(self.new_id(), body["target"], category, options, dict(body.get("metadata") or {}))

    def upload(self, job: Job, data: bytes, filename: str, password: str = "") -> Input:
        self.editable(job)
        one = Input(self.new_id(), "upload", filename, filename, data, password, added=self.now())
        job.inputs.append(one)
        return one

    def reorder(self, job: Job, body: Any) -> None:
        """Settings and positions of inputs: the whole permutation, or nothing of it."""
        self.editable(job)
        rows = array(body)
        ids = [one.id for one in job.inputs]
        for row in rows:
            if not isinstance(row, dict) or row.get("id") not in ids:
                raise Refusal(404, "there is no such input")
            if row.get("options", {}).keys() - {"position", "slide_duration", "resize_handling"}:
                raise Refusal(400, "unknown option of an input")
        places = {row["id"]: row["options"]["position"] for row in rows if "position" in row.get("options", {})}
        if places and sorted(places.values()) != list(range(1, len(ids) + 1)):
            raise Refusal(400, "positions must be the whole permutation")
        for row in rows:
            one = next(item for item in job.inputs if item.id == row["id"])
            one.settings.update({k: v for k, v in row.get("options", {}).items() if k != "position"})
        if places:
            job.inputs.sort(key=lambda item: places[item.id])

    # The run

    def start_if_ready(self, job: Job) -> None:
        if not (job.status == "draft" and job.process and job.inputs and job.conversions):
            return
        job.status, job.started = "running", self.now()
        job.spent = len(job.conversions)
        job.recipes = recipes_of(job, self.presets)
        keys = tuple(recipe.loose for recipe in job.recipes)
        self.starts.append(Start(self.actor, job.creator, job.id, keys, job.edited))

    def look(self, job: Job) -> None:
        """Somebody reads the job: it gets on with its work."""
        if job.status == "running":
            job.looks += 1
            if job.looks >= self.switches.polls or self.now() - job.started > LONGEST_RUN:
                self.finish(job)

    def finish(self, job: Job) -> None:
        """The job ends, one way or the other."""
        self.runs += 1
        ended(job, self.new_id, self.now(), f"{self.runs}" if self.switches.impure else "")

    def expired(self, output: Output) -> bool:
        return self.now() - output.made > self.switches.outputs_last

    def gone(self, output: Output) -> bool:
        return output.deleted or output.downloads >= self.switches.downloads or self.expired(output)

    def refresh(self) -> None:
        """Brings the books up to date."""

    def trouble(self, fault: Fault) -> None:
        """From now on, this goes wrong."""

    def calm(self) -> None:
        """Nothing goes wrong any more."""

    def meddle(self, what: str, one: Any) -> None:
        """Somebody else does something to a job or a preset."""
        MEDDLING[what](self, one)

    def listed(self) -> Sequence[Job]:
        """All jobs in the order of this service's list."""
        rows = [one for one in self.jobs.values() if not (one.deleted and self.switches.deleted == "404")]
        if self.switches.list_order == "newest":
            return rows[::-1]
        if self.switches.list_order == "random":
            return sorted(rows, key=lambda one: one.token)
        return rows
