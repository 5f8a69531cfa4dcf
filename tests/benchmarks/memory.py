"""Batches of growing length: peak memory, processor time and calls per job."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.ground import a2c, batch, counts, measured, stub


def run(folder: Path, sizes: tuple[int, ...]) -> list[str]:
    """The result in words."""
    lines, first = [], 0
    for count in sizes:
        project = batch(folder / f"memory-{count}", count)
        with stub(0.0, 0.0) as origin:
            ran = measured(a2c("apply", "-q"), project, origin)
            asked = counts(origin)
        first = first or ran.memory
        polls = asked.get("poll", 0) + asked.get("list", 0)
        lines.append(
            f"{count} jobs: peak {ran.memory / 1e6:.0f} MB ({ran.memory / first:.2f} x that of {sizes[0]}), "
            f"processor {ran.cpu / count * 1000:.1f} ms a job, "
            f"mutating {(asked['create'] + asked['upload']) / count:g}, polling {polls / count:.3f}, "
            f"downloads {asked['download'] / count:g} a job"
        )
    return lines
