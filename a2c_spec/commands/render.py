"""``render``: manifests with every template filled in."""

from __future__ import annotations

from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import project_of, say, warn
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.loading import load_all
from a2c_spec.engine.selection import Selection, selection_of
from a2c_spec.views import inert


@click.command("render")
@options.manifests
@options.selection
@options.output
def command(**given: Any) -> int:
    """Show what the manifests ask for once every template is filled in; secrets stay references."""
    chosen = selection_of(given)
    return render(flags_of(given), chosen)


def render(flags: Flags, chosen: Selection) -> int:
    """Prints YAML documents, or a JSON array."""
    from a2c_spec.manifests.dump import as_manifest

    project = project_of(flags)
    loaded = load_all(project)
    warn(project, loaded.warnings)
    trees = [as_manifest(item) for item in chosen.items([*loaded.presets, *loaded.jobs], loaded.empty)]
    if flags.as_json:
        say(inert.dumps(trees))
    else:
        say(inert.yaml_text(trees), nl=False)
    return 0
