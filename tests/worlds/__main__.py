"""Tries worlds: ``python -m tests.worlds --seeds 0-1999 --minutes 20 --jobs 2``; one line for each seed that fails."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.worlds.flavour import FLAVOURS
from tests.worlds.oracle import play
from tests.worlds.shrink import reproduction, shrunk
from tests.worlds.world import memory
from tests.worlds.worlds import script_of

Verdict = tuple[int, list[tuple[str, str]], float]
Pack = tuple[str, list[int]]


def judged(service: str, seeds: list[int]) -> list[Verdict]:
    """The findings of each seed."""
    found = []
    with memory() as folder:
        for seed in seeds:
            begin = time.perf_counter()
            found.append((seed, _found(seed, service, folder), time.perf_counter() - begin))
    return found


def _found(seed: int, service: str, folder: Path) -> list[tuple[str, str]]:
    try:
        return [(one.kind, one.text) for one in play(script_of(seed, FLAVOURS[service]), folder).found]
    except Exception:
        return [("the test itself broke", traceback.format_exc(limit=-3))]


def say(text: str) -> None:
    """Tells whoever watches."""
    print(text, flush=True)  # noqa: T201


def plots(seed: int, service: str) -> str:
    """What is meant to go on in a world."""
    return ", ".join(script_of(seed, FLAVOURS[service]).plots)


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.worlds", description=__doc__)
    parser.add_argument("--seeds", default="0-199", help="one, or a range, such as 0-1999")
    parser.add_argument("--service", default="other", choices=("other", "local", "both"))
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    parser.add_argument("--kind", default="", help="tell only findings whose kind holds this")
    parser.add_argument("--shrink", action="store_true", help="make what fails shorter, and tell how to see it again")
    given = parser.parse_args()
    first, _, last = given.seeds.partition("-")
    seeds = list(range(int(first), int(last or first) + 1))
    begin, counts, done = time.monotonic(), Counter[str](), 0
    services = ["other", "local"] if given.service == "both" else [given.service]
    packs = [(service, seeds[at : at + 5]) for at in range(0, len(seeds), 5) for service in services]
    for service, (seed, found, _) in _verdicts(packs, given.jobs, begin + given.minutes * 60):
        done += 1
        kinds = sorted({kind for kind, _ in found if given.kind in kind})
        counts.update(kinds or ["right"])
        if kinds:
            told = " / ".join(next(text for kind, text in found if kind == kinds[0]).splitlines())
            say(f"{service} {seed} [{plots(seed, service)}]: {', '.join(kinds)}: {told[:150]}")
        if kinds and given.shrink:
            with memory() as folder:
                say(reproduction(shrunk(script_of(seed, FLAVOURS[service]), kinds[0], folder), folder))
    seconds = time.monotonic() - begin
    say(f"{done} worlds in {seconds:.0f} s ({done / seconds:.2f} a second)")
    for kind, count in counts.most_common():
        say(f"{count:6} {kind}")
    return 0 if set(counts) <= {"right"} else 1


def _verdicts(packs: list[Pack], jobs: int, until: float) -> Iterator[tuple[str, Verdict]]:
    if jobs == 1:
        for service, seeds in packs:
            for seed in seeds:
                if time.monotonic() < until:
                    yield service, judged(service, [seed])[0]
        return
    with ProcessPoolExecutor(jobs) as pool:
        for (service, _), verdicts in zip(packs, pool.map(judged, *zip(*packs, strict=True)), strict=True):
            yield from ((service, one) for one in verdicts)
            if time.monotonic() > until:
                pool.shutdown(cancel_futures=True)
                return


if __name__ == "__main__":
    sys.exit(main())
