"""``schema``: prints a JSON Schema."""

from __future__ import annotations

import json

import click

SCHEMAS = ("manifest", "job", "batch", "preset", "project", "plan", "events", "verify", "refresh")


@click.command("schema")
@click.argument("name", default="manifest", type=click.Choice(SCHEMAS))
def command(name: str) -> int:
    """Print the JSON Schema of manifests, or of what --json prints."""
    from a2c_spec.manifests.schema.published import load_schema

    click.echo(json.dumps(load_schema(name), indent=2, ensure_ascii=False))
    return 0
