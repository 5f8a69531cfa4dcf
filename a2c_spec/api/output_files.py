"""Where results may be written on the disk: never outside the project, never over a file that is not ours."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from a2c_spec.api.kept_sources import KeptSources
from a2c_spec.api.obstacles import folder_problem, name_problem
from a2c_spec.api.part_files import Leftovers, part_of
from a2c_spec.core import reasons
from a2c_spec.core.events import Probe, unobserved
from a2c_spec.core.file_names import numbered, path_key
from a2c_spec.core.moves import Move
from a2c_spec.core.observed import IN_THE_WAY, NOT_OURS, Disk
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import LOCAL_REALM, JobRecord, SavedFile
from a2c_spec.core.state_store import OwnedFile, StateStore
from a2c_spec.core.transitions import landed, without_files
from a2c_spec.errors import Conflict, IntegrityError
from a2c_spec.held_folders import drop

NUMBERS = 10_000
"""Below this number a free name is looked for under ``on_conflict: rename``."""


def _is_within(path: Path, root: Path) -> bool:
    """Whether a path stays below the root where symbolic links are followed, also those to nothing."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


@dataclass(frozen=True, slots=True)
class OutputFiles:
    """``root`` is the project root; ``digest`` gives the SHA-256 (hex) of a file; ``folders`` are those looked at, and
    ``outside`` says which of them lead out of the project.

    ``reserved``: what an address is going to write, or has written, by the key of the path. ``followed``: paths whose
    files are another address's from now on. ``kept`` tells why a path is not for results at all, ``let_go`` which
    results of other environments, which do not keep them any more, belong there, and whose they are. ``told``: paths
    of which the plan says that something there goes; what others paid for stays at any other. ``leaving``: paths at
    which results of ours are that are not kept there, once the plan is carried out; ``given``: those of them at which
    others take their place. ``sources``: what no result takes the place of.
    """

    root: Path
    store: StateStore
    digest: Callable[[Path], str]
    probe: Probe = unobserved
    folders: dict[str, str] = field(default_factory=dict)
    outside: dict[str, bool] = field(default_factory=dict)
    leftovers: Leftovers = field(default_factory=Leftovers)
    reserved: dict[str, str] = field(default_factory=dict)
    followed: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    leaving: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    sources: KeptSources = field(default_factory=KeptSources)
    kept: Callable[[str], str] = lambda _path: ""
    let_go: Callable[[str], Sequence[tuple[OwnedFile, str]]] = lambda _path: ()

    def status(self, path: str, address: str) -> Disk:
        """What is at a path below the root, compared with what we wrote there for ``address``."""
        written = self.store.files_at(path)
        if intact := [file.address for file in written if not file.elsewhere and self._is_intact(file)]:
            mine = address_of(address) in (self.followed.get(path, address_of(key)) for key in intact)
            return "intact" if mine else "another's"
        target = self.root / path
        if not os.path.lexists(target):
            return "absent"
        if target.is_dir() and not target.is_symlink():
            return "folder"
        if self.origin(path, address):
            return "outdated"
        return "changed" if written else "foreign"

    def origin(self, path: str, address: str) -> str:
        """Where a file comes from that we wrote, although it is no present result: for another endpoint, or by another
        run of the address; empty when it is neither."""
        if endpoints := self.other_endpoints(path):
            return reasons.of_endpoint(endpoints[0])
        written = self.store.files_at(path)
        if all(file.elsewhere or address_of(file.address) != address_of(address) for file in written):
            return ""
        known = (file for run in self.store.runs(address_of(address)) for file in (*run.files, *run.leftover))
        digests = {(file.size, file.sha256) for file in known if file.sha256}
        earlier = (self._is_intact(OwnedFile(address, path, *digest)) for digest in digests)
        return reasons.OF_EARLIER_RUN if any(earlier) else ""

    def let_go_elsewhere(self, path: str) -> str:
        """Whose result stands at a path, of another environment that does not keep it any more; empty if none does."""
        return next((whose for file, whose in self.let_go(path) if self._is_intact(file)), "")

    def known_of(self, path: str, stands: Disk, address: str) -> str:
        """Where a file comes from that is no present result of the address, in words; empty if nothing is known."""
        if stands == "outdated":
            return self.origin(path, address)
        whose = self.let_go_elsewhere(path) if stands == "foreign" else ""
        return reasons.let_go(whose) if whose else ""

    def came_back(self, file: SavedFile, path: str, address: str) -> bool:
        """Whether exactly this result stands at a path, and not that of another address."""
        mine = address_of(address)
        owners = [one for one in self.store.files_at(path) if not one.elsewhere and address_of(one.address) != mine]
        theirs = any(self._is_intact(one) for one in owners) and self.followed.get(path) != mine
        return not theirs and self._is_intact(replace(file, path=path))

    def obstacle(self, path: str, stands: Disk = "absent") -> str:
        """Why no file can be written at a path below the root, as far as the disk tells, and what ``stands`` there;
        empty when it can."""
        folder, _, name = path.rpartition("/")
        if folder not in self.folders:
            self.folders[folder] = folder_problem(self.root, folder)
        return name_problem(name) or self.folders[folder] or self.kept(path) or self.sources.why_not(path, stands)

    def owner(self, path: str) -> str:
        """The address that a path was written for at this endpoint; empty when it is none of ours."""
        return next((file.address for file in self.store.files_at(path) if not file.elsewhere), "")

    def other_endpoints(self, path: str) -> list[str]:
        """The other endpoints that have exactly what is at a path as a result."""
        written = self.store.files_at(path)
        return [file.elsewhere for file in written if file.elsewhere and self._is_intact(file)]

    def paid_endpoint(self, path: str) -> str:
        """The other endpoint that was paid for what is at a path; empty if none was."""
        return next((realm for realm in self.other_endpoints(path) if realm != LOCAL_REALM), "")

    def same(self, path: str, other: str) -> bool:
        """Whether two paths lead to one file, as where letters in either case are the same."""
        try:
            return (self.root / path).samefile(self.root / other)
        except OSError:
            return False

    def is_strange(self, path: str, stands: Disk, address: str, *, planned: bool = False) -> bool:
        """Whether something stands at a path of which nothing is known, and no manifest says that a result of the
        address is written there, nor whoever runs the command; ``planned``: the plan is about to name the path."""
        if stands != "foreign" or self.known_of(path, stands, address):
            return False
        said = self.sources.forced and (planned or path in self.told)
        return not said and self.sources.is_told_late(path, address)

    def check_says(self, path: str, file: Path) -> None:
        """Raises Conflict where a result that is in ``file`` must not be given a path, because of what it says."""
        if why := self.sources.says(path, file):
            raise Conflict(reasons.blocked(path, why), hint="the result stays on the service")

    def is_taken(self, path: str, address: str) -> bool:
        """Whether something stands at a path that is not as we wrote it."""
        return self.status(path, address) in NOT_OURS

    def _is_free(self, path: str, address: str, *, untold: bool = False) -> bool:
        """Whether a file may be written there: nothing is there, or our own of this address, or one that no manifest
        asks for any more; of these, where it is written ``untold``, only what the plan told of."""
        another = self._reserver(path, address) or self._kept_by_another(path, address)
        another = another or (self._let_go_untold(path, address) if untold else "")
        return not another and not self.is_taken(path, address)

    def _let_go_untold(self, path: str, address: str) -> str:
        """What stands at a path, in words, where others let go of it and no plan said that it is replaced; else
        empty."""
        if path in self.told:
            return ""
        stands = self.status(path, address)
        if stands == "another's":
            return reasons.left(address_of(self.owner(path)))
        if stands not in ("outdated", "intact") or not (paid := self.paid_endpoint(path)):
            return ""
        return reasons.of_both(paid) if stands == "intact" else reasons.of_endpoint(paid)

    def _kept_by_another(self, path: str, address: str) -> str:
        """The other address that has a result of ours at a path and keeps it; empty when none does."""
        owner = self.owner(path)
        if not owner or self.followed.get(path, address_of(owner)) == address_of(address):
            return ""
        record = self.store.get(owner)
        kept = [file.path for file in record.files] if record and not record.gone_since else []
        return owner if path in kept and self.status(path, address) in ("another's", "outdated") else ""

    def _is_intact(self, file: SavedFile | OwnedFile) -> bool:
        """Whether exactly this file is at its path, within the project, and where results may be: else it is none of
        ours, whatever a state says that somebody else may have put there."""
        target = self.root / file.path
        try:
            status = target.stat()
        except OSError:
            return False
        same = stat.S_ISREG(status.st_mode) and status.st_size == file.size
        ours = same and not self.leads_out(file.path) and self.digest(target) == file.sha256
        return ours and not self.sources.at(file.path)

    def leads_out(self, path: str) -> bool:
        """Whether a path below the root leads out of the project through a symbolic link."""
        folder, target = path.rpartition("/")[0], self.root / path
        if folder not in self.outside:
            self.outside[folder] = not _is_within(self.root / folder, self.root)
        return self.outside[folder] or (target.is_symlink() and not _is_within(target, self.root))

    def recover_files(self, record: JobRecord) -> JobRecord:
        """The record after a crash: files that were about to get their names count if they are there."""
        return landed(record, filter(self._is_intact, record.landing)) if record.landing else record

    def own(self, record: JobRecord) -> JobRecord:
        """The record without the files that another run of the same address has written over since."""

        def lost(file: SavedFile) -> bool:
            known = self.store.files_at(file.path) if file.path else ()
            owners = {(owned.address, owned.sha256) for owned in known if not owned.elsewhere}
            return bool(owners) and (record.address, file.sha256) not in owners

        paths = {file.path for file in (*record.files, *record.leftover) if lost(file)}
        return without_files(record, paths) if paths else record

    def drop_parts(self, record: JobRecord) -> None:
        """Removes temporary files of results that stand in their places: the same bytes were there before."""
        for file in record.landing:
            if file.path and self._is_intact(file):
                drop(part_of(self.absolute(file.path), record.address, file.output_id))

    def note_complete(self, record: JobRecord) -> None:
        """Notes that all results of a job are in their places, so that no temporary file of it is needed any more."""
        known = (*record.files, *record.leftover, *record.landing)
        self.leftovers.note(record.address, (self.root / file.path for file in known if file.path))

    def absolute(self, path: str) -> Path:
        """The absolute form of a path; raises IntegrityError when a symbolic link leads out of the project."""
        target = self.root / path
        folder = target.parent.resolve()
        if not folder.is_relative_to(self.root.resolve()):
            raise IntegrityError(f"{path} leads out of the project through a symbolic link", hint="nothing was written")
        return folder / target.name

    def resolve_conflict(self, path: str, policy: str, address: str) -> str:
        """The path to write to under an on_conflict policy; empty if what is there is to be left alone.

        Raises Conflict under ``error`` when a file is there that is not as we wrote it; whatever the policy but
        ``rename`` and ``skip``, when it is the result of another address, or a folder; and always when no file can
        be written there.
        """
        status = self.status(path, address)
        if policy == "skip" and status in IN_THE_WAY:
            return ""
        if why := self.obstacle(path, status):
            raise Conflict(reasons.blocked(path, why), hint="the result stays on the service")
        owner = self._reserver(path, address) or self._kept_by_another(path, address)
        untold = self._let_go_untold(path, address)
        taken = status in NOT_OURS or bool(untold)
        late = self.is_strange(path, status, address)
        if not owner and (not taken or (policy == "overwrite" and status != "folder" and not late)):
            return self._reserve(path, address)
        if policy == "skip":
            return ""
        if policy == "rename":
            return self._reserve(self._free_path(path, address), address)
        if owner:
            raise Conflict(reasons.of_another(path, owner), hint="the result stays on the service")
        known = untold or self.known_of(path, status, address)
        raise Conflict(reasons.conflict(path, status, policy, known, late=late), hint="the result stays on the service")

    def why_skipped(self, path: str, address: str) -> str:
        """Of a result that ``on_conflict: skip`` leaves out: what stands in its place."""
        stands = self.status(path, address)
        whose = self._reserver(path, address) or (self.owner(path) if stands == "another's" else "")
        origin = f"is a result of {address_of(whose)}" if whose else self.known_of(path, stands, address)
        return reasons.skipped(path, stands, self.obstacle(path, stands), origin)

    def expected(self, path: str, policy: str, address: str) -> str:
        """The path that ``resolve_conflict`` would give, once the plan is carried out so far, and nothing being
        reserved; empty if a result is left out."""
        if policy not in ("skip", "rename") or self._is_free(path, address):
            return path
        if path in self.leaving and not self.is_taken(path, address):
            return path
        return "" if policy == "skip" else self._free_path(path, address, untold=False)

    def _reserver(self, path: str, address: str) -> str:
        """Which other address is about to write there, perhaps in other letters; empty when none is."""
        holder = self.reserved.get(path_key(path), address)
        return "" if holder == address else holder

    def _reserve(self, path: str, address: str) -> str:
        """The path, which no other address gets from now on."""
        self.reserved[path_key(path)] = address
        return path

    def _free_path(self, path: str, address: str, *, untold: bool = True) -> str:
        """The path with the first number that makes it free: ``a.pdf``, ``a-1.pdf``, ``a-2.pdf``, ..."""
        for free in (numbered(path, number) for number in range(1, NUMBERS)):
            mine = self.sources.claimant(free) in ("", address_of(address)) and not self.sources.at(free)
            if mine and self._is_free(free, address, untold=untold):
                return free
        raise Conflict(f"{path} and {NUMBERS - 1} numbered names beside it are taken", hint="move some of them away")

    def destination(self, move: Move, policy: str, address: str) -> str:
        """The path to move a file of ours to under an on_conflict policy; its own path if it must stay."""
        return self.resolve_conflict(move.place, policy, address) or move.source
