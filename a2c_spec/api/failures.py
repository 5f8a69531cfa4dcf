"""What is said of jobs that failed, or gave less than was asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from a2c_spec.api.http.replies import LostAnswer, NotCancelled, Refused
from a2c_spec.core.desired import Job
from a2c_spec.core.failed_jobs import problem_text
from a2c_spec.core.live import LiveJob
from a2c_spec.core.reasons import OF_THEIR_OWN, run_again, untold
from a2c_spec.core.results import left_out, made_from, named_parts
from a2c_spec.core.run_keys import address_of
from a2c_spec.errors import Conflict, PartialResult, SpecError

CONFLICT_HINT = (
    "`a2c-spec apply` plans again from the job as it is now; `a2c-spec state rm` removes its record, so that "
    "`a2c-spec import` can write it into a manifest, or the next apply creates a new one"
)
NOT_CANCELLED_HINT = "it keeps running, and nothing was started in its place; apply again once it has ended"
OTHER_CONTENT_HINT = "nothing of it was saved; `a2c-spec apply` runs the manifest's own content"


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
