"""The documents of a manifest file, be it plain YAML or a ``*.yaml.j2`` template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests import variables
from a2c_spec.manifests.expressions import j2
from a2c_spec.manifests.expressions.limits import nearest
from a2c_spec.manifests.extends import merged
from a2c_spec.manifests.variables import Given
from a2c_spec.manifests.yaml.reader import Document, read, read_one, unreadable
from a2c_spec.manifests.yaml.tree import MapNode, Mark, PlainMark, SeqNode, Tree, position

J2 = (".yaml.j2", ".yml.j2")
_HEAD_KEYS = ("vars", "env")

Documents = Iterator[Document | Diagnostic]


def documents(data: bytes, name: str, given: Mapping[str, Given], environ: Mapping[str, str]) -> Documents:
    """The documents of the file ``name``; templates are expanded with what ``given`` and ``environ`` hold."""
    if not name.endswith(J2):
        yield from read(data, name)
        return
    problem = unreadable(data, name, j2.MAX_BYTES)
    if problem:
        yield problem
        return
    yield from _expanded(data.decode().removeprefix("\ufeff"), name, given, environ)


def _expanded(text: str, name: str, given: Mapping[str, Given], environ: Mapping[str, str]) -> Documents:
    head, problems = _head(text, name)
    values, wrong = variables.resolve(head.get("vars"), given)
    environment, missing = variables.allowed_environment(head.get("env"), environ)
    problems += wrong + missing
    if problems:
        yield from problems
        return
    try:
        expanded = j2.expand(text, {"vars": values, "env": environment})
    except j2.Trouble as trouble:
        yield Diagnostic(Position(name, trouble.line, 1), trouble.message, trouble.hint)
        return
    lines = _Lines(name, expanded.lines)
    for item in read(expanded.text.encode(), name):
        yield lines.diagnostic(item) if isinstance(item, Diagnostic) else _with_head(lines.document(item), head)


def _head(text: str, name: str) -> tuple[MapNode, list[Diagnostic]]:
    tree, problems = read_one(j2.head_of(text).encode(), name)
    if not isinstance(tree, MapNode):
        return MapNode(PlainMark(name, 0, 0)), problems
    for key in tree:
        if key not in _HEAD_KEYS and not key.startswith("x-"):
            message = f"`{key}` is not a key of a template's head"
            problems.append(Diagnostic(position(tree.key_marks[key]), message, nearest(key, _HEAD_KEYS)))
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
