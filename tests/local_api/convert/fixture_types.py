"""The shapes of the fixtures in this folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from a2c_spec.local_api.convert.contract import Result

PdfMaker = Callable[..., Path]


class Make(Protocol):
    """Converts files to ``category/target``; options by keyword."""

    def __call__(self, kind: str, *files: Path, metadata: Mapping[str, Any] = ..., **options: Any) -> Result: ...
