"""``python -m tests.mutation --room core --sample 50 --seed 1``: changes the code, one place at a time, in a copy.

All tests of ``--tests`` run once, unchanged, to learn which of them run which line and how long each takes. Then each
change is tried: the tests that run the changed function are run, the fastest first, until one fails. A change that no
test fails for has survived, and is printed: either a test is missing, or the change means the same as before.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage import CoverageData

from tests.mutation.changes import Change, changes

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "engine", "state", "api")
TESTS = ("core", "engine", "state", "api", "commands", "laws")
"""Folders of tests that run the code of these rooms; those that kill processes or guard the local API add little."""

ENDS = ("killed", "survived", "timed out")

PATIENCE = 20.0
"""Seconds that a change may take beyond four times what its tests usually take."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the work tree, in which the tests are run."""

    root: Path

    @classmethod
    def of(cls, source: Path, root: Path) -> Copy:
        listed = subprocess.check_output(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=source, text=True
        )
        for name in filter(None, listed.split("\0")):
            if (source / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / name, root / name)
        return cls(root)

    def pytest(self, *args: str, seconds: float | None = None, **env: str) -> int | None:
        """The exit code of pytest; None when it took too long. No compiled file is kept: it could outlive a change."""
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args]
        environment = os.environ | {"PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"} | env
        with (self.root / "pytest.out").open("w") as out:
            process = subprocess.Popen(
                command, cwd=self.root, env=environment, stdout=out, stderr=out, start_new_session=True
            )
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def learn(self, tests: Iterable[str], workers: int) -> Known:
        """Runs everything once, unchanged."""
        durations = self.root / "durations.json"
        options = ["-p", "tests.mutation.recorder", "--cov", "--cov-context=test", "--cov-report=", f"-n{workers}"]
        if self.pytest(*options, *tests, A2C_SPEC_DURATIONS=str(durations), COVERAGE_CORE="ctrace") != 0:
            sys.exit(f"{(self.root / 'pytest.out').read_text()}\nthe tests fail without any change")
        data = CoverageData(str(self.root / ".coverage"))
        data.read()
        return Known(data, json.loads(durations.read_text()))

    def tried(self, change: Change, known: Known) -> str:
        """What became of one change."""
        tests = known.tests(change)
        if not tests:
            return "survived (no test runs it)"
        chosen, target = self.root / "chosen.txt", self.root / change.path
        chosen.write_text("\n".join(tests))
        before = target.read_bytes()
        target.write_bytes(change.applied(before))
        try:
            code = self.pytest("-x", f"@{chosen}", seconds=PATIENCE + 4 * sum(known.seconds[test] for test in tests))
        finally:
            target.write_bytes(before)
        return {None: "timed out", 0: f"survived ({len(tests)} tests run it)"}.get(code, "killed")


@dataclass(frozen=True, slots=True)
class Known:
    """Which test runs which line, and the seconds that each test takes."""

    data: CoverageData
    seconds: dict[str, float]

    def tests(self, change: Change) -> list[str]:
        """The tests that run the function around the change, the fastest first."""
        by_line = self.data.contexts_by_lineno(change.path)
        found = {context.rpartition("|")[0] for line in change.lines for context in by_line.get(line, ())}
        return sorted(found & self.seconds.keys(), key=self.seconds.__getitem__)


def drawn(root: Path, room: str, only: Sequence[str], sample: int, seed: int) -> list[Change]:
    """So many changes of a room, or of ``only`` these modules of it; all of them when ``sample`` is 0."""
    modules = (path for path in (root / "a2c_spec" / room).rglob("*.py") if not only or path.stem in only)
    paths = sorted(path.relative_to(root).as_posix() for path in modules)
    found = [change for path in paths for change in changes(path, (root / path).read_bytes())]
    return random.Random(seed).sample(found, sample) if 0 < sample < len(found) else found


def main(args: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--room", choices=ROOMS, required=True)
    parser.add_argument(
        "--only", nargs="*", default=[], help="modules of the room, such as recipe; all when none is named"
    )
    parser.add_argument("--sample", type=int, default=50, help="how many changes to try; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="for the one run without a change")
    parser.add_argument(
        "--tests", nargs="*", default=[f"tests/{one}" for one in TESTS if (ROOT / "tests" / one).is_dir()]
    )
    given = parser.parse_args(args)
    ends: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Copy.of(ROOT, Path(folder).resolve())
        known = copy.learn(given.tests, given.workers)
        for change in drawn(copy.root, given.room, given.only, given.sample, given.seed):
            end = copy.tried(change, known)
            ends[end.partition(" (")[0]] += 1
            print(f"{end}: {change}", flush=True)  # noqa: T201 - the report
    print(", ".join(f"{ends[end]} {end}" for end in ENDS), f"of {ends.total()}")  # noqa: T201 - the report


if __name__ == "__main__":
    main()
