"""What is left to do for a job whose conversions are done: names on the service, files here, downloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from a2c_spec.core import reasons
from a2c_spec.core.calls import Body, Call, Effect
from a2c_spec.core.compare import same_secret
from a2c_spec.core.live import LiveJob
from a2c_spec.core.moves import Move
from a2c_spec.core.observed import Observed
from a2c_spec.core.plan import Change
from a2c_spec.core.planner.changed_after_run import changed_after_run, told_there
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.result_paths import Placement, placed
from a2c_spec.core.results import NO_LONGER, named_parts, partly, untold, without_result
from a2c_spec.core.skipping import only_skipped
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.core.transitions import parts

ALREADY_HERE = "already downloaded; recording it"


@dataclass(slots=True)
class OutputDiff:
    """What was found to do, collected result by result.

    ``lost``: (conversion, why) of results that are neither here nor on the service.
    """

    placements: tuple[Placement, ...]
    calls: tuple[Call, ...]
    moves: list[Move] = field(default_factory=list)
    downloads: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    verified: int = 0


def diff_outputs(desired: DesiredJob, record: JobRecord, live: LiveJob | None, observed: Observed) -> OutputDiff:
    """Looks at every result of a completed job; with ``live`` None it goes by the record."""
    placements = _placements(desired, record, live, observed)
    saved = {file.output_id: file for file in record.files}
    found = OutputDiff(placements, output_calls(desired, record, placements) if record.job_id else ())
    for placement in placements:
        _one(placement, saved.get(placement.output.id), observed, found)
    if record.phase == "done":
        known = [(placement.conversion, placement.inputs) for placement in placements]
        without = without_result(desired.job, [*known, *((file.conversion, file.inputs) for file in record.files)])
        why = "the result of {} is neither here nor on the service"
        found.lost += [(one[0], why.format(named_parts([one]))) for one in without]
    return found


def _placements(
    desired: DesiredJob, record: JobRecord, live: LiveJob | None, observed: Observed
) -> tuple[Placement, ...]:
    if live is None and record.files and observed.placed is not None and not record.gone:
        return observed.placed
    return placed(desired.job, record, observed.late, live)


def _one(placement: Placement, file: SavedFile | None, observed: Observed, work: OutputDiff) -> None:
    """Where one result is and where it should be."""
    if not placement.path:
        return
    if file is None or not file.path:
        there = reasons.OF_EARLIER_RUN if observed.status(placement.path) == "intact" else "not downloaded yet"
        _fetch(placement, f"{placement.path} {there}", observed, work, file)
    elif (stands := observed.status(file.path)) == "absent":
        _fetch(placement, f"{file.path} is missing here", observed, work, file)
    elif stands == "outdated":
        _fetch(placement, f"{file.path} {observed.origins[file.path]}", observed, work, file)
    elif stands != "intact":
        _altered(placement, file, observed, work)
    elif placement.path != (file.wanted or file.path):
        _move(placement, file, observed, work)
    else:
        work.verified += 1


def _fetch(placement: Placement, why: str, observed: Observed, work: OutputDiff, file: SavedFile | None) -> None:
    answer = file.refused if file else ""
    policy = placement.spec.on_conflict if placement.spec else "error"
    if observed.skips(placement.path, policy):
        work.skipped.append(reasons.skipped(*observed.told(placement.path)))
        return
    if placement.gone:
        status = placement.output.status
        work.lost.append((placement.conversion, _no_longer(why, status if status != NO_LONGER else "", answer)))
        return
    work.why.append(f"{why}; its last download was answered {answer}" if answer else why)
    work.downloads.append(placement.path)
    if refused := reasons.refused(observed, placement.path, policy):
        work.problems.append(refused)


def _no_longer(why: str, *told: str) -> str:
    """Of a result that is lost: ``told`` are its status there, and how its last download was answered, if anything."""
    because = "; ".join(filter(None, told))
    return f"{why}, and the service no longer has it{f' ({because})' if because else ''}"


def _altered(placement: Placement, file: SavedFile, observed: Observed, work: OutputDiff) -> None:
    policy = placement.spec.on_conflict if placement.spec else "error"
    if policy == "skip" and placement.path == (file.wanted or file.path):
        work.skipped.append(reasons.skipped(*observed.told(file.path)))
    else:
        ours = observed.status(file.path) == "changed"
        unknown = observed.origins.get(file.path, reasons.UNKNOWN)
        stands = "has changed since a2c-spec wrote it" if ours else unknown
        _fetch(placement, f"{file.path} {stands}", observed, work, file)


def _move(placement: Placement, file: SavedFile, observed: Observed, work: OutputDiff) -> None:
    policy = placement.spec.on_conflict if placement.spec else "error"
    if refused := reasons.refused(observed, placement.path, policy, moves=True):
        work.problems.append(refused)
    path = observed.expected(placement.path, policy)
    work.moves.append(Move(file.path, path, placement.path if path != placement.path else ""))
    work.why.append(f"{file.path} -> {path}")


def output_calls(desired: DesiredJob, record: JobRecord, placements: Sequence[Placement]) -> tuple[Call, ...]:
    """PATCHes of results: one per result that is renamed, and one for all where a password is the same for all.

    The service's own name of a result is managed where the manifest gives a name known before the run, and where a
    result stays on the service; other names are given here, when the file is saved.
    """
    there = [one for one in placements if not one.gone]
    bodies = {one.output.id: _output_body(desired, record, one) for one in there}
    pending = {key: body for key, body in bodies.items() if body}
    shared = _shared(pending, len(there))
    if shared is not None:
        effects = tuple(_effect(desired, one, shared) for one in there)
        return (Call("patch_outputs", body=dict(shared), effects=effects, reason="all outputs alike"),)
    by_id = {one.output.id: one for one in placements}
    return tuple(
        Call("patch_output", key, body, effects=(_effect(desired, by_id[key], body),), reason="output renamed")
        for key, body in pending.items()
    )


def _shared(pending: Mapping[str, Mapping[str, Body]], count: int) -> Mapping[str, Body] | None:
    """The one body that serves all results at once; never a file name, which must differ."""
    different = list(pending.values())
    if len(different) < 2 or len(different) != count:
        return None
    first = different[0]
    return first if set(first) == {"download_password"} and all(body == first for body in different) else None


def _output_body(desired: DesiredJob, record: JobRecord, one: Placement) -> dict[str, Body]:
    body: dict[str, Body] = {}
    sent = told_there(record, one)
    static = one.spec is not None and isinstance(one.spec.filename, str)
    if one.name and (static or not one.path) and sent.get("filename") != one.name:
        body["filename"] = one.name
    password = one.spec.download_password if one.spec else None
    if password is not None and not same_secret(sent.get("download_password"), desired.fingerprint_secret(password)):
        body["download_password"] = password
    return body


def _effect(desired: DesiredJob, one: Placement, body: Mapping[str, Body]) -> Effect:
    sent = {"filename": body.get("filename")}
    password = one.spec.download_password if one.spec and "download_password" in body else None
    if password is not None:
        sent["download_password"] = desired.fingerprint_secret(password)
    return Effect(f"outputs.{one.output.id}", {key: value for key, value in sent.items() if value})


def finish(desired: DesiredJob, record: JobRecord, found: OutputDiff) -> Change:
    """The change of a completed job whose recipe is unchanged and whose results can all be had."""
    if record.phase != "done" and (doubt := _untold(desired, record, found.placements)):
        return Change(desired.job.address, "wait", ("it has ended",), fetch=True, problem=doubt)
    stale = _stale(desired, record, found.placements)
    if not (found.calls or found.moves or found.downloads or stale):
        if record.phase != "done":
            lacking, left = _lacking(desired, record, found.placements), len(found.skipped)
            why = ("it has ended", *found.skipped) if lacking or left else (ALREADY_HERE,)
            return Change(desired.job.address, "wait", why, fetch=True, problem=lacking, skipped=left)
        return _unchanged(desired, record, found)
    named = [_renamed(record, call, found.placements) for call in found.calls]
    named += changed_after_run(desired, record, found.placements)
    return Change(
        desired.job.address,
        "download" if found.downloads else "rename",
        (*dict.fromkeys([*found.why, *named, *map(reasons.stays, stale), *partly(record)]),),
        found.calls,
        moves=tuple(found.moves),
        leaves=stale,
        downloads=tuple(found.downloads),
        fetch=bool(found.downloads) or record.phase != "done",
        verified=found.verified,
        problem=next(iter(found.problems), ""),
    )


def _untold(desired: DesiredJob, record: JobRecord, placements: Sequence[Placement]) -> str:
    """Why no result of a job that completed is taken: it does not tell what made them; empty when it does."""
    made, several = {one.conversion for one in placements}, len(parts(record.elements, "conversions")) > 1
    names = untold((item.id for item in desired.job.conversions), made, several=several)
    return f"{reasons.untold(record.job_id, names)}; {reasons.OF_THEIR_OWN}" if names else ""


def _lacking(desired: DesiredJob, record: JobRecord, placements: Sequence[Placement]) -> str:
    """Why a job that completed cannot be taken for done; empty when it can."""
    made = [(one.conversion, one.inputs) for one in placements]
    empty = without_result(desired.job, made, warned=bool(record.warnings))
    again = reasons.run_again(desired.job.address, [name for name, _ in empty])
    return f"{named_parts(empty)} has no result there; {again}" if empty else ""


def _unchanged(desired: DesiredJob, record: JobRecord, found: OutputDiff) -> Change:
    """Nothing is to be done; what was left out is no result that was verified.

    Of what the service has lost meanwhile nothing is run again unasked: it keeps results for a while only.
    """
    why = list(found.skipped)
    if found.verified or not why:
        verified = f"unchanged, {reasons.counted(found.verified, 'file')} verified" if record.files else "completed"
        why.insert(0, verified)
    gone, address = "the service no longer has the result of {}, which stayed there", desired.job.address
    why += [f"{gone.format(name)}; {reasons.run_again(address, [name])}" for name in no_longer_there(desired, record)]
    why += [*changed_after_run(desired, record, found.placements), *partly(record)]
    return Change(desired.job.address, "no-op", tuple(why), verified=found.verified, skipped=len(found.skipped))


def no_longer_there(desired: DesiredJob, record: JobRecord) -> tuple[str, ...]:
    """The conversions with a result that stays on the service, and that is known to have gone there."""
    asked = {item.id for item in desired.job.conversions}
    lost = (file.conversion for file in record.files if file.only_there and file.output_id in record.gone)
    return tuple(name for name in dict.fromkeys(lost) if name in asked)


def _stale(desired: DesiredJob, record: JobRecord, placements: Sequence[Placement]) -> tuple[str, ...]:
    """Files of ours that the manifest no longer saves anywhere, although it asks for their conversions."""
    asked = {item.id for item in desired.job.conversions}
    unsaved = {one.output.id for one in placements if not one.path and one.conversion in asked}
    return tuple(file.path for file in record.files if file.path and file.output_id in unsaved)


def _renamed(record: JobRecord, call: Call, placements: Sequence[Placement]) -> str:
    ids = {effect.name.removeprefix("outputs.") for effect in call.effects}
    one = next(one for one in placements if one.output.id in ids)
    if isinstance(call.body, Mapping) and "filename" in call.body:
        old = told_there(record, one).get("filename") or one.output.filename
        return f'output of {one.conversion}: "{old}" -> "{call.body["filename"]}"'
    return f"output of {one.conversion}: download_password (sensitive: changed)"


def saved_nowhere(desired: DesiredJob, observed: Observed) -> Change | None:
    """That nothing is run, where each of its results would be left out."""
    skipped = only_skipped(desired.job, observed.late, observed.taken)
    why = tuple(reasons.skipped(*observed.told(path)) for places in skipped.values() for path in places)
    every = bool(skipped) and len(skipped) == len(desired.job.conversions)
    return Change(desired.job.address, "no-op", why, skipped=len(why)) if every else None
