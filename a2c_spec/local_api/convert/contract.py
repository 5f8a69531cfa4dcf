"""What the service hands a converter and gets back; the only thing the two halves of the local API share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Source:
    """One fetched input. ``id`` is the API's input id; ``path`` holds the bytes; order is the order of positions.

    ``options`` are the input's (``slide_duration`` in seconds, ``resize_handling``); ``password`` decrypts it.
    """

    id: str
    path: Path
    filename: str
    content_type: str = ""
    password: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """One conversion to carry out. ``options`` are complete (defaults filled, checked against the catalog)."""

    target: str
    category: str
    sources: tuple[Source, ...]
    workdir: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Product:
    """One file a converter made inside ``workdir``; ``inputs`` are the ids it was made of; ``filename`` is a base
    name with extension; ``metadata`` is what an output reports (pages, width, height, duration), best effort."""

    path: Path
    filename: str
    inputs: tuple[str, ...]
    content_type: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConversionWarning:
    """Something that went less than perfectly without failing the conversion."""

    message: str
    code: int = 0
    source: str = "conversion"
    id_source: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """All products in order (input order within the conversion), and the warnings."""

    products: tuple[Product, ...]
    warnings: tuple[ConversionWarning, ...] = ()


class ConversionError(Exception):
    """The conversion cannot be done. ``source`` is ``input`` (with ``id_source`` = input id) or ``conversion``."""

    def __init__(self, message: str, *, code: int = 0, source: str = "conversion", id_source: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.source = source
        self.id_source = id_source


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One row of GET /conversions: ``options`` maps a name to a JSON-Schema-like descriptor."""

    id: str
    target: str
    category: str
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Converters(Protocol):
    """What the service needs of its converters. All functions may block; none may keep state."""

    def catalog(self) -> tuple[CatalogEntry, ...]:
        """Every conversion that works on this machine, with its options."""
        ...

    def probe(self, path: Path, filename: str) -> dict[str, Any]:
        """What a file is: its ``content_type``, and the metadata that its format has."""
        ...

    def check_password(self, path: Path, password: str) -> bool:
        """Whether the password opens the file."""
        ...

    def convert(self, request: Request) -> Result:
        """Carry out one conversion, or raise ConversionError."""
        ...
