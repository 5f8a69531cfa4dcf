"""Managed keys only: what of the desired state a live echo or a record does not already say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from a2c_spec.core.recipe import holds_secret

MISSING: Any = object()


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values mean the same: ``[]`` is an empty object too, and numbers may be echoed as text."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other or _as_number(one) == _as_number(other) is not None
    if isinstance(one, Mapping) or isinstance(other, Mapping):
        return _same_mapping(one, other)
    if _is_array(one) and _is_array(other):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    return bool(one == other) or _as_number(one) == _as_number(other) is not None


def _is_array(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _same_mapping(one: Any, other: Any) -> bool:
    one = {} if one == [] or one == () else one
    other = {} if other == [] or other == () else other
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return False
    if "$secret" in one or "$secret" in other:
        return same_secret(one.get("$secret"), other.get("$secret"))
    return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)


def _as_number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def same_secret(one: str | None, other: str | None) -> bool:
    """Whether two secret marks agree: by digest where both have one, else by reference alone."""
    if one is None or other is None:
        return one is other
    reference, _, digest = one.partition("#")
    reference2, _, digest2 = other.partition("#")
    return digest == digest2 if digest and digest2 else reference == reference2


def changed_keys(
    desired: Mapping[str, Any], live: Mapping[str, Any], sent: Mapping[str, Any] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(keys to set, keys to remove) that bring a mapping from live to desired.

    The live echo counts where it says something; secrets never come back, so they are compared with what was sent.
    A key is removed only if we had set it and live still has a value for it (or echoes nothing at all).
    """
    before = sent or {}
    wrong = tuple(key for key, value in desired.items() if not _holds(key, value, live, before))
    gone = tuple(key for key in before if key not in desired and (not live or live.get(key) is not None))
    return wrong, gone


def _holds(key: str, value: Any, live: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    if holds_secret(value) or key not in live:
        return same(sent.get(key, MISSING), value) if key in sent else value is None and key not in live
    return same(live[key], value)


def same_category(one: str, other: str) -> bool:
    """Whether two categories may be the same; one that is left out is filled in by the service, so it fits any."""
    return not one or not other or one == other


def same_target(desired: Sequence[Mapping[str, Any]], live: Sequence[Mapping[str, Any]]) -> bool:
    """Whether delivery targets agree: type and the parameters we manage; credentials and status never come back."""
    if len(desired) != len(live):
        return False
    return all(_one_target(a, b) for a, b in zip(desired, live, strict=True))


def _one_target(desired: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    wanted = desired.get("parameters") or {}
    have = live.get("parameters") or {}
    have = have if isinstance(have, Mapping) else {}
    return desired.get("type") == live.get("type") and all(same(have.get(key), wanted[key]) for key in wanted)


def differences(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every leaf that differs between two canonical trees, as (dotted path, before, after); MISSING where absent."""
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not {"$secret"} & {*before, *after}:
        for key in dict.fromkeys([*before, *after]):
            below = f"{path}.{key}" if path else str(key)
            yield from differences(before.get(key, MISSING), after.get(key, MISSING), below)
    elif before is MISSING or after is MISSING or not same(before, after):
        yield path, before, after
