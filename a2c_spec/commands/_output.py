"""How commands talk: results to standard output as text or JSON, everything else to standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands._named_commands import completed
from a2c_spec.commands._terminal import ask, on_a_terminal
from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.core.disguises import LONG, disguises, without
from a2c_spec.core.reasons import counted
from a2c_spec.core.run_keys import address_of
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project, open_project
from a2c_spec.engine.runtime import DEFAULT_RUNTIME, Runtime
from a2c_spec.errors import BEYOND_LOCALE, SpecError, is_text, not_text, of_the_system
from a2c_spec.manifests.environment import KEY
from a2c_spec.views import inert, problems, records
from a2c_spec.views.style import PLAIN, Style, wants_colour

if TYPE_CHECKING:
    from a2c_spec.core.events import Event
    from a2c_spec.core.plan import Plan
    from a2c_spec.engine.outcome import Result
    from a2c_spec.engine.refresh import Refreshed
    from a2c_spec.views.progress import Progress


def runtime() -> Runtime:
    """The runtime that was handed to the command line, else the usual one."""
    context = click.get_current_context(silent=True)
    return context.obj if context and isinstance(context.obj, Runtime) else DEFAULT_RUNTIME


def project_of(flags: Flags) -> Project:
    """The project that a command works on; notes about the service itself are lines for a person."""

    def note(event: Event) -> None:
        talk(flags, event.text if event.kind == "note" and not event.address else "")

    return replace(open_project(flags, runtime()), tell=note)


def style_of(project: Project) -> Style:
    """Colours for standard output, if the user wants them."""
    flags = project.flags
    colour = wants_colour(project.environ, is_tty=sys.stdout.isatty(), no_color=flags.no_color)
    return Style(colour and not flags.as_json)


def emit(flags: Flags, tree: Callable[[], Any], text: Callable[[], str]) -> None:
    """Prints the result: the JSON value ``tree`` under --json, else the text."""
    say(inert.dumps(tree()) if flags.as_json else text())


def say(text: str, *, err: bool = False, nl: bool = True, one_line: bool = False) -> None:
    """Prints a text; nothing else of ours prints what others wrote."""
    text = without(completed(text), _of_the_key(runtime().environ.get(KEY, "").strip()))
    click.echo(inert.line(text) if one_line else inert.page(text), err=err, nl=nl)


@lru_cache(1)
def _of_the_key(key: str) -> dict[str, bool]:
    """The forms of the service's key, which no command tells; not of one that may be part of any word."""
    return dict.fromkeys(disguises(key), True) if len(key) >= LONG else {}


def say_usage(problem: click.ClickException) -> None:
    """Says what click does of a command line, which may quote texts of others."""
    whole = io.StringIO()
    problem.show(whole)
    told = problem.format_message()
    say(whole.getvalue().replace(told, inert.line(told)), err=True, nl=False)


def did(flags: Flags, text: str, **told: Any) -> None:
    """Says what was done: to a person, or as JSON to a program."""
    if flags.as_json:
        say(inert.dumps(told))
    else:
        talk(flags, text)


def talk(flags: Flags, text: str, *, one_line: bool = True) -> None:
    """Says something to a person on standard error, unless --quiet."""
    if not flags.quiet and text:
        say(inert.joined([text], coloured=True) if one_line else text, err=True)


def warn(project: Project, warnings: Sequence[Diagnostic]) -> None:
    """Says what is odd in the manifests, though valid."""
    talk(project.flags, problems.diagnostics(warnings, style_of(project)), one_line=False)


