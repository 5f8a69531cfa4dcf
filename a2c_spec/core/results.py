"""The results of a job: as an answer shows them, and as a record has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from a2c_spec.core.live import LiveJob, LiveOutput
from a2c_spec.core.state import JobRecord, SavedFile

NO_LONGER = "gone"
"""The status of a result that is recorded as gone, beside those that the service has for what it no longer gives."""

GONE = frozenset({"disabled", "expired", "overuse", NO_LONGER})
"""Output statuses that cannot be downloaded any more; anything else is worth a try."""


PARTIAL = "partial: "
"""How what is said of a partial result begins."""


def made_from(output: LiveOutput, names: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The conversion that made a result, empty if that is not told, and the inputs. ``names``: API id -> element."""
    made = [name for name in names.values() if name.startswith("conversions.")] if not output.conversion else []
    told = made[0] if len(made) == 1 else names.get(output.conversion, "")  # a single conversion made whatever there is
    inputs = tuple(names.get(one, one).removeprefix("inputs.") for one in output.inputs)
    return told.removeprefix("conversions."), inputs


def with_results(record: JobRecord, live: LiveJob) -> JobRecord:
    """The record with every result that the job shows; what it has of one already, it keeps.

    Where of one result nothing tells which conversion made it, nothing is known of any.
    """
    known, names = {file.output_id for file in (*record.files, *record.leftover)}, record.names()
    counts: Counter[str] = Counter()
    new = []
    for output in live.outputs:
        conversion, inputs = made_from(output, names)
        if not conversion:
            return record
        if conversion not in record.basis.get("conversions", (conversion,)):
            continue  # another run has it
        counts[conversion] += 1
        if output.id not in known:
            file = SavedFile("", output.size, "", output.id, conversion, inputs, counts[conversion], output.filename)
            new.append(replace(file, checksum=output.checksum))
    return replace(record, files=(*record.files, *new)) if new else record


def missing_results(record: JobRecord, live: LiveJob | None) -> tuple[str, ...]:
    """The ids of results that stay on the service, as their manifest says, and that it does not have any more.

    ``live`` None: it does not have the job. What is known to be gone is not told again.
    """
    mine = (file.output_id for file in record.files if file.only_there)
    return tuple(one for one in mine if not is_there(live, one) and one not in record.gone)


def with_gone(record: JobRecord, live: LiveJob | None) -> JobRecord:
    """The record once it is known which of its results the service does not have any more, for good."""
    lost = (file.output_id for file in record.files if not is_there(live, file.output_id))
    return replace(record, gone=tuple(dict.fromkeys((*record.gone, *lost))))


def is_there(live: LiveJob | None, output_id: str) -> bool:
    """Whether a job shows a result that can be had; None is a job that the service does not have."""
    return any(one.id == output_id and one.status not in GONE for one in live.outputs) if live else False


def left_out(made: Iterable[tuple[str, Sequence[str]]], inputs: Collection[str]) -> dict[str, list[str]]:
    """The inputs of which a conversion gave nothing, though it gave something of others, by conversion.

    ``made``: of each result, its conversion and its inputs. The service names every input that a result was made of;
    where it does not, or names one that is not known, nothing is said of that conversion.
    """
    used: dict[str, list[Sequence[str]]] = {}
    for conversion, some in made:
        used.setdefault(conversion, []).append(some)
    told = {name: {one for some in each for one in some} for name, each in used.items() if all(each)}
    lacking = {
        name: [one for one in inputs if one not in known] for name, known in told.items() if known.issubset(inputs)
    }
    return {name: some for name, some in lacking.items() if some}


def partial(record: JobRecord) -> dict[str, list[str]]:
    """The inputs that results lack although their job completed, by conversion: its manifest lets inputs fail."""
    if record.phase not in ("completed", "done") or not record.warnings:
        return {}
    made = ((file.conversion, file.inputs) for file in record.files if file.conversion)
    return left_out(made, record.basis.get("order", ()))


def partly(record: JobRecord) -> tuple[str, ...]:
    """The same in words, as long as it is so."""
    why = "; ".join(record.warnings)
    return tuple(
        f"{PARTIAL}{name} was made without {', '.join(some)}, until --replace runs it again ({why})"
        for name, some in partial(record).items()
    )


def as_recorded(record: JobRecord, live: LiveJob) -> LiveJob:
    """The reply with each result under the name by which it was recorded: whoever renames it there, ours stays. What
    is recorded as gone is gone, even if the service still names it."""
    known = {file.output_id: file.service_name for file in record.files if file.service_name}
    outputs = (replace(one, filename=known.get(one.id, one.filename)) for one in live.outputs)
    return replace(live, outputs=tuple(_gone(record, one) for one in outputs))


def _gone(record: JobRecord, one: LiveOutput) -> LiveOutput:
    return replace(one, status=NO_LONGER) if one.id in record.gone else one


def recorded(record: JobRecord) -> LiveJob:
    """The results of a finished job as we remember them, in the shape of a live reply."""
    outputs = tuple(
        LiveOutput(
            id=file.output_id,
            conversion=f"conversions.{file.conversion}",
            inputs=tuple(f"inputs.{name}" for name in file.inputs),
            filename=file.service_name,
            size=file.size,
        )
        for file in record.files
    )
    return LiveJob(record.job_id, "completed", outputs=tuple(_gone(record, one) for one in outputs))


def recorded_names(record: JobRecord) -> Mapping[str, str]:
    """The names that go with ``recorded``: there, ids already are element names."""
    every = [f"conversions.{file.conversion}" for file in record.files]
    every += [f"inputs.{name}" for file in record.files for name in file.inputs]
    return {name: name for name in every}
