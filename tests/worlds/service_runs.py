"""What comes of a job of the other service: its recipes when it starts, its results or its errors when it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.worlds.recipes import Recipe, Source, ending, stem
from tests.worlds.service_model import Conversion, Job, Output, Preset


def recipes_of(job: Job, presets: Mapping[str, Preset]) -> list[Recipe]:
    """What each conversion is going to be made of; a preset counts as it is now."""
    sources = tuple(
        Source(one.sha, one.filename, one.password, one.settings)
        for one in job.inputs
        if one.data is not None or job.strict_inputs
    )
    flags = (job.strict_inputs, job.strict_conversions)
    return [_recipe(one, sources, presets, flags) for one in job.conversions]


def _recipe(
    one: Conversion, sources: tuple[Source, ...], presets: Mapping[str, Preset], flags: tuple[bool, bool]
) -> Recipe:
    preset = presets.get(one.options.get("preset") or "")
    content = preset.options if preset else None
    return Recipe(sources, one.category, one.target, dict(one.options), dict(one.metadata), content, flags)


def ended(job: Job, new_id: Callable[[], str], now: float, run: str) -> None:
    """Ends the job: failed if something fatal happened or nothing came out, else completed."""
    missing = [one for one in job.inputs if one.data is None]
    problems = [_problem("input", one.id, 404, "The file could not be downloaded.") for one in missing]
    bad = [one for one, recipe in zip(job.conversions, job.recipes, strict=True) if recipe.fails]
    troubles = [_problem("conversion", one.id, 6037, "The conversion went wrong.") for one in bad]
    fatal = (problems if job.strict_inputs else []) + (troubles if job.strict_conversions else [])
    if job.doomed:
        fatal = [_problem("conversion", job.conversions[0].id, 99, "Something is broken here."), *fatal]
    if not fatal:
        job.outputs = _outputs(job, new_id, now, run)
    if fatal or not job.outputs:
        job.status, job.errors = "failed", fatal or problems + troubles
        return
    job.status, job.warnings = "completed", problems + troubles


def _outputs(job: Job, new_id: Callable[[], str], now: float, run: str) -> list[Output]:
    found = []
    used = [one for one in job.inputs if one.data is not None]
    for one, recipe in zip(job.conversions, job.recipes, strict=True):
        if recipe.fails or not recipe.sources:
            continue
        made = recipe.results(run)
        for number, (group, data) in enumerate(made, start=1):
            base = one.options.get("output_filename") or stem(used[group[0]].filename)
            name = f"{base}-{number}" if len(made) > 1 and one.options.get("output_filename") else base
            file = f"{name}.{ending(one.category, one.target)}"
            password = str(one.options.get("download_password") or "")
            found.append(Output(new_id(), one.id, [used[place].id for place in group], file, data, now, password))
    return found


def _problem(source: str, subject: str, code: int, message: str) -> dict[str, Any]:
    return {"source": source, "id_source": subject, "code": code, "message": message}
