"""``download``: downloads results that are missing here and still on the service."""

from __future__ import annotations

from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands.apply import apply
from a2c_spec.engine.outcome import ApplyOptions
from a2c_spec.engine.selection import selection_of


@click.command("download")
@options.manifests
@options.service
@options.parallelism
@options.allow_cmd
@options.on_conflict
@options.selection
@options.max_download_bytes
@options.yes
@options.output
def command(yes: bool, **given: Any) -> int:
    """Download results that are missing or were changed here; nothing is converted or paid for."""
    chosen = selection_of(given)
    return apply(flags_of(given), ApplyOptions(yes, only=("download",)), chosen)
