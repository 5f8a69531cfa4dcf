"""What was met while manifests were loaded, besides jobs, presets and problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from a2c_spec.core.diagnostics import Position
from a2c_spec.manifests.origins import Origins


@dataclass(slots=True)
class Notes:
    """``files``: real paths of all files that were read. ``empty``: each Batch whose source has no row, and where it
    is. ``origins``: what each address is made from, where somebody asks for it."""

    files: set[Path] = field(default_factory=set)
    empty: dict[str, Position] = field(default_factory=dict)
    origins: dict[str, Origins] | None = None
