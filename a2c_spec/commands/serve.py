"""``serve``: the local API as a real server, for SDKs, tests and other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from a2c_spec.errors import SpecError, UsageError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="The port; 0 takes a free one.")
@click.option(
    "--data",
    default="",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Keep jobs and files there (default: .a2c/local).",
)
@click.option("--ephemeral", is_flag=True, help="Forget everything at the end.")
@click.option(
    "--api-key-env",
    default="API2CONVERT_API_KEY",
    show_default=True,
    metavar="NAME",
    help="The variable that holds the key to require; unset: any key will do.",
)
@click.option("--seed", default="", help="Make ids and tokens repeatable.")
@click.option("--allow-public", is_flag=True, help="Allow an address other machines can reach.")
@click.option(
    "--fetch-private", is_flag=True, help="Let remote inputs and callbacks reach loopback and private addresses."
)
def command(**given: Any) -> int:
    """Run the local API; prints what to export, then serves until Ctrl-C."""
    return serve(**given)


def serve(
    host: str,
    port: int,
    data: str,
    ephemeral: bool,
    api_key_env: str,
    seed: str,
    allow_public: bool,
    fetch_private: bool,
) -> int:
    """Serves until interrupted."""
    import os

    if host not in LOOPBACK and not allow_public:
        raise UsageError(f"--host {host} can be reached by others", hint="add --allow-public if that is meant")
    try:
        from a2c_spec.local_api.server import run
        from a2c_spec.local_api.settings import Settings
    except ImportError as error:
        raise SpecError(
            f"the local API needs a library that is not installed: {error.name}", hint="pip install 'a2c-spec[local]'"
        ) from error
    key = os.environ.get(api_key_env, "")
    folder = None if ephemeral else Path(data or ".a2c/local").absolute()
    settings = Settings(data_dir=folder, api_keys=(key,) if key else (), seed=seed or None, fetch_private=fetch_private)
    run(settings, host, port, lambda url: _ready(url, api_key_env, bool(key)))
    return 0


def _ready(url: str, variable: str, required: bool) -> None:
    click.echo(f"export API2CONVERT_BASE_URL={url}")
    click.echo(f"export API2CONVERT_API_KEY={f'${variable}' if required else 'local'}")
    click.echo(f"serving on {url}; Ctrl-C ends it", err=True)
