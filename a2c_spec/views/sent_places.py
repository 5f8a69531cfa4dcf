"""Where a plan has results, or word of them, sent: whoever reads it is to know before it is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from a2c_spec.core.desired import Secret
from a2c_spec.core.plan import Change
from a2c_spec.core.sensitive import shown_url

NAMED_BY = ("host", "bucket", "container", "projectid", "url")
"""The parameters of a target that say where it is."""


def sent_places(change: Change) -> Iterator[str]:
    """Each place once, of the calls that a change sends."""
    found = [place for call in change.sent for place in _in(call.body)]
    yield from dict.fromkeys(found)


def _in(body: Any) -> Iterator[str]:
    if isinstance(body, list | tuple):
        for part in body:
            yield from _in(part)
    elif isinstance(body, Mapping):
        for key, value in body.items():
            if key == "callback" and value:
                yield f"tells {_shown(value)} when it ends"
            elif key == "output_target" and isinstance(value, list | tuple):
                yield from (f"sends results to {_target(one)}" for one in value if isinstance(one, Mapping))
            else:
                yield from _in(value) if key in ("conversion", "conversions") else ()


def _target(target: Mapping[str, Any]) -> str:
    parameters = target.get("parameters")
    where = parameters if isinstance(parameters, Mapping) else {}
    names = [_shown(where[key]) for key in NAMED_BY if where.get(key)]
    return " ".join([str(target.get("type", "a target")), *names])


def _shown(value: object) -> str:
    return "a secret address" if isinstance(value, Secret | Mapping) else shown_url(str(value))
