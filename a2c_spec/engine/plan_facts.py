"""What a plan tells besides its changes: what it costs, which files it writes, what no manifest asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from a2c_spec.api.going_files import stays_for_others
from a2c_spec.api.output_files import OutputFiles
from a2c_spec.core.foreseen import Foreseen, foreseen, work_of
from a2c_spec.core.graph import split_reference
from a2c_spec.core.moves import Move
from a2c_spec.core.observed import NOT_OURS
from a2c_spec.core.plan import Change, Plan
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import LOCAL_REALM, JobRecord
from a2c_spec.engine.budget import allowance
from a2c_spec.engine.endpoint import endpoint
from a2c_spec.engine.loading import Reading, reading_all
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.reuse import cache_place
from a2c_spec.engine.run_limits import Limits, estimate
from a2c_spec.errors import SpecError
from a2c_spec.manifests.expressions.template import render_late

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.engine.session import Session

PROMPT = 5.0
"""Seconds that the service may take to say what is left; a plan does without it."""


def with_facts(session: Session, step: PlannedChange) -> PlannedChange:
    """The change, with its approximate cost and the files that it writes; a summary has these already."""
    change = step.change
    if step.undecided and step.desired:
        names = ", ".join(dict.fromkeys(split_reference(item.source)[0] for item in step.desired.job.awaits))
        return replace(step, change=replace(change, reasons=(*change.reasons, f"looked at again after {names}")))
    if step.idle or step.summary_only:
        return step
    paths, replaced, others, perhaps = _written(session, step)
    about, work = (0, "") if change.alike else (estimate(change, step.record), work_of(change))
    awaited = step.desired.job.awaits if step.desired and change.calls else ()
    change = replace(
        change, work=work, credits=about, writes=paths, replaces=replaced, unforeseen=others, awaits=len(awaited)
    )
    return replace(step, change=_with_paid(session, change, step.record, perhaps))


def with_places_left(session: Session, steps: Sequence[PlannedChange]) -> list[PlannedChange]:
    """The changes of a plan, of which none replaces a file that another one moves away first."""
    left = {move.source for step in steps if not step.change.problem for move in step.change.moves}
    left = {path for path in left if not stays_for_others(session.files, path)}
    return [replace(step, change=_without(step.change, left)) if left else step for step in steps]


def _without(change: Change, left: set[str]) -> Change:
    if left.isdisjoint(change.replaces):
        return change
    paid = {path: whose for path, whose in change.replaces_paid.items() if path not in left}
    return replace(change, replaces=tuple(path for path in change.replaces if path not in left), replaces_paid=paid)


def _with_paid(session: Session, change: Change, record: JobRecord | None, perhaps: Collection[str]) -> Change:
    """The change, with what others were paid for of what it replaces, or ``perhaps`` replaces; of this endpoint only
    what it does not have itself, to the byte."""
    known = {file.sha256 for file in record.files} - {""} if record else set()
    places = [path for path in change.replaces if not known.intersection(_digests(session, path))]
    whose = {path: _paid_result(session, path, change.address) for path in places}
    there = {path: _paid_elsewhere(session, change, path) for path in (*change.replaces, *perhaps)}
    whose |= {path: owner for path, owner in there.items() if owner}
    paid = {path: owner for path, owner in whose.items() if owner}
    return replace(change, replaces_paid=paid) if paid else change


def _paid_elsewhere(session: Session, change: Change, path: str) -> str:
    """The other endpoint that was paid for what stands at a path, in words; empty if none was, or if the same bytes are
    moved there."""
    files = session.files
    if not (realm := files.paid_endpoint(path)):
        return ""
    moved = (_digests(session, move.source) for move in change.moves if move.target == path)
    same = any(files.digest(files.root / path) in digests for digests in moved)
    return "" if same else f"another endpoint ({realm})"


def _digests(session: Session, path: str) -> set[str]:
    return {file.sha256 for file in session.store.files_at(path) if not file.elsewhere}


def _paid_result(session: Session, path: str, address: str) -> str:
    """Whose result stands at a path, as it was written; empty where it is nobody's, or that of the address itself."""
    files = session.files
    stands = files.status(path, address)
    if stands == "another's":
        return address_of(files.owner(path))
    return files.let_go_elsewhere(path) if stands == "foreign" else ""


Paths = tuple[str, ...]


