"""Jobs that failed: why, in the words of their manifests, and what they made all the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from a2c_spec.core.live import LiveJob, Problem
from a2c_spec.core.recipe import fingerprint
from a2c_spec.core.results import GONE, left_out, made_from, with_results
from a2c_spec.core.shortened import shortened
from a2c_spec.core.state import ENDED, JobRecord

LONGEST_LIST = 10_000
"""Characters of all errors of a job together."""
FAILED_HINT = "fix the manifest or the input and apply again"
"""What helps where a job failed."""


def failure_text(record: JobRecord, live: LiveJob) -> str:
    """The job's errors, each with the manifest's own id of the part it is about."""
    names = record.names()
    errors = "; ".join(problem_text(problem, names) for problem in live.errors)
    return shortened(errors, LONGEST_LIST) or live.info or "the service does not say why"


def problem_text(problem: Problem, names: Mapping[str, str]) -> str:
    """One error or warning; ``names`` are those of the record, by API id."""
    part, _, key = names.get(problem.id_source, "").partition(".")
    where = f"{part.removesuffix('s')} {key}: " if key else f"{problem.source}: " if problem.source else ""
    code = f" (code {problem.code})" if problem.code and problem.code != "0" else ""
    return f"{where}{problem.message}{code}"


def without_good_result(record: JobRecord, live: LiveJob) -> set[str]:
    """The conversions of a job that failed which an error is about, or whose results lack an input."""
    names = record.names()
    about = [names.get(error.id_source) or f"{error.source}s." for error in live.errors]
    made = [made_from(output, names) for output in live.outputs]
    inputs = [name.removeprefix("inputs.") for name in names.values() if name.startswith("inputs.")]
    lacking = set(left_out(made, inputs))
    if any(name.startswith("inputs.") for name in about):  # a result of which it is not told may lack that one
        used = {name: {one for conversion, some in made if conversion == name for one in some} for name, _ in made}
        lacking = {conversion for conversion, some in used.items() if not some.issuperset(inputs)}
    return lacking | {name.removeprefix("conversions.") for name in about if name.startswith("conversions.")}


def split_failed(record: JobRecord, made: Collection[str], key: str) -> tuple[JobRecord, ...]:
    """Of a job that failed: the run of what it made all the same, and under ``key`` what it did not make, if anything.

    Results of what counts as failed stay known: they were paid for. Else what the job cost counts as the price of what
    it made, for the service tells it of the whole job alone.
    """
    if all(name in made for name in record.basis["conversions"]):
        return (replace(record, phase="completed", problem="", warnings=(*record.warnings, record.problem)),)
    conversions = record.basis["conversions"]
    mine, rest = (
        {**record.basis, "conversions": {name: one for name, one in conversions.items() if (name in made) is good}}
        for good in (True, False)
    )
    files = tuple(file for file in record.files if file.conversion in made)
    others = tuple(file for file in record.files if file.conversion not in made)
    whole = replace(record, phase="completed", problem="", basis=mine, fingerprint=fingerprint(mine), files=files)
    failed = JobRecord(
        key, record.realm, "failed", basis=rest, fingerprint=fingerprint(rest), problem=record.problem, files=others,
        answered_at=record.answered_at,
    )  # fmt: skip
    return whole, failed


def failed_unseen(record: JobRecord, live: LiveJob, key: str) -> tuple[JobRecord, ...]:
    """A run whose job failed, or was cancelled, while nobody waited for it: as whoever waits would have recorded it,
    what it made all the same, and under ``key`` what it did not make. Empty where its job did not end so."""
    phase = ENDED.get(live.status, "started")
    if record.phase != "started" or record.unresolved or phase in ("started", "completed"):
        return ()
    ended = with_results(replace(record, phase=phase, problem=failure_text(record, live)), live)
    lost = {output.id for output in live.outputs if output.status in GONE}
    made = {file.conversion for file in ended.files if file.output_id not in lost}
    made -= without_good_result(record, live)
    return split_failed(ended, made, key) if made and "conversions" in record.basis else (ended,)
