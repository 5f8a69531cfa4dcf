"""The outline of a change: all that a plan shows of it on one line and in its totals, and little more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from a2c_spec.core.calls import Call
from a2c_spec.core.plan import Change


def outline(change: Change, shared: dict[Call, Call]) -> Change:
    """The change without bodies, bindings and details; calls that look alike are one value in ``shared``."""
    bare = tuple(Call(call.kind, step=call.step, starts=call.starts, size=call.size) for call in change.calls)
    calls = tuple(shared.setdefault(call, call) for call in bare)
    idle = change.action == "no-op"
    basis = {} if idle else _kinds(change.basis)
    return replace(change, calls=calls, basis=basis, bindings={}, details=(), bound="")


def _kinds(basis: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a summary tells of a recipe: the types of its inputs and what they become."""
    return {
        "inputs": {name: {"type": one.get("type")} for name, one in basis.get("inputs", {}).items()},
        "conversions": {
            name: {key: one[key] for key in ("category", "target") if key in one}
            for name, one in basis.get("conversions", {}).items()
        },
    }
