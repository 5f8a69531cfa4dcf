"""Why a job failed, in the words of its manifest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from a2c_spec.api.http.replies import LostAnswer, NotCancelled, Refused
from a2c_spec.core.desired import Job
from a2c_spec.core.live import LiveJob, Problem
from a2c_spec.core.reasons import OF_THEIR_OWN, run_again, untold
from a2c_spec.core.results import left_out, made_from, named_parts
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.shortened import shortened
from a2c_spec.core.state import JobRecord
from a2c_spec.errors import Conflict, PartialResult, SpecError

LONGEST_LIST = 10_000
"""Characters of all errors of a job together."""
CONFLICT_HINT = (
    "`a2c-spec apply` plans again from the job as it is now; `a2c-spec state rm` removes its record, so that "
    "`a2c-spec import` can write it into a manifest, or the next apply creates a new one"
)
NOT_CANCELLED_HINT = "it keeps running, and nothing was started in its place; apply again once it has ended"
OTHER_CONTENT_HINT = "nothing of it was saved; `a2c-spec apply` runs the manifest's own content"
FAILED_HINT = "fix the manifest or the input and apply again"


def conflict_of(error: Refused) -> Conflict:
    """What is said of a refusal that came twice."""
    if isinstance(error, NotCancelled):
        return Conflict(error.message, hint=NOT_CANCELLED_HINT)
    return Conflict(f"the job was modified outside a2c-spec: {error.message}", hint=CONFLICT_HINT)


def other_content(job: str, wrong: Collection[str], address: str) -> Conflict:
    """What is said of a job that ran, and not with what was sent to it; ``wrong`` are the differences."""
    why = "; ".join(wrong) or "it was started while it still differed from the manifest"
    return Conflict(f"job {job} ran with other content: {why}", hint=OTHER_CONTENT_HINT, address=address)


def untold_conversions(job: str, conversions: Collection[str], address: str) -> Conflict:
    """What is said of a job whose results do not tell which of these conversions made them."""
    hint = f"nothing of it was saved and nothing is paid again; {OF_THEIR_OWN}"
    return Conflict(untold(job, conversions), hint=hint, address=address)


def partial_result(missing: Sequence[tuple[str, str]], warnings: Iterable[str], address: str) -> PartialResult:
    """What is said of a job that completed, and gave less than its manifest asks for."""
    why = "; ".join(warnings) or "the service does not say why"
    again = run_again(address_of(address), [name for name, _ in missing])
    hint = f"the other results are saved; apply again to look once more, or fix the manifest or the input; {again}"
    return PartialResult(f"{named_parts(missing)} has no result there: {why}", hint=hint, address=address)


def drafts_lost(error: SpecError, count: int) -> LostAnswer:
    """What is said when the service does not answer creates of drafts, which are not looked for."""
    stay = f"up to {count} jobs that were not started, and cost nothing, may have stayed on the service"
    return LostAnswer(f"{error.message}; {stay}", hint=error.hint or "apply again later")


def failure_text(record: JobRecord, live: LiveJob) -> str:
    """The job's errors, each with the manifest's own id of the part it is about."""
    names = record.names()
    errors = "; ".join(problem_text(problem, names) for problem in live.errors)
    return shortened(errors, LONGEST_LIST) or live.info or "the service does not say why"


def warnings_of(job: Job, live: LiveJob, names: Mapping[str, str]) -> tuple[str, ...]:
    """The job's warnings; ``names`` are those of the record, by API id.

    Where each input gives a result of its own (``allow_multiple_outputs``) and one gave none, that is told though the
    service does not warn of it: it may only list it after the waiting has ended.
    """
    alone = {item.id for item in job.conversions if item.options.get("allow_multiple_outputs") is True}
    made = [made_from(output, names) for output in live.outputs]
    lacking = {} if live.warnings or live.status != "completed" else left_out(made, [item.id for item in job.inputs])
    silent = [f"the service shows no result of {', '.join(lacking[name])} by {name}" for name in alone & lacking.keys()]
    return (*(problem_text(warning, names) for warning in live.warnings), *sorted(silent))


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
