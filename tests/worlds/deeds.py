"""What happens in a world beside edits: commands, disks, other people, faults, time."""

from __future__ import annotations

from functools import partial

from tests.worlds.aside import run_aside
from tests.worlds.checks import check_edges, check_foreign, check_results
from tests.worlds.command import Hook, Ran, kill
from tests.worlds.judge import Judge
from tests.worlds.people import third
from tests.worlds.world import World


def _whole(world: World, ran: Ran, judge: Judge | None) -> None:
    """After an apply of everything that says that all is done."""
    check_foreign(world)
    if ran.code == 0 and judge is not None and ran.plan:
        check_results(world, judge, judge.addresses())
        if world.service.switches.impure and judge.pure:
            check_edges(world, judge)


def apply(world: World, *flags: str) -> Ran:
    """An apply of everything; with ``-y`` alone, it must come to an end that lasts."""
    ran = world.apply() if flags == ("-y",) else world.run("apply", "--json", *flags)
    if "--detach" not in flags:
        _whole(world, ran, world.judged)
    return ran


def part(world: World, flag: str, which: int, *more: str) -> None:
    """Apply with --target, --exclude or --replace of one address."""
    judge = world.lay()
    if judge is None or not judge.addresses():
        return
    chosen = sorted(judge.addresses())[which % len(judge.addresses())]
    before = _jobs(world)
    if flag == "--replace":
        world.ledger.want(judge)
        world.ledger.ask_again(judge, [chosen])
    if flag == "--exclude":
        world.ledger.loose = True
    ran = world.run("apply", "--json", "-y", flag, chosen, *more)
    if flag == "--replace":
        _whole(world, ran, judge)
    if flag == "--exclude":
        _unchanged(world, chosen, before)


def without(world: World, which: int) -> None:
    """Apply a job that takes a result of another, and exclude that other."""
    judge = world.lay()
    pairs = [
        (one["from"].rpartition(".")[0], tree["name"])
        for tree in (judge.trees if judge else [])
        for one in tree.get("inputs", [])
        if "from" in one
    ]
    if not pairs:
        return
    above, below = pairs[which % len(pairs)]
    before, starts = _jobs(world), len(world.service.starts)
    world.ledger.loose = True
    world.run("apply", "--json", "-y", "--target", below, "--exclude", above)
    # the name of what it takes may have changed in the manifest that is left out
    world.ledger.allowed.update(key for start in world.service.starts[starts:] for key in start.keys)
    _unchanged(world, above, before)


def _jobs(world: World) -> set[tuple[str, str]]:
    """Every job that is recorded, as (address, id)."""
    return {(one["address"], one["job_id"]) for one in world.records() if one.get("job_id")}


def _unchanged(world: World, address: str, before: set[tuple[str, str]]) -> None:
    was, now = ({job for name, job in jobs if name == address} for jobs in (before, _jobs(world)))
    if now - was:  # what its manifest does not ask for any more may be another address's by now
        world.find("an excluded job was run", f"{address}: {sorted(was)} -> {sorted(now)}")


def plan(world: World, *flags: str) -> None:
    world.run("plan", *flags, expect="nothing")


def save_plan(world: World) -> None:
    ran = world.run("plan", "--json", "-o", "kept.a2cplan.json", expect="nothing")
    world.saved = [ran.plan] if ran.code in (0, 13) and ran.plan else []  # what is refused is left out


def apply_plan(world: World) -> None:
    if not (world.us.folder / "kept.a2cplan.json").is_file() or not world.saved:
        return
    before = len(world.service.starts)
    world.run("apply", "--json", "-y", "kept.a2cplan.json")
    begun = sum(one.actor == "us" for one in world.service.starts[before:])
    told = world.saved[0]["totals"]["jobs_started"]
    if begun > told:
        world.find("a saved plan does more than it says", f"it starts {begun} jobs, and says {told}")


def drop_cache(world: World) -> None:
    world.run("cache", "prune", "--max-size", "0", expect="nothing")


def wait(world: World, *flags: str) -> None:
    world.run("wait", *flags, expect="no start")


def look(world: World, name: str) -> None:
    """A command that only looks: verify, drift, status."""
    world.run(name, expect="nothing")


def dies(world: World, moment: str, nth: int) -> None:
    """An apply in a process of its own, which is killed at a moment."""
    world.tell(f"killed at moment {nth} of {moment or 'any'!r}:")
    world.run("apply", "--json", "-y", probe=Hook(moment, nth, kill), fork=True)


def changed_meanwhile(world: World, which: int, number: int) -> None:
    """A source changes between the plan and its upload."""
    path = sorted(path for path in world.ground.sources if path.endswith(".txt"))[which % 2]
    judge = world.lay()
    if judge is None:
        return

    def act() -> None:
        world.ground.sources[path] = world.ground.flavour.bytes_of(number)
        world.ground.lay(world.us.folder, world.clock.now)

    world.tell(f"while it runs, at the first upload, {path} becomes text number {number}:")
    world.ledger.loose = True
    world.run("apply", "--json", "-y", probe=Hook("send POST /v2/dl", 1, act))


def meddled_meanwhile(world: World, what: str, which: int, moment: str, nth: int) -> None:
    """Somebody works on one of our jobs at the service itself while an apply runs."""
    if world.lay() is None:
        return
    world.tell(f"while it runs, at moment {nth} of {moment!r}, somebody else does {what!r}:")
    world.run(
        "apply", "--json", "-y", "--parallelism", "1", probe=Hook(moment, nth, partial(third, world, what, which))
    )


def beside(world: World, command: str, moment: str, nth: int) -> None:
    """Another command of ours runs in the same project while an apply of ours runs: only looks, or is turned away."""
    if world.lay() is None:
        return

    def act() -> None:
        before = _changes(world)
        ran = run_aside(world.us, command.split())
        world.tell(f"while it runs, at moment {nth} of {moment!r}: $ a2c-spec {command}  -> {ran.code}")
        world.sound(ran)
        if _changes(world) != before and not command.startswith(("apply", "wait")):
            world.find("a command beside an apply changes something", f"{command}: {ran.said}")
        if any(text in ran.said for text in ("malformed", "not a database", "not a state")):
            world.find("a command beside an apply finds the state damaged", f"{command}: {ran.said}")
        if command.startswith("apply") and ran.code not in (5, 12):
            world.find("two applies at once", f"exit {ran.code}: {ran.said}")

    world.run("apply", "--json", "-y", "--parallelism", "1", probe=Hook(moment, nth, act))


def _changes(world: World) -> int:
    """How many calls changed something on the service so far."""
    world.service.refresh()
    return sum(one.mutates for one in world.service.log)
