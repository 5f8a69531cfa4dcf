"""A small abstract model of the API, written from its published rules alone; the planner is measured against it.

What the rules say:

- One create may carry inputs that need no upload, conversions, job fields and ``process``.
- ``upload-file`` brings one input and may bring its decrypt_password; ``upload-base64`` brings one or several small
  inputs and no password; ``POST /input`` brings inputs that need no upload; ``POST /conversions`` any conversions.
- New inputs are appended. ``PATCH /input`` sets the order of all inputs, their slide_duration and resize_handling;
  ``PATCH /input/{id}`` sets decrypt_password; ``PATCH /conversions/{id}`` sets and, by null, removes options and
  metadata; ``PATCH /jobs/{id}`` sets job fields and ``process``. Everything can be deleted, the job too.
- Nothing of a started job can be changed; it can only be deleted.

Where the rules are silent, the reading that can never surprise:

- A job with process true starts when its first inputs arrive, and is closed then. Only a lone input is let in that
  way: whether an array of several arrives as one is not said, so a waiting job refuses several (`Illegal`).
- A job without conversions is never told to run, because what such a job does is not said.
- A slide_duration or resize_handling that was set can be changed and not unset.
- A decrypt_password that was set can be changed and not unset; which one was used decides the result.
- Settings are never given inline, positions always for all inputs at once.
- What a running job was told besides its recipe (other job fields) does not make it another recipe.
"""

from __future__ import annotations

from collections import Counter
from typing import TypeVar

from tests.core.planner.api_words import (
    BASE64_SIZE,
    SIZES,
    AddInputs,
    AddTasks,
    ApiJob,
    Arranged,
    Create,
    DeleteInput,
    DeleteJob,
    DeleteTask,
    Illegal,
    Live,
    Move,
    PatchInput,
    PatchInputs,
    PatchJob,
    PatchTask,
    Source,
    Task,
    UploadBase64,
    UploadFile,
    Wish,
)

Part = TypeVar("Part")


def weight(move: Move) -> int:
    """Payload bytes of one call; JSON counts as nothing."""
    match move:
        case UploadFile(source):
            return SIZES[source.identity[0]]
        case UploadBase64(sources):
            return BASE64_SIZE * len(sources)
    return 0


def after(job: Live, move: Move) -> Live:
    """The job after one mutating call; raises Illegal where the API would refuse or surprise."""
    if isinstance(move, Create):
        return _created(job, move)
    if job is None:
        raise Illegal("there is no job")
    if isinstance(move, DeleteJob):
        return None
    if job.phase == "started":
        raise Illegal("started: nothing can be changed")
    return _edited(job, move)


def _created(job: Live, move: Create) -> ApiJob:
    if job is not None:
        raise Illegal("a second job, while the first is there")
    _check_inline(move.inputs)
    made = ApiJob("held", move.inputs, move.tasks, move.fields)
    return _told_to_run(made) if move.process else made


def _told_to_run(job: ApiJob) -> ApiJob:
    if not job.tasks:
        raise Illegal("told to run without a conversion")
    return job._replace(phase="started" if job.inputs else "waiting")


def _check_inline(sources: tuple[Source, ...]) -> None:
    if not all(source.inline for source in sources):
        raise Illegal("a file cannot be sent inline")
    _check_bare(sources)


def _check_bare(sources: tuple[Source, ...]) -> None:
    if any(source.slide or source.resize for source in sources):
        raise Illegal("settings are set by PATCH /input only")


def _arrived(job: ApiJob, sources: tuple[Source, ...]) -> ApiJob:
    _check_bare(sources)
    if not sources:
        raise Illegal("an empty body")
    grown = job._replace(inputs=job.inputs + sources)
    if job.phase == "held":
        return grown
    if len(sources) > 1:
        raise Illegal("several inputs for a waiting job: the first may start it")
    return _told_to_run(grown)


