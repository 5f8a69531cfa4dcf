"""``prune``: removes results and jobs that no manifest asks for any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands.apply import apply
from a2c_spec.commands.plan import plan
from a2c_spec.engine.outcome import ApplyOptions
from a2c_spec.engine.selection import EVERYTHING


@click.command("prune")
@click.argument("manifests", nargs=-1, metavar="")  # which is refused with what is wrong about it
@click.option("-f", "--file", multiple=True, hidden=True)
@options.values
@options.service
@options.parallelism
@options.allow_cmd
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@options.yes
@options.output
def command(dry_run: bool, yes: bool, **given: Any) -> int:
    """Remove results here, and jobs and presets on the service, that no manifest of the project asks for.

    Files that were changed stay. All manifests are read, so none can be named.
    """
    flags, only = replace(flags_of(given), prune=True), ("delete",)
    return plan(flags, EVERYTHING, only=only) if dry_run else apply(flags, ApplyOptions(yes, only=only))
