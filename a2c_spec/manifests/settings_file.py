"""Which file settings are read from, and what else there is that looks like it: none of these is passed over."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.core.unseen import seen
from a2c_spec.manifests.manifest_file import is_manifest

SETTINGS_FILE = "a2c.yaml"
YAML, OTHER, HIDDEN = ".yaml", ".yml", ".txt"
"""Endings; some editors append the last one, and some file managers do not show it."""


def settings_in(folder: Path) -> list[str]:
    """Names in a folder that are that of the settings, or are meant to be."""
    return [*_there(folder, SETTINGS_FILE), *look_alikes(folder, SETTINGS_FILE)]


def look_alikes(folder: Path, name: str) -> list[str]:
    """Names in a folder that differ from ``name``, a ``*.yaml``, only in the letters or in the ending, so that they are
    not read. Folders and manifests are none."""
    try:
        names = [one.name for one in folder.iterdir()]
    except OSError:  # it cannot be listed, or is not there
        names = _there(folder, name.removesuffix(YAML) + OTHER)
    near = sorted(one for one in names if one != name and alike(one, name))
    return [one for one in near if not (folder / one).is_dir() and not is_manifest(folder / one)]


def alike(one: str, name: str) -> bool:
    """Whether a person may take one name of a file of settings for another, or both are the same."""
    return settings_key(one) == settings_key(name)


def not_read(folder: Path, name: str) -> Iterator[Diagnostic]:
    """What is wrong with the file ``name`` of settings: another stands in its place, or it cannot be read at all."""
    file, there = folder / name, bool(_there(folder, name))
    which, hint = f"a file of the name {name}", f"rename it to {name}"
    if there:
        which, hint = f"{name} beside it", f"move what it says to {name}, and remove it"
    for one in look_alikes(folder, name):
        yield Diagnostic(Position(str(folder / one)), f"this file is not read, only {which} is", hint)
    if there and not file.is_file():
        yield Diagnostic(Position(str(file)), f"the settings cannot be read: {_no_file(file)}")


def _no_file(file: Path) -> str:
    if file.is_dir():
        return "this is a folder"
    return f"this link leads to {file.readlink()}, which is not a file" if file.is_symlink() else "this is not a file"


def _there(folder: Path, name: str) -> list[str]:
    return [name] if os.path.lexists(folder / name) else []


def settings_key(name: str) -> str:
    """What the names of settings have in common that a person may take for one."""
    key = seen(unicodedata.normalize("NFKC", seen(name))).casefold().strip(" .").removesuffix(HIDDEN)
    return key.removesuffix(OTHER) + YAML if key.endswith(OTHER) else key
