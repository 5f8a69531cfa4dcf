"""The results of a job: as an answer shows them, and as a record has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from a2c_spec.core.desired import Job, Output
from a2c_spec.core.live import LiveJob, LiveOutput
from a2c_spec.core.run_keys import added_part
from a2c_spec.core.state import JobRecord, SavedFile

NO_LONGER = "gone"
"""The status of a result that is recorded as gone, beside those that the service has for what it no longer gives."""

GONE = frozenset({"disabled", "expired", "overuse", NO_LONGER})
"""Output statuses that cannot be downloaded any more; anything else is worth a try."""


PARTIAL = "partial: "
"""How what is said of a partial result begins."""


def still_there(live: LiveJob) -> int:
    """How many results of a job that has ended can be had of the service; 0 as long as it runs."""
    return sum(output.status not in GONE for output in live.outputs) if live.terminal else 0


def made_from(output: LiveOutput, names: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The conversion that made a result, empty if that is not told, and the inputs. ``names``: API id -> element.

    A single conversion made whatever there is.
    """
    made = {name for name in names.values() if name.startswith("conversions.")} if not output.conversion else set()
    told = made.pop() if len(made) == 1 else names.get(output.conversion, "")
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
        theirs = names.get(output.conversion) == added_part("conversions", output.conversion)
        if conversion not in record.basis.get("conversions", (conversion,)) and not theirs:
            continue  # another run has it; what somebody added, nobody else has
        counts[conversion] += 1
        if output.id not in known:
            made = ("", output.size, "", output.id, conversion, inputs, counts[conversion], output.filename)
            new.append(SavedFile(*made, checksum=output.checksum))
    return replace(record, files=(*record.files, *new)) if new else record


def missing_results(record: JobRecord, live: LiveJob | None) -> tuple[str, ...]:
    """The ids of results that stay on the service, as their manifest says, and that it does not have any more.

    ``live`` None: it does not have the job. What is known to be gone is not told again.
    """
    mine = (file.output_id for file in record.files if file.only_there)
    return tuple(one for one in mine if not is_there(live, one) and one not in record.gone)


def renamed_results(record: JobRecord, live: LiveJob) -> Iterator[tuple[str, str, str]]:
    """Of each result to which somebody gave another name on the service: its element, the name that it had, and has.

    It had the one that the service showed when it was told of it, or when it answered our own renaming.
    """
    known = {file.output_id: file.service_name for file in record.files}
    for output in live.outputs:
        name = f"outputs.{output.id}"
        element = record.element(name)
        told = element is not None and "filename" in element.sent
        before = element.echo.get("output", {}).get("filename", "") if element and told else known.get(output.id, "")
        if before and output.filename and output.filename != before:
            yield f"{name}.filename", before, output.filename


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


def untold(asked: Iterable[str], made: Collection[str], *, several: bool) -> tuple[str, ...]:
    """The conversions of which it is not told what they gave, where some result tells no conversion: all of them where
    the job has ``several``, for it may be of any. ``made`` are those that results tell, one that tells none as an empty
    name."""
    return tuple(name for name in asked if several or name not in made) if "" in made else ()


def shows_all(job: Job, names: Mapping[str, str], live: LiveJob) -> bool:
    """Whether a job that completed shows a result of each conversion and of each input, as far as it tells that; where
    the service warns of something, what lacks may never come. ``names``: API id -> element."""
    made = [made_from(output, names) for output in live.outputs]
    told, here = {name for name, _ in made}, {item.id for item in job.conversions if not item.output_target}
    if live.status != "completed" or live.warnings or "" in told:
        return True
    return here <= told and not left_out(made, [item.id for item in job.inputs])


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
    """The reply with the results in the order in which they were recorded, each under the name that it had then:
    whoever renames it there, ours stays. What the reply shows no longer, or is recorded as gone, is gone."""
    shown = {one.id: one for one in live.outputs}
    outputs = []
    for one in recorded(record).outputs:
        there = shown.pop(one.id, None)
        status = NO_LONGER if there is None or one.id in record.gone else there.status
        outputs.append(replace(there or one, filename=one.filename or (there or one).filename, status=status))
    return replace(live, outputs=(*outputs, *(_gone(record, one) for one in shown.values())))


def _gone(record: JobRecord, one: LiveOutput) -> LiveOutput:
    return replace(one, status=NO_LONGER) if one.id in record.gone else one


def recorded(record: JobRecord) -> LiveJob:
    """The results of a finished job as we remember them, in the shape of a live reply, in the service's order."""
    outputs = tuple(
        LiveOutput(
            id=file.output_id,
            conversion=f"conversions.{file.conversion}",
            inputs=tuple(f"inputs.{name}" for name in file.inputs),
            filename=file.service_name,
            size=file.size,
        )
        for file in sorted(record.files, key=lambda file: file.index)
    )
    return LiveJob(record.job_id, "completed", outputs=tuple(_gone(record, one) for one in outputs))


def recorded_names(record: JobRecord) -> Mapping[str, str]:
    """The names that go with ``recorded``: there, ids already are element names."""
    every = [f"conversions.{file.conversion}" for file in record.files]
    every += [f"inputs.{name}" for file in record.files for name in file.inputs]
    return {name: name for name in every}


def spec_for(outputs: Iterable[Output], conversion: str, inputs: tuple[str, ...]) -> Output | None:
    """The most specific ``outputs`` entry: one that names the input wins over one that names only the conversion."""
    mine = [spec for spec in outputs if spec.conversion == conversion]
    exact = [spec for spec in mine if spec.input and spec.input in inputs]
    return next(iter(exact + [spec for spec in mine if not spec.input]), None)


def without_result(
    job: Job, made: Iterable[tuple[str, Sequence[str]]], *, warned: bool = False
) -> tuple[tuple[str, str], ...]:
    """What is asked for, and was not given, of a job whose results are ``made``: of each its conversion, its inputs.

    Gives (conversion, "") for a conversion that gave nothing, and (conversion, input) for an input of which one gave
    nothing: if an ``outputs`` entry names it, or if the service ``warned`` of something, unless the manifest lets
    inputs fail. Conversions that deliver to the customer's storage never give anything here. Where it is not known of
    some result which conversion made it, nothing is said.
    """
    made = list(made)
    conversions = {conversion for conversion, _ in made}
    if "" in conversions:
        return ()
    here = [item.id for item in job.conversions if not item.output_target]
    taken = [spec_for(job.outputs, conversion, tuple(inputs)) for conversion, inputs in made]
    ids = {item.id for item in job.inputs}
    told = conversions - {conversion for conversion, inputs in made if not inputs or not ids.issuperset(inputs)}
    unmet = [spec for spec in job.outputs if spec.input and spec.conversion in told and spec not in taken]
    named = {(spec.conversion, spec.input) for spec in job.outputs if spec.input}
    every = warned and job.fields.get("fail_on_input_error") is not False
    lacking = left_out(made, [item.id for item in job.inputs])
    parts = [(name, one) for name in here for one in lacking.get(name, ()) if every or (name, one) in named]
    parts += [(spec.conversion, spec.input) for spec in unmet if (spec.conversion, spec.input) not in parts]
    return (*((name, "") for name in here if name not in conversions), *parts)


def named_parts(parts: Iterable[tuple[str, str]]) -> str:
    """``pdf, thumbnail of cover``."""
    return ", ".join(f"{name} of {one}" if one else name for name, one in parts)
