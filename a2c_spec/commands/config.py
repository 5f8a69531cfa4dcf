"""``config``: every setting as it holds here, and where its value is from."""

from __future__ import annotations

from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit, project_of, style_of
from a2c_spec.engine.effective_settings import effective_settings
from a2c_spec.engine.flags import Flags
from a2c_spec.views.table import table


@click.command("config")
@options.parallelism
@options.on_conflict
@options.limits
@options.confirm_above
@options.timeout
@options.fail_fast
@options.max_download_bytes
@options.project
def command(**given: Any) -> int:
    """Show every setting, and where it is from: a flag, A2C_SPEC_NAME, a2c.yaml, or built in."""
    return config(flags_of(given))


def config(flags: Flags) -> int:
    """Prints the settings."""
    project = project_of(flags)
    found = list(effective_settings(project))
    rows = [(one.name, _shown(one.value), one.source) for one in found]
    emit(
        flags,
        lambda: {one.name: {"value": one.value, "source": one.source} for one in found},
        lambda: table(("SETTING", "VALUE", "FROM"), rows, style_of(project)),
    )
    return 0


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else f"{value:g}" if isinstance(value, float) else str(value)
