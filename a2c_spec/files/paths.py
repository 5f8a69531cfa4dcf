"""Paths that manifests name: relative to the manifest's folder, and never outside the project root."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

from a2c_spec.errors import InvalidError


def confine(text: str, folder: Path, root: Path) -> str:
    """``text``, relative to ``folder``, as a POSIX path relative to ``root``; raises ValueError if it leaves ``root``.

    ``root`` and ``folder`` are real absolute paths. Symbolic links are followed to see where the path really leads.
    """
    if not text or "\0" in text or len(text) > 4096:
        raise ValueError("is not a path")
    if text.startswith(("/", os.sep)):
        raise ValueError("must be relative to the manifest's folder")
    path = os.path.normpath(os.path.join(folder, text))  # noqa: PTH118 - lexical on purpose, and fast
    try:
        inside = _is_below(path, str(root)) and _is_below(os.path.realpath(path), str(root))
    except (OSError, ValueError) as error:
        raise ValueError("is not a path that can be followed") from error
    if not inside:
        raise ValueError("leaves the project root")
    return os.path.relpath(path, root).replace(os.sep, "/")


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def as_folder(path: str) -> str:
    """A relative POSIX path with the ``/`` that marks a folder."""
    return path.rstrip("/") + "/"


def late_folder(text: str) -> str:
    """The folder that late text turned out to name, relative to the root; raises InvalidError if it leaves the root."""
    path = posixpath.normpath(text or ".")
    if path.startswith("/") or path.split("/")[0] == ".." or "\0" in path:
        raise InvalidError(f"the folder `{text[:200]}` leaves the project root")
    return as_folder(path)


def file_problem(path: Path) -> str:
    """Why ``path`` cannot be uploaded, or nothing."""
    try:
        if not path.exists():
            return "does not exist"
        if not path.is_file():
            return "is not a file"
        return "" if os.access(path, os.R_OK) else "cannot be read"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
