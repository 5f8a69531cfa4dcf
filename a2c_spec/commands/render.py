"""``render``: manifests with every template filled in."""

from __future__ import annotations

import json
from typing import Any

import click

from a2c_spec.commands import options, selection
from a2c_spec.commands.options import Flags, flags_of
from a2c_spec.commands.selection import Selection, selection_of
from a2c_spec.commands.workspace import load_all, open_workspace, warn


@click.command("render")
@options.manifests
@selection.options
@options.output
def command(**given: Any) -> int:
    """Show what the manifests ask for once every template is filled in; secrets stay references."""
    chosen = selection_of(given)
    return render(flags_of(given), chosen)


def render(flags: Flags, chosen: Selection) -> int:
    """Prints YAML documents, or a JSON array."""
    from a2c_spec.files.rendering import render as tree_of

    space = open_workspace(flags)
    loaded = load_all(space)
    warn(space, loaded)
    trees = [tree_of(preset) for preset in chosen.presets(loaded.presets)]
    trees += [tree_of(job) for job in chosen.jobs(loaded.jobs)]
    if flags.as_json:
        click.echo(json.dumps(trees, ensure_ascii=False))
    else:
        import yaml

        click.echo(yaml.safe_dump_all(trees, sort_keys=False, allow_unicode=True, width=120), nl=False)
    return 0
