"""Pairs what is desired with what is live so that the fewest calls remain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, permutations, product

Pairs = dict[int, int]
"""desired index -> live index."""

MOST_CANDIDATES = 256


def assignment(
    desired: int, live: int, fits: Callable[[int, int], bool], free: Callable[[int, int], bool], home: Pairs
) -> Pairs:
    """Pairs as many as fit; among those pairs as many as need no call (``free``), recorded homes first.

    Matching is worth it always: a pair costs at most one PATCH, while an unmatched live part costs a DELETE.
    """
    pairs: Pairs = {}
    _augment_all(range(desired), live, lambda d, n: fits(d, n) and free(d, n), home, pairs)
    rest = [d for d in range(desired) if d not in pairs]
    taken = set(pairs.values())
    others: Pairs = {}
    _augment_all(rest, live, lambda d, n: n not in taken and fits(d, n), home, others)
    return pairs | others


def _augment_all(
    desired: Sequence[int], live: int, edge: Callable[[int, int], bool], home: Pairs, pairs: Pairs
) -> None:
    for d in desired:
        if d in home and home[d] not in pairs.values() and edge(d, home[d]):
            pairs[d] = home[d]
    for d in desired:
        if d not in pairs:
            _augment(d, live, edge, pairs, set())


def _augment(d: int, live: int, edge: Callable[[int, int], bool], pairs: Pairs, seen: set[int]) -> bool:
    holder = {n: who for who, n in pairs.items()}
    for n in range(live):
        if n in seen or not edge(d, n):
            continue
        seen.add(n)
        if n not in holder or _augment(holder[n], live, edge, pairs, seen):
            pairs[d] = n
            return True
    return False


def alternatives(
    desired: Sequence[object], live: Sequence[object | None], fits: Callable[[int, int], bool], best: Pairs
) -> Iterator[Pairs]:
    """``best`` first, then other ways to pair equal inputs with equal live ones; only duplicates give any.

    Equal inputs are interchangeable, but which one is paired with which decides whether a reorder is needed.
    """
    yield best
    groups: dict[tuple[int, ...], list[int]] = {}
    for d in range(len(desired)):
        options = tuple(n for n in range(len(live)) if fits(d, n))
        if options:
            groups.setdefault(options, []).append(d)
    if all(len(options) == 1 and len(who) == 1 for options, who in groups.items()):
        return
    ways = [list(islice(_pairings(who, options), MOST_CANDIDATES)) for options, who in groups.items()]
    for choice in islice(product(*ways), MOST_CANDIDATES):
        merged = {d: n for part in choice for d, n in part.items()}
        if len(set(merged.values())) == len(merged):
            yield merged


def shorter(pairs: Pairs, costly: Callable[[int, int], bool]) -> Iterator[Pairs]:
    """The pairs, then the same without the last one, the last two, ... as long as those left out are ``costly``.

    A link whose password must be patched costs no more when it is deleted and rides in a POST that is made anyway; if
    only such links stand behind the others, that saves the reorder.
    """
    yield pairs
    kept = dict(sorted(pairs.items()))
    while kept and costly(*list(kept.items())[-1]):
        kept.popitem()
        yield dict(kept)


def _pairings(who: Sequence[int], options: Sequence[int]) -> Iterator[Pairs]:
    if len(who) <= len(options):
        for chosen in permutations(options, len(who)):
            yield dict(zip(who, chosen, strict=True))
    else:
        for lucky in permutations(who, len(options)):
            yield dict(zip(lucky, options, strict=True))
