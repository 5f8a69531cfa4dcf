"""Files of earlier runs whose names no present result has: they stay, or are removed where that is asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from a2c_spec.core import reasons
from a2c_spec.core.observed import Observed
from a2c_spec.core.plan import Change
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.result_paths import predicted
from a2c_spec.core.state import JobRecord, SavedFile

UNLESS = ", unless a new result has its name"


def left_behind(desired: DesiredJob, record: JobRecord, observed: Observed) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is said of files that have no successor of their name, of the earlier run and of others that made any of its
    conversions before; and those that are to be removed.

    Where the names of the new results are not all known, nothing is said of what stays.
    """
    foreseen = {one.path for one in predicted(desired.job, observed.late)}
    others = observed.earlier.files if observed.earlier else ()
    every = {file.path: file for file in (*record.files, *others)}
    kept = [file for file in every.values() if file.path and file.conversion]
    here = tuple(file.path for file in kept if foreseen.isdisjoint((file.path, file.wanted)))
    certain = bool(foreseen) and len(foreseen) >= len(kept)
    if desired.job.lifecycle.on_rename == "remove":
        return tuple(f"{reasons.removed(path)}{'' if certain else UNLESS}" for path in here), here
    return tuple(map(reasons.stays, here)) if certain else (), ()


def left_files(record: JobRecord, asked: Collection[str], *, every: bool) -> list[SavedFile]:
    """Files of a run that were results once. Those of conversions that are not ``asked`` for are no renamed ones, and
    count only where ``every`` one is meant."""
    return [file for file in record.leftover if file.path and (every or not file.aside or file.conversion in asked)]


def with_removals(change: Change, more: Sequence[str], wrong: Collection[str]) -> Change:
    """The change, which also removes ``more`` files, and none of the ``wrong`` ones, which are not as we wrote them, or
    results again."""
    removes = tuple(path for path in dict.fromkeys((*change.removes, *more)) if path not in wrong)
    if removes == change.removes:
        return change
    untrue = {reasons.removed(path) + end for path in wrong for end in ("", UNLESS)} | {*map(reasons.stays, removes)}
    said = [why for why in change.reasons if why not in untrue]
    told = [*map(reasons.removed, removes)]
    if change.action in ("no-op", "forget") and removes:
        said = [] if change.action == "no-op" else said
        return replace(change, action="delete", reasons=(*said, *told), removes=removes)
    if change.action == "delete" and not (removes or change.calls):
        return replace(change, action="no-op", reasons=("unchanged",), removes=())
    new = [why for path, why in zip(removes, told, strict=True) if path not in change.removes]
    return replace(change, reasons=(*said, *new), removes=removes)
