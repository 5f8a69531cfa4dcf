"""One world: a service with its freedoms, a project, somebody else's checkout, and everything that happens to them."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests import in_memory
from tests.conftest import one_authority
from tests.worlds.command import DOCUMENTED, Clock, Person, Ran, environment, nothing
from tests.worlds.ground import Ground
from tests.worlds.judge import Judge
from tests.worlds.ledger import Ledger
from tests.worlds.local_service import served_locally
from tests.worlds.other_service import served
from tests.worlds.recipes import sha256
from tests.worlds.service_jobs import Jobs
from tests.worlds.service_model import KEY
from tests.worlds.switches import Switches


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be: ``kind`` groups what is alike, ``text`` says what was seen."""

    kind: str
    text: str


class Ended(Exception):
    """The world need not go on: something was found."""


@dataclass(slots=True)
class World:
    """The state of a world. ``foreign``: files of the person, by path, that nobody else may touch; ``story``: what
    happened, readable; ``found``: what was wrong; ``saved``: the plan that was saved; ``rested``: the last thing
    that happened is an apply of everything that says that all is done."""

    service: Jobs
    clock: Clock
    us: Person
    colleague: Person
    ground: Ground
    theirs: Ground
    ledger: Ledger = field(default_factory=Ledger)
    foreign: dict[str, bytes] = field(default_factory=dict)
    story: list[str] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    saved: list[dict[str, Any]] = field(default_factory=list)
    seen_files: dict[str, bytes] = field(default_factory=dict)
    judged: Judge | None = None
    rested: bool = False

    def tell(self, text: str) -> None:
        self.story.append(text)

    def find(self, kind: str, text: str) -> None:
        self.found.append(Finding(kind, text))

    # The project

    def lay(self) -> Judge | None:
        """Lays the project out; what it asks for, or None when it is not valid."""
        files = self.ground.files()
        self.ground.lay(self.us.folder, self.clock.now)
        self.us.environ.update(self.ground.secrets)
        known = {**files, "secrets": json.dumps(self.ground.secrets).encode()}
        if known != self.seen_files:
            self.seen_files = known
            ran = self.us.run(["render", "--json"])
            self.sound(ran)
            trees = json.loads(ran.out) if ran.code == 0 else None
            self.judged = None if trees is None else self._judge(trees)
        return self.judged

    def _judge(self, trees: list[dict[str, Any]]) -> Judge:
        return Judge(trees, self.ground.sources, self.ground.secrets, self.ground.flavour.pure)

    # Commands

    def run(
        self, *args: str, probe: Callable[[str], None] = nothing, fork: bool = False, expect: str = "anything"
    ) -> Ran:
        """One command of ours. ``expect``: anything, nothing (no call that changes something), no start."""
        judge = self.lay()
        if judge is not None and args[0] in ("apply", "wait"):
            self.ledger.want(judge)
        self.ledger.miss(self.service, self._copies())
        self.service.actor = "us"
        calls, starts = len(self.service.log), len(self.service.starts)
        ran = self.us.run(args, probe, fork=fork)
        self.service.refresh()
        self.sound(ran)
        self.ledger.account(self.service, calls, starts)
        self.tell(f"$ a2c-spec {' '.join(args)}  -> {ran.code}{_brief(ran)}")
        self._check_told(ran, starts)
        changes = [one.call for one in self.service.log[calls:] if one.mutates]
        begun = [one for one in self.service.starts[starts:] if one.actor == "us"]
        if expect == "nothing" and changes:
            self.find(f"{args[0]} changes something", f"{' '.join(args)}: {changes}")
        if expect == "no start" and begun:
            self.find(f"{args[0]} starts jobs", f"{' '.join(args)}: {len(begun)} jobs")
        self.check_strangers(calls, starts)
        return ran

    def sound(self, ran: Ran) -> None:
        """The exit code is documented, and nothing broke in a way that nobody foresaw."""
        if ran.killed:
            return
        if "Traceback" in ran.said or "internal error" in ran.said:
            self.find("internal error", f"{' '.join(ran.args)}: {_last(ran.said)}")
        elif ran.code not in DOCUMENTED:
            self.find("undocumented exit code", f"{' '.join(ran.args)}: {ran.code} {_last(ran.said)}")

    def _check_told(self, ran: Ran, starts: int) -> None:
        """Failures are told under the right names, and nothing is paid for what then cannot be put in its place."""
        summary = next((one for one in ran.lines if one.get("event") == "summary"), {})
        for cause in summary.get("causes", []):
            if len(cause["addresses"]) != len(set(cause["addresses"])):
                self.find("a failure is told more than once", f"{cause}")
        denied = any(one.fault == "denied" for one in self.service.log)
        if denied and "not started after" in ran.complaint:
            self.find("a refused download stops the others", ran.complaint)
        for row in summary.get("errors", []) or [one for one in ran.lines if one.get("event") == "error"]:
            for path in self.foreign:
                if f"{path} exists" in str(row.get("message")) and self._began(str(row.get("address")), path, starts):
                    self.find("paid for a result that has no place", str(row["message"]))

    def _began(self, address: str, path: str, starts: int) -> bool:
        """Whether a job that may make this was started since: of this address, of any where it is not told."""
        stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        jobs = {one.job for one in self.service.starts[starts:] if self._may_make(one.job, stem)}
        return any(one["job_id"] in jobs for one in self.records() if address in ("", "None", one["address"]))

    def _may_make(self, job: str, stem: str) -> bool:
        """Whether a conversion of a job has this name, or that of its one input; what a service calls the result of
        several is not known before."""
        live = self.service.jobs[job]
        names = [one.options.get("output_filename") for one in live.conversions]
        return any(
            len(live.inputs) == 1 if name is None else re.fullmatch(rf"{re.escape(stem)}(-\d+)?", str(name))
            for name in names
        )

    def check_strangers(self, calls: int, starts: int) -> None:
        """Nobody else's job or preset was changed or started by us."""
        for entry in self.service.log[calls:]:
            if entry.actor == "us" and entry.mutates and entry.owner not in ("", "us") and entry.status < 400:
                self.find("somebody else's job was changed", f"{entry.call} of {entry.subject}, made by {entry.owner}")
        for start in self.service.starts[starts:]:
            if start.actor == "us" and start.owner != "us":
                self.find("somebody else's job was started", f"{start.job}, made by {start.owner}")

    def apply(self) -> Ran:
        """An apply of everything; after one that was told to be done, it has nothing to do."""
        before = self.rested
        ran = self.run("apply", "--json", "-y")
        idle = ran.code == 0 and bool(ran.plan.get("noop"))
        if before and not idle and not self.found:
            done = [one for one in ran.plan.get("changes", []) if one["action"] != "no-op"]
            free = {wish.address for wish in self.judged.wishes.values() if wish.free} if self.judged else set()
            done = [
                one for one in done if one["action"] != "rename" or one["address"] not in free
            ]  # names only it knew
            told = [f"{one['address']}: {one['action']} {one['reasons']}" for one in done]
            if done or ran.code:
                self.find("a second apply does something", ", ".join(told) or ran.said)
        self.rested = ran.code == 0
        return ran

    # What there is

    def _copies(self) -> Callable[[], Counter[str]]:
        """How often each digest is among the results here, read when it is first asked for."""
        return cache(lambda: Counter(sha256(data) for data in self.results().values()))

    def records(self) -> list[dict[str, Any]]:
        """Everything that is recorded."""
        ran = self.us.run(["state", "list", "--json"])
        self.sound(ran)
        rows: list[dict[str, Any]] = json.loads(ran.out) if ran.code == 0 else []
        return rows

    def outputs(self) -> dict[str, dict[str, Any]]:
        """``outputs.json`` by address."""
        file = self.us.folder / ".a2c" / "outputs.json"
        return {one["address"]: one for one in json.loads(file.read_text())["jobs"]} if file.is_file() else {}

    def results(self) -> dict[str, bytes]:
        """Every file that is not part of the project's sources, nor was when it was laid out last."""
        files = (one for one in self.us.folder.rglob("*") if one.is_file())
        named = {one.relative_to(self.us.folder).as_posix(): one for one in files}
        known = self.ground.files() | self.ground.laid
        return {
            name: file.read_bytes()
            for name, file in sorted(named.items())
            if name not in known and not name.startswith((".a2c/", "data/")) and not name.endswith(".a2cplan.json")
        }


