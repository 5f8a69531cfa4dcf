"""Which addresses a command is about: --target, --exclude, --selector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.graph import needs
from a2c_spec.core.run_keys import address_of
from a2c_spec.errors import UsageError


@dataclass(frozen=True, slots=True)
class Selection:
    """Globs over addresses, and labels; all empty means everything."""

    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selector: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()

    @property
    def partial(self) -> bool:
        return bool(self.target or self.exclude or self.selector)

    def replaces(self, address: str) -> bool:
        return matches(address, self.replace)

    def items(self, items: Sequence[Job | Preset]) -> tuple[Job | Preset, ...]:
        """The selected presets and jobs, presets first, with what targets need: jobs whose results they take, presets
        that they name. Raises UsageError when a glob meets nothing."""
        self.check([item.address for item in items])
        jobs = self.jobs([item for item in items if isinstance(item, Job)])
        return (*self.presets([item for item in items if isinstance(item, Preset)], jobs), *jobs)

    def jobs(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """The selected jobs, and those whose results they take."""
        chosen = {job.address for job in jobs if self.takes(job.address, job.labels)}
        by_address = {job.address: job for job in jobs}
        waiting = list(chosen) if self.target else []
        while waiting:
            upstream = needs(by_address[waiting.pop()])
            more = [name for name in upstream if name in by_address and name not in chosen and not self.excludes(name)]
            chosen.update(more)
            waiting += more
        return tuple(job for job in jobs if job.address in chosen)

    def presets(self, presets: Sequence[Preset], jobs: Sequence[Job] = ()) -> tuple[Preset, ...]:
        """The selected presets, and those that the targeted ``jobs`` name."""
        named = {item.preset_from for job in jobs for item in job.conversions} if self.target else set()
        needed = {address for address in named if not self.excludes(address)}
        return tuple(one for one in presets if one.address in needed or self.takes(one.address, one.labels))

    def takes(self, address: str, labels: Mapping[str, str]) -> bool:
        wanted = not self.target or matches(address, self.target)
        labelled = all(_label(text, labels) for text in self.selector)
        return wanted and labelled and not self.excludes(address)

    def excludes(self, address: str) -> bool:
        """Whether an address is left out by name; what needs it then takes the result that is there."""
        return matches(address, self.exclude)

    def check(self, addresses: Sequence[str]) -> None:
        """Raises UsageError when a glob meets nothing."""
        for glob in (*self.target, *self.replace):
            if not any(matches(address, (glob,)) for address in addresses):
                raise UsageError(f"no address matches {glob!r}", hint=f"there are: {', '.join(addresses[:8])}")


EVERYTHING = Selection()


def selection_of(given: dict[str, Any]) -> Selection:
    """Takes its own flags out of a command's parameters."""
    chosen = Selection(**{name: tuple(given.pop(name, ())) for name in ("target", "exclude", "selector", "replace")})
    whole_addresses(*chosen.target, *chosen.exclude, *chosen.replace)
    return chosen


def whole_addresses(*names: str) -> None:
    """Raises UsageError for the key of a single run, where only the address with all its runs can be meant."""
    for name in names:
        if (address := address_of(name)) != name:
            raise UsageError(f"{name} is one run of {address}, not an address", hint=f"name {address}")


def matches(address: str, globs: Iterable[str]) -> bool:
    """Whether any glob means this address, or the run of an address; ``[`` stands for itself, as in batches."""
    return any(_means(glob, address) or _means(glob, address_of(address)) for glob in globs)


def _means(glob: str, name: str) -> bool:
    return name == glob or fnmatchcase(name, glob.replace("[", "[[]"))


def _label(text: str, labels: Mapping[str, str]) -> bool:
    name, equals, value = text.partition("=")
    return labels.get(name) == value if equals else name in labels
