"""Judges a world once it has come to rest: against a fresh run, against the service's own books, and against itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.worlds import checks
from tests.worlds.command import Ran
from tests.worlds.contents import dated, files_of
from tests.worlds.judge import Judge, needs
from tests.worlds.ledger import LASTING
from tests.worlds.switches import Switches
from tests.worlds.world import World, world
from tests.worlds.worlds import Script, act

ROUNDS = 4
"""So many applies must be enough for a project to come to rest."""


def play(script: Script, folder: Path, *, fresh: bool = True) -> World:
    """Lets a world happen and judges it; its findings are in ``found``."""
    with world(folder / "world", script.switches, script.ground.copy()) as one:
        for number, step in enumerate(script.steps):
            act(one, step)
            if one.found:
                one.tell(f"(found at step {number + 1} of {len(script.steps)})")
                return one
        settle(one, folder if fresh else None)
        return one


def settle(one: World, folder: Path | None) -> None:
    """Faults end; the person takes away what is in the way; apply until there is nothing to do; then look."""
    one.tell("-- at the end: no more faults")
    one.service.calm()
    for body in one.ground.bodies():
        if body.get("lifecycle", {}).pop("prevent_replace", False):
            one.tell("the person lifts lifecycle.prevent_replace")
            one.rested = False
    judge = one.lay()
    ran = _rest(one)
    if one.found:
        return
    checks.check_foreign(one)
    if ran.code != 0 and one.foreign:
        ran = _without_foreign(one)
    if ran.code != 0 and "its job shows it" in ran.complaint:
        ran = _a_day_later(one)
    if one.found:
        return
    _judge(one, judge, ran, folder)


def _without_foreign(one: World) -> Ran:
    for path in one.foreign:
        (one.us.folder / path).unlink(missing_ok=True)
    one.tell(f"the person takes their files away: {sorted(one.foreign)}")
    one.foreign.clear()
    return _rest(one)


def _a_day_later(one: World) -> Ran:
    """A service that shows what it no longer gives is believed for as long as it keeps results, as it documents."""
    one.clock.advance(LASTING)
    one.tell("a day passes")
    return _rest(one)


def _rest(one: World) -> Ran:
    """Applies until nothing is left to do."""
    for _ in range(ROUNDS):
        ran = one.apply()
        if one.found or ran.code == 5 or (ran.code == 0 and ran.plan.get("noop")):
            break
    return ran


def _judge(one: World, judge: Judge | None, ran: Ran, folder: Path | None) -> None:
    if judge is None or (ran.code not in (0, 9) and folder is not None and _refused_anew(one, ran, folder)):
        return  # refused as a whole, as in a new project, which nothing can be held against
    bad = {address for address in judge.addresses() if judge.doomed(address) or judge.lacking(address)}
    bad |= judge.waiting
    for _ in judge.trees:  # as deep as it goes
        bad |= {tree["name"] for tree in judge.trees if needs(tree) & bad}
    if not judge.pure and "cannot be converted" in ran.complaint:
        return  # what the local API cannot do, it says
    if "could not be canceled" in ran.complaint:
        return  # a service that never cancels, and a job that ends only once it was asked for often enough
    if ran.code != 0 and not bad and not _undecided(one, ran) and not _names_met(ran, judge):
        one.find(f"does not come to rest: {_gist(ran.complaint)}", f"exit {ran.code}: {ran.complaint}")
    elif ran.code == 0 and not ran.plan.get("noop"):
        one.find("never says that nothing is to do", f"{[_told(item) for item in ran.plan.get('changes', [])]}")
    checks.check_claims(one)
    checks.check_known(one)
    checks.check_paid(one)
    if one.found or (ran.code != 0 and not bad):
        return
    changes = ran.plan.get("changes", [])
    idle = judge.addresses() - {item["address"] for item in changes if item["action"] != "no-op"}
    idle &= {item["address"] for item in changes}
    checks.check_results(one, judge, (judge.addresses() & idle) - bad)
    if one.service.switches.impure and judge.pure:
        checks.check_edges(one, judge)
    checks.check_owners(one)
    if not bad:
        _quiet(one)
    if folder is not None and not one.found and not one.service.switches.impure:
        _fresh(one, judge, idle - bad, folder)


def _refused_anew(one: World, ran: Ran, folder: Path) -> bool:
    """Whether a new project of the same manifests, on a new and plain service, is refused, too, and costs nothing."""
    with world(folder / "fresh", Switches(), one.ground.copy()) as other:
        fresh = other.run("apply", "--json", "-y", "--no-cache")
        return fresh.code == ran.code and not other.service.log


def _told(item: Any) -> str:
    return f"{item['address']}: {item['action']} {item['reasons']}"


def _gist(complaint: str) -> str:
    """What was complained of, without names and numbers."""
    known = ("exists and", "refuses the request", "no such preset", "answer was lost", "no result yet")
    return next((text for text in known if text in complaint), re.sub(r"\S*[/\d]\S*", "..", complaint)[:60])


def _undecided(one: World, ran: Ran) -> bool:
    """Whether it stops because only a person can decide: it cannot be told which job a lost create made, or somebody
    deleted results on the service that nobody had fetched."""
    if any("somebody else: drop outputs" in line for line in one.story) and "has no result there" in ran.complaint:
        return ran.code in (9, 13)
    lost = any(entry.call == "create" and entry.fault for entry in one.service.log)
    killed = any(line.endswith("-> -9") or " -> -9 " in line for line in one.story)
    return (
        (lost or killed) and ran.code in (9, 13) and any(word in ran.complaint for word in ("lost", "adopt", "decide"))
    )


def _names_met(ran: Ran, judge: Judge) -> bool:
    """Whether results have no place because one has the name of another, which only the service could tell of one."""
    free = {wish.address for wish in judge.wishes.values() if wish.free}
    rows = [row for line in ran.lines for row in (line.get("errors") or [line]) if row.get("message")]
    met = [(row.get("address"), re.search(r"is a result of (\S+?)(#\d+)?[;,]", str(row["message"]))) for row in rows]
    failed = [{str(address), owner[1]} for address, owner in met if owner]
    return bool(failed) and all(two & free for two in failed)


def _quiet(one: World) -> None:
    """Nothing is left to plan, and the disk is as recorded."""
    ran = one.run("plan", "--detailed-exitcode", expect="nothing")
    if ran.code != 0:
        one.find("apply and plan disagree", f"plan exits {ran.code}: {ran.out[-400:]}")
    verified = one.run("verify", expect="nothing")
    if verified.code != 0 and "nothing to verify" not in verified.said:
        one.find("apply and verify disagree", f"verify exits {verified.code}: {verified.said[-400:]}")


def _fresh(one: World, judge: Judge, idle: set[str], folder: Path) -> None:
    """The same project, new, on a new and plain service, gives the same files."""
    with world(folder / "fresh", Switches(), one.ground.copy()) as other:
        ran = other.run("apply", "--json", "-y", "--no-cache")
        if ran.code not in (0, 6, 9):
            one.find("a fresh run ends otherwise", f"exit {ran.code}: {ran.complaint}")
            return
        have, wanted = files_of(one, judge), files_of(other, judge)
        ran_before = {address for address in judge.held if have.get(address)}
        for address in sorted(judge.addresses() & idle - judge.ignoring - dated(one, judge) - ran_before):
            if have.get(address) != wanted.get(address):
                text = f"{address}: here {have.get(address)}, from a fresh run {wanted.get(address)}"
                one.find("not as from a fresh run", text)
