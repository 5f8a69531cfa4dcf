"""Many small uploads at 50 ms latency: wall time against the bound, and against the official SDK in a thread pool."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.benchmarks.ground import KEY, a2c, batch, counts, measured, stub

LATENCY = 0.05
CONVERT = 0.2
CHAIN = 3
"""Calls that one job cannot do without: create, upload (which starts it), download."""

SDK = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from api2convert import Api2Convert

key, url, width = sys.argv[1], sys.argv[2], int(sys.argv[3])
Path("sdk").mkdir()
with Api2Convert(key, base_url=url, poll_interval=0.5) as client:
    def one(path):
        client.convert(path, "webp", {"width": 640}).save(f"sdk/{path.stem}.webp")
    with ThreadPoolExecutor(width) as pool:
        list(pool.map(one, sorted(Path("src").iterdir())))
"""


def run(folder: Path, count: int, width: int) -> list[str]:
    """The result in words."""
    project = batch(folder / "uploads", count)
    bound = count * CHAIN * LATENCY / width
    with stub(LATENCY, CONVERT) as origin:
        ours = measured(a2c("apply", "-q", "--no-cache", "--parallelism", str(width)), project, origin)
        asked = counts(origin)
    with stub(LATENCY, CONVERT) as origin:
        sdk = measured([sys.executable, "-c", SDK, KEY, f"{origin}/v2", str(width)], project, origin)
        sdk_asked = counts(origin)
    polls = asked.get("poll", 0) + asked.get("list", 0)
    return [
        f"{count} uploads, width {width}, {LATENCY * 1000:.0f} ms per call, conversions of {CONVERT} s",
        f"bound {bound:.1f} s; a2c-spec {ours.wall:.1f} s = {ours.wall / bound:.2f} x the bound (target <= 1.25)",
        f"official SDK, {width} threads: {sdk.wall:.1f} s = {sdk.wall / ours.wall:.1f} x a2c-spec (target >= 3)",
        f"per job: create {asked['create'] / count:g}, upload {asked['upload'] / count:g}, "
        f"download {asked['download'] / count:g}, polling {polls / count:.3f} (target < 0.2); "
        f"the SDK makes {sum(sdk_asked.values()) / count:.1f} calls a job",
        f"processor per job: a2c-spec {ours.cpu / count * 1000:.1f} ms, SDK {sdk.cpu / count * 1000:.1f} ms",
    ]
