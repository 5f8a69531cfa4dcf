"""Files that stay here although no present result is at their path, and why: said by the plan, or once it is known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from a2c_spec.api.going_files import stays_for_others
from a2c_spec.core import reasons
from a2c_spec.core.events import Event, Listener
from a2c_spec.core.file_names import path_key
from a2c_spec.core.plan import Change
from a2c_spec.core.planner import with_removals
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.engine.loading import real_path
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.session import Session

EARLIER = "a result of an earlier run; `a2c-spec prune` removes it"


def why_kept(session: Session, path: str, address: str) -> str:
    """Why a file that was written for an address is not removed, also by prune; empty where it may be."""
    files, stands = session.files, session.files.status(path, address)
    if stands == "changed":
        return "it has changed since a2c-spec wrote it"
    if stands == "outdated":
        return f"it {files.origin(path, address)}"
    if stands == "intact" and path_key(real_path(session.project.root)(path)) in session.inputs:
        return "it is an input of a manifest"
    return stays_for_others(files, path) if stands == "intact" else ""


def with_staying(session: Session, steps: Sequence[PlannedChange]) -> list[PlannedChange]:
    """The changes of a plan, which say which files stay, and remove none that has to."""
    taken = {path for step in steps for path in _taken(step)}
    filled = {path for step in steps for path in (*step.change.writes, *(move.target for move in step.change.moves))}
    runs: dict[str, list[PlannedChange]] = {}
    for step in steps:
        runs.setdefault(address_of(step.change.address), []).append(step)
    told = []
    for step in steps:
        before = _before(session, step, runs[address_of(step.change.address)])
        told.append(_with_copied(session, _with_staying(session, step, taken, before), filled))
    return told


def _before(session: Session, step: PlannedChange, runs: Sequence[PlannedChange]) -> tuple[SavedFile, ...]:
    """Files of other runs of an address that count still, of conversions that the run of this change makes, or has
    taken over, in their place."""
    comes = step.change.makes or bool(step.taken_over)
    ids = step.conversions if comes else []
    found: list[SavedFile] = []
    for one in runs if ids else ():
        if one is step or one.record is None or one.desired is None:
            continue
        stored = session.store.get(one.record.address)
        now = {file.path for file in stored.files} if stored else set()
        files = (*one.record.files, *(file for file in one.record.leftover if file.path in now))
        found += [file for file in files if file.path and file.conversion in ids]
    return tuple(found)


def _with_copied(session: Session, step: PlannedChange, filled: Collection[str]) -> PlannedChange:
    """The change, which says which files are not moved but copied, because they are somebody else's, too; ``filled``
    places get another file."""
    change = step.change
    sources = [move.source for move in change.moves if move.source not in filled and not change.problem]
    told = [reasons.stays(path, why) for path in sources if (why := stays_for_others(session.files, path))]
    return replace(step, change=replace(change, stays=(*change.stays, *told))) if told else step


def _taken(step: PlannedChange) -> Iterator[str]:
    """The paths at which a change puts results, or from which it moves them."""
    yield from step.change.writes
    for move in step.change.moves:
        yield from (move.source, move.target)
    yield from (path for path, _ in step.takes)


def _with_staying(
    session: Session, step: PlannedChange, taken: set[str], before: tuple[SavedFile, ...]
) -> PlannedChange:
    record = step.record or (JobRecord(step.change.address, "") if before else None)
    if record is None or step.summary_only or step.going:
        return step
    step = _without_untrue(session, step, replace(record, files=(*record.files, *before)), taken)
    change = step.change
    if change.problem:
        return step
    wrong = [path for path in change.removes if why_kept(session, path, change.address)]
    change = with_removals(change, (), wrong) if wrong else change
    told: dict[str, str] = {}
    for path in dict.fromkeys(_left(session, step, record, before)):
        if path not in taken and path not in change.removes and stands(session, path, record):
            told[path] = why_kept(session, path, record.address) or ("" if change.action == "forget" else EARLIER)
    plain = {reasons.stays(path): why in ("", EARLIER) for path, why in told.items()}
    said = [why for why in change.reasons if plain.get(why, True)]  # the others are said with why
    stays = [reasons.stays(path, why) for path, why in told.items() if reasons.stays(path) not in said]
    return replace(step, change=replace(change, reasons=tuple(said), stays=(*change.stays, *stays)))


def _without_untrue(session: Session, step: PlannedChange, record: JobRecord, taken: set[str]) -> PlannedChange:
    """The change, which says of no file that it stays that is not here, or in whose place the plan puts another."""
    if not any(why.endswith(reasons.stays("")) for why in step.change.reasons):
        return step
    said = {reasons.stays(file.path): file.path for file in (*record.files, *record.leftover) if file.path}
    told = []
    for why in step.change.reasons:
        path = said.get(why)
        if path is None or (path not in taken and stands(session, path, record)):
            told.append(why)
        elif path in step.change.leaves:
            told.append(reasons.not_saved(path))
    return replace(step, change=replace(step.change, reasons=tuple(told)))


def stands(session: Session, path: str, record: JobRecord) -> bool:
    """Whether a file that we wrote is at a path, be it changed."""
    return session.files.status(path, record.address) in ("intact", "changed", "outdated")


def _left(session: Session, step: PlannedChange, record: JobRecord, before: tuple[SavedFile, ...]) -> Iterator[str]:
    """The paths of a run, and of what others had ``before``, at which no result is once the change is carried out, as
    far as that is known."""
    change, every = step.change, session.project.flags.prune
    if change.action == "no-op" and not (every or before):
        return
    let_go = change.action == "forget" and step.desired is None
    files = [file for file in record.leftover if every or let_go or not file.aside]
    if let_go or change.makes:
        files += record.files
    elif change.downloads:
        files += [file for file in record.files if session.files.status(file.path, record.address) != "intact"]
    present = {file.path for file in record.files} if not change.makes else set()
    files += [file for file in before if file.path not in present]
    mine = {address_of(record.address), address_of(step.taken_over)}
    paths = [file.path for file in files if file.path and address_of(session.files.owner(file.path)) in mine]
    known = not change.unforeseen and len(change.writes) >= len(
        [file for file in (*record.files, *before) if file.path]
    )
    if change.makes and not known:  # a result whose name the run tells may be at any path, but not over what is changed
        spared = step.desired and all(output.on_conflict != "overwrite" for output in step.desired.job.outputs)
        paths = [path for path in paths if spared and session.files.status(path, record.address) == "changed"]
    yield from paths


def tell_staying(session: Session, record: JobRecord, change: Change, tell: Listener) -> None:
    """Tells which files of earlier runs stay once a run has ended, but for what the plan of it said."""
    told = (*change.reasons, *change.stays, *map(reasons.stays, change.removes))
    for path in dict.fromkeys(file.path for file in record.leftover if file.path and not file.aside):
        said = reasons.stays(path)
        if stands(session, path, record) and not any(one == said or one.startswith(f"{said}:") for one in told):
            why = why_kept(session, path, record.address) or EARLIER
            tell(Event("note", record.address, text=reasons.stays(path, why)))
