"""``graph``: the dependencies between jobs."""

from __future__ import annotations

from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit, project_of, warn
from a2c_spec.core.desired import Job
from a2c_spec.core.graph import needs
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.loading import load_all
from a2c_spec.engine.selection import Selection, selection_of
from a2c_spec.views.graph import dot, mermaid

FORMATS = {"mermaid": mermaid, "dot": dot}


@click.command("graph")
@options.manifests
@options.selection
@click.option("--format", "form", default="mermaid", type=click.Choice(list(FORMATS)), help="How to draw it.")
@options.output
def command(form: str, **given: Any) -> int:
    """Draw which job takes results of which other job, and which presets it uses."""
    chosen = selection_of(given)
    return graph(flags_of(given), chosen, form)


def graph(flags: Flags, chosen: Selection, form: str) -> int:
    """Prints the graph; --json gives address -> what it needs."""
    project = project_of(flags)
    loaded = load_all(project)
    warn(project, loaded.warnings)
    edges: dict[str, list[str]] = {}
    for item in chosen.items([*loaded.presets, *loaded.jobs], loaded.empty):
        used = [one.preset_from for one in item.conversions if one.preset_from] if isinstance(item, Job) else []
        edges[item.address] = [*needs(item), *dict.fromkeys(used)] if isinstance(item, Job) else []
    emit(flags, lambda: edges, lambda: FORMATS[form](edges))
    return 0
