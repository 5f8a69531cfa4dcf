"""What an apply does before any call: records that are taken over, let go or put in order, and every move of a file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import PRESET, Element, JobRecord
from a2c_spec.core.state_store import next_key
from a2c_spec.core.transitions import without_files
from a2c_spec.engine.lost_calls import write_down
from a2c_spec.engine.owners import hand_over
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.session import Session


async def keep_books(session: Session, steps: Sequence[PlannedChange], whole: Sequence[PlannedChange]) -> None:
    """Does what costs nothing and must not wait.

    Moves of the whole plan are ordered together, so that names can be swapped between jobs. Of an address that is
    refused nothing changes: what it had is its own as before.
    """
    store = session.store
    await write_down(session)
    session.files.told.update(path for step in steps for path in (*step.change.replaces, *step.change.replaces_paid))
    refused = {address_of(step.change.address) for step in steps if step.change.problem}
    for step in steps:
        run_alone = step.desired is None and step.preset is None
        if step.split_off or step.change.problem or (run_alone and address_of(step.change.address) in refused):
            continue
        if step.taken_over and step.record is not None:
            await _take(session, replace(step.record, gone_since=0.0), without=(step.taken_over,))
            session.files.note_complete(replace(step.record, address=step.taken_over))
        elif step.filed_anew and step.record is not None and step.change.action != "no-op":
            await store.put(step.record)
        elif step.change.action == "no-op" and step.record is not None and not step.summary_only:
            await _tidy(session, step, session.files.own(step.record) if run_alone else step.record)
        elif step.change.action == "forget" and step.desired is None:
            await _let_go(session, step.change.address)
    split = (step.record for step in steps if step.split_off and not step.change.problem)
    for record in filter(None, split):
        await _take(session, record)
        session.shared.clear()
    await _with_history(session, steps)
    session.files.followed.clear()  # they are recorded where they are now
    sound = [step for step in whole if not step.change.problem]
    for step in sound:
        await hand_over(store, step, session.results.realm)
    moving = [
        (step.desired.job, step.change.address, move) for step in sound if step.desired for move in step.change.moves
    ]
    await session.service.delivery.move_all(moving)


async def _tidy(session: Session, step: PlannedChange, record: JobRecord) -> None:
    """Writes down what the plan found out about an address with which nothing is to be done.

    A create without an answer that the plan looked for is not needed. One that was not found out stays in doubt: it may
    be paid for, whatever is asked for now.
    """
    since = 0.0 if step.desired or step.preset else record.gone_since
    intent = record.intent if record.lost_start and not session.lost.is_known(record.address) else None
    after = replace(record, gone_since=since, intent=intent)
    if step.preset is not None:
        element = record.elements.get(PRESET, Element(record.job_id))
        sent = {PRESET: replace(element, sent=step.change.basis[PRESET])}
        after = replace(after, fingerprint=step.change.fingerprint, basis=step.change.basis, elements=sent)
    if after != session.store.get(after.address):
        await session.store.put(after)


async def _with_history(session: Session, steps: Sequence[PlannedChange]) -> None:
    """Earlier runs of an address go with the last of those that count, so that whoever has these can delete them."""
    store, asked = session.store, {address_of(step.change.address) for step in steps}
    for step in steps:
        left = store.runs(address_of(step.taken_over)) if step.taken_over and not step.split_off else ()
        if address_of(step.taken_over) in asked or not _is_history(session, step, left):
            continue
        for run in left:
            address = address_of(step.change.address)
            key = next_key(store, address)
            await store.put(replace(run, address=key), without=(run.address,))


def _is_history(session: Session, step: PlannedChange, left: Sequence[JobRecord]) -> bool:
    """Whether runs were all replaced by the one that is taken over, by a job that is theirs under another name. What
    was replaced by nothing, or has a file, is wanted when its manifest comes back; what was not in the plan of a job
    that deletes what it replaces is not deleted by the next one."""
    if step.desired is None or step.record is None or step.desired.job.lifecycle.on_replace == "delete":
        return False
    taken, own = step.record, session.store.runs(address_of(step.change.address))
    same = all(run.address == step.change.address or not run.gone_since for run in own)
    return same and all(
        0 < run.gone_since <= taken.answered_at and not any(file.path for file in (*run.files, *run.leftover))
        for run in left
    )


async def _take(session: Session, record: JobRecord, without: Collection[str] = ()) -> None:
    """The results are this run's, and no other's any more; ``without`` are the keys that it had."""
    paths = {file.path for file in record.files}
    owners = {session.files.owner(path) for path in paths} - {"", record.address, *without}
    givers = [giver for owner in owners if (giver := session.store.get(owner))]
    await session.store.put(*(without_files(giver, paths) for giver in givers), record, without=without)


async def _let_go(session: Session, address: str) -> None:
    """Job, recipe and files stay known, so that a manifest that comes back takes them up again."""
    record = session.store.get(address)
    if record is not None:
        record = session.files.own(record)  # another run may have them by now
        await session.store.put(replace(record, gone_since=session.project.runtime.clock()))
