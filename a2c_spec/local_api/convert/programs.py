"""Finds the programs and modules that converters need. Nothing is imported or started for that."""

from __future__ import annotations

import functools
import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path


@functools.cache
def has(name: str) -> bool:
    """Whether the program of that name, or else the Python module, is installed."""
    if name in _PROGRAMS:
        return _PROGRAMS[name]() is not None
    return importlib.util.find_spec(name) is not None


@functools.cache
def find(name: str) -> str | None:
    """The path of ``pandoc``, ``ffmpeg`` or ``soffice``, if there is one."""
    return _PROGRAMS[name]()


@functools.cache
def folders() -> tuple[str, ...]:
    """The folders of the programs that were found; for LibreOffice the folder above, which holds its resources."""
    homes = (Path(path).resolve().parent for name in _PROGRAMS if (path := find(name)))
    return tuple(str(home.parent if home.name == "program" else home) for home in homes)


def _bundled(module: str, pattern: str) -> str | None:
    """The path of a program that is part of a Python package."""
    spec = importlib.util.find_spec(module)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for found in sorted(Path(folder).glob(pattern)):
            if found.is_file() and found.suffix not in (".md", ".py"):
                return str(found)
    return None


def _pandoc() -> str | None:
    return _bundled("pypandoc", "files/pandoc*") or shutil.which("pandoc")


def _ffmpeg() -> str | None:
    return _bundled("imageio_ffmpeg", "binaries/ffmpeg*") or shutil.which("ffmpeg")


def _soffice() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


def _tesseract() -> str | None:
    return shutil.which("tesseract")


_PROGRAMS: dict[str, Callable[[], str | None]] = {
    "pandoc": _pandoc,
    "ffmpeg": _ffmpeg,
    "soffice": _soffice,
    "tesseract": _tesseract,
}
