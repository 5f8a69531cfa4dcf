"""A manifest file: its bytes, and its documents, which a ``*.yaml.j2`` template gives only once it is expanded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.errors import why
from a2c_spec.manifests.environment import Environment
from a2c_spec.manifests.expressions import j2
from a2c_spec.manifests.expressions.limits import nearest
from a2c_spec.manifests.extends import merged
from a2c_spec.manifests.paths import hint_of
from a2c_spec.manifests.schema import published
from a2c_spec.manifests.variables import VarValue
from a2c_spec.manifests.yaml.reader import Document, file_bytes, read, read_one, unreadable
from a2c_spec.manifests.yaml.tree import MapNode, Mark, PlainMark, SeqNode, Tree, position

J2 = (".yaml.j2", ".yml.j2")
_HEAD_KEYS = ("vars", "env")
_MANIFEST = re.compile(rb"^[ \t]*[\"']?apiVersion[\"']?[ \t]*:[ \t]*[\"']?a2c-spec/", re.MULTILINE)
_SEARCHED_BYTES = 64 * 1024  # of a file, for its apiVersion

Documents = Iterator[Document | Diagnostic]


def is_manifest(path: Path) -> bool:
    """Whether a file says that it is a manifest."""
    try:
        return _MANIFEST.search(file_bytes(path, _SEARCHED_BYTES)) is not None
    except OSError:
        return False


def is_damaged(path: Path) -> bool:
    """Whether a file may have been a manifest, and says nothing now: it is empty, no UTF-8 text, or stands for a file
    that Git LFS has not fetched."""
    try:
        begins = file_bytes(path, _SEARCHED_BYTES)
    except OSError:
        return False
    if not begins.strip() or begins.startswith(b"version https://git-lfs"):
        return True
    return b"\0" in begins or begins.startswith((b"\xff\xfe", b"\xfe\xff"))


def read_bytes(path: Path, name: str, root: Path) -> bytes | Diagnostic:
    """The bytes of the manifest file at ``path`` of the project at ``root``, or why it cannot be read; ``name`` is what
    messages call it."""
    try:
        return file_bytes(path, pipe=True, within=root)
    except OSError as error:
        return Diagnostic(Position(name), f"the manifest cannot be read: {why(error)}", hint_of(error))
    except ValueError:
        return Diagnostic(Position(name), "the manifest cannot be read: this is not a valid path")


def documents(data: bytes, name: str, given: Mapping[str, VarValue], environment: Environment) -> Documents:
    """Yield the documents of the file ``name``; a template may use the values in ``given`` and ``environment``."""
    if not name.endswith(J2):
        yield from read(data, name)
        return
    problem = unreadable(data, name, j2.MAX_BYTES)
    if problem:
        yield problem
        return
    yield from _expanded(data.decode().removeprefix("\ufeff"), name, given, environment)


def _expanded(text: str, name: str, given: Mapping[str, VarValue], environment: Environment) -> Documents:
    head, problems = _head(text, name)
    if problems:
        yield from problems
        return
    values, var_problems = environment.variables(head.get("vars"), given)
    texts, missing = environment.read(head.get("env"))
    if var_problems or missing:
        yield from (*var_problems, *missing)
        return
    try:
        expanded = j2.expand(text, {"vars": values, "env": texts})
    except j2.TemplateError as error:
        yield Diagnostic(Position(name, error.line, 1), error.message, error.hint)
        return
    lines = _Lines(name, expanded.lines)
    for item in read(expanded.text.encode(), name):
        yield lines.diagnostic(item) if isinstance(item, Diagnostic) else _with_head(lines.document(item), head)


def _head(text: str, name: str) -> tuple[MapNode, list[Diagnostic]]:
    """The head of a template, which declares what the text may use, and what is wrong with it."""
    tree, problems = read_one(j2.head_of(text).encode(), name)
    if not isinstance(tree, MapNode):
        return MapNode(PlainMark(name, 0, 0)), problems
    for key in tree:
        if key not in _HEAD_KEYS and not key.startswith("x-"):
            message = f"`{key}` is not allowed in the head of a template"
            problems.append(Diagnostic(position(tree.key_marks[key]), message, nearest(key, _HEAD_KEYS)))
    for key in (key for key in _HEAD_KEYS if key in tree):
        problems += published.check("job", tree[key], tree.marks[key], rendered=False, part=key, path=key)
    return tree, problems


def _with_head(document: Document, head: MapNode) -> Document:
    if isinstance(document.root, MapNode) and head:
        return Document(merged(head, document.root), document.mark, document.problems)
    return document


@dataclass(frozen=True, slots=True)
class _Lines:
    """Moves marks in an expanded text to the template's lines."""

    name: str
    lines: Sequence[int]

    def diagnostic(self, problem: Diagnostic) -> Diagnostic:
        where = problem.position
        line = self._line(where.line - 1) + 1
        return Diagnostic(Position(where.file, line, where.column), problem.message, problem.hint, problem.severity)

    def document(self, document: Document) -> Document:
        self._move(document.root, set())
        problems = tuple(self.diagnostic(problem) for problem in document.problems)
        return Document(document.root, self._mark(document.mark), problems)

    def _line(self, line: int) -> int:
        return self.lines[min(max(line, 0), len(self.lines) - 1)]

    def _mark(self, mark: Mark) -> Mark:
        return PlainMark(self.name, self._line(mark.line), mark.column)

    def _move(self, tree: Tree, moved: set[int]) -> None:
        if not isinstance(tree, (MapNode, SeqNode)) or id(tree) in moved:
            return
        moved.add(id(tree))
        tree.mark = self._mark(tree.mark)
        if isinstance(tree, MapNode):
            tree.key_marks = {key: self._mark(mark) for key, mark in tree.key_marks.items()}
            tree.marks = {key: self._mark(mark) for key, mark in tree.marks.items()}
        else:
            tree.marks = [self._mark(mark) for mark in tree.marks]
        for item in tree.values() if isinstance(tree, MapNode) else tree:
            self._move(item, moved)
