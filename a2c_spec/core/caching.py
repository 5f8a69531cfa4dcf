"""Which results may be kept and used again, under which key, and what an entry of the results cache says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from a2c_spec.core.desired import Conversion, Job
from a2c_spec.core.prepare import DesiredJob, only
from a2c_spec.core.recipe import UPLOADED, digest
from a2c_spec.core.result_paths import default_name
from a2c_spec.core.results import left_out
from a2c_spec.core.same_recipe import current
from a2c_spec.core.state import CACHED, JobRecord, SavedFile

FORMAT = 2


def cacheable(job: Job, *, awaited: bool = False) -> bool:
    """Whether the result depends on known bytes and the recipe alone, and running the job does nothing else;
    ``awaited``: bytes that another job is going to make count as known.

    What is delivered elsewhere, has a callback, or depends on a preset that only the service knows, must run; so
    must a job whose ``lifecycle.ignore`` keeps the manifest's bytes from deciding.
    """
    sent = (*UPLOADED, "from")  # a result of another job that is here is sent like any file
    there = [item.content is not None or (awaited and item.awaited) for item in job.inputs]
    known = all(item.pin or (item.type in sent and here) for item, here in zip(job.inputs, there, strict=True))
    plain = not any(item.output_target or "preset" in item.options for item in job.conversions)
    plain = plain and not any(path.endswith(".content") for path in job.lifecycle.ignore)
    return bool(job.inputs) and known and plain and not job.fields.get("callback")


def cache_key(fingerprint: str, realm: str) -> str:
    """One service's result of one conversion of the same bytes in the same order, whatever it is called."""
    return digest({"format": FORMAT, "realm": realm, "fingerprint": fingerprint})


def entries_of(desired: DesiredJob, record: JobRecord, made_at: float) -> Mapping[str, Mapping[str, Any]]:
    """An entry for each conversion of a finished job, by the fingerprint of what it makes: of those whose recipe is the
    one that the job was sent, whatever is desired by now.

    None at all where it is not known of some result which conversion made it.
    """
    found = {}
    told = all(file.conversion for file in record.files)
    ran = current(desired, record, [item.id for item in desired.job.conversions]) if told else {}
    for item in (one for one in desired.job.conversions if ran.get(one.id) == one.id):
        files = tuple(file for file in record.files if file.conversion == item.id)
        alone, share = only(desired, item.id), record.spent // len(desired.job.conversions)
        entry = entry_of(alone, replace(record, files=files, spent=share), made_at) if cacheable(alone.job) else None
        if entry is not None:
            found[alone.fingerprint] = entry
    return found


def entry_of(desired: DesiredJob, record: JobRecord, made_at: float) -> Mapping[str, Any] | None:
    """What is worth knowing of a finished job's results; None unless all of them are whole, and were saved here.

    Inputs and conversions stand as numbers, because another manifest may give them other ids. ``named``: whether the
    job told the service what to call the file; else its name follows from the inputs.
    """
    files = [file for file in record.files if file.path and file.sha256]
    if record.phase != "done" or not record.job_id or not files or len(files) != len(record.files):
        return None
    if record.warnings or {item.id for item in desired.job.conversions} - {file.conversion for file in files}:
        return None
    named = {item.id for item in desired.job.conversions if "output_filename" in item.options}
    inputs = {item.id: number for number, item in enumerate(desired.job.inputs)}
    conversions = {item.id: number for number, item in enumerate(desired.job.conversions)}
    if any(file.conversion not in conversions or set(file.inputs) - inputs.keys() for file in files):
        return None
    if left_out(((file.conversion, file.inputs) for file in files), inputs):
        return None
    return {
        "format": FORMAT,
        "fingerprint": desired.fingerprint,
        "spent": record.spent,
        "made_at": made_at,
        "files": [
            {
                "sha256": file.sha256,
                "size": file.size,
                "service_name": file.service_name,
                "named": file.conversion in named,
                "index": file.index,
                "conversion": conversions[file.conversion],
                "inputs": [inputs[one] for one in file.inputs],
            }
            for file in files
        ],
    }


def usable(entry: Mapping[str, Any], desired: DesiredJob) -> bool:
    """Whether the files of an entry can get the names they would get if the job ran.

    What another manifest gave a name is of use only if this one names it, too, or it is the one result, whose name is
    known without the service.
    """
    files, conversions, inputs = entry["files"], len(desired.job.conversions), len(desired.job.inputs)
    if any(row["conversion"] >= conversions or max(row.get("inputs", ()), default=-1) >= inputs for row in files):
        return False
    rows = Counter(row["conversion"] for row in files)
    free = [
        "output_filename" in item.options or (rows[number] == 1 and names_itself(desired.job, item))
        for number, item in enumerate(desired.job.conversions)
    ]
    return all(free[row["conversion"]] or not row.get("named", True) for row in files)


def names_itself(job: Job, item: Conversion) -> bool:
    """Whether the name of a conversion's result does not hang on what the service calls it."""
    if "output_filename" in item.options:
        return True
    entries = [spec for spec in job.outputs if spec.conversion == item.id]
    return len(job.inputs) == 1 and len(entries) == 1 and bool(default_name(job, item.id, entries[0]))


def record_from(
    entries: Mapping[str, Mapping[str, Any]], desired: DesiredJob, record: JobRecord | None, realm: str
) -> JobRecord:
    """The job as it will be recorded once the files of the entries, by conversion, are in their places."""
    inputs = [item.id for item in desired.job.inputs]
    rows = [(conversion, row) for conversion, entry in entries.items() for row in entry["files"]]
    files = tuple(
        SavedFile(
            path="",
            size=row["size"],
            sha256=row["sha256"],
            output_id=f"{CACHED}{number}-{row['sha256']}",
            conversion=conversion,
            inputs=tuple(inputs[one] for one in row["inputs"]),
            index=row.get("index", 0),
            service_name=row.get("service_name", ""),
        )
        for number, (conversion, row) in enumerate(rows, start=1)
    )
    empty = JobRecord(desired.job.address, realm)
    base = replace(record, job_id="", elements={}, spent=0, problem="") if record else empty
    return replace(base, phase="done", fingerprint=desired.fingerprint, basis=desired.basis, files=files)
