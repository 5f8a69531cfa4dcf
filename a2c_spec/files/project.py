"""The project: its root, its settings in ``a2c.yaml``, and where its manifests are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SETTINGS_FILE = "a2c.yaml"


def find_root(paths: Sequence[str | Path], cwd: Path) -> Path:
    """The project root: the nearest parent with ``a2c.yaml``, else with ``.git``, else ``cwd``.

    Parents are looked for from the first manifest's folder, or from ``cwd`` when no manifest is named.
    """
    start = cwd.resolve()
    if paths:
        first = (start / paths[0]).resolve()
        start = first if first.is_dir() else first.parent
    parents = (start, *start.parents)
    for name in (SETTINGS_FILE, ".git"):
        for folder in parents:
            if (folder / name).exists():
                return folder
    return cwd.resolve()
