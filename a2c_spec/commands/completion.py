"""``completion``: shell completion."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from a2c_spec.errors import UsageError


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print the completion script of a shell: eval "$(a2c-spec completion bash)"."""
    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"no completion for {shell}")
    click.echo(kind(ctx.find_root().command, {}, "a2c-spec", "_A2C_SPEC_COMPLETE").source())
    return 0
