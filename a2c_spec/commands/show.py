"""``show``: a saved plan as text, JSON or markdown; or one address in full."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of, markdown_of_options
from a2c_spec.commands._output import runtime, say, talk
from a2c_spec.commands._variables import refuse_both
from a2c_spec.commands.status import status
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.plan_files import files_of
from a2c_spec.engine.saved_limits import as_made, refusal
from a2c_spec.engine.saved_plan import is_saved_plan, read
from a2c_spec.errors import UsageError


@click.command("show")
@click.argument("what", metavar="PLAN|ADDRESS")
@options.markdown
@click.option("--exit-code", is_flag=True, help="Exit 2 if the plan would change something.")
@options.offline
@options.explain
@options.project
def command(what: str, exit_code: bool, **given: Any) -> int:
    """Show a saved plan (NAME.a2cplan.json), or the record of an address."""
    refuse_both("as_json", "markdown", "ask for two forms of one plan")
    most = markdown_of_options(given)
    flags = flags_of(given)
    if not is_saved_plan(what):
        if given_for_plans := next((flag for flag, on in _of_plans(flags, most, exit_code) if on), ""):
            raise UsageError(f"{given_for_plans} is for saved plans", hint=f"`{what}` is an address")
        return status(flags, what)
    return show(flags, what, most, exit_code=exit_code)


def _of_plans(flags: Flags, most: int, exit_code: bool) -> tuple[tuple[str, object], ...]:
    """The flags that only a saved plan has a use for."""
    return ("--markdown", most), ("--explain", flags.explain), ("--exit-code", exit_code)


def show(flags: Flags, name: str, markdown: int, *, exit_code: bool) -> int:
    """Prints the plan; ``markdown`` is the most bytes of markdown, 0 for plain text."""
    from a2c_spec.views import inert
    from a2c_spec.views.plan_json import plan_from
    from a2c_spec.views.plan_markdown import markdown_of
    from a2c_spec.views.plan_text import PlanView
    from a2c_spec.views.style import Style

    saved = read(Path(flags.chdir or ".") / name)
    reads = list(files_of(saved))
    plan = as_made(saved, plan_from(saved.plan), runtime().clock())
    if flags.as_json:
        say(inert.dumps({**saved.plan, "reads": reads}))
    elif markdown:
        say(markdown_of(plan, markdown, name))
    else:
        say(PlanView(Style(False), flags.verbose, flags.explain).text(plan))
    if not flags.as_json:
        talk(flags, f"to apply it reads {', '.join(reads)}" if reads else "")
        talk(flags, refusal(plan.allowance, name))
    return 2 if exit_code and not saved.plan["noop"] else 0
