"""The two comparisons, never mixed: ours with ours is exact, ours with an echo of the service is tolerant.

``equal`` compares two values that we wrote: JSON equality, where 1 is 1.0 and nothing else is lenient. ``echoes`` says
whether a reply shows what we sent: services of this family may show a number as text, and an empty object as ``[]``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from a2c_spec.core.recipe import holds_secret
from a2c_spec.core.sensitive import HIDDEN

MISSING: Any = object()

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,399})(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?")


def equal(one: Any, other: Any) -> bool:
    """Whether two values of ours are the same JSON; secrets agree by digest, or by reference where one has none."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if "$secret" in one or "$secret" in other:
            return same_secret(one.get("$secret"), other.get("$secret"))
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if _is_array(one) and _is_array(other):
        return len(one) == len(other) and all(equal(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    return bool(one == other)


def echoes(value: Any, echo: Any) -> bool:
    """Whether ``echo``, as a reply shows it, is ``value``, as it was sent.

    ``[]`` may stand for ``{}``, and a number may come back as the text of exactly that number; two texts are never
    compared as numbers. A text in which a secret was hidden may be any other.
    """
    if isinstance(value, str) and isinstance(echo, str) and HIDDEN in value + echo:
        return bool(value and echo)
    if isinstance(value, Mapping):
        shown = {} if _is_array(echo) and not echo else echo
        if not isinstance(shown, Mapping):
            return False
        return value.keys() == shown.keys() and all(echoes(value[key], shown[key]) for key in value)
    if _is_array(value) and not value and isinstance(echo, Mapping) and not echo:
        return True
    if _is_array(value) and _is_array(echo):
        return len(value) == len(echo) and all(echoes(a, b) for a, b in zip(value, echo, strict=True))
    return equal(value, echo) or _number_as_text(value, echo) or _number_as_text(echo, value)


def echo_form(value: Any) -> Any:
    """A value in the one form that all values have which may come back as the same echo."""
    if isinstance(value, Mapping) or (_is_array(value) and not value):
        return {key: echo_form(item) for key, item in dict(value).items()}
    if _is_array(value):
        return [echo_form(item) for item in value]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    text = str(value) if number else value
    return str(Decimal(text).normalize()) if isinstance(text, str) and _NUMBER.fullmatch(text) else value


def _is_array(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _number_as_text(number: Any, text: Any) -> bool:
    if isinstance(number, bool) or not isinstance(number, int | float) or not isinstance(text, str):
        return False
    return _NUMBER.fullmatch(text) is not None and Decimal(text) == Decimal(str(number))


def same_secret(one: str | None, other: str | None) -> bool:
    """Whether two fingerprints of secrets agree: by digest where both have one, else by reference alone."""
    if one is None or other is None:
        return one is other
    reference, _, digest = one.partition("#")
    reference2, _, digest2 = other.partition("#")
    return digest == digest2 if digest and digest2 else reference == reference2


def changed_keys(
    desired: Mapping[str, Any],
    live: Mapping[str, Any],
    sent: Mapping[str, Any] | None,
    shown: Callable[[Any, Any], bool] = echoes,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(keys to set, keys to remove) that bring a mapping from live to desired.

    The live echo counts where it says something, compared by ``shown``; secrets never come back, so they are compared
    with what was sent. So is what still shows what we sent: that is ours, and compared exactly. A key is removed only
    if we had set it and live still has a value for it (or echoes nothing).
    """
    before = sent or {}
    wrong = tuple(key for key, value in desired.items() if not _holds(key, value, live, before, shown))
    gone = tuple(key for key in before if key not in desired and (not live or live.get(key) is not None))
    return wrong, gone


def _holds(
    key: str, value: Any, live: Mapping[str, Any], sent: Mapping[str, Any], shown: Callable[[Any, Any], bool]
) -> bool:
    if holds_secret(value) or key not in live:
        return equal(sent[key], value) if key in sent else value is None and key not in live
    if key in sent and not holds_secret(sent[key]) and shown(sent[key], live[key]):
        return equal(sent[key], value)
    return shown(value, live[key])


def same_category(one: str, other: str) -> bool:
    """Whether two categories may be the same; one that is left out is filled in by the service, so it fits any."""
    return not one or not other or one == other


def same_target(desired: Sequence[Mapping[str, Any]], live: Sequence[Mapping[str, Any]]) -> bool:
    """Whether delivery targets agree: type and the parameters we manage; credentials and status never come back."""
    if len(desired) != len(live):
        return False
    return all(_one_target(a, b) for a, b in zip(desired, live, strict=True))


def _one_target(desired: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    parameters = desired.get("parameters") or {}
    have = live.get("parameters") or {}
    have = have if isinstance(have, Mapping) else {}
    return desired.get("type") == live.get("type") and all(echoes(parameters[key], have.get(key)) for key in parameters)


def differences(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every leaf that differs between two trees of ours, as (dotted path, before, after); MISSING where absent."""
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not {"$secret"} & {*before, *after}:
        for key in dict.fromkeys([*before, *after]):
            below = f"{path}.{key}" if path else str(key)
            yield from differences(before.get(key, MISSING), after.get(key, MISSING), below)
    elif _alike_tables(before, after):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, f"{path}.{number}")
    elif before is MISSING or after is MISSING or not equal(before, after):
        yield path, before, after


def _alike_tables(before: Any, after: Any) -> bool:
    """Whether two arrays have as many mappings each, and nothing else."""
    both = _is_array(before) and _is_array(after) and len(before) == len(after)
    return both and all(isinstance(item, Mapping) for item in (*before, *after))
