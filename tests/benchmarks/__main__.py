"""``python -m tests.benchmarks NAME [--count N] [--width N] [--folder DIR]``: runs one benchmark, or ``all``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import memory, plan, uploads, validate

Options = argparse.Namespace

BENCHMARKS: dict[str, Callable[[Path, Options], list[str]]] = {
    "uploads": lambda folder, given: uploads.run(folder, given.count or 1000, given.width),
    "memory": lambda folder, given: memory.run(folder, (given.count,) if given.count else (100, 1000, 10_000)),
    "plan": lambda folder, given: plan.run(folder, given.count or 10_000),
    "validate": lambda folder, given: validate.run(folder, given.count or 10_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("name", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--count", type=int, default=0, help="jobs, in place of the benchmark's own number")
    parser.add_argument("--width", type=int, default=16, help="requests at once")
    parser.add_argument("--folder", help="where to work; a disk with slow fsync dominates, /dev/shm does not")
    given = parser.parse_args()
    for name in BENCHMARKS if given.name == "all" else [given.name]:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            sys.stdout.write(f"{name}\n")
            sys.stdout.writelines(f"  {line}\n" for line in BENCHMARKS[name](Path(folder), given))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
