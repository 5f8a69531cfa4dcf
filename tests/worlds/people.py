"""What happens around the commands: to files on the disk, at the service, by other people, in time."""

from __future__ import annotations

import os
from typing import Any

from tests.worlds.command import Hook, kill
from tests.worlds.ground import place
from tests.worlds.switches import Fault
from tests.worlds.world import World

# The disk


def result(world: World, which: int, what: str) -> None:
    """Something happens to one of the results here: deleted, altered, touched, quiet (altered, mtime kept)."""
    mine = [path for path in world.results() if path not in world.foreign]
    if not mine:
        return
    path = mine[which % len(mine)]
    file = world.us.folder / path
    world.tell(f"disk: {path} is {what}")
    if what == "deleted":
        file.unlink()
    elif what == "touched":
        os.utime(file, (world.clock.now, world.clock.now))
    else:
        stamp = file.stat().st_mtime_ns if what == "quiet" else 0
        world.foreign[path] = file.read_bytes()[:-1] + b"~"
        place(file, world.foreign[path], world.clock.now, stamp)


def foreign(world: World, which: int) -> None:
    """The person puts a file where a result is going to be."""
    judge = world.lay()
    paths = sorted({one.likely for one in judge.wishes.values() if one.likely}) if judge else []
    free = [path for path in paths if not (world.us.folder / path).exists()]
    if free:
        path = free[which % len(free)]
        world.foreign[path] = b"mine\n"
        place(world.us.folder / path, b"mine\n", world.clock.now)
        world.tell(f"disk: the person writes {path}")


# Faults and time


def fault(world: World, call: str, kind: str, skip: int, times: int) -> None:
    world.service.trouble(Fault(call, kind, skip, times))
    world.tell(f"service: {kind} for the call {call!r}, {times} times" + (f", after {skip}" if skip else ""))


def calm(world: World) -> None:
    world.service.calm()
    world.tell("service: all is well again")


def later(world: World, hours: float) -> None:
    world.clock.advance(hours * 3600)
    world.tell(f"{hours} hours pass")


# Other people


def colleague(world: World, which: int, number: int, moment: str, hold: int) -> None:
    """A second checkout, without our state, on the same key; may have other bytes, hold its jobs, or be killed."""
    world.theirs = world.ground.copy()
    if number >= 0:
        paths = sorted(path for path in world.theirs.sources if path.endswith(".txt"))
        world.theirs.sources[paths[which % len(paths)]] = world.ground.flavour.bytes_of(number)
    if hold:
        for body in world.theirs.bodies():
            body.setdefault("job", {})["process"] = False
    for path in world.colleague.folder.glob("*.yaml"):
        path.unlink()
    world.theirs.lay(world.colleague.folder, world.clock.now)
    world.colleague.environ.update(world.theirs.secrets)
    world.service.actor = "colleague"
    probe = Hook(moment or "-", 1, kill)
    calls = len(world.service.log)
    args = ["apply", "--json", "-y", *(["--detach"] if hold else [])]
    ran = world.colleague.run(args, probe, fork=bool(moment))
    world.service.refresh()
    world.service.actor = "us"
    world.clock.advance(4)  # a service writes whole seconds: within two of them nothing tells whose an equal job is
    told = f", with other bytes ({number}) in {paths[which % len(paths)]}" if number >= 0 else ""
    world.tell(
        f"a colleague applies a copy of the project{told}{', all held' if hold else ''}"
        f"{f', killed at {moment}' if moment else ''}: {ran.code}, {len(world.service.log) - calls} calls"
    )


def third(world: World, what: str, which: int) -> None:
    """Somebody works on our jobs at the service itself."""
    service = world.service
    mine = [one for one in service.jobs.values() if one.creator == "us" and not one.deleted]
    drafts = [one for one in mine if one.status == "draft"]
    ended = [one for one in mine if one.outputs]
    pool = {
        "start": drafts,
        "edit": drafts,
        "edit more": drafts,
        "set inputs": drafts,
        "cancel": [one for one in mine if one.status == "running"],
    }
    rows: list[Any] = pool.get(what, ended if what in ("rename", "drop outputs", "drop inputs") else mine)
    if what.endswith("preset"):
        rows = [one for one in service.presets.values() if one.creator == "us"]
    if what.startswith("edit") and not what.endswith("preset") and not service.switches.expanded:
        # of a service that does not show what is unset, nobody can tell whether a value that we never set is new
        rows = [one for one in rows if what == "edit" and one.conversions and "quality" in one.conversions[0].options]
    if not rows:
        return
    one = rows[which % len(rows)]

    if what == "delete" and one.status == "running":
        world.ledger.allowed.update(recipe.loose for recipe in one.recipes)
    service.actor = "third"
    service.meddle(what, one)
    service.actor = "us"
    if what == "edit preset":
        world.ledger.loose = True
    world.tell(f"service: somebody else: {what} ({one.id})")
