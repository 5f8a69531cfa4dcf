"""What loading manifests depends on beside the files: the project root, and values for variables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from a2c_spec.manifests.catalog import Catalog


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """``root`` is the project root; values for variables come from all other fields.

    ``vars`` are the ``--var name=value`` pairs, which ``vars_by`` gives (a flag or a variable), and ``var_files`` the
    ``--var-file`` paths, both in order. ``environ`` is the process environment, of which manifests may read
    ``allow_env``. ``env`` names the environment of ``a2c.yaml``, ``env_vars`` are its ``vars``.
    ``learn`` hears the values of secrets that manifests name, so that nothing tells them.
    ``on_conflict`` is what holds where a manifest does not say. ``texts`` are manifests that are not on the disk yet,
    by their real path. ``whole``: all manifests of the project are loaded. Without a ``catalog``, what the service
    would refuse is not checked.
    """

    root: Path
    env: str = ""
    vars: tuple[tuple[str, str], ...] = ()
    vars_by: str = "--var"
    var_files: tuple[Path, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    allow_env: Collection[str] = ()
    env_vars: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False
    on_conflict: str = "error"
    learn: Callable[[str], None] = lambda _secret: None
    texts: Mapping[Path, bytes] = field(default_factory=dict)
    catalog: Catalog | None = None
