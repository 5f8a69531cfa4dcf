"""``import``: writes a manifest from a live job and adopts the job; the next plan is empty."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import did, project_of, talk
from a2c_spec.commands._variables import named_flag
from a2c_spec.core.desired import Conversion, Secret
from a2c_spec.core.importing import ImportHints, job_from, record_of, variables_of
from a2c_spec.core.live import LiveJob, mapping, text
from a2c_spec.core.reasons import counted
from a2c_spec.core.state import JobRecord
from a2c_spec.core.transitions import without_job
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.new_manifest import NewManifest, manifest_of
from a2c_spec.engine.project import Project
from a2c_spec.engine.session import open_session
from a2c_spec.errors import InvalidError, SpecError, UsageError

if TYPE_CHECKING:
    from a2c_spec.api.client import Client
    from a2c_spec.core.desired import Job
    from a2c_spec.engine.session import Session

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
SEARCHED = 5000
"""At most so many files of the project are searched for the bytes of uploads."""


@click.command("import")
@click.argument("job_id")
@click.option("--name", default="", help="The address to give it (default: imported-ID).")
@click.option("-o", "--out", default="", metavar="FILE", help="The manifest to write (default: NAME.yaml).")
@click.option("--no-download", is_flag=True, help="Do not download the results now.")
@options.parallelism
@options.project
def command(job_id: str, name: str, out: str, no_download: bool, **given: Any) -> int:
    """Write a manifest that describes JOB_ID, record the job as its own, and download its results."""
    return import_job(flags_of(given), job_id, name or f"imported-{job_id[:8]}", out, download=not no_download)


def import_job(flags: Flags, job_id: str, name: str, out: str, *, download: bool) -> int:
    """Writes the manifest and the record; a completed job's results are downloaded, so that nothing is left to do."""
    if not NAME.fullmatch(name):
        raise UsageError(f"{named_flag('name')} {name}: an address is made of a-z, 0-9, dots, underscores and dashes")
    project = project_of(flags)
    target = project.cwd / (out or f"{name}.yaml")
    completed = asyncio.run(_import(project, job_id, name, target))
    if not (completed and download):
        return 0
    from dataclasses import replace

    from a2c_spec.commands.apply import apply
    from a2c_spec.engine.outcome import ApplyOptions

    return apply(replace(flags, manifests=(os.path.relpath(target, project.cwd),)), ApplyOptions(only=("download",)))


async def _import(project: Project, job_id: str, name: str, target: Path) -> bool:
    folder = _folder_below(project.root, target)
    async with open_session(project) as session:
        with session.store.lock("import"):
            known = _recorded_as(session, job_id)
            _check_free(session, job_id, name, known, target)
            live = await session.service.client.job(job_id)
            if live is None:
                raise UsageError(f"the service does not know job {job_id}")
            clues = ImportHints(await _defaults(session.service.client), _uploads(session, live))
            job, manifest = _described(project, live, clues, name, target, folder)
            record = await _written(session, job, manifest, live, adopt=not known)
    missing = [item.id for item in job.inputs if item.type == "input_id"]
    cost = f", which cost {counted(live.spent, 'credit')}" if live.spent else ""
    why = f": {record.problem}" if record and record.problem else ""
    what = "its record stays as it is" if known else f"adopted job {job_id} ({live.status}{cost}{why})"
    said = f"wrote {target.name}, {what}" if known else f"wrote {target.name} and {what}"
    told = {"event": "imported", "written": target.name, "address": name, "job_id": job_id, "status": live.status}
    told |= {"problem": record.problem} if record and record.problem else {}
    did(project.flags, said, **told, spent=0 if known else live.spent, without_source=missing)
    if missing and not project.flags.as_json:
        talk(
            project.flags,
            f"no file of this project is the source of {counted(len(missing), 'upload')} ({', '.join(missing)}): the "
            "manifest refers to the service's copy, which is deleted after a while",
        )
    unset = [name for name in variables_of(job) if name not in project.environ]
    if unset:
        talk(
            project.flags,
            f"set {', '.join(unset)} before you apply: the manifest refers to these secrets, and does not hold their "
            "values",
        )
    return live.status == "completed" and not any(_locked(item, unset) for item in job.conversions)


