"""What a job or preset is made from: its document, the values that this reads, and where each of them is from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from a2c_spec.core.sensitive import HIDDEN, USER, names_secret, replaced_secrets
from a2c_spec.manifests.batch.tables import EachRow
from a2c_spec.manifests.variables import VarValue
from a2c_spec.manifests.yaml.tree import plain

MANIFEST, ROW = "the manifest", "its row"
DEFAULT = "its default"


@dataclass(frozen=True, slots=True)
class Origin:
    """One part: its value as JSON, without what is a secret by its name, and what says it: a variable of the
    environment, a file, a flag. Nothing says a document but itself."""

    value: str
    said: str = ""


Origins = Mapping[str, Origin]
"""The parts by their names, as messages call them."""


def origins_of(
    document: Any, names: Mapping[str, Mapping[str, Any]], given: Mapping[str, VarValue], root: Path
) -> dict[str, Origin]:
    """What all jobs of one document are made from. ``names`` are those that its templates may use."""
    parts = {MANIFEST: Origin(_text(document))}
    for name, value in names["vars"].items():
        said = _named(given[name].where.file, root) if name in given else DEFAULT
        parts[f"the variable `{name}`"] = Origin(_of(name, value), said)
    for name, value in names["env"].items():
        parts[f"the environment variable `{name}`"] = Origin(_of(name, value))
    return parts


def row_origin(rows: Iterable[EachRow], root: Path) -> Origin:
    """The rows that one job of a Batch is made from."""
    read = [*rows]
    return Origin(_text([row.values for row in read]), _named(read[0].where.file, root))


def _of(name: str, value: Any) -> str:
    return json.dumps(HIDDEN) if names_secret(name) else _text(value)


def _text(value: Any) -> str:
    tree = replaced_secrets(plain(value), lambda _path: HIDDEN)
    return USER.sub(HIDDEN, json.dumps(tree, default=str, sort_keys=True))


def _named(file: str, root: Path) -> str:
    """A file of the project, named from its root; what is none as it is."""
    return os.path.relpath(file, root) if Path(file).is_absolute() else file
