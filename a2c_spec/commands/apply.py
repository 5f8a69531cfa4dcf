"""``apply``: carries the plan out, downloads and verifies the results, remembers what it did."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import ConsoleReporter, project_of, show_refreshed, show_result, talk
from a2c_spec.commands._terminal import on_a_terminal
from a2c_spec.commands._variables import named_flag, refuse_both
from a2c_spec.engine.interrupts import stoppable
from a2c_spec.engine.loading import reading
from a2c_spec.engine.plan_files import check_files
from a2c_spec.engine.saved_limits import within_limits
from a2c_spec.engine.saved_plan import CHANGING, check_environment, is_saved_plan, read
from a2c_spec.engine.selection import EVERYTHING, Selection, selection_of
from a2c_spec.errors import UsageError

if TYPE_CHECKING:
    from a2c_spec.engine.flags import Flags
    from a2c_spec.engine.outcome import ApplyOptions
    from a2c_spec.engine.saved_plan import SavedPlan


@click.command("apply")
@options.manifests
@options.service
@options.parallelism
@options.allow_cmd
@options.explain
@options.no_cache
@options.on_conflict
@options.selection
@options.replace
@options.prune
@options.yes
@options.confirm_above
@click.option(
    "--detach",
    is_flag=True,
    help="Return as soon as every job has started; `a2c-spec wait` fetches the results. Jobs that need them run "
    "in the next apply.",
)
@options.timeout
@options.refresh_only
@click.option("--outputs", default="", metavar="FILE", help="Path of outputs.json.  [default: .a2c/outputs.json]")
@options.limits
@options.max_download_bytes
@options.fail_fast
@options.output
def command(yes: bool, detach: bool, **given: Any) -> int:
    """Apply the plan: upload, convert, download, verify, record. A second apply does nothing."""
    from a2c_spec.engine.outcome import ApplyOptions

    chosen = selection_of(given)
    if given.pop("refresh_only"):
        refuse_both("refresh_only", "detach", "contradict each other: a refresh starts nothing")
        return refresh(flags_of(given), chosen)
    if detach and given["prune"]:
        raise UsageError(
            f"{named_flag('detach')} does not go with {named_flag('prune')}",
            hint="wait for the results, then `a2c-spec prune`",
        )
    return apply(flags_of(given), ApplyOptions(yes, detach, attended=on_a_terminal()), chosen)


def apply(flags: Flags, how: ApplyOptions, chosen: Selection = EVERYTHING) -> int:
    """Applies manifests or a saved plan; gives the exit code."""
    from a2c_spec.engine.apply import apply_project

    saved = _saved(flags)
    if saved:
        flags, chosen = _as_saved(saved, flags), saved.selection
    project = project_of(flags)
    if saved:
        check_environment(saved, project.file.env)
        project = within_limits(saved, project)
    manifests = reading(project, origins=saved is not None)
    reporter = ConsoleReporter(project)
    work = apply_project(project, manifests, chosen, how.within(project.flags), reporter, saved)
    result = asyncio.run(stoppable(work, lambda text: talk(flags, text), reporter.close))
    return show_result(project, result)


def refresh(flags: Flags, chosen: Selection, *, write: bool = True) -> int:
    """Brings the state up to date with the service, or only shows what would change; gives the exit code."""
    from a2c_spec.engine.refresh import refresh_state

    if chosen != EVERYTHING or flags.prune or any(map(is_saved_plan, flags.paths)):
        raise UsageError(
            f"{named_flag('refresh_only')} is for all records", hint="leave out what selects: flags, or a saved plan"
        )
    return show_refreshed(flags, asyncio.run(refresh_state(project_of(flags), write=write)), written=write)


def _saved(flags: Flags) -> SavedPlan | None:
    """The saved plan that is named, if one is."""
    named = [path for path in flags.paths if is_saved_plan(path)]
    if not named:
        return None
    if len(flags.paths) > 1:
        raise UsageError("a saved plan must be the only argument", hint="it names its manifests itself")
    return read(Path(flags.chdir or ".") / named[0])


def _as_saved(saved: SavedPlan, flags: Flags) -> Flags:
    """The flags that the plan was made with; raises UsageError where other ones are given. What variables say for the
    same flags was said to ``plan`` already."""
    cached = () if saved.made_with.get("no_cache", True) else ("no_cache",)
    given = [flags.given.get(name, "") for name in (*CHANGING, *cached)]
    if wrong := [flag for flag in given if flag.startswith("-")]:
        raise UsageError(
            f"a saved plan is applied as it was saved, so {wrong[0]} cannot be given",
            hint="leave out the flags that select, or change, what is done; or make a new plan with them",
        )
    check_files(saved, flags, Path(flags.chdir).absolute() if flags.chdir else Path.cwd())
    if flags.env:
        check_environment(saved, flags.env, flags.given.get("env", ""))
    return saved.flags(flags)
