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
@options.timeout
@options.max_download_bytes
@options.yes
@options.output
def command(yes: bool, **given: Any) -> int:
    """Wait for running jobs, download and verify their results; start nothing."""
    chosen = selection_of(given)
    how = ApplyOptions(yes, only=("wait", "download", "adopt"), starts=False)
    return apply(flags_of(given), how, chosen)
