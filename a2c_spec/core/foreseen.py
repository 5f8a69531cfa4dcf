"""What a run is going to do, told beforehand: what is sent and made, and which files are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from a2c_spec.core.desired import Job, Late, Output
from a2c_spec.core.file_names import confined
from a2c_spec.core.plan import Change
from a2c_spec.core.reasons import counted, size
from a2c_spec.core.result_paths import RenderLate, predicted
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state_store import StateStore


@dataclass(frozen=True, slots=True)
class Foreseen:
    """``paths``: each path with the ``outputs`` entry that asks for it. ``others``: the rest, in words; ``untold`` are
    the conversions whose results these are."""

    paths: tuple[tuple[str, Output], ...]
    others: tuple[str, ...]
    untold: frozenset[str] = frozenset()


def foreseen(job: Job, late: RenderLate) -> Foreseen:
    """What is known of the files of a job before it runs; equal paths have their numbers, as they will get them."""
    every = predicted(job, late)
    paths = tuple((one.path, one.spec) for one in every if not one.instead)
    others = tuple(_others(job, paths, {id(one.spec): one.path for one in every if one.instead}))
    return Foreseen(paths, tuple(told for _, told in others), frozenset(name for name, _ in others))


def apart(job: Job, store: StateStore, late: RenderLate) -> Job:
    """The job, results of which only the service knows the name kept apart from what other runs of its address have by
    now of other conversions."""
    known, asked = {one.spec.conversion for one in predicted(job, late)}, {item.id for item in job.conversions}
    if asked <= known:
        return job
    others = (run for run in store.runs(address_of(job.address)) if run.address != job.address and not run.gone_since)
    files = (file for run in others for file in run.files if file.path and file.conversion not in asked)
    return replace(job, elsewhere=job.elsewhere | {file.wanted or file.path for file in files})


def _others(job: Job, paths: tuple[tuple[str, Output], ...], instead: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    """(conversion, in words where its results go); ``instead``: by entry, the path that it may write in its place."""
    known = {id(spec): path for path, spec in paths}
    asked = {item.id: item for item in job.conversions}
    for spec in job.outputs:
        item = asked.get(spec.conversion)
        if item is None or item.output_target or not spec.save:
            continue
        path = known.get(id(spec), "")
        if not path:
            folder = "a folder that the run tells" if isinstance(spec.save, Late) else confined(spec.save)
            yield item.id, f"{folder} (results of {item.id}, whose names the run tells)"
        elif other := instead.get(id(spec)):
            yield item.id, f"{other} instead, if {item.id} {_how(other, path)}"
        elif len(job.inputs) > 1 and not (spec.input or item.options.get("merge") or item.category == "archive"):
            yield item.id, f"{path} with -2, -3, ... in its name (if {item.id} gives several results)"


def _how(other: str, path: str) -> str:
    if other.endswith(".zip"):
        return "gives several results, which are packed"
    return "makes one result of all inputs" if path.endswith(".zip") else "gives another kind"


def work_of(change: Change) -> str:
    """``2 uploads (4.2 MB), 1 remote, 1 conversion to document/pdf``, read off the calls and the basis;
    empty where no job is made."""
    if "conversions" not in change.basis or not any(call.kind == "create_job" for call in change.calls):
        return ""
    inputs: Mapping[str, Mapping[str, Any]] = change.basis.get("inputs", {})
    uploads = [name for name, item in inputs.items() if item.get("type") == "upload"]
    taken = [name for name, item in inputs.items() if item.get("type") == "output" and item.get("upstream")]
    carried = {name.removeprefix("inputs.") for call in change.calls if call.uploads for name in call.creates}
    sent, others = [name for name in uploads if name in carried], len(inputs) - len(uploads) - len(taken)
    parts = [f"{counted(len(sent), 'upload')} ({size(change.size)})"] if sent else []
    held = "bytes" if not sent else f"bytes of {counted(len(uploads) - len(sent), 'input')}"
    parts += [f"{held} that the service holds"] if len(sent) < len(uploads) else []
    parts += [f"{others} remote"] if others else []
    also = f" ({size(change.size)})" if not sent and carried.intersection(taken) else ""
    parts += [f"{counted(len(taken), 'result')} of other jobs{also}"] if taken else []
    targets = [
        "/".join(filter(None, (conversion.get("category", ""), conversion["target"])))
        for conversion in change.basis["conversions"].values()
    ]
    if targets:
        parts.append(f"{counted(len(targets), 'conversion')} to {', '.join(dict.fromkeys(targets))}")
    parts = parts or ["an empty job"]
    return ", ".join(parts if change.starts else [*parts, "held, not started"])
