"""``wait``: waits for jobs that were started, and downloads their results."""

from __future__ import annotations

from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands.apply import apply
from a2c_spec.engine.outcome import ApplyOptions
from a2c_spec.engine.selection import selection_of


@click.command("wait")
@options.manifests
@options.service
@options.parallelism
@options.allow_cmd
@options.selection
@click.option(
    "--timeout",
    default=0.0,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Stop waiting after this time, 0 for never; the jobs keep running.",
)
@options.output
def command(timeout: float, **given: Any) -> int:
    """Wait for running jobs, download and verify their results; start nothing."""
    chosen = selection_of(given)
    how = ApplyOptions(timeout=timeout, only=("wait", "download", "adopt"), starts=False)
    return apply(flags_of(given), how, chosen)
