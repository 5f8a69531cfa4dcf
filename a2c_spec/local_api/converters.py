"""What the service expects of its converters; ``a2c_spec.local_api.convert`` is the real one."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Protocol, cast

from a2c_spec.local_api.convert.contract import CatalogEntry, Request, Result


class Converters(Protocol):
    """Four functions; all may block, none may keep state."""

    def catalog(self) -> tuple[CatalogEntry, ...]:
        """Every conversion that works on this machine, with its options."""
        ...

    def probe(self, path: Path, filename: str) -> dict[str, Any]:
        """What a file is: ``content_type``, and whatever metadata its format offers."""
        ...

    def check_password(self, path: Path, password: str) -> bool:
        """Does the password open the file?"""
        ...

    def convert(self, request: Request) -> Result:
        """Carry out one conversion, or raise ConversionError."""
        ...


def installed() -> Converters:
    """The converters that come with the package, imported when first asked for."""
    return cast(Converters, importlib.import_module("a2c_spec.local_api.convert"))
