"""Temporary files of downloads: named so that a later apply resumes them, and removes those that nobody needs."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from a2c_spec.held_folders import held

_PART = re.compile(r"\.([0-9a-f]{8})[0-9a-f]{8}\.part$")


def part_of(target: Path, address: str, output_id: str) -> Path:
    """The temporary file of a result of ``address``; always the same, so that a later apply can resume the download."""
    return target.parent / f"{aside_of(target, address)}{_mark(output_id)}.part"


def aside_of(target: Path, address: str) -> str:
    """How the names of all temporary files of a result of ``address`` begin: of what is downloaded, or removed."""
    name = target.name.encode()[:80].decode(errors="ignore")
    return f".{name}.{_mark(address)}"


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Temporary files of addresses that have all their results: of an earlier run, or of a killed one.

    ``complete``: the marks of such addresses; ``folders`` are those into which they write, or wrote.
    """

    complete: set[str] = field(default_factory=set)
    folders: set[Path] = field(default_factory=set)

    def note(self, address: str, targets: Iterable[Path]) -> None:
        """Notes that an address has all its results, and where it writes."""
        self.complete.add(_mark(address))
        self.folders.update(target.parent for target in targets)

    def remove(self, root: Path) -> None:
        """Removes them, where their folders are below ``root``; each folder is looked through once."""
        for folder in self.folders:
            real = folder.resolve()
            if not real.is_relative_to(root.resolve()):
                continue
            with contextlib.suppress(OSError), held(real, resolved=True, make=0) as here:
                for name in here.names():
                    if (at := _PART.search(name)) and at[1] in self.complete:
                        here.unlink(name)
        self.complete.clear()
        self.folders.clear()
