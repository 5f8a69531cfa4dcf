"""A project, a service, and real processes that apply the one on the other and may die at any moment."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.request import Request, urlopen

from a2c_spec.cli import run
from a2c_spec.core.events import unobserved
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.local_api.settings import Limits, Progression, Settings
from a2c_spec.state.sqlite import SqliteStore
from a2c_spec.testing import Service, serving
from tests.conftest import one_authority
from tests.crash.scenarios import APPLY, Scenario, lay_out
from tests.crash.zygote import hurried

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL
CREDITS = 1_000_000
"""What the account has bought, so that the service tells what is left of it."""
AT_REST = {"incomplete", "completed", "failed", "canceled"}
"""The statuses of jobs that cost nothing more."""
Tree = Mapping[str, bytes]
Stop = tuple[str, int, float, Sequence[int]]
"""The moment from which a process gets signals, which one of those of that name, how many seconds later, and the
signals: the first at that moment, each further one at the next."""


def stop_at(moment: str, delay: float = 0.0, signals: Sequence[int] = (signal.SIGKILL,)) -> Stop:
    """``send POST /v2/jobs#2`` as the name of a moment and its number."""
    name, _, nth = moment.partition("#")
    return name, int(nth), delay, [*signals]


@dataclass(frozen=True, slots=True)
class Ran:
    """How a process ended: its exit code, or minus the signal that killed it; and all it said."""

    code: int
    said: str


class Processes:
    """Runs commands in processes of their own, forked from one that has everything imported."""

    def __init__(self, folder: Path) -> None:
        self._output = folder / "output"
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        args: Iterable[str],
        cwd: Path,
        env: Mapping[str, str],
        stop: Stop | None = None,
        trace: str = "",
        largest: int = 0,
    ) -> Ran:
        """Runs one command to its end, or to the moment at which it is to die."""
        where = {"cwd": str(cwd), "env": dict(env), "output": str(self._output)}
        order = {**where, "args": [*args], "stop": stop, "trace": trace, "largest": largest}
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        self._zygote.stdin.write(json.dumps(order) + "\n")
        self._zygote.stdin.flush()
        status = int(self._zygote.stdout.readline())
        return Ran(os.waitstatus_to_exitcode(status), self._output.read_text())

    def close(self) -> None:
        """Ends the process that forks."""
        self._zygote.communicate()


@dataclass(frozen=True, slots=True)
class After:
    """What is there once all is applied: results, what was paid, what arrived, and how the service sees the jobs.

    A draft costs nothing: one whose create had no answer is made anew, and left to the service, so none counts here.
    """

    results: Tree
    credits: int
    uploads: Mapping[str, int]
    jobs: Mapping[str, int]


