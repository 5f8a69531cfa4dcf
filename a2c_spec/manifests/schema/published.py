"""The published JSON Schemas, and the check of a tree against them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.manifests.schema.compile import Compiler
from a2c_spec.manifests.schema.keywords import Report
from a2c_spec.manifests.yaml.tree import Mark, Tree


@lru_cache(maxsize=16)
def load_schema(name: str) -> dict[str, Any]:
    """The schema ``name`` (job, batch, preset, project, manifest, ...), from the wheel or from the repository."""
    package = Path(__file__).parents[2]
    for folder in (package / "schemas", package.parent / "schemas"):
        file = folder / f"{name}.schema.json"
        if file.is_file():
            schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return schema
    raise LookupError(f"the schema {name} is not part of this installation")


def _referred(reference: str, base: str) -> tuple[Any, str]:
    """The schema that ``$ref`` names, and the file it is in."""
    file, _, pointer = reference.partition("#")
    base = file.removesuffix(".schema.json") or base
    schema: Any = load_schema(base)
    for part in pointer.split("/")[1:]:
        schema = schema[part]
    return schema, base


_compiler = Compiler(_referred)


def check(name: str, tree: Tree, mark: Mark, *, rendered: bool, part: str = "", path: str = "") -> list[Diagnostic]:
    """Every problem that the schema ``name`` (or its definition ``part``) finds in ``tree``, which messages call
    ``path``."""
    report = Report(rendered)
    _compiler.checker(f"{name}.schema.json#{f'/definitions/{part}' if part else ''}", name)(tree, path, mark, report)
    return report.problems
