"""The rows of a Batch, one at a time: from files by pattern, tables, lists and matrices."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.errors import is_text, not_text, shown_name, why
from a2c_spec.manifests import globs
from a2c_spec.manifests.batch import tables as row_files
from a2c_spec.manifests.batch.tables import EachRow
from a2c_spec.manifests.paths import LFS, ManifestFolder, beside, is_pointer
from a2c_spec.manifests.yaml.tree import MapNode, SeqNode, Tree, plain, position, position_of
from a2c_spec.regular_files import opened

MAX_MATRIX = 10_000


Rows = Iterator[EachRow | Diagnostic]


def rows(for_each: MapNode, folder: ManifestFolder) -> Rows:
    """Yield the rows of the valid ``for_each``; for a row that cannot be read, a problem instead."""
    kind = next(key for key in for_each if key in _KINDS)
    yield from _KINDS[kind](for_each[kind], position_of(for_each, kind), folder)


def table_file(for_each: MapNode, folder: ManifestFolder) -> Path | None:
    """The file that the rows of the valid ``for_each`` are read from; None when it is no table, or outside."""
    tree = next((for_each[kind] for kind in ("csv", "json", "yaml") if kind in for_each), None)
    name = tree["path"] if isinstance(tree, MapNode) else tree
    try:
        return (folder.root / folder.confine(name)).resolve() if isinstance(name, str) else None
    except ValueError:
        return None


def default_key(for_each: MapNode) -> str:
    """The template of the key when the Batch has none; empty when the Batch must have one."""
    return next(_DEFAULT_KEYS.get(key, "") for key in for_each if key in _KINDS)


def _texts(tree: Tree) -> list[str]:
    return [tree] if isinstance(tree, str) else list(tree or ())


def _glob(tree: Tree, where: Position, folder: ManifestFolder) -> Rows:
    patterns = _texts(tree["pattern"] if isinstance(tree, MapNode) else tree)
    exclude = _texts(tree.get("exclude") if isinstance(tree, MapNode) else None)
    if long := next(filter(globs.is_too_long, [*patterns, *exclude]), ""):
        yield Diagnostic(where, f"the pattern {long[:40]}... has more than {globs.MAX_SEGMENTS} parts")
        return
    seen: set[str] | None = set() if len(patterns) > 1 else None
    matched = False
    for pattern in patterns:
        for row in _matching(pattern, where, folder, exclude):
            if isinstance(row, EachRow) and seen is not None:
                if row.values["path"] in seen:
                    continue
                seen.add(row.values["path"])
            matched = True
            yield row
    if not matched:
        yield Diagnostic(where, f"no file matches {', '.join(patterns)}", severity="warning")


def _matching(pattern: str, where: Position, folder: ManifestFolder, exclude: list[str]) -> Rows:
    base, segments = globs.fixed_part(pattern)
    try:
        below_root = folder.confine(base if not pattern.startswith("/") else pattern)
    except ValueError as error:
        yield Diagnostic(where, f"the pattern {pattern} {error}")
        return
    for relpath in globs.find(folder.root / below_root, segments):
        path = posixpath.normpath(f"{base}/{relpath}")
        if globs.excluded(exclude, relpath, path):
            continue
        if is_text(path):
            yield EachRow(_file_values(path, relpath), where, path)
        else:
            why, hint = not_text(path, "rename the file, or exclude it")
            yield Diagnostic(where, f"the name of {shown_name(path)} {why}", hint)


def _file_values(path: str, relpath: str) -> dict[str, str]:
    parent, name = posixpath.split(relpath)
    stem, ext = posixpath.splitext(name)
    return {"path": path, "relpath": relpath, "dir": parent, "name": name, "stem": stem, "ext": ext.removeprefix(".")}


def _from_file(
    reader: Callable[[BinaryIO, str, Mapping[str, Any]], Rows],
) -> Callable[[Tree, Position, ManifestFolder], Rows]:
    def kind(tree: Tree, where: Position, folder: ManifestFolder) -> Rows:
        options: Mapping[str, Any] = tree if isinstance(tree, MapNode) else {"path": tree}
        try:
            path = folder.confine(options["path"])
        except ValueError as error:
            yield Diagnostic(where, f"the path {options['path']} {error}")
            return
        if is_pointer(folder.root / path):
            yield Diagnostic(where, f"the file {options['path']} {LFS}")
            return
        try:
            with opened(folder.root / path, within=folder.root) as file:
                yield from reader(file, beside(where.file, options["path"]), options)
        except OSError as error:
            yield Diagnostic(where, f"the file {options['path']} cannot be read: {why(error)}")

    return kind


def _items(tree: SeqNode, _where: Position, _folder: ManifestFolder) -> Rows:
    for number, (item, mark) in enumerate(zip(tree, tree.marks, strict=True), 1):
        yield EachRow(row_files.values_of(plain(item)), position(mark), f"item {number}")


def _matrix(tree: MapNode, where: Position, _folder: ManifestFolder) -> Rows:
    axes = {name: plain(values) for name, values in tree.items() if name not in ("include", "exclude")}
    exclude = [dict(item) for item in plain(tree.get("exclude", []))]
    size = 1
    for values in axes.values():
        size *= len(values)
    if size > MAX_MATRIX:
        yield Diagnostic(where, f"the matrix has {size} combinations, more than {MAX_MATRIX}")
        return
    for combination in itertools.product(*axes.values()) if axes else ():
        row = dict(zip(axes, combination, strict=True))
        if not any(item.items() <= row.items() for item in exclude if item):
            yield EachRow(row, where, ", ".join(f"{name}={value}" for name, value in row.items()))
    for item in tree.get("include", ()):
        yield EachRow(plain(item), position(item.mark), "an included row")


_KINDS: dict[str, Callable[[Any, Position, ManifestFolder], Rows]] = {
    "glob": _glob,
    "csv": _from_file(row_files.csv_rows),
    "json": _from_file(row_files.json_rows),
    "yaml": _from_file(row_files.yaml_rows),
    "items": _items,
    "matrix": _matrix,
}
_DEFAULT_KEYS = {"glob": "${{ each.relpath }}", "matrix": "${{ each | values | join(',') }}"}
