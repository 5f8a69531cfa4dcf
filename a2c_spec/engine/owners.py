"""Which results of other addresses a plan takes the place of, and where it must not."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from a2c_spec.core import reasons
from a2c_spec.core.desired import Job
from a2c_spec.core.observed import NOT_OURS
from a2c_spec.core.planner import with_removals
from a2c_spec.core.result_paths import predicted
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import LOCAL_REALM, JobRecord
from a2c_spec.core.state_store import StateStore
from a2c_spec.core.transitions import handed_over
from a2c_spec.engine.left_out import jobs_of
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.session import Session
from a2c_spec.engine.taken_results import behind_refused
from a2c_spec.errors import Conflict
from a2c_spec.manifests.expressions.template import render_late


@dataclass(slots=True)
class Owners:
    """The planned changes to check, and the keys of runs that are ``gone``: that no manifest asks for any more.

    ``plan`` has the changes of all addresses, where only one is checked while they are carried out; those that
    ``failed`` keep what they have. ``given_up`` are the paths of results that the plan replaces by another address's.
    """

    session: Session
    steps: Sequence[PlannedChange]
    gone: Collection[str]
    plan: Owners | None = None
    failed: Collection[str] = ()
    given_up: set[str] = field(init=False)
    by_key: ChainMap[str, PlannedChange] = field(init=False)
    by_address: ChainMap[str, list[PlannedChange]] = field(init=False)

    def __post_init__(self) -> None:
        self._look_at(self.steps)

    def _look_at(self, steps: Sequence[PlannedChange]) -> None:
        self.steps, self.given_up = steps, set()
        self.by_key = self.plan.by_key.new_child() if self.plan else ChainMap()
        self.by_address = self.plan.by_address.new_child() if self.plan else ChainMap()
        self.by_key |= {step.change.address: step for step in steps}
        self.by_key |= {step.taken_over: step for step in steps if step.taken_over and not step.split_off}
        for step in steps:
            self.by_address.maps[0].setdefault(address_of(step.change.address), []).append(step)

    def checked(self, step: PlannedChange) -> PlannedChange:
        """The change, with what it takes the place of; with a problem where the owner keeps its result."""
        change = step.change
        if change.action in ("no-op", "forget") or change.problem or step.desired is None:
            return step
        takes: list[tuple[str, str]] = []
        own: list[str] = []
        over, former = self._moved_over(step)
        numbered = _numbered(step.desired.job, step.change.downloads)
        for path in dict.fromkeys(self._targets(step)):
            own += self._outdated(step, path)
            owner = self.session.files.owner(path)
            if not owner or self._moves_away(owner, path):
                continue
            if address_of(owner) == address_of(change.address) or owner == step.taken_over:
                leftover = step.record.leftover if step.record else ()
                left = {file.path: file.conversion for file in leftover if file.aside}
                self.given_up |= {path} if owner != change.address or path in left else set()
                own += [f"replaces {path}, an earlier result of conversion {left[path]}"] if path in left else []
                continue
            if path in self._kept(owner) and path in numbered:
                continue
            if path in self._kept(owner):
                left_out = address_of(owner) not in self.by_address
                known = jobs_of(self.session.project, [JobRecord(owner, "")]) if left_out else {}
                orphan = known.get(address_of(owner), True) is None
                problem = reasons.of_another(path, owner, left_out=left_out, orphan=orphan)
                return replace(step, change=replace(change, problem=problem))
            takes.append((path, owner))
        told = dict.fromkeys((*own, *(f"replaces {path}, an earlier result of it" for path in former)))
        if over or told:
            replaces, reasons_now = tuple(dict.fromkeys((*change.replaces, *over))), (*change.reasons, *told)
            again = change.paid_again or bool(former)
            change = replace(change, replaces=replaces, paid_again=again, reasons=reasons_now)
            step = replace(step, change=change)
        if not takes:
            return step
        self.given_up.update(path for path, _ in takes)
        there = [(path, owner) for path, owner in takes if self._is_replaced(step, path, owner)]
        why = tuple(f"replaces {path}, an earlier result of {owner}" for path, owner in there)
        return replace(step, change=replace(change, reasons=(*step.change.reasons, *why)), takes=tuple(takes))

    def _moved_over(self, step: PlannedChange) -> tuple[list[str], list[str]]:
        """Paths at which a file stands that goes, because another one is moved there; and those of them at which it is
        a former result of the same address, which was paid for."""
        files, moves, mine = self.session.files, step.change.moves, address_of(step.change.address)
        targets = [move.target for move in moves if not files.same(move.source, move.target)]
        over = [path for path in targets if not self._moves_away(files.owner(path), path)]
        over = [path for path in over if files.status(path, step.change.address) != "absent"]
        return over, [
            path for path in over if address_of(files.owner(path)) == mine and files.status(path, mine) not in NOT_OURS
        ]

    def _outdated(self, step: PlannedChange, path: str) -> list[str]:
        """Of a result for another endpoint or environment, or of another run, that is about to be replaced and is not
        told of yet."""
        files, change = self.session.files, step.change
        if (policy := _policy(step)) and files.expected(path, policy, change.address) != path:
            return []  # it gets another name, or is left out
        stands = files.status(path, change.address)
        endpoints = files.other_endpoints(path) if stands == "intact" else ()
        origin = reasons.of_both(endpoints[0]) if endpoints else files.known_of(path, stands, change.address)
        return [f"replaces {path}, which {origin}"] if origin and f"{path} {origin}" not in change.reasons else []

    def _is_replaced(self, step: PlannedChange, path: str, owner: str) -> bool:
        """Whether what stands in the place of a result that its owner lets go makes way; what was changed since, does
        only where it may be replaced."""
        status = self.session.files.status(path, owner)
        return status != "absent" and not (status in NOT_OURS and _policy(step) in ("rename", "skip"))

    def all_checked(self) -> list[PlannedChange]:
        """Every change, checked, and without words of files whose place another result takes.

        What is refused keeps what it has, and makes nothing for others, so that these may have to be refused, too.
        """
        while True:
            checked = behind_refused([self.checked(step) for step in self.steps])
            pairs = [*zip(self.steps, checked, strict=True)]
            if all(step.change.problem == now.change.problem for step, now in pairs):
                break
            self._look_at([now if now.change.problem else step for step, now in pairs])
        anew = (step for step in self.steps if step.split_off or step.filed_anew)
        self.given_up |= {path for step in anew for path in _filed(step)}
        away = (move.source for step in checked if not step.change.problem for move in step.change.moves)
        self.session.files.leaving.update(self.given_up, away)
        self.session.files.given.update(self.given_up)
        return [_without_words(step, self.given_up) for step in checked]

    def _targets(self, step: PlannedChange) -> list[str]:
        """Every path that a change writes, as far as it is known."""
        foreseen = (path for paths in _made(step).values() for path in paths)
        return [*(move.target for move in step.change.moves), *step.change.downloads, *foreseen]

    def _moves_away(self, owner: str, path: str) -> bool:
        step = self.by_key.get(owner)
        if step is None or self._stays(step):
            return False
        return any(move.source == path for move in step.change.moves)

    def _stays(self, step: PlannedChange) -> bool:
        return bool(step.change.problem) or address_of(step.change.address) in self.failed

    def _kept(self, owner: str) -> set[str]:
        """The paths at which a run has its results once the plan is carried out; results that any run of its address
        makes anew, where it is known, have left theirs, and so have those that it asks for no more."""
        step = self.by_key.get(owner)
        stored = self.session.store.get(owner)
        if owner in self.gone or (stored and stored.gone_since and (step is None or step.desired is None)):
            return set()
        if step is None or self._stays(step):
            return {file.path for file in stored.files if file.path} if stored else set()
        steps = self.by_address[address_of(step.change.address)]
        anew = {name for one in steps for name in _made(one)}
        asked = {name for one in steps for name in one.conversions}
        record = stored if step.summary_only else step.record
        files = [file for file in record.files if file.path and file.conversion not in anew] if record else []
        kept = {file.path for file in files if step.desired is None or file.conversion in asked}
        kept -= {file.path for file in step.record.leftover} if step.record else set()
        return kept.union(*_made(step).values(), (move.target for move in step.change.moves))


def _policy(step: PlannedChange) -> str:
    """The ``on_conflict`` of a job; empty where its results have several."""
    policies = {spec.on_conflict for spec in step.desired.job.outputs} if step.desired else set()
    return policies.pop() if len(policies) == 1 else ""


def _filed(step: PlannedChange) -> Iterator[str]:
    """The paths of a run's results; not those of conversions that another run of its address makes now."""
    mine = step.conversions
    for file in step.record.files if step.record else ():
        if file.path and (file.conversion in mine or not step.desired):
            yield file.path


