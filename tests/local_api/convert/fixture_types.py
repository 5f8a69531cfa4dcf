"""The types of the fixtures in this folder, and the check that the service makes of options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from a2c_spec.local_api import convert
from a2c_spec.local_api.convert.contract import Result
from a2c_spec.local_api.jobs.catalog import catalog_of

PdfMaker = Callable[..., Path]


class Make(Protocol):
    """Converts files to ``category/target``; options by keyword."""

    def __call__(self, kind: str, *files: Path, metadata: Mapping[str, Any] = ..., **options: Any) -> Result: ...


def checked_options(kind: str, options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The options for ``category/target`` with their defaults, and what is wrong with them."""
    category, target = kind.split("/")
    catalog = catalog_of(convert.catalog())
    entry = catalog.find(target, category)
    problems = catalog.problems(entry, options, unknown=True) if entry else {}
    return catalog.expand(target, category, options), problems
