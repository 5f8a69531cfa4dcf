"""What tests of whole commands share: a project folder of its own, and the command line run in this process."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import certifi
import pytest

from a2c_spec.cli import run
from a2c_spec.engine.runtime import Runtime
from tests import in_memory

EXAMPLES = Path(__file__).parent.parent / "examples"


def pytest_configure(config: pytest.Config) -> None:
    """Folders are made in memory. Bytecode is kept, beside the source where that is not wanted, else every process
    compiles the package anew."""
    if memory := in_memory.place():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))
    if sys.dont_write_bytecode and (cache := getattr(config, "cache", None)):
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(cache.mkdir("bytecode"))
        sys.dont_write_bytecode = False
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_finish() -> None:
    """What was collected lives to the end: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


def one_authority(folder: Path) -> str:
    """A bundle of one certificate: reading all of them takes longer than a whole apply."""
    end, file = "-----END CERTIFICATE-----\n", folder / "authority.pem"
    file.write_text(Path(certifi.where()).read_text().split(end)[0] + end)
    return str(file)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    return one_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def few_certificates(authority: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves this machine, so none needs the certificates of the world."""
    monkeypatch.setenv("SSL_CERT_FILE", authority)


@dataclass(frozen=True)
class Ran:
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, the current folder, with the examples' source files and nothing of the user's own."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a2c.yaml").write_text("")
    shutil.copytree(EXAMPLES / "src", folder / "src")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in (
        "API2CONVERT_API_KEY",
        "API2CONVERT_BASE_URL",
        "A2C_SPEC_LOCAL",
        "A2C_SPEC_ENV",
        "A2C_SPEC_DIGEST_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    return folder


class SkippedTime:
    """A clock that jumps ahead where somebody sleeps, so that no test waits for the pauses of the client."""

    NAP = 0.02
    """Seconds really slept at most: others must have a chance to get on."""

    def __init__(self) -> None:
        self.skipped = 0.0

    async def sleep(self, seconds: float) -> None:
        nap = min(seconds, self.NAP)
        await asyncio.sleep(nap)
        self.skipped += max(0.0, seconds - nap)

    def runtime(self) -> Runtime:
        return Runtime(lambda: time.time() + self.skipped, lambda: time.monotonic() + self.skipped, self.sleep)


@pytest.fixture
def a2c(project: Path, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs a2c-spec in the project; pauses are skipped."""

    def call(*args: str) -> Ran:
        capfd.readouterr()
        code = run(args, SkippedTime().runtime())
        seen = capfd.readouterr()
        return Ran(code, seen.out, seen.err)

    return call


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the exhaustive suites covered; every test tells its part as a property of its report."""
    _crash_matrix(terminalreporter)
    told = [told for report in terminalreporter.stats.get("passed", ()) for told in report.user_properties]
    pairs = sum(count for name, count in told if name == "pairs proven minimal")
    if pairs:
        terminalreporter.write_line(f"planner: {pairs} pairs of live and desired jobs proven minimal")


def _crash_matrix(terminalreporter: pytest.TerminalReporter) -> None:
    """How large the crash matrix was, and what became of it."""
    lived, died = (_cells(terminalreporter, outcome) for outcome in ("passed", "failed"))
    if lived or died:
        points = {cell.rpartition("|")[0] for cell in lived + died}
        faults = {cell.rpartition("|")[2] for cell in lived + died}
        end = f"{len(died)} did not survive" if died else "all survived"
        terminalreporter.write_line(
            f"crash matrix: {len(points)} points x {len(faults)} faults, {len(lived + died)} cells, {end}"
        )


def _cells(reporter: pytest.TerminalReporter, outcome: str) -> list[str]:
    reports = [one for one in reporter.stats.get(outcome, []) if isinstance(one, pytest.TestReport)]
    return [str(value) for one in reports for name, value in one.user_properties if name == "crash"]
