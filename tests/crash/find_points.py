"""Finds every moment of an undisturbed run at which a crash could matter: ``python -m tests.crash.find_points``.

Prints ``points.py``; with ``--update`` writes it. After a change of what is sent or recorded, look at the difference
with sense: a moment that is new must be meant, one that is gone must not have been a guarantee.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.crash.scenarios import SCENARIOS, Scenario
from tests.crash.world import World, world

RUNS = 3
"""How often each scenario is run: what depends on who is faster is no moment that a test can ask for."""

HEAD = '''"""Every moment of an undisturbed run at which a crash could matter, by scenario; a test keeps it
complete.

Written by ``python -m tests.crash.find_points --update``. ``send`` is just before a request leaves, ``answered`` just
after its answer was read and before it is written down, ``recorded`` just after a write of the state, ``place`` and
``placed`` around a file's getting its final name. Of the reads of a job only the first counts. ``#2`` is the second
moment of that name.
"""

from __future__ import annotations

from collections.abc import Mapping

POINTS: Mapping[str, tuple[str, ...]] = {
'''


def moments(world: World, scenario: Scenario) -> Sequence[str]:
    """The moments of one undisturbed run, in order."""
    trace = world.folder.parent / "trace"
    trace.unlink(missing_ok=True)
    world.prepare(scenario)
    ran = world.apply(command=scenario.command, trace=str(trace))
    assert ran.code == 0, ran.said
    seen = [line for line in trace.read_text().splitlines() if not line.startswith("record ")]
    reads = ("send GET /v2/jobs", "answered GET /v2/jobs")
    return [line for line in seen if not line.startswith(reads) or line.endswith("#1")]


def found() -> str:
    """The text of ``points.py``."""
    text = HEAD
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, world(Path(folder)) as one:
        for name, scenario in SCENARIOS.items():
            runs = [moments(one, scenario) for _ in range(RUNS)]
            always = set(runs[0]).intersection(*runs[1:])
            lines = "".join(f'        "{moment}",\n' for moment in runs[0] if moment in always)
            text += f'    "{name}": (\n{lines}    ),\n'
    return text + "}\n"


if __name__ == "__main__":
    points = found()
    if "--update" in sys.argv:
        (Path(__file__).parent / "points.py").write_text(points)
    else:
        sys.stdout.write(points)
