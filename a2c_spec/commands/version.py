"""``version``: which a2c-spec this is."""

from __future__ import annotations

import json
import platform

import click

from a2c_spec._version import __version__


@click.command("version")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> int:
    """Show the version of a2c-spec and of Python."""
    python = platform.python_version()
    click.echo(
        json.dumps({"a2c-spec": __version__, "python": python})
        if as_json
        else f"a2c-spec {__version__} (Python {python})"
    )
    return 0
