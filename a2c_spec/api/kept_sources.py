"""What no result takes the place of, whatever ``on_conflict`` says: what is read, and what nobody agreed to lose."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from a2c_spec.core.file_names import path_key
from a2c_spec.core.observed import Disk
from a2c_spec.core.path_claims import Claim
from a2c_spec.core.run_keys import address_of

READ = "manifests read it"


@dataclass(frozen=True, slots=True)
class KeptSources:
    """``real`` gives a path as it is once the links of its folders are followed; ``read`` are the keys of paths that
    manifests are read from, or read. ``claimed``: by the key of a path, whose result manifests say is written there.
    ``forced``: whoever runs the command said that what is in the way is written over, where the plan names it.
    ``at`` tells why a path is none for results, ``says`` why a file with these bytes is not given this path.
    """

    real: Callable[[str], str] = str
    read: set[str] = field(default_factory=set)
    claimed: dict[str, Claim] = field(default_factory=dict)
    forced: bool = False
    at: Callable[[str], str] = lambda _path: ""
    says: Callable[[str, Path], str] = lambda _path, _file: ""

    def claimant(self, path: str) -> str:
        """The address of whose results manifests say that one is written at a path; empty if they say it of none."""
        claim = self.claimed.get(path_key(self.real(path)))
        return address_of(claim.address) if claim else ""

    def is_told_late(self, path: str, address: str) -> bool:
        """Whether no manifest gives this path to a result of the address, so that only the service told its name, and
        whoever allowed to overwrite what is there could not know."""
        return self.claimant(path) != address_of(address)

    def reads(self, path: str) -> bool:
        """Whether manifests read what stands at a path."""
        return path_key(self.real(path)) in self.read

    def why_not(self, path: str, stands: Disk) -> str:
        """Why no result is written at a path; empty when one may be. What is ours there may be read by others, too."""
        if why := self.at(path):
            return why
        ours = stands in ("intact", "outdated")
        return READ if not ours and self.reads(path) else ""

    def unmovable(self, root: Path, moves: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Of files below ``root`` and the paths that they are to get: those that one cannot get, and why."""
        other = ((source, path) for source, path in moves if source != path)
        return {path: why for source, path in other if (why := self.says(path, root / source))}
