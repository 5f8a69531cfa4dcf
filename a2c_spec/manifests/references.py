"""Check what manifests use of each other: results and presets exist, and no jobs depend on each other in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests.expressions.limits import nearest
from a2c_spec.manifests.rules import split_reference

Edges = dict[str, tuple[str, ...]]


def check_references(items: Iterable[Job | Preset]) -> list[Diagnostic]:
    """Every problem between manifests. ``items`` is read once; only addresses, ids and references are kept."""
    conversions: dict[str, tuple[str, ...]] = {}
    presets: set[str] = set()
    used_results: list[tuple[str, str, Position]] = []
    used_presets: list[tuple[str, Position]] = []
    edges: Edges = {}
    positions: dict[tuple[str, str], Position] = {}
    moved: dict[str, tuple[str, Position]] = {}
    for item in items:
        if item.moved_from:
            moved[item.moved_from] = (item.address, item.position)
        if isinstance(item, Preset):
            presets.add(item.address)
            continue
        conversions[item.address] = tuple(conversion.id for conversion in item.conversions)
        needs = [(*split_reference(source.source), source.position) for source in item.inputs if source.type == "from"]
        used_results.extend(needs)
        used_presets.extend((part.preset_from, part.position) for part in item.conversions if part.preset_from)
        if needs:
            edges[item.address] = tuple(dict.fromkeys(address for address, _, _ in needs))
            positions.update({(item.address, address): where for address, _, where in needs})
    problems = [*_results(used_results, conversions), *_presets(used_presets, presets)]
    problems += _moved(moved, {*conversions, *presets})
    return problems + [_cycle(cycle, positions) for cycle in cycles(edges)]


def _results(used: Iterable[tuple[str, str, Position]], known: Mapping[str, tuple[str, ...]]) -> Iterator[Diagnostic]:
    for address, conversion, where in used:
        if address not in known:
            yield Diagnostic(where, f"`from`: there is no manifest `{address}`", nearest(address, known))
        elif conversion not in known[address]:
            message = f"`from`: `{address}` has no conversion `{conversion}`"
            yield Diagnostic(where, message, nearest(conversion, known[address]))


def _presets(used: Iterable[tuple[str, Position]], known: set[str]) -> Iterator[Diagnostic]:
    for name, where in used:
        if name not in known:
            yield Diagnostic(where, f"`preset`: there is no Preset manifest `{name}`", nearest(name, known))


def _moved(moved: Mapping[str, tuple[str, Position]], known: set[str]) -> Iterator[Diagnostic]:
    for before, (address, where) in moved.items():
        if before in known:
            message = f"`moved`: {address} cannot have been {before}, which a manifest still asks for"
            yield Diagnostic(where, message, "remove `moved`, or the other manifest")


def _cycle(cycle: list[str], positions: Mapping[tuple[str, str], Position]) -> Diagnostic:
    way = " -> ".join([*cycle, cycle[0]])
    place = positions[cycle[0], cycle[1 % len(cycle)]]
    return Diagnostic(place, f"these jobs depend on each other: {way}", "remove one `from`")


def cycles(edges: Edges) -> list[list[str]]:
    """The circles of a graph, each once; without recursion, so that a long chain is no problem."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in edges:
        path: dict[str, Iterator[str]] = {}
        ahead: str | None = start
        while True:
            if ahead is not None and ahead in path:
                found.append(_from(list(path), ahead))
                ahead = None
            elif ahead is not None and ahead not in done:
                path[ahead] = iter(edges.get(ahead, ()))
            if not path:
                break
            last = next(reversed(path))
            ahead = next(path[last], None)
            if ahead is None:
                done.add(last)
                del path[last]
    return found


def _from(path: list[str], address: str) -> list[str]:
    return path[path.index(address) :]