def _made(step: PlannedChange) -> dict[str, list[str]]:
    """The conversions that a change makes, with the paths of their results, where these are known before."""
    found: dict[str, list[str]] = {}
    if step.desired and not step.change.problem and (step.change.fetch or step.change.action == "cached"):
        for one in predicted(step.desired.job, render_late):
            found.setdefault(one.spec.conversion, []).append(one.path)
    return found


def _numbered(job: Job, downloads: Collection[str]) -> set[str]:
    """Paths that no manifest could know, and that get a number where another result stands."""
    if any(spec.on_conflict != "rename" for spec in job.outputs):
        return set()
    return set(downloads) - {one.path for one in predicted(job, render_late)}


def _without_words(step: PlannedChange, given_up: Collection[str]) -> PlannedChange:
    untrue = {reasons.stays(path) for path in given_up}
    said = tuple(why for why in step.change.reasons if why not in untrue)
    change = step.change if said == step.change.reasons else replace(step.change, reasons=said)
    change = with_removals(change, (), given_up)
    return step if change is step.change else replace(step, change=change)


def applied_elsewhere(session: Session, step: PlannedChange) -> PlannedChange:
    """The change, which says where else its job was applied: here it would be made, and paid for, anew."""
    change, here = step.change, session.results.realm
    if change.action != "create" or here == LOCAL_REALM:
        return step
    address = address_of(change.address)
    realms = session.store.realms(address)
    others = [realm for realm in realms if realm not in (here, LOCAL_REALM)] if here not in realms else []
    told = tuple(f"{address} is applied at {realm}; this plan is for {here}" for realm in others)
    return replace(step, change=replace(change, reasons=(*change.reasons, *told))) if told else step


def check_asked(session: Session, steps: Sequence[PlannedChange], *, again: bool) -> None:
    """Raises Conflict where a change that was planned meanwhile replaces what others let go of, which no plan said, or
    pays again what nobody was asked about; ``again``: that was asked."""
    files = session.files
    paid = (step.change.reasons[0] for step in steps if step.change.paid_again and not again)
    taken = (place for step in steps for place in step.takes if place[0] not in files.told)
    there = (place for place in taken if files.status(*place) != "absent")
    over = (f"it replaces {path}, an earlier result of {address_of(owner)}" for path, owner in there)
    if why := next(chain(paid, over), ""):
        raise Conflict(f"the plan has changed: {why}", hint="apply again to make a new plan")


async def hand_over(store: StateStore, step: PlannedChange, realm: str) -> None:
    """Records the files that a change takes from other addresses as leftovers of its own, which it may replace."""
    address = step.change.address
    for path, owner in step.takes:
        giver, taker = store.get(owner), store.get(address) or JobRecord(address, realm)
        if giver is not None:
            await store.put(*handed_over(giver, taker, path))