class ConsoleReporter:
    """Shows an apply on the terminal, or as JSON lines."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.progress = _progress(project)
        self.close = self.progress.close
        self.expect = self.progress.expect
        self.shown: Plan | None = None

    def __call__(self, event: Event) -> None:
        from a2c_spec.views import progress

        event = replace(event, text=completed(event.text)) if event.text else event
        self.progress(event if self.project.flags.as_json else progress.for_people(event))

    def warnings(self, found: Sequence[Diagnostic]) -> None:
        warn(self.project, found)

    def confirm(self, question: str) -> bool | None:
        """Asks; a plan that cannot be read on the terminal yet is shown there first."""
        from a2c_spec.views.plan_text import PlanView

        flags = self.project.flags
        if self.shown and on_a_terminal() and (flags.quiet or flags.as_json or not sys.stdout.isatty()):
            say(PlanView(Style(), flags.verbose, flags.explain).text(self.shown), err=True)
        return ask(completed(question))

    def plan(self, plan: Plan) -> None:
        self.shown = plan
        if self.project.flags.as_json or not self.project.flags.quiet:
            show_plan(self.project, plan, event=True)


def show_plan(project: Project, plan: Plan, *, event: bool = False, markdown: int = 0) -> None:
    """Prints a plan; ``event``: as one of the JSON lines of an apply; ``markdown``: as at most so many bytes of it."""
    from a2c_spec.views.plan_json import plan_json
    from a2c_spec.views.plan_markdown import markdown_of
    from a2c_spec.views.plan_text import PlanView

    flags = project.flags
    if markdown and not flags.as_json:
        say(markdown_of(plan, markdown, flags.out))
        return
    emit(
        flags,
        lambda: ({"event": "plan"} if event else {}) | plan_json(plan),
        lambda: PlanView(style_of(project), flags.verbose, flags.explain).text(plan),
    )


def show_result(project: Project, result: Result) -> int:
    """Prints the result of an apply; raises the error that stands for its failures."""
    from a2c_spec.views.summary import summary_json, summary_text

    if result.error is not None and result.lone:
        raise result.error
    calls = result.requests if project.flags.verbose else None
    emit(
        project.flags,
        lambda: summary_json(result.rows, result.tally, result.errors, result.requests),
        lambda: summary_text(result.tally, result.errors, calls, style_of(project)),
    )
    if result.error is not None:
        raise result.error
    return 0


def tell_failed(flags: Flags, failed: Sequence[SpecError]) -> int:
    """Says on standard error what failed beside the result that was printed; gives the exit code, 0 without any."""
    colour = wants_colour(os.environ, is_tty=sys.stderr.isatty(), no_color=flags.no_color)
    for error in failed:
        say(problems.error(error, Style(colour)), err=True)
    return failed[0].exit_code if failed else 0


def show_refreshed(flags: Flags, found: Refreshed, *, written: bool) -> int:
    """Prints how the state differs, or differed, from the service, what only an apply goes on with, and what the
    service failed to show; gives the exit code."""
    changed = [both for both in found.changed if records.what_is_told(both[0]) != records.what_is_told(both[1])]
    phases = [(old.address, records.phase_told(old), records.phase_told(new)) for old, new in changed]
    rows = [dict(zip(("address", "before", "after"), one, strict=True)) for one in phases]
    left = [{"address": address, "status": status} for address, status in found.unfinished]
    lines = [f"{old.address}: {records.change_told(old, new)}" for old, new in changed]
    lines += [f"{row['address']}: {row['status']} on the service; `a2c-spec apply` does the rest" for row in left]
    spent = found.spent if written else 0  # else whoever writes it down says so
    lines += [f"{counted(spent, 'credit')} spent"] if spent else []
    count = f"{counted(found.unread, 'finished job')} {'was' if found.unread == 1 else 'were'}"
    agrees = "the state agrees with the service"
    if found.unread:
        agrees += f" as far as it was read; {count} not, whose results are here: `a2c-spec drift` reads them"
    agrees = "no difference in what could be read" if found.failed else agrees
    tree = {"refreshed": rows, "unfinished": left, "written": written, "spent": spent, "unread": found.unread}
    tree["failed"] = {address_of(error.address): error.message for error in found.failed}
    emit(flags, lambda: tree, lambda: PLAIN.lines(lines) or agrees)
    return tell_failed(flags, found.failed)


def _progress(project: Project) -> Progress:
    """Bars or a live table on a terminal, plain lines elsewhere, JSON lines under --json, nothing under --quiet."""
    from a2c_spec.views import progress, progress_table
    from a2c_spec.views.board import Board

    flags, clock, colour = project.flags, project.runtime.monotonic, style_of(project).on
    if flags.as_json:
        return progress.JsonLines(say)
    if flags.quiet:
        return progress.Silent()
    if sys.stderr.isatty() and not project.environ.get("CI") and project.environ.get("TERM") != "dumb":
        bars = progress.Bars(sys.stderr, colour=colour)
        return progress_table.BySize(
            bars, lambda jobs: progress_table.LiveTable(sys.stderr, Board(jobs, clock), colour=colour)
        )

    def line(text: str) -> None:
        talk(flags, text)

    lines = progress.Lines(line, Style(False), verbose=flags.verbose)
    return progress_table.BySize(lines, lambda jobs: progress_table.Periodic(line, Style(False), Board(jobs, clock)))


def explain(problem: Exception, *, as_json: bool, verbose: bool, no_color: bool = False) -> int:
    """Says what is wrong and what to do; gives the exit code. An unknown error is reported as a defect."""
    known = problem if isinstance(problem, SpecError) else internal_error(problem, verbose=verbose)
    if as_json:
        say(inert.dumps({"event": "error", **problems.error_json(known)}))
    else:
        colour = wants_colour(os.environ, is_tty=sys.stderr.isatty(), no_color=no_color)
        say(problems.error(known, Style(colour)), err=True)
    return known.exit_code


def internal_error(problem: Exception, *, verbose: bool) -> SpecError:
    """An unexpected error: its kind and place, never its values, which could hold a secret."""
    if outside := of_outside(problem):
        return outside
    frames = list(_frames(problem))
    return SpecError(
        f"internal error: {type(problem).__name__} at {frames[-1]}",
        hint="this is a defect of a2c-spec; please report it with the output of -v",
        lines=[f"    {frame}" for frame in frames] if verbose else (),
    )


def of_outside(problem: Exception) -> SpecError | None:
    """What failed outside our own code, in words; None for what is a defect of ours."""
    import sqlite3

    if isinstance(problem, OSError):
        return of_the_system(problem)
    if isinstance(problem, sqlite3.Error):
        return SpecError(f"a database of a2c-spec cannot be used: {problem}", hint="check free space and permissions")
    if isinstance(problem, MemoryError):
        return SpecError("there is not enough memory", hint="lower --parallelism, or name fewer manifests at once")
    if isinstance(problem, ImportError) and not (problem.name or "").startswith("a2c_spec"):
        return SpecError(f"a library cannot be loaded: {problem}", hint="install a2c-spec again")
    if isinstance(problem, UnicodeEncodeError) and not is_text(problem.object):
        told, hint = not_text(problem.object, "rename the file or folder that has such a name")
        return SpecError(f"a name or a value {told}", hint=hint)
    if isinstance(problem, UnicodeEncodeError) and problem.encoding.lower() not in ("utf-8", "idna"):
        return SpecError(f"a name {BEYOND_LOCALE}")
    return None


def _frames(problem: Exception) -> Iterator[str]:
    trace = problem.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"{code.co_filename.rsplit('a2c_spec/', 1)[-1]}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
