"""Who may write which path: every path has one owner, claimed for the whole plan before anything is paid.

Paths are compared as the worst file system would: letters in either case and in any Unicode form are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from a2c_spec.core.desired import Input, Job
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.core.file_names import path_key
from a2c_spec.core.graph import in_dependency_order, needs
from a2c_spec.core.protected import protected
from a2c_spec.core.result_paths import RenderLate, predicted

MANIFESTS = (".yaml", ".yml", ".j2")
"""How files end that say what is asked for, in whatever letters; tables may be converted, too."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claims a path, and where that is said."""

    address: str
    path: str
    position: Position


@dataclass(slots=True)
class Claims:
    """The paths that the jobs seen so far read and write, and every clash between them.

    ``late`` renders names that an input decides; ``real`` gives a path as it is once the links of its folders are
    followed, ``leads`` where a file that is a link leads (empty for others). ``made``: the path of the one result of
    each ``address.conversion``; ``told``: the keys of files that tell what is asked for, once all is checked.
    """

    late: RenderLate
    real: Callable[[str], str] = str
    leads: Callable[[str], str] = lambda _path: ""
    written: dict[str, Claim] = field(default_factory=dict)
    read: dict[str, Claim] = field(default_factory=dict)
    folders: dict[str, Claim] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    waiting: list[Job] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

    def add(self, job: Job) -> None:
        """Notes what one job reads and writes. One that takes results of others waits until these are known."""
        if needs(job):
            self.waiting.append(job)
        else:
            self._add(job)

    def checked(self, sources: Iterable[str] = ()) -> list[Diagnostic]:
        """Every clash; ``sources`` are files that tell what is asked for, on which nothing may be written."""
        for job in in_dependency_order(self.waiting):
            self._add(replace(job, inputs=tuple(self._with_path(item) for item in job.inputs)))
        self.waiting.clear()
        kept = dict.fromkeys(path_key(self.real(path)) for path in sources)
        self.told.update(kept)
        self.problems += [_over_manifest(self.written[key]) for key in kept if key in self.written]
        sent = [self.read[key] for key in kept if key in self.read and key.endswith(MANIFESTS)]
        self.problems += [_manifest_sent(claim) for claim in sent]
        return self.problems

    def use_of(self, path: str) -> str:
        """What a path below the root is to the manifests, in words; empty when they do nothing with it."""
        key = path_key(self.real(path))
        above = next((folder for folder in _parents(key) if folder in self.written), "")
        if claim := self.written.get(key) or self.folders.get(key) or self.written.get(above):
            return f"the result {claim.path} of {claim.address} is written there"
        if claim := self.read.get(key):
            return f"that is an input of {claim.address}"
        return "manifests are read from it" if key in self.told else ""

    def _with_path(self, item: Input) -> Input:
        """The input with the path of the result that it takes, which its name may be made from."""
        return replace(item, path=self.made.get(item.source, "")) if item.type == "from" else item

    def _add(self, job: Job) -> None:
        for item in job.inputs:
            if item.type == "upload" and item.path:
                self.problems += self._reads(Claim(job.address, item.path, item.position))
        for one in predicted(job, self.late):
            self.problems += self._writes(Claim(job.address, one.path, one.spec.position))
            made = f"{job.address}.{one.spec.conversion}"
            self.made[made] = one.path if made not in self.made else ""

    def _reads(self, claim: Claim) -> Iterator[Diagnostic]:
        keys = [path_key(path) for path in (self.real(claim.path), self.leads(claim.path)) if path]
        if any(map(protected, (*keys, claim.path))):
            yield Diagnostic(claim.position, f"{claim.path}: no input is read from there", "copy it to another folder")
        for key in keys:
            self.read.setdefault(key, claim)
        if found := next((key for key in keys if key in self.written), ""):
            yield _over_source(self.written[found], claim)

    def _writes(self, claim: Claim) -> Iterator[Diagnostic]:
        key = path_key(self.real(claim.path))
        if protected(key) or protected(claim.path):
            yield Diagnostic(claim.position, f"{claim.path}: no result is written there", "choose another folder")
        if key in self.read:
            yield _over_source(claim, self.read[key])
        other = self.written.setdefault(key, claim)
        if other.address != claim.address:
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


def _over_manifest(result: Claim) -> Diagnostic:
    return Diagnostic(
        result.position,
        f"the result {result.path} of {result.address} would overwrite a file that manifests are read from",
        "save it in another folder, or under another name",
    )


def _manifest_sent(source: Claim) -> Diagnostic:
    return Diagnostic(
        source.position,
        f"{source.path} is read as a part of the manifests, so it cannot be an input",
        "leave it out, or copy it to another file",
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
        'give each a name or folder of its own; in a batch, for example save: "dist/${{ batch.address | slug }}/"',
        kind=f"twice {path_key(second.path)}",
    )
