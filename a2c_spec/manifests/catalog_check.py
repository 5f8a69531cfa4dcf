"""Targets and options held against the catalog: what the service would refuse, each at its own place.

``lifecycle.allow_unknown`` names what the service may know although the catalog does not: ``conversions.ID.target``,
``conversions.ID.options.NAME``; of a Preset ``target``, ``options.NAME``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from a2c_spec.core.desired import Conversion, Job, Preset
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests.catalog import Catalog, CatalogRow
from a2c_spec.manifests.expressions.limits import Unknown, nearest
from a2c_spec.manifests.option_values import complaints, is_secret
from a2c_spec.manifests.yaml.tree import MapNode, Mark, PlainMark, SeqNode, position

VALUES_SHOWN = 5
"""So many wrong values of one option are shown, as the rows of a batch may have them; the others are counted."""

_NOWHERE = PlainMark("", 0, 0)
_LOOKED_UP = ("target", "category", "options")
_PULL = "`a2c-spec catalog pull` writes the list of the service"


def check_parts(tree: MapNode, catalog: Catalog) -> list[Diagnostic]:
    """What the service would refuse in the body of a job or a preset, and is not allowed by ``allow_unknown``."""
    allowed = [name for name in _entries(tree) if _names(tree, name)]
    return [problem for address, problem in _found(tree, catalog) if not _allowing(address, allowed)]


def idle_entries(tree: MapNode, catalog: Catalog) -> list[Diagnostic]:
    """The entries of ``allow_unknown`` that name nothing of this body (an error), or nothing that needs them."""
    entries = _entries(tree)
    if not entries or any(isinstance(part.get(key), Unknown) for _, part in _parts(tree) for key in _LOOKED_UP):
        return []
    found = [address for address, _ in _found(tree, catalog)]
    needed = {name for name in entries if any(_allowing(address, [name]) for address in found)}
    targets = {f"{prefix}target" for prefix, _ in _parts(tree)}
    unclear = any(address in targets and not _allowing(address, needed) for address in found)
    return [
        _idle(tree, name, mark, catalog)
        for name, mark in entries.items()
        if not _names(tree, name) or not (name in needed or unclear)
    ]


def unknown_addresses(tree: MapNode, catalog: Catalog) -> list[str]:
    """What ``allow_unknown`` has to name so that the service is asked for all of this body."""
    wrong = [address for address, _ in _found(tree, catalog)]
    return [name for name in _addresses(tree) if any(_allowing(address, [name]) for address in wrong)]


def _idle(tree: MapNode, name: str, mark: Mark, catalog: Catalog) -> Diagnostic:
    if _names(tree, name):
        message = f"`{name[:200]}` in `allow_unknown` is not needed: {catalog.name} has nothing against it"
        return Diagnostic(position(mark), message, "remove it", "warning")
    message = f"`{name[:200]}` in `allow_unknown` is not a target or option of this manifest"
    return Diagnostic(position(mark), message, nearest(name, _addresses(tree)))


def _addresses(tree: MapNode) -> Iterator[str]:
    """What ``allow_unknown`` can name: the target, and every option that is set."""
    for prefix, part in _parts(tree):
        yield f"{prefix}target"
        options = part.get("options")
        if isinstance(options, MapNode):
            yield from (f"{prefix}options.{name}" for name in options)


def _names(tree: MapNode, entry: str) -> bool:
    """Whether an entry names a target or an option of this body, or something inside an option."""
    return any(
        entry == address or (".options." in f".{address}" and entry.startswith(f"{address}."))
        for address in _addresses(tree)
    )


def _found(tree: MapNode, catalog: Catalog) -> Iterator[tuple[str, Diagnostic]]:
    """Every problem with the address of what it is about."""
    for prefix, part in _parts(tree):
        yield from _Part(prefix, part, catalog).problems()


def _parts(tree: MapNode) -> Iterator[tuple[str, MapNode]]:
    """The conversions of a job with the prefix of their addresses; a preset is one part without prefix."""
    if "target" in tree:
        yield "", tree
    rows = tree.get("conversions")
    for item in rows if isinstance(rows, list) else ():
        if isinstance(item, MapNode) and isinstance(item.get("id"), str):
            yield f"conversions.{item['id']}.", item


def _entries(tree: MapNode) -> dict[str, Mark]:
    lifecycle = tree.get("lifecycle")
    entries = lifecycle.get("allow_unknown") if isinstance(lifecycle, MapNode) else None
    if not isinstance(entries, SeqNode):
        return {}
    return {name: mark for name, mark in zip(entries, entries.marks, strict=True) if name and isinstance(name, str)}


def _allowing(address: str, allowed: Iterable[str]) -> bool:
    """Whether one of the entries allows what is wrong at ``address``, or at something that it is inside of."""
    return any(address == name or address.startswith(f"{name}.") for name in allowed)


@dataclass(slots=True)
class PresetUses:
    """Which conversions use which Preset manifest: its options must be options of their targets.

    ``allowed`` holds the options that a preset may have although the catalog does not know them.
    """

    catalog: Catalog
    presets: dict[str, Preset] = field(default_factory=dict)
    uses: dict[tuple[str, Position], Conversion] = field(default_factory=dict)

    def add(self, item: Job | Preset) -> None:
        """Note a preset, or the conversions of a job that use one."""
        if isinstance(item, Preset):
            self.presets[item.address] = item
            return
        for one in item.conversions:
            if one.preset_from:
                self.uses.setdefault((one.preset_from, one.position), one)

    def problems(self) -> Iterator[Diagnostic]:
        """A problem for each conversion whose target lacks an option that its preset sets."""
        for (name, where), conversion in self.uses.items():
            preset = self.presets.get(name)
            row = self.catalog.row(conversion.target, conversion.category)
            if preset is None or row is None or "options" not in row:
                continue
            problem = _misfit(preset, row["options"])
            if problem:
                message = f"the preset `{name}` is for {preset.target}, not for {conversion.target}: {problem}"
                hint = f"use a preset for {conversion.target}"
                yield Diagnostic(where, f"{message} ({self.catalog.name})", hint)


def _misfit(preset: Preset, known: Mapping[str, Any]) -> str:
    """Why a target does not take the options of a preset; empty when it does."""
    free = {entry.removeprefix("options.").partition(".")[0] for entry in preset.allow_unknown}
    for name, value in preset.options.items():
        if name in free:
            continue
        if name not in known:
            return f"there is no option `{name[:100]}`"
        if isinstance(value, (str, int, float)):
            for _, _, what, _ in complaints(name, value, _NOWHERE, known[name]):
                return f"the option `{name}` {what}"
    return ""


@dataclass(slots=True)
class _Part:
    """A conversion, or a preset: ``target``, ``category`` and ``options`` are looked up in the catalog."""

    prefix: str
    tree: MapNode
    catalog: Catalog

    def problems(self) -> Iterator[tuple[str, Diagnostic]]:
        target, category = self.tree.get("target"), self.tree.get("category") or ""
        if not isinstance(target, str) or not isinstance(category, str) or not target:
            return  # the schema check has refused it
        row = self.catalog.row(target, category)
        if row is not None:
            yield from self.option_problems(row)
        else:
            rows = self.catalog.fitting(target, category) or self.catalog.targets.get(target, ())
            yield f"{self.prefix}target", self.target_problem(target, category, rows)

    def target_problem(self, target: str, category: str, rows: Sequence[CatalogRow]) -> Diagnostic:
        place, name = position(self.tree.marks["target"]), self.catalog.name
        if not rows:
            problem = Diagnostic(place, f"there is no target `{target[:100]}` in {name}", kind="no target")
            problem = problem.adding(nearest(target, self.catalog.targets))
            problem = problem.adding("`a2c-spec catalog list --offline` shows all")
            return problem.adding(f"if the service has it: {_PULL}, or {self.allow('target')}")
        categories = sorted({str(row.get("category")) for row in rows})
        if category:
            message = f"the target `{target}` is not in the category `{category}` but in {_either(categories)} ({name})"
            hint = "" if len(categories) > 1 else f"write category: {categories[0]}, or leave it out"
            return Diagnostic(position(self.tree.marks["category"]), message, hint)
        message = f"the target `{target}` is in several categories, so it needs a `category` ({name})"
        return Diagnostic(place, message, f"one of {', '.join(categories)}")

    def allow(self, what: str) -> str:
        return f"lifecycle: {{allow_unknown: [{self.prefix}{what}]}}"

    def option_problems(self, row: CatalogRow) -> Iterator[tuple[str, Diagnostic]]:
        options = self.tree.get("options")
        if not isinstance(options, MapNode) or is_secret(options) or "options" not in row:
            return
        known: Mapping[str, Any] = row["options"]
        for name, value in options.items():
            if name not in known:
                yield f"{self.prefix}options.{name}", self.no_option(name, options.key_marks[name], row, known)
                continue
            for inner, mark, what, hint in complaints(name, value, options.marks[name], known[name]):
                message = f"the option `{inner}` {what} ({self.catalog.name})"
                kind = f"{inner} {what.partition(', found')[0]}"
                problem = Diagnostic(position(mark), message, hint, kind=kind, shown=VALUES_SHOWN)
                text = "" if hint else str(known[name].get("description") or "")
                yield f"{self.prefix}options.{inner}", problem.adding(text).adding(_show(row))

    def no_option(self, name: str, mark: Mark, row: CatalogRow, known: Mapping[str, Any]) -> Diagnostic:
        message = f"the target `{row['target']}` has no option `{name[:100]}` in {self.catalog.name}"
        problem = Diagnostic(position(mark), message, nearest(name, known), kind=f"no option {name}")
        problem = problem.adding(_show(row))
        return problem.adding(f"if the service has it: {self.allow(f'options.{name[:100]}')}")


def _show(row: CatalogRow) -> str:
    return f"`a2c-spec catalog show {row.get('category')}/{row['target']} --offline` shows all"


def _either(categories: Sequence[str]) -> str:
    return " or ".join(f"`{name}`" for name in categories)