def _written(session: Session, step: PlannedChange) -> tuple[Paths, Paths, Paths, Paths]:
    """The paths that a change writes, those of them at which a file stands that goes, what is not known before, and the
    paths that it may write then."""
    change, files = step.change, session.files
    if step.desired is None or change.problem:
        return (), (), (), ()
    job, address = step.desired.job, change.address
    others, perhaps = Paths(), tuple(perhaps_written(session, step))
    known = foreseen(job, render_late)
    policies = {path: spec.on_conflict for path, spec in known.paths}
    every = {spec.on_conflict for spec in job.outputs}
    usual = every.pop() if len(every) == 1 else "error"
    targets = [(path, policies.get(path, usual)) for path in change.downloads]
    if _is_to_be_told(step):
        over = (f"over {path}, if a result gets that name" for path in perhaps)
        targets, others = [*policies.items()], (*known.others, *over)
    paths = [files.expected(path, policy, address) for path, policy in targets]
    paths = [*dict.fromkeys(filter(None, paths))]
    replaced = [path for path in paths if files.status(path, address) != "absent"]
    replaced += [move.target for move in change.moves if _goes(files, move, address)]
    return tuple(paths), tuple(dict.fromkeys((*replaced, *change.replaces))), others, perhaps


def _goes(files: OutputFiles, move: Move, address: str) -> bool:
    """Whether what stands in the place to which a file is moved goes: also a result of ours that is moved away itself,
    where others have it, too."""
    if files.same(move.source, move.target):
        return False
    return files.status(move.target, address) in NOT_OURS or bool(stays_for_others(files, move.target))


def perhaps_written(session: Session, step: PlannedChange) -> Iterator[str]:
    """Results of earlier runs of its address in whose places a change writes if a result gets such a name."""
    if step.desired is not None and not step.change.problem and _is_to_be_told(step):
        yield from _earlier(session, step.change.address, foreseen(step.desired.job, render_late))


def _is_to_be_told(step: PlannedChange) -> bool:
    """Whether the run, or the service, is going to tell which results there are."""
    change = step.change
    return change.fetch and not (change.downloads or change.skipped or _is_here(step))


def _earlier(session: Session, address: str, known: Foreseen) -> Iterator[str]:
    """Results of earlier runs whose places new ones may get, where only the run tells their names."""
    places = {path for path, _ in known.paths}
    for run in session.store.runs(address_of(address)) if known.untold else ():
        for file in (*run.files, *run.leftover):
            mine = file.path and file.path not in places and file.conversion in known.untold
            if mine and session.files.status(file.path, run.address) != "absent":
                yield file.path


def _is_here(step: PlannedChange) -> bool:
    """Whether the results of a job that has ended are in their places, and only have to be recorded."""
    return step.change.action == "wait" and step.record is not None and step.record.phase == "completed"


async def told(
    session: Session,
    steps: Sequence[PlannedChange],
    manifests: Reading,
    limits: Limits,
    *,
    partial: bool = False,
    left_out: int = 0,
    client: Client | None = None,
) -> Plan:
    """The plan as it is shown: the changes, and everything else there is to say before they are carried out.

    ``client``: the service is asked what the account has left, where the plan costs something there.
    """
    plan = Plan(tuple(step.change for step in steps), partial, left_out)
    known = {address_of(key) for step in steps for key in (step.change.address, step.taken_over) if key}
    asked, unsure = not_asked_for(session, manifests, known)
    plan = replace(plan, orphans=asked, unsure=unsure, unread=session.fingerprint_secret.out_of_reach)
    made = any(step.change.starts and not step.change.problem for step in steps)
    where = endpoint(session.project)
    if made and (why := session.results.unwritable()):
        plan = replace(plan, uncached=f"{cache_place(session.project)[0]} cannot be written ({why})")
    plan = replace(plan, allowance=allowance(session.project, plan, steps, limits))
    paid_for = client is not None and where.key and where.realm != LOCAL_REALM and plan.totals().credits
    return replace(plan, balance=await client.credits_left(PROMPT)) if client and paid_for else plan


def not_asked_for(session: Session, manifests: Reading, planned: Collection[str]) -> tuple[tuple[str, ...], bool]:
    """Recorded addresses that no manifest of the project asks for and that are in no change of the plan; and whether
    some manifest could not be read, which may ask for one.

    Where only some manifests are named, the others are read too, if anything is recorded that those do not ask for.
    """
    store = session.store
    left = {address_of(key) for key in store.addresses()} - manifests.addresses - {*planned}
    left = {address for address in left if any(not run.gone_since for run in store.runs(address))}
    if not left or session.project.everything:
        return tuple(sorted(left)), False
    others = None
    with suppress(SpecError):
        others = reading_all(session.project)
        left -= {item.address for item in others.items()}
    broken = others is None or any(problem.severity == "error" for problem in others.found)
    return tuple(sorted(left)), broken and bool(left)
