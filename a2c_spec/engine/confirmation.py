"""What is asked before a plan is carried out: what pays again or deletes, and on a terminal also what costs much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from a2c_spec.core.observed import NOT_OURS
from a2c_spec.core.plan import Change, Plan
from a2c_spec.core.reasons import counted, credits_told, deleted_there, listed, only_there
from a2c_spec.core.run_keys import address_of
from a2c_spec.engine.live_presets import plan_one_preset, used
from a2c_spec.engine.outcome import ApplyOptions, Reporter
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.errors import Conflict, LimitRefused, StalePlan, about

if TYPE_CHECKING:
    from a2c_spec.engine.session import Session

HINT = "apply again to make a new plan; nothing was sent"


def confirmed(plan: Plan, options: ApplyOptions, reporter: Reporter, *, local: bool, prune: bool = False) -> bool:
    """Whether somebody was asked; raises before anything is sent where a plan is refused, or needs a confirmation that
    it does not get. ``local``: nothing of it has a price. ``prune``: everything that goes is asked for."""
    check_refused(plan)
    needed = [*_paid_again(plan), *_paid_by_others(plan), *_not_fetched(plan), *_removed(plan, every=prune)]
    needed += [*_lost_there(plan), *plan.emptied()]
    dear = [] if local else _expensive(plan, options.confirm_above, options.confirm_by)
    wanted = [*dear, *_deleted(plan, told=prune)]
    wanted = wanted if options.attended and not options.only else []
    if options.yes or not (needed or wanted):
        return False
    answer = reporter.confirm(f"{'; '.join([*needed, *wanted])}. Go on?")
    if answer is None and needed:
        raise LimitRefused("; ".join(needed), hint="add -y to allow it; nothing was sent")
    if answer is False:
        raise LimitRefused("not confirmed; nothing was sent")
    return answer is True


def check_refused(plan: Plan, *, in_part: bool = False) -> None:
    """Raises Conflict where all that would be done is refused; ``in_part``: where anything of it is."""
    busy = [change for change in plan.changes if change.problem or change.action != "no-op"]
    refused = [change for change in busy if change.problem]
    if refused and len(refused) == len(busy):
        raise Conflict(refused[0].problem, address=refused[0].address)
    if refused and in_part:
        names = listed(dict.fromkeys(address_of(change.address) for change in refused))
        raise Conflict(f"refused: {names}", hint="the plan says why; apply does the rest of it, and ends with 9")


def _expensive(plan: Plan, most: int, by: str) -> list[str]:
    """That it costs more than is spent unasked; ``by``: what says how much that is."""
    totals = plan.totals()
    price = credits_told(totals.credits, plan.balance)
    before = credits_told(totals.credits, plan.balance, totals.paid_before).removeprefix(price)
    asks = f", above the {most} of {by}" if by else ""
    return [f"{price} would be spent{before}{asks}"] if totals.credits > most else []


def _paid_again(plan: Plan) -> list[str]:
    """What pays again, or takes away what was paid for, by what happens to it; not where only the last copies of
    results go, which are told by themselves."""
    said: dict[str, list[Change]] = {}
    for change in (one for one in plan.changes if one.asks and not (one.action == "delete" and one.only_there)):
        cancels = any(not call.afterwards for call in change.deletes)
        starts = "cancelled and run again" if cancels else "run again"
        makes = any(call.kind == "create_job" for call in change.calls)
        moves = "renamed, its former job deleted" if change.deletes else "renamed"
        ends = moves if change.moves and not cancels else "cancelled or deleted"
        held = f"{'cancelled and ' if cancels else ''}made anew and held, not started"
        said.setdefault(starts if change.starts else held if makes else ends, []).append(change)
    return [_sentence(changes, verb) for verb, changes in said.items()]


def _sentence(changes: Sequence[Change], verb: str) -> str:
    cost = sum(change.credits for change in changes)
    price = f" (about {counted(cost, 'credit')})" if cost else ""
    files = [path for change in changes for path in change.replaces if path not in change.replaces_paid]
    jobs = [str(call.subject) for change in changes for call in change.deletes if call.afterwards]
    replaced = f", and {listed(files)} replaced" if files else ""
    replaced += f", job {listed(jobs)} deleted" if jobs and "deleted" not in verb else ""
    names = dict.fromkeys(address_of(change.address) for change in changes)
    return f"{listed(names)} would be {verb}{price}{replaced}, although already paid for"


def _paid_by_others(plan: Plan) -> list[str]:
    """Files here that are lost, which were paid for, by whose results they are."""
    said: dict[str, list[str]] = {}
    for change in (one for one in plan.changes if not one.problem):
        for path, whose in change.replaces_paid.items():
            said.setdefault(whose, []).append(path)
    are = {whose: "a result" if len(files) == 1 else "results" for whose, files in said.items()}
    lost = "would be replaced, although already paid for"
    return [f"{listed(files)}, {are[whose]} of {whose}, {lost}" for whose, files in said.items()]


def _not_fetched(plan: Plan) -> list[str]:
    """What is let go before its result is here: nothing more is paid, but the service keeps it only for a day."""
    lost = [change for change in plan.changes if change.paid_again and change.action == "forget"]
    runs = dict.fromkeys(address_of(change.address) for change in lost if change.running)
    told = [f"{listed(runs)} would be let go while it runs; what it gives, although paid for, is not downloaded"]
    ended = [change for change in lost if not change.running]
    names = listed(dict.fromkeys(address_of(change.address) for change in ended))
    count = sum(change.only_there for change in ended)
    there = f"{only_there(count)}, although paid for, and {'is' if count == 1 else 'are'} not downloaded"
    return [*(told if runs else ()), *([f"{names} would be let go; {there}"] if ended else ())]


def _removed(plan: Plan, *, every: bool) -> list[str]:
    """Files here that are removed, and jobs and presets that are deleted, of what no manifest asks for any more;
    ``every``: also those in whose places others have come."""
    sound = [change for change in plan.changes if not change.problem]
    going = [(change, call) for change in sound for call in change.deletes]
    going = [(change, call) for change, call in going if every or (change.action == "delete" and not call.afterwards)]
    files = sum(len(change.removes) for change in sound)
    what = [counted(files, "file")] if files else []
    kinds = Counter(call.kind.removeprefix("delete_") for _, call in going)
    what += [counted(kinds[kind], kind) for kind in sorted(kinds)]
    what[-1:] = [f"{what[-1]} on the service"] if going else what[-1:]
    named = [change for change in sound if change.removes or any(change is one for one, _ in going)]
    names = dict.fromkeys(address_of(change.address) for change in named)
    all_of_it = " and ".join(filter(None, [", ".join(what[:-1]), *what[-1:]]))
    return [f"{all_of_it} would be removed ({listed(names)})"] if what else []


def _lost_there(plan: Plan) -> list[str]:
    """That results go with their jobs of which there is no other copy."""
    lost = sum(change.only_there for change in plan.changes if change.action != "forget" and not change.problem)
    return [deleted_there(lost)] if lost else []


def _deleted(plan: Plan, *, told: bool) -> list[str]:
    """Jobs that are deleted once others have taken their places, where that is not ``told`` otherwise."""
    changes = [change for change in plan.changes if not (change.asks or change.problem or told)]
    jobs = [str(call.subject) for change in changes for call in change.deletes if call.afterwards]
    return [f"job {listed(jobs)} would be deleted on the service"] if jobs else []


async def check_still_as_shown(session: Session, steps: Sequence[PlannedChange]) -> None:
    """Raises StalePlan where a job or preset that is about to be changed, or to be used, is not as it was shown, or
    where something stands in the place of a result.

    A person may take long to answer. What is in manifests now does not count: the plan that was shown is carried out.
    """
    client, presets, files = session.service.client, used(steps), session.files
    for step in steps:
        change, address = step.change, address_of(step.change.address)
        places = (*change.writes, *(move.target for move in change.moves))
        new = [path for path in places if path not in change.replaces]
        if taken := [path for path in new if files.status(path, change.address) in NOT_OURS]:
            raise StalePlan(f"{taken[0]} was written since the plan was shown", hint=HINT)
        with about(address):
            if step.live is not None and change.calls:
                same = await client.job(step.live.id) == step.live
            elif step.preset is not None and address in presets and step.record is not None:
                same = (
                    await plan_one_preset(session, step.preset, client, read=True)
                ).change.calls == step.change.calls
            else:
                continue
        if not same:
            why = f"{address} has changed on the service since the plan was shown"
            raise StalePlan(why, hint=HINT)
