"""Which addresses a command is about: --target, --exclude, --selector."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from types import MappingProxyType
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

    def replaces(self, job: Job) -> frozenset[str]:
        """The conversions of a job that are run again, even if nothing changed: all of it, or those that are named."""
        names = [item.id for item in job.conversions] if self.replace else []
        every = bool(self.replace) and matches(job.address, self.replace)
        return frozenset(name for name in names if every or names_part(f"{job.address}.{name}", self.replace))

    def items(
        self,
        items: Sequence[Job | Preset],
        empty: Collection[str] = (),
        recorded: Collection[str] = (),
        given: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[Job | Preset, ...]:
        """The selected presets and jobs, presets first, with what targets need: jobs whose results they take, presets
        that they name. Raises UsageError as ``check`` does."""
        known = {item.address: item.labels for item in items}
        self.check(known, empty, recorded, [name for item in items for name in parts(item)], given)
        jobs = self.jobs([item for item in items if isinstance(item, Job)])
        self._check_replaced([job.address for job in jobs], [name for job in jobs for name in parts(job)])
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
        return wanted and self.labelled(labels) and not self.excludes(address)

    def labelled(self, labels: Mapping[str, str]) -> bool:
        """Whether a manifest has every label that is asked for."""
        return all(_label(text, labels) for text in self.selector)

    def excludes(self, address: str) -> bool:
        """Whether an address is left out by name; what needs it then takes the result that is there."""
        return matches(address, self.exclude)

    def check(
        self,
        known: Mapping[str, Mapping[str, str]],
        empty: Collection[str] = (),
        recorded: Collection[str] = (),
        conversions: Collection[str] = (),
        given: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Raises UsageError, naming what there is, when a glob means no address, or no manifest has the labels.

        ``known`` are the addresses of the manifests with their labels, ``empty`` the batches without a row: they may be
        meant. What is only ``recorded`` may be excluded, and single ``conversions`` run again. ``given`` tells which
        variables say what no flag does.
        """
        rows = [f"{batch}[]" for batch in empty]
        for glob in dict.fromkeys((*self.target, *self.replace, *self.exclude)):
            more = recorded if glob in self.exclude else ()
            if glob in self.replace and any(names_part(one, (glob,)) for one in conversions):
                self._check_one_meaning(glob, known, conversions)
            elif not any(matches(address, (glob,)) for some in (known, rows, more) for address in some):
                raise UsageError(
                    f"no address matches {glob!r}{self._by(glob, given)}",
                    hint=nearest(glob, known, conversions if glob in self.replace else more),
                )
        if not self.target:
            chosen = {address for address, labels in known.items() if self.takes(address, labels)}
            self._check_replaced(chosen, [name for name in conversions if name.rpartition(".")[0] in chosen])
        self._check_jobs(known, conversions)
        if not self.selector or empty or any(self.labelled(labels) for labels in known.values()):
            return
        every = [pair for labels in known.values() for pair in labels.items()]
        there = dict.fromkeys(f"{name}={value}" for name, value in every)
        unmet = [text for text in self.selector if not any(_label(text, labels) for labels in known.values())]
        if unmet:
            alike = there if "=" in unmet[0] else dict(every)
            raise UsageError(
                f"no manifest has the label {unmet[0]!r}{self._by(unmet[0], given)}", hint=nearest(unmet[0], alike)
            )
        raise UsageError(f"no manifest has all of the labels {', '.join(self.selector)}", hint=nearest("", there))

    def _by(self, text: str, given: Mapping[str, str]) -> str:
        """The variable that says a glob or a label, in brackets; empty where that stands on the command line."""
        names = (name for name in ("target", "exclude", "selector", "replace") if text in getattr(self, name))
        source = next((given[name] for name in names if name in given), "-")
        return "" if source.startswith("-") else f" ({source})"

    def _check_jobs(self, known: Collection[str], conversions: Collection[str]) -> None:
        """Raises UsageError when what is to be run again is a preset, which never runs."""
        jobs = {name.rpartition(".")[0] for name in conversions}
        for glob in self.replace:
            meant = {address for address in known if matches(address, (glob,))}
            if meant and meant.isdisjoint(jobs) and not any(names_part(one, (glob,)) for one in conversions):
                told = f"--replace {glob} means only presets, which are never run"
                raise UsageError(told, hint="name what uses it; a preset that differs there is put right by `apply`")

    def _check_one_meaning(
        self, name: str, known: Mapping[str, Mapping[str, str]], conversions: Collection[str]
    ) -> None:
        """Raises UsageError when a name to run again is an address, and a conversion of another one, both selected."""
        job = name.rpartition(".")[0]
        if name in known and name in conversions and self.takes(name, known[name]) and self.takes(job, known[job]):
            both = f"--replace {name} means an address, and a conversion of {job}"
            raise UsageError(both, hint=f"leave one of them out with --exclude {name} or --exclude {job}")

    def _check_replaced(self, chosen: Collection[str], conversions: Collection[str]) -> None:
        """Raises UsageError when what is to be run again is left out of the ``chosen`` addresses and their
        ``conversions``."""
        for glob in self.replace if self.partial else ():
            named = any(names_part(name, (glob,)) for name in conversions)
            if not (named or any(matches(address, (glob,)) for address in chosen)):
                raise UsageError(f"--replace {glob} means only what is left out of this plan", hint="select it, too")


def names_part(part: str, globs: Iterable[str]) -> bool:
    """Whether any of these names a conversion (``address.conversion``) in full; its address may be a glob."""
    address, _, name = part.rpartition(".")
    named = (glob.rpartition(".") for glob in globs)
    return any(name == conversion and _means(glob, address) for glob, _, conversion in named)


def parts(item: Job | Preset) -> list[str]:
    """How --replace names single conversions: ``address.conversion``."""
    return [f"{item.address}.{one.id}" for one in item.conversions] if isinstance(item, Job) else []


def nearest(name: str, there: Iterable[str], more: Iterable[str] = ()) -> str:
    """What may have been meant by a name that means nothing, also of what there is ``more``; else what there is."""
    every = list(there)
    if near := get_close_matches(name, [*every, *more], n=1):
        return f"did you mean {near[0]}?"
    more = f" and {len(every) - 8} more" if len(every) > 8 else ""
    return f"there are: {', '.join(every[:8])}{more}" if every else "there are none"


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
