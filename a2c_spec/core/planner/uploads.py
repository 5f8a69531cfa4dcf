"""How new inputs reach a job: which call carries which, in the fewest calls, then the fewest bytes.

An input arrives in one of three ways: *inline* (a JSON array may hold many), as a *file* upload (one per call, may
carry its decrypt_password), or in a *base64* upload (a JSON array may hold many small files, a third more bytes; a
password then needs a PATCH of its own). New inputs are appended, so sending them in the desired order needs no reorder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Input
from a2c_spec.core.recipe import travels

Transport = Literal["inline", "file", "base64"]


@dataclass(frozen=True, slots=True)
class UploadBatch:
    """Inputs that travel in one call."""

    way: Transport
    inputs: tuple[Input, ...]

    @property
    def size(self) -> int:
        """Payload bytes as they travel."""
        return sum(travelling(self.way, item) for item in self.inputs)


@dataclass(frozen=True, slots=True)
class _Path:
    """The best way found to send a prefix of the inputs."""

    calls: int
    size: int
    steps: tuple[tuple[Transport, bool], ...]
    room: int

    def key(self) -> tuple[int, int]:
        return (self.calls, self.size)


def travelling(way: Transport, item: Input) -> int:
    """Bytes of one input on the wire; inline inputs count as nothing."""
    length = item.content.size if item.content else 0
    return {"inline": 0, "file": length, "base64": -(-length // 3) * 4}[way]


def transports(item: Input, options: PlannerOptions) -> tuple[Transport, ...]:
    """The ways open to one input, the plainest first."""
    if not travels(item):
        return ("inline",)
    return ("file", "base64") if _fits_base64(item, options) else ("file",)


def _fits_base64(item: Input, options: PlannerOptions) -> bool:
    return item.content is not None and item.content.size <= options.base64_file


def in_order(inputs: Sequence[Input], options: PlannerOptions, *, free_inline: bool) -> tuple[UploadBatch, ...]:
    """The cheapest grouping that sends the inputs exactly in this order.

    ``free_inline``: a call that is made anyway (the create) carries inline inputs that come first.
    """
    start: Transport = "inline" if free_inline else "file"
    best: dict[Transport, _Path] = {start: _Path(0, 0, (), options.base64_body)}
    for item in inputs:
        best = _extend(best, item, options)
    path = min(best.values(), key=_Path.key)
    return _groups(inputs, path.steps)


def _extend(best: dict[Transport, _Path], item: Input, options: PlannerOptions) -> dict[Transport, _Path]:
    found: dict[Transport, _Path] = {}
    for last, path in best.items():
        for way in transports(item, options):
            step = _step(path, last, way, item, options)
            if way not in found or step.key() < found[way].key():
                found[way] = step
    return found


def _step(path: _Path, last: Transport, way: Transport, item: Input, options: PlannerOptions) -> _Path:
    size = travelling(way, item)
    joins = way == last and (way == "inline" or (way == "base64" and size <= path.room))
    password = 1 if way == "base64" and item.decrypt_password else 0
    room = (path.room if joins else options.base64_body) - (size if way == "base64" else 0)
    return _Path(path.calls + (not joins) + password, path.size + size, (*path.steps, (way, joins)), room)


def _groups(inputs: Sequence[Input], steps: Sequence[tuple[Transport, bool]]) -> tuple[UploadBatch, ...]:
    groups: list[UploadBatch] = []
    for item, (way, joins) in zip(inputs, steps, strict=True):
        if joins and groups:
            groups[-1] = UploadBatch(way, (*groups[-1].inputs, item))
        else:
            groups.append(UploadBatch(way, (item,)))
    return tuple(groups)


def any_order(inputs: Sequence[Input], options: PlannerOptions) -> tuple[UploadBatch, ...]:
    """The cheapest grouping when a reorder follows anyway: one call for all inline inputs, one for all small files."""
    inline = [item for item in inputs if "inline" in transports(item, options)]
    small = [item for item in inputs if _shares(item, options)]
    if len(small) == 1 and "file" in transports(small[0], options):
        small = []
    rest = [item for item in inputs if item not in inline and item not in small]
    groups = [UploadBatch("inline", tuple(inline))] if inline else []
    return (*groups, *_bodies(small, options), *(UploadBatch("file", (item,)) for item in rest))


def _shares(item: Input, options: PlannerOptions) -> bool:
    return "base64" in transports(item, options) and not item.decrypt_password


def _bodies(small: Sequence[Input], options: PlannerOptions) -> tuple[UploadBatch, ...]:
    groups: list[list[Input]] = []
    room = 0
    for item in small:
        size = travelling("base64", item)
        if not groups or size > room:
            groups.append([])
            room = options.base64_body
        groups[-1].append(item)
        room -= size
    return tuple(UploadBatch("base64", tuple(group)) for group in groups)
