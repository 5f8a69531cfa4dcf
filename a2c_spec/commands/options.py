"""The flags that commands share, and the values they become."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Flags:
    """Every shared flag as given; commands that lack one see its default."""

    manifests: tuple[str, ...] = ()
    file: tuple[str, ...] = ()
    chdir: str = ""
    env: str = ""
    var: tuple[str, ...] = ()
    var_file: tuple[str, ...] = ()
    allow_cmd: bool = False
    local: bool = False
    base_url: str = ""
    offline: bool = False
    parallelism: int = 16
    on_conflict: str = ""
    as_json: bool = False
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False
    explain: bool = False
    no_cache: bool = False
    outputs: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        return self.manifests + self.file

    @property
    def detailed(self) -> bool:
        """Whether all of each change is shown, so that all of it must be kept."""
        return self.as_json or self.verbose or self.explain


def flags_of(given: dict[str, Any]) -> Flags:
    """The shared ones among a command's parameters."""
    known = {field.name for field in fields(Flags)}
    return Flags(**{name: value for name, value in given.items() if name in known and value is not None})


def stack(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Several click decorators as one."""

    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


manifests = stack(
    click.argument("manifests", nargs=-1, metavar="[MANIFEST]..."),
    click.option(
        "-f", "--file", multiple=True, metavar="MANIFEST", help="A manifest, a folder or a glob; same as MANIFEST."
    ),
    click.option("-C", "--chdir", default="", metavar="DIR", help="Run as if started there."),
    click.option(
        "--env", default="", envvar="A2C_SPEC_ENV", metavar="NAME", help="Take vars/NAME.yaml, and NAME of a2c.yaml."
    ),
    click.option("--var", multiple=True, metavar="NAME=VALUE", help="Set a declared variable."),
    click.option(
        "--var-file", multiple=True, type=click.Path(dir_okay=False), metavar="FILE", help="Set variables from YAML."
    ),
)

service = stack(
    click.option(
        "--local", is_flag=True, envvar="A2C_SPEC_LOCAL", help="Use the built-in local API: no key, no network."
    ),
    click.option("--base-url", default="", envvar="API2CONVERT_BASE_URL", metavar="URL", help="Where the service is."),
    click.option(
        "--parallelism", default=16, show_default=True, type=click.IntRange(1, 512), help="Requests under way at once."
    ),
    click.option("--allow-cmd", is_flag=True, help="Allow secrets that run a command (cmd:...)."),
)

output = stack(
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same."),
    click.option("-q", "--quiet", is_flag=True, help="Only results and errors."),
    click.option("-v", "--verbose", is_flag=True, help="Show attributes and single calls."),
)

no_cache = click.option(
    "--no-cache", is_flag=True, help="Neither use nor fill the results cache: convert what is not done."
)
explain = click.option("--explain", is_flag=True, help="Show the calls, and why fewer are impossible.")
offline = click.option("--offline", is_flag=True, help="Ask nobody: plan from manifests and state alone.")
on_conflict = click.option(
    "--on-conflict",
    default="",
    type=click.Choice(["", "error", "skip", "overwrite", "rename"]),
    metavar="[error|skip|overwrite|rename]",
    help="What to do about files that are not ours, in place of what the manifest says.",
)


refresh_only = click.option(
    "--refresh-only", is_flag=True, help="Only bring the state up to date with the service; run and download nothing."
)


def absolute(path: str, cwd: Path) -> Path:
    """A path given on the command line."""
    return (cwd / path).absolute()
