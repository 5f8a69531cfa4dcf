"""What stands at every place of a result: the verdict that plan and apply come to as well, without any API call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from a2c_spec.api.output_files import OutputFiles
from a2c_spec.core import reasons
from a2c_spec.core.desired import Job
from a2c_spec.core.observed import DOUBTFUL, NOT_OURS, Disk
from a2c_spec.core.results import partial, spec_for
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.skipping import only_skipped
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.engine.desired import with_policy
from a2c_spec.engine.left_out import jobs_of
from a2c_spec.engine.session import Session
from a2c_spec.errors import why
from a2c_spec.manifests.digests import measure
from a2c_spec.manifests.expressions.template import render_late


@dataclass(frozen=True, slots=True)
class Finding:
    """The ``status`` of one result: intact, missing, changed, unreadable or skipped; and the ``reason``, where known.
    ``orphan``: no manifest asks for its address, so that no apply restores it.

    As JSON: ``schemas/verify.schema.json``.
    """

    address: str
    path: str
    status: str
    reason: str = ""
    orphan: bool = False


def findings(session: Session, keys: Mapping[str, None]) -> list[Finding]:
    """The findings of these runs, by key, and of what the manifests of their addresses leave out; each file is read."""
    files = replace(session.files, digest=lambda path: measure(path).sha256)
    addresses = list(dict.fromkeys(map(address_of, keys)))
    every = {address: [run for run in session.runs(address) if run.address in keys] for address in addresses}
    kept = {address: [run for run in some if not run.gone_since] for address, some in every.items()}
    runs = {address: kept[address] or every[address] for address in addresses}
    asked = jobs_of(session.project, (record for some in runs.values() for record in some))
    # what was let go is nobody's result, unless its manifest is back
    runs = {address: some if kept[address] or asked.get(address) else [] for address, some in runs.items()}
    policy, found = session.project.flags.on_conflict, list[Finding]()
    for address in addresses:
        job = with_policy(known, policy) if (known := asked.get(address)) else None
        here = [(run, one, _finding(files, address, run, one, job)) for run in runs[address] for one in _here(run)]
        mine = [told for run, one, told in here if told.status == "intact" or not _made_anew(runs[address], run, one)]
        mine += _left_out(files, address, job, {one.path for one in mine}) if job else ()
        orphan = address in asked and job is None and bool(kept[address])
        found += [replace(one, orphan=orphan) for one in mine]
    return found


def _here(run: JobRecord) -> list[SavedFile]:
    return [file for file in run.files if file.path or file.wanted]


def _made_anew(runs: Sequence[JobRecord], run: JobRecord, file: SavedFile) -> bool:
    """Whether a newer run makes this result, or is held for it, so that the earlier one is not missed."""
    newer = (other for other in runs if other.age > run.age)
    return any(file.conversion in other.basis.get("conversions", {}) for other in newer)


def _finding(files: OutputFiles, address: str, run: JobRecord, file: SavedFile, job: Job | None) -> Finding:
    path = file.path or file.wanted
    try:
        stands = files.status(path, run.address)
        if stands == "absent":
            return Finding(address, path, "missing")
        if not file.path:
            return Finding(address, path, "skipped", "it was left out because something else stands there")
        if stands == "intact" or (stands in DOUBTFUL and files.came_back(file, path, run.address)):
            lacks = partial(run).get(file.conversion)
            return Finding(address, path, "intact", f"partial: made without {', '.join(lacks)}" if lacks else "")
        spec = spec_for(job.outputs, file.conversion, file.inputs) if job else None
        skips = spec is not None and spec.on_conflict == "skip" and stands in NOT_OURS
        told = _why(files, stands, run.address, file)
        return Finding(address, path, "skipped" if skips else "changed", told)
    except OSError as error:
        return Finding(address, path, "unreadable", why(error))


def _left_out(files: OutputFiles, address: str, job: Job, told: set[str]) -> Iterator[Finding]:
    """What was never made, because it would be saved nowhere."""

    def is_taken(path: str) -> bool:
        return path not in told and files.is_taken(path, address)

    for paths in only_skipped(job, render_late, is_taken).values():
        for path in paths:
            stands = reasons.skipped(path, files.status(path, address)).removeprefix(f"skipped: {path} ")
            yield Finding(address, path, "skipped", f"it {stands}")


def _why(files: OutputFiles, stands: Disk, run: str, file: SavedFile) -> str:
    target = files.root / file.path
    if files.leads_out(file.path):
        return "a symbolic link leads out of the project"
    if target.is_symlink() and not target.exists():
        return "it is a symbolic link to something that does not exist"
    if stands == "outdated":
        return f"it {files.origin(file.path, run)}"
    if not target.is_file():
        return "it is a folder" if stands == "folder" else "it is not a file"
    return f"sha256 {file.sha256[:4]}.. -> {files.digest(target)[:4]}.."
