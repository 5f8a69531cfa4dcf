"""Who may write which path: every path has one owner, claimed for the whole plan before anything is paid.

Paths are compared as the worst file system would: letters in either case and in any Unicode form are the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from a2c_spec.core.desired import Job
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.core.result_paths import RenderLate, predicted

PROTECTED = frozenset({".git", ".a2c"})
"""Folders in which no result is ever written."""


def path_key(path: str) -> str:
    """What two paths have in common that some file system takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claims a path, and where that is said."""

    address: str
    path: str
    position: Position


@dataclass(slots=True)
class Claims:
    """The paths that the jobs seen so far read and write, and every clash between them.

    ``late`` renders names that an input decides; ``real`` gives a path as it is once links are followed.
    """

    late: RenderLate
    real: Callable[[str], str] = str
    written: dict[str, Claim] = field(default_factory=dict)
    read: dict[str, Claim] = field(default_factory=dict)
    folders: dict[str, Claim] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)

    def add(self, job: Job) -> None:
        """Notes what one job reads and writes; every path that it may not write is added to ``problems``."""
        for item in job.inputs:
            if item.type == "upload" and item.path:
                self.problems += self._reads(Claim(job.address, item.path, item.position))
        for one in predicted(job, self.late):
            self.problems += self._writes(Claim(job.address, one.path, one.spec.position), one.spec.on_conflict)

    def _reads(self, claim: Claim) -> Iterator[Diagnostic]:
        key = path_key(self.real(claim.path))
        self.read.setdefault(key, claim)
        if key in self.written:
            yield _over_source(self.written[key], claim)

    def _writes(self, claim: Claim, policy: str) -> Iterator[Diagnostic]:
        key = path_key(self.real(claim.path))
        if path_key(claim.path.partition("/")[0]) in PROTECTED:
            yield Diagnostic(claim.position, f"{claim.path}: no result is written there", "choose another folder")
        if key in self.read:
            yield _over_source(claim, self.read[key])
        other = self.written.setdefault(key, claim)
        if other.address != claim.address and policy != "rename":
            yield _twice(other, claim)
        if key in self.folders:
            yield _file_and_folder(claim, self.folders[key])
        for folder in _parents(key):
            self.folders.setdefault(folder, claim)
            if folder in self.written:
                yield _file_and_folder(self.written[folder], claim)


def _over_source(result: Claim, source: Claim) -> Diagnostic:
    return Diagnostic(
        result.position,
        f"the result {result.path} of {result.address} would overwrite an input of {source.address}",
        "save it in another folder, or under another name",
    )


def _parents(key: str) -> Iterator[str]:
    while "/" in key:
        key = key.rpartition("/")[0]
        yield key


def _file_and_folder(file: Claim, inside: Claim) -> Diagnostic:
    return Diagnostic(
        inside.position,
        f"{inside.path} of {inside.address} cannot be written, because {file.path} is a result of {file.address}",
        "choose another folder, or another name for the file",
    )


def _twice(first: Claim, second: Claim) -> Diagnostic:
    same = "" if first.path == second.path else f" (as {first.path}, which some file systems take for the same)"
    where = f"; {first.address} is defined at {first.position}" if first.position != second.position else ""
    return Diagnostic(
        second.position,
        f"{second.address} and {first.address} would both write {second.path}{same}{where}",
        "give each a name or folder of its own; in a batch, for example save: dist/${{ each.dir }}/",
    )