def _brief(ran: Ran) -> str:
    actions = [f"{one['run']}: {one['action']}" for one in ran.plan.get("changes", [])]
    told = f"  [{', '.join(actions)}]" if actions else ""
    return told + (f"  {_last(ran.complaint)[:300]}" if ran.code and not ran.killed else "")


def _last(text: str) -> str:
    return " / ".join(text.strip().splitlines()[-3:])[-400:]


@contextmanager
def memory() -> Iterator[Path]:
    """A folder for one world after another, in memory where there is such a thing."""
    with tempfile.TemporaryDirectory(dir=in_memory.place(), ignore_cleanup_errors=True) as name:
        folder = Path(name)
        before = os.environ.get("SSL_CERT_FILE")
        os.environ["SSL_CERT_FILE"] = one_authority(folder)
        try:
            yield folder
        finally:
            os.environ.pop("SSL_CERT_FILE")
            if before is not None:
                os.environ["SSL_CERT_FILE"] = before


@contextmanager
def world(folder: Path, switches: Switches, ground: Ground) -> Iterator[World]:
    """A new world in a folder that is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    clock = Clock()
    with _service(folder, switches, ground, clock) as (service, url):
        people = []
        for name in ("us", "colleague"):
            home, project = folder / name / "home", folder / name / "project"
            home.mkdir(parents=True)
            project.mkdir()
            people.append(Person(name, project, home, clock, dict(environment(url, KEY))))
        yield World(service, clock, people[0], people[1], ground, ground.copy())


@contextmanager
def _service(folder: Path, switches: Switches, ground: Ground, clock: Clock) -> Iterator[tuple[Jobs, str]]:
    """The service that the ground is for, and where it is."""
    if ground.flavour.pure:
        with served(switches, clock, clock.advance) as (service, server):
            service.chance = random.Random(11)
            yield service, f"{server.url}/v2"
    else:
        with served_locally(switches, clock, folder / "service") as found:
            yield found