def _edited(job: ApiJob, move: Move) -> ApiJob:
    match move:
        case UploadFile(source):
            return _uploaded(job, source)
        case UploadBase64(sources):
            return _uploaded_base64(job, sources)
        case AddInputs(sources):
            _check_inline(sources)
            return _arrived(job, sources)
        case AddTasks(tasks) if tasks:
            return job._replace(tasks=job.tasks + tasks)
        case PatchJob():
            return _job_patched(job, move)
        case PatchInputs(order):
            return _arranged(job, order)
        case PatchInput(place, password) if password:
            return job._replace(inputs=_put(job.inputs, place, job.inputs[place]._replace(password=password)))
        case PatchTask(place, options, metadata):
            task = job.tasks[place]._replace(options=options, metadata=metadata)
            return job._replace(tasks=_put(job.tasks, place, task))
        case DeleteInput(place):
            return job._replace(inputs=_without(job.inputs, place))
        case DeleteTask(place):
            return job._replace(tasks=_without(job.tasks, place))
    raise Illegal(f"an empty body: {move}")


def _uploaded(job: ApiJob, source: Source) -> ApiJob:
    if source.inline:
        raise Illegal("nothing to upload")
    return _arrived(job, (source,))


def _uploaded_base64(job: ApiJob, sources: tuple[Source, ...]) -> ApiJob:
    if not all(source.small for source in sources):
        raise Illegal("only small files travel as base64")
    if any(source.password for source in sources):
        raise Illegal("a base64 body takes no password")
    return _arrived(job, sources)


def _job_patched(job: ApiJob, move: PatchJob) -> ApiJob:
    changed = job if move.fields is None else job._replace(fields=move.fields)
    if move.process is None:
        return changed
    return _told_to_run(changed) if move.process else changed._replace(phase="held")


def _arranged(job: ApiJob, order: tuple[Arranged, ...]) -> ApiJob:
    if sorted(entry.place for entry in order) != list(range(len(job.inputs))):
        raise Illegal("not a permutation of all inputs")
    return job._replace(inputs=tuple(_with_settings(job.inputs[entry.place], entry) for entry in order))


def _with_settings(source: Source, entry: Arranged) -> Source:
    return source._replace(slide=entry.slide or source.slide, resize=entry.resize or source.resize)


def _put(values: tuple[Part, ...], place: int, value: Part) -> tuple[Part, ...]:
    return (*values[:place], value, *values[place + 1 :])


def _without(values: tuple[Part, ...], place: int) -> tuple[Part, ...]:
    return values[:place] + values[place + 1 :]


def reached(job: Live, wish: Wish) -> bool:
    """Whether the one live job is what is wished; a job that runs counts by its recipe, and is never held again."""
    if job is None or not _same_recipe(job, wish):
        return False
    if job.phase == "started":
        return wish.start and _same_told(job, wish)
    return not wish.start and job.phase == "held" and _same_told(job, wish)


def runs_already(job: Live, wish: Wish) -> bool:
    """Whether a job started earlier makes what is wished: then nothing can be changed and nothing needs to be.

    What it makes besides is paid for already. Passwords of inputs and ``fail_on_input_error`` decide results, so they
    count; the other fields do not.
    """
    if job is None or job.phase != "started" or not (_same_inputs(job, wish) and _makes_all(job, wish)):
        return False
    return _passwords(job.inputs) == _passwords(wish.inputs) and ("lenient" in dict(job.fields)) == (
        "lenient" in dict(wish.fields)
    )


def _same_recipe(job: ApiJob, wish: Wish) -> bool:
    return _same_inputs(job, wish) and _bag(job.tasks) == _bag(wish.tasks)


def _same_inputs(job: ApiJob, wish: Wish) -> bool:
    bare = [source._replace(password="") for source in job.inputs]
    return bare == [source._replace(password="") for source in wish.inputs]


def _makes_all(job: ApiJob, wish: Wish) -> bool:
    return not Counter(wish.tasks) - Counter(job.tasks)


def _same_told(job: ApiJob, wish: Wish) -> bool:
    return _passwords(job.inputs) == _passwords(wish.inputs) and job.fields == wish.fields


def _passwords(sources: tuple[Source, ...]) -> list[str]:
    return [source.password for source in sources]


def _bag(tasks: tuple[Task, ...]) -> list[tuple[str, list[tuple[str, str]], list[tuple[str, str]]]]:
    """The conversions without their order, which decides nothing."""
    return sorted((task.target, sorted(task.options), sorted(task.metadata)) for task in tasks)
