"""What the command line, the environment and the project say about loading manifests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """Everything that loading depends on beside the files themselves.

    ``root`` is the project root. ``vars`` are the ``--var name=value`` pairs in order, ``var_files`` the ``--var-file``
    paths in order, ``env_vars`` the variables that ``a2c.yaml`` sets for the environment ``env``. ``check_files`` false
    leaves unsaid that an input's file is missing. ``on_conflict`` is what an output does that does not say.
    """

    root: Path
    env: str = ""
    vars: tuple[tuple[str, str], ...] = ()
    var_files: tuple[Path, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    env_vars: Mapping[str, Any] = field(default_factory=dict)
    check_files: bool = True
    on_conflict: str = "error"
