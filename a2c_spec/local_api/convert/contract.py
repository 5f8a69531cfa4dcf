"""What the service gives to a converter and gets back: the interface between the service and the converters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Source:
    """One fetched input. ``id`` is the API's input id; ``path`` is its file.

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
    """One conversion to carry out. ``sources`` are in the order of positions; ``options`` are complete and checked."""

    target: str
    category: str
    sources: tuple[Source, ...]
    workdir: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Product:
    """One file that a converter made in ``workdir``. ``inputs`` are the ids of the inputs it was made of.

    ``metadata`` is what an output reports (pages, width, height, duration), as far as it is known.
    """

    path: Path
    filename: str
    inputs: tuple[str, ...]
    content_type: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConversionWarning:
    """A problem that did not make the conversion fail."""

    message: str
    code: int = 0
    source: str = "conversion"
    id_source: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """All products, in the order of the inputs, and the warnings."""

    products: tuple[Product, ...]
    warnings: tuple[ConversionWarning, ...] = ()


class ConversionError(Exception):
    """The conversion failed. ``source`` is ``conversion``, or ``input`` with the input's id in ``id_source``."""

    def __init__(self, message: str, *, code: int = 0, source: str = "conversion", id_source: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.source = source
        self.id_source = id_source


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One row of GET /conversions. ``options`` maps names to descriptors, which are like JSON schemas."""

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
