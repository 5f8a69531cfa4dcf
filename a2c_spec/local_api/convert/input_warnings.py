"""What converters notice on the side about an input; it becomes a warning of the result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from a2c_spec.local_api.convert.contract import ConversionWarning, Source

_NOTICED: ContextVar[dict[ConversionWarning, None] | None] = ContextVar("noticed", default=None)


@contextmanager
def noticing() -> Iterator[dict[ConversionWarning, None]]:
    """Everything noticed inside the block, each once, in order."""
    kept: dict[ConversionWarning, None] = {}
    token = _NOTICED.set(kept)
    try:
        yield kept
    finally:
        _NOTICED.reset(token)


def notice(source: Source, message: str) -> None:
    """Tell whoever listens; a probe, for one, does not."""
    kept = _NOTICED.get()
    if kept is not None:
        kept[ConversionWarning(f"{source.filename}: {message}", source="input", id_source=source.id)] = None
