"""What a user asks of a command, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from a2c_spec.core.allowance import flag_of
from a2c_spec.core.live import MOST_UNANNOUNCED

A_DAY = 86_400.0
"""Seconds that a job is waited for unless somebody says otherwise: a service that is stuck must not hang CI."""


@dataclass(frozen=True, slots=True)
class Flags:
    """Every shared flag; commands that lack one see its default.

    ``given`` names those that somebody gave, and how: ``--parallelism`` or ``A2C_SPEC_PARALLELISM``. Only what is not
    given may come from ``a2c.yaml``; its place is there once the project is open.
    """

    manifests: tuple[str, ...] = ()
    file: tuple[str, ...] = ()
    chdir: str = ""
    env: str = ""
    var: tuple[str, ...] = ()
    var_file: tuple[str, ...] = ()
    allow_env: tuple[str, ...] = ()
    allow_cmd: tuple[str, ...] = ()
    local: bool = False
    base_url: str = ""
    allow_host: tuple[str, ...] = ()
    allow_http: bool = False
    state: str = ""
    offline: bool = False
    parallelism: int = 16
    on_conflict: str = ""
    as_json: bool = False
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False
    explain: bool = False
    no_cache: bool = False
    prune: bool = False
    outputs: str = ""
    out: str = ""
    timeout: float = A_DAY
    fail_fast: bool = False
    max_credits: int | None = None
    max_replace: int | None = None
    confirm_above: int = 10
    max_download_bytes: int = MOST_UNANNOUNCED
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        return self.manifests + self.file

    def named(self, name: str) -> str:
        """How a setting is called: the flag or the variable that says it, else its name and its place."""
        source = self.given.get(name, flag_of(name))
        return f"{name} ({source})" if ":" in source else source

    @property
    def detailed(self) -> bool:
        """Whether all of each change is shown, so that all of it must be kept."""
        return self.as_json or self.verbose or self.explain


def absolute(path: str, cwd: Path) -> Path:
    """A path given on the command line."""
    return (cwd / path).absolute()
