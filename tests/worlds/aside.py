"""A command of ours in a process of its own, for what happens while another command of ours runs.

A forked process would do for one that dies, but what SQLite knows of its locks does not outlive a fork.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.worlds.command import Clock, Person, Ran


def run_aside(person: Person, args: Sequence[str]) -> Ran:
    """The command at this moment of the world, whose time stands still for it but for what it sleeps."""
    given = {
        "name": person.name, "folder": str(person.folder), "home": str(person.home), "now": person.clock.now,
        "environ": person.environ, "args": list(args),
    }  # fmt: skip  # what belongs together
    process = subprocess.run(
        [sys.executable, "-m", "tests.worlds.aside"],
        input=json.dumps(given), capture_output=True, text=True, timeout=60, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip  # what belongs together
    if process.returncode:
        return Ran(tuple(args), 70, process.stdout, f"Traceback: {process.stderr}")
    told = json.loads(process.stdout)
    return Ran(tuple(args), told["code"], told["out"], told["err"])


def _main() -> None:
    given = json.load(sys.stdin)
    home = Path(given["home"])
    person = Person(given["name"], Path(given["folder"]), home, Clock(given["now"]), given["environ"])
    ran = person.run(given["args"])
    json.dump({"code": ran.code, "out": ran.out, "err": ran.err}, sys.stdout)


if __name__ == "__main__":
    _main()
