"""Where on the disk a result may land: never outside the project, never over a file that is not ours."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from a2c_spec.core import reasons
from a2c_spec.core.events import Probe, unobserved
from a2c_spec.core.observed import NOT_OURS, Disk
from a2c_spec.core.plan import Move
from a2c_spec.core.state import JobRecord, SavedFile, StateStore
from a2c_spec.errors import Conflict, IntegrityError, SpecError


def untangled(moves: Sequence[Move]) -> list[Move]:
    """The same moves, none overwriting what another has yet to fetch: files in the way step aside first."""
    targets = {move.target for move in moves}
    aside = [Move(move.source, f"{move.source}.moving") for move in moves if move.source in targets]
    now = {move.source: move.target for move in aside}
    return aside + [Move(now.get(move.source, move.source), move.target) for move in moves]


@dataclass(frozen=True, slots=True)
class OutputFiles:
    """``root`` is the project root; ``digest`` gives the SHA-256 (hex) of a file."""

    root: Path
    store: StateStore
    digest: Callable[[Path], str]
    probe: Probe = unobserved

    def stands(self, path: str) -> Disk:
        """What stands at a path below the root."""
        target = self.root / path
        if not os.path.lexists(target):
            return "absent"
        ours = self.store.files_at(path)
        if not ours or not target.is_file():
            return "foreign"
        return "intact" if any(self._holds(file) for file in ours) else "changed"

    def _holds(self, file: SavedFile) -> bool:
        """Whether exactly this file stands at its path."""
        target = self.root / file.path
        try:
            status = target.stat()
        except OSError:
            return False
        same = stat.S_ISREG(status.st_mode) and status.st_size == file.size
        return same and self.digest(target) == file.sha256

    def caught_up(self, record: JobRecord) -> JobRecord:
        """The record with what a crash left unsaid: files that were about to land count where they did."""
        files = record.files
        for new in record.landing:
            if self._holds(new):
                files = (*(old for old in files if new.path != old.path and new.output_id != old.output_id), new)
        return replace(record, files=files, landing=())

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
        stands = self.stands(path)
        if policy == "overwrite" or stands not in NOT_OURS:
            return path
        if policy == "skip":
            return ""
        if policy == "rename":
            return self._free(path)
        raise Conflict(reasons.conflict(path, stands, policy), hint="the result stays on the service")

    def _free(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        stem, dot, ending = name.rpartition(".")
        stem, ending = (stem, dot + ending) if stem else (name, "")
        number = 1
        while True:
            candidate = f"{folder}/{stem}-{number}{ending}" if folder else f"{stem}-{number}{ending}"
            if self.stands(candidate) not in NOT_OURS:
                return candidate
            number += 1

    def destination(self, move: Move, policy: str) -> str:
        """The path a file of ours moves to under an on_conflict policy; where it is, if it must stay."""
        return self.settle(move.target, policy) or move.source

    def move(self, source: str, path: str) -> None:
        """Moves a file of ours."""
        target = self.target(path)
        self.probe(f"place {path}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            (self.root / source).replace(target)
        except OSError as error:
            raise SpecError(f"cannot move {source} to {path}: {error.strerror}") from error
        self.probe(f"placed {path}")

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