@dataclass(slots=True)
class World:
    """Services and one project, as new; ``folder`` is the project's, ``slow`` the service whose jobs take time."""

    service: Service
    quick: Service
    slow: Service
    processes: Processes
    folder: Path
    runs: list[Ran] = field(default_factory=list)

    def reset(self) -> None:
        """A new project, and a service that knows nothing."""
        self.service.reset()
        shutil.rmtree(self.folder, ignore_errors=True)
        lay_out(self.folder)
        self.runs = []

    @property
    def environment(self) -> dict[str, str]:
        home = self.folder.parent
        return {
            **self.service.environment,
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "SSL_CERT_FILE": str(home / "authority.pem"),
        }

    def apply(
        self,
        *more: str,
        command: Sequence[str] = APPLY,
        stop: Stop | None = None,
        trace: str = "",
        largest: int = 0,
    ) -> Ran:
        """Applies in a process of its own; ``largest`` is what a file may grow to, in bytes."""
        args = [*command, *more, "job.yaml"]
        ran = self.processes.run(args, self.folder, self.environment, stop, trace, largest)
        self.runs.append(ran)
        return ran

    def apply_here(self, *more: str) -> Ran:
        """Applies in this process, which takes half of the processor time: for runs that nothing goes wrong in."""
        said = StringIO()
        environment = patch.dict(os.environ, self.environment, clear=True)
        with chdir(self.folder), environment, redirect_stdout(said), redirect_stderr(said):
            code = run([*APPLY, *more, "job.yaml"], hurried(unobserved))
        self.runs.append(Ran(code, said.getvalue()))
        return self.runs[-1]

    def prepare(self, scenario: Scenario) -> None:
        """Brings about what the scenario begins with."""
        self.service = self.slow if scenario.slow else self.quick
        self.reset()
        if scenario.before:
            (self.folder / "job.yaml").write_text(scenario.before)
            assert self.apply_here(*scenario.begun).code == 0, self.runs
        (self.folder / "job.yaml").write_text(scenario.after)
        scenario.change(self.folder)

    def after(self) -> After:
        """What there is now, on the disk and on the service."""
        rows = [row for row in self.jobs() if row["status"]["code"] != "incomplete"]
        return After(
            results=self.results(),
            credits=self.paid(),
            uploads=Counter(row["filename"] for job in rows for row in job["input"] if row["type"] == "upload"),
            jobs=Counter(row["status"]["code"] for row in rows),
        )

    def paid(self) -> int:
        """The credits spent once all jobs that run have ended, those of jobs that were deleted since included."""
        until = time.monotonic() + 60
        while any(job["status"]["code"] not in AT_REST for job in self.jobs()) and time.monotonic() < until:
            time.sleep(0.05)
        row = self._read("contracts")
        return CREDITS - int(row["credits_remaining"])

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs of the service, as it describes them."""
        rows: list[dict[str, Any]] = self._read("jobs") or []
        return rows

    def _read(self, path: str) -> Any:
        request = Request(f"{self.service.url}/{path}", headers={"X-Api2convert-Api-Key": self.service.key})
        with urlopen(request, timeout=30) as response:
            return json.loads(response.read() or b"null")

    def results(self) -> Tree:
        """Every file below ``dist``."""
        files = (path for path in (self.folder / "dist").rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}

    def arrived(self) -> int:
        """How many uploads the service took; it may still be answering some to nobody."""
        for _ in range(100):
            rows = self.service.calls(path="*/upload-*")
            if all("ms" in row or row["lost"] or row["faults"] not in (["slow"], ["latency"]) for row in rows):
                break
            time.sleep(0.02)
        return sum(row["status"] in (200, 201) for row in rows)

    def requests(self) -> int:
        return len(self.service.calls())

    def fail(self, faults: Iterable[Mapping[str, Any]]) -> None:
        for fault in faults:
            self.service.fail(**fault)

    def struck(self, method: str, path: str) -> bool:
        """Whether a fault met any request."""
        return any(
            row["faults"] and row["method"] == method and fnmatchcase(row["path"], path) for row in self.service.calls()
        )

    def calm(self) -> None:
        """No more faults."""
        with urlopen(Request(f"{self.service.url}/_a2c/faults", method="DELETE"), timeout=30):
            pass

    def check_end(self, scenario: Scenario, expected: tuple[After, int]) -> None:
        """All is as after an undisturbed run: results byte for byte, credits, jobs, uploads; and it stays so."""
        (wanted, uploads), after = expected, self.after()
        assert after.results == wanted.results, self.runs
        assert abs(after.credits - wanted.credits) <= scenario.anew, self.runs
        if not scenario.anew:
            assert after.jobs == wanted.jobs, self.runs
            assert uploads <= self.arrived() <= uploads + scenario.resent, self.runs
        if not scenario.anew and not scenario.resent:
            assert after.uploads == wanted.uploads, self.runs
        self.check_state(scenario)
        self.check_tidy()
        self.check_quiet()

    def check_state(self, scenario: Scenario) -> None:
        """The state is sound, says that all is done, and agrees with the disk."""
        file = self.folder / ".a2c" / "state.db"
        with sqlite3.connect(file) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
        every = self.records()
        records = [record for record in every if not record.gone_since]
        assert len({address_of(record.address) for record in records}) == scenario.manifests
        assert {record.phase for record in records} == {"done"}
        assert not any(record.landing or record.intent for record in every)
        told = [file.path for record in records for file in (*record.files, *record.leftover) if file.path]
        assert sorted(told) == sorted(self.results()), "each result has one owner"
        assert not any(file.path for record in every if record.gone_since for file in record.files)

    def records(self) -> list[JobRecord]:
        """What is recorded."""
        realm = self.service.url.removeprefix("http://").replace("127.0.0.1", "localhost")
        store = SqliteStore(self.folder / ".a2c" / "state.db", realm)
        try:
            return list(store.scan())
        finally:
            store.close()

    def check_tidy(self) -> None:
        """Nothing lies about that is neither ours by name nor a result."""
        left = [str(path.relative_to(self.folder)) for path in self.folder.rglob("*.part")]
        assert left == []
        ours = {path.name for path in (self.folder / ".a2c").iterdir()}
        known = {".gitignore", "state.db", "state.lock", "digests.db", "spending.db", "outputs.json", "cache"}
        assert ours - known == set(), ours

    def check_quiet(self) -> None:
        """A further apply has nothing to do and asks nobody."""
        before = self.requests()
        ran = self.apply_here()
        assert ran.code == 0, ran.said
        assert self.requests() == before, ran.said


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """One world for many tests; ``reset`` makes it new."""
    far = folder / "far.txt"
    far.write_text("from far away\n")
    quick = Settings(
        remote_files={"https://files.example/far.txt": far},
        data_dir=folder / "service",
        limits=Limits(credits=CREDITS),
    )
    slow = replace(quick, data_dir=folder / "slow", progression=Progression("polls", running=3))
    one_authority(folder)
    processes = Processes(folder)
    try:
        with serving(quick) as one, serving(slow) as other:
            yield World(one, one, other, processes, folder / "project")
    finally:
        processes.close()