def _locked(item: Conversion, unset: Sequence[str]) -> bool:
    """Whether results of a conversion have a password that is not known here."""
    word = item.options.get("download_password")
    return isinstance(word, Secret) and word.reference.removeprefix("env:") in unset


def _folder_below(root: Path, target: Path) -> str:
    """The folder of a manifest, relative to the root; raises UsageError when that is elsewhere."""
    folder = target.parent.resolve()
    if not folder.is_relative_to(root.resolve()):
        raise UsageError(f"{target} is outside the project {root}", hint="choose another with --out")
    return folder.relative_to(root.resolve()).as_posix()


def _described(
    project: Project, live: LiveJob, clues: ImportHints, name: str, target: Path, folder: str
) -> tuple[Job, NewManifest]:
    """A manifest that `validate` accepts, and the job that it asks for; raises InvalidError when there is none.

    Results get a folder of their own where they would take the place of those of other manifests.
    """
    results = "dist/" if folder == "." else f"{folder}/dist/"
    refused: list[InvalidError] = []
    for save in (results, f"{results}{name}/"):
        try:
            manifest = manifest_of(project, job_from(live, name, clues, save), target)
            return manifest.checked(), manifest
        except InvalidError as error:
            refused.append(error)
    raise InvalidError(f"job {live.id} cannot be imported: {refused[0].message}", hint=refused[0].hint)


async def _written(
    session: Session, job: Job, manifest: NewManifest, live: LiveJob, *, adopt: bool
) -> JobRecord | None:
    """Records and writes it; where one of both is not possible, nothing is changed. The record, where it is new."""
    from a2c_spec.engine.desired import Dependencies, make_ready

    record = None
    if adopt:
        desired = make_ready(job, None, session, Dependencies(session))
        record = record_of(desired, live, session.project.runtime.clock())
        await session.store.put(record)
    try:
        manifest.write()
    except SpecError:
        if adopt:
            await session.store.put(without=[job.address])
        raise
    known = [without_job(run, live.id) for run in session.store.scan() if live.id in run.former_jobs] if adopt else []
    if known:  # it is this address's now, and nobody's earlier job
        await session.store.put(*known)
    return record


def _recorded_as(session: Session, job_id: str) -> str:
    """The address under which a job is recorded; empty when it is not."""
    return next((record.address for record in session.store.scan() if record.job_id == job_id), "")


def _check_free(session: Session, job_id: str, name: str, known: str, target: Path) -> None:
    """Raises UsageError when the job, the name or the file is taken; a manifest that is lost may be written anew."""
    if known and (known != name or target.exists()):
        hint = f"`a2c-spec state show {known}` shows it; `a2c-spec state rm {known}` removes its record; its files stay"
        raise UsageError(f"job {job_id} is recorded already, as {known}; nothing was changed", hint=hint)
    if target.exists():
        raise UsageError(f"{target} exists already", hint="choose another with --out")
    if not known and session.store.get(name) is not None:
        raise UsageError(f"{name} is recorded already", hint="choose another --name")


async def _defaults(client: Client) -> dict[tuple[str, str], dict[str, Any]]:
    """Default values of options: an echo spells them all out, a manifest should not."""
    found = {}
    async for row in client.catalog():
        described = mapping(row.get("options"))
        values = {name: option.get("default") for name, option in described.items() if isinstance(option, Mapping)}
        found[(text(row.get("category")), text(row.get("target")))] = values
    return found


def _uploads(session: Session, live: LiveJob) -> dict[str, str]:
    """Files of the project whose bytes are those of an upload, by MD5."""
    wanted = {item.checksum: item for item in live.inputs if item.type in ("upload", "base64") and item.checksum}
    names = {item.filename for item in wanted.values()}
    sizes = {item.size for item in wanted.values()}
    found: dict[str, str] = {}
    root = session.project.root
    for number, path in enumerate(root.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if number > SEARCHED or len(found) == len(wanted):
            break
        if hidden or not path.is_file() or (path.name not in names and path.stat().st_size not in sizes):
            continue
        md5 = session.digests.measure(path).md5
        if md5 in wanted:
            found.setdefault(md5, path.relative_to(root).as_posix())
    return found
