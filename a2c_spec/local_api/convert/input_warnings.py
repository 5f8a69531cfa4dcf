"""Collects warnings about inputs that code deep inside a converter gives, so that they reach the result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from a2c_spec.local_api.convert.contract import ConversionWarning, Source

_COLLECTED: ContextVar[dict[ConversionWarning, None] | None] = ContextVar("collected", default=None)


@contextmanager
def collected_warnings() -> Iterator[dict[ConversionWarning, None]]:
    """The warnings given inside the block, in order and each once, as the keys of a dict."""
    collected: dict[ConversionWarning, None] = {}
    token = _COLLECTED.set(collected)
    try:
        yield collected
    finally:
        _COLLECTED.reset(token)


def warn(source: Source, message: str) -> None:
    """Give a warning about an input; outside ``collected_warnings`` it is dropped."""
    collected = _COLLECTED.get()
    if collected is not None:
        collected[ConversionWarning(f"{source.filename}: {message}", source="input", id_source=source.id)] = None
