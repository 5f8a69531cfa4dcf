"""``python -m tests.fuzz --inputs 1000 --seed 1``: random inputs for everything that reads what others wrote.

No input may end in anything but a result or a refusal in words, take long, or take much memory. What does is written to
``--save``, and tried again with ``--target NAME --input FILE``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.fuzz.runner import Found, Outcome, fuzz
from tests.fuzz.service_targets import SERVICE_TARGETS
from tests.fuzz.targets import TARGETS, Target

ALL = (*TARGETS, *SERVICE_TARGETS)


def main() -> int:
    """Tries the inputs; 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--target", action="append", choices=[target.name for target in ALL], help="[default: all]")
    parser.add_argument("--inputs", type=int, default=1000, help="so many for each target  [default: 1000]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e9, help="no longer than this for each target")
    parser.add_argument(
        "--save", type=Path, default=Path("fuzz-findings"), help="where findings go  [default: fuzz-findings]"
    )
    parser.add_argument("--input", type=Path, help="try this one alone")
    given = parser.parse_args()
    chosen = [target for target in ALL if not given.target or target.name in given.target]
    only = given.input.read_bytes() if given.input else None
    failed = False
    for target in chosen:
        outcome = fuzz(target, given.inputs, given.seed, 60 * given.minutes, only)
        sys.stdout.write(f"{line(target, outcome)}\n")
        sys.stdout.flush()
        failed = failed or bool(outcome.found)
        for found in outcome.found:
            sys.stderr.write(f"{_told(target, found, given.save)}\n")
    return failed


def line(target: Target, outcome: Outcome) -> str:
    """One row of the table."""
    rate = outcome.inputs / outcome.seconds if outcome.seconds else 0.0
    return (
        f"{target.name:<12} {outcome.inputs:>9,} inputs  {outcome.refused:>9,} refused  {rate:>7,.0f} a second  "
        f"slowest {outcome.slowest * 1000:>5,.0f} ms  {outcome.grown >> 20:>5,} MB more  {len(outcome.found)} found"
    )


def _told(target: Target, found: Found, folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{target.name.replace(' ', '-')}-{found.number}"
    path.write_bytes(found.data)
    return f"--target '{target.name}' --input {path}: {found.why}"


if __name__ == "__main__":
    sys.exit(main())
