"""Where on the disk a result may land: never outside the project, never over a file that is not ours."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from a2c_spec.core.plan import Move
from a2c_spec.core.seen import Disk
from a2c_spec.core.state import StateStore
from a2c_spec.errors import Conflict, IntegrityError, SpecError


@dataclass(frozen=True, slots=True)
class Landing:
    """``root`` is the project root; ``digest`` gives the SHA-256 (hex) of a file."""

    root: Path
    store: StateStore
    digest: Callable[[Path], str]

    def stands(self, path: str) -> Disk:
        """What stands at a path below the root."""
        target = self.root / path
        if not target.is_symlink() and not target.exists():
            return "absent"
        ours = self.store.owner_of(path)
        if ours is None or not target.is_file():
            return "foreign"
        return "intact" if target.stat().st_size == ours.size and self.digest(target) == ours.sha256 else "changed"

    def target(self, path: str) -> Path:
        """The absolute place of a path; symbolic links may not lead out of the project."""
        place = self.root / path
        parent = place.parent.resolve()
        if not parent.is_relative_to(self.root.resolve()):
            raise IntegrityError(f"{path} leads out of the project through a symbolic link", hint="nothing was written")
        return parent / place.name

    def settle(self, path: str, policy: str) -> str:
        """The path to write to under an on_conflict policy; empty means: leave what stands there.

        Raises Conflict under ``error`` when a file stands there that is not as we wrote it.
        """
        if policy == "overwrite" or self.stands(path) in ("absent", "intact"):
            return path
        if policy == "skip":
            return ""
        if policy == "rename":
            return self._free(path)
        raise Conflict(
            f"{path} exists and is not as we wrote it, and on_conflict is error",
            hint="move it away, or say on_conflict: overwrite, rename or skip; the result stays on the service",
        )

    def _free(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        stem, dot, ending = name.rpartition(".")
        stem, ending = (stem, dot + ending) if stem else (name, "")
        number = 1
        while True:
            candidate = f"{folder}/{stem}-{number}{ending}" if folder else f"{stem}-{number}{ending}"
            if self.stands(candidate) in ("absent", "intact"):
                return candidate
            number += 1

    def move(self, move: Move, policy: str) -> str:
        """Moves a file of ours; gives the path it has now."""
        wanted = self.settle(move.target, policy) or move.source
        if wanted == move.source:
            return wanted
        target = self.target(wanted)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            (self.root / move.source).replace(target)
        except OSError as error:
            raise SpecError(f"cannot move {move.source} to {wanted}: {error.strerror}") from error
        return wanted

    def remove(self, path: str) -> bool:
        """Removes a file of ours that nobody changed; says whether it did. Empty folders we leave go with it."""
        if self.stands(path) != "intact":
            return False
        target = self.root / path
        target.unlink()
        with contextlib.suppress(OSError):
            for folder in target.parents:
                if folder == self.root:
                    break
                folder.rmdir()
        return True
