"""Load manifests: from files to desired jobs and presets, one at a time, with every problem met on the way."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests import variables
from a2c_spec.manifests.batch.expand import Batch
from a2c_spec.manifests.build import JobBuilder, build_job, build_preset
from a2c_spec.manifests.documents import documents
from a2c_spec.manifests.expressions.limits import Budget, nearest
from a2c_spec.manifests.expressions.template import Rendering
from a2c_spec.manifests.extends import extended
from a2c_spec.manifests.given import gather
from a2c_spec.manifests.load_settings import LoadSettings
from a2c_spec.manifests.paths import beside, confine
from a2c_spec.manifests.schema import published
from a2c_spec.manifests.yaml.reader import MAX_BYTES, Document
from a2c_spec.manifests.yaml.tree import MapNode, Mark, Tree, position, without

Item = Job | Preset | Diagnostic

# what the expressions of one file may cost altogether: some seconds, and some memory
FILE_STEPS = 5_000_000
FILE_TEXT = 100_000_000

# never rendered: what declares the names, and what a Batch renders once for each row
_UNRENDERED = frozenset({"apiVersion", "kind", "vars", "env", "include", "extends", "template", "key", "group"})


def load(paths: Sequence[str | Path], settings: LoadSettings) -> Iterator[Item]:
    """Yield what the manifests in ``paths`` ask for, and every problem, as they are met.

    Memory stays bounded however many there are: only addresses are remembered, to tell that one is given twice.
    """
    loader = Loader(settings)
    for path in paths:
        loader.waiting.append(_Named(Path(path), str(path)))
        yield from loader.files()
    yield from loader.rest()


@dataclass(frozen=True, slots=True)
class _Named:
    """A manifest file, and the name that people know it by."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class _Source:
    """One document on its way: its tree, its file, the names its templates may use, and whether it is valid so far."""

    tree: MapNode
    file: Path
    names: Mapping[str, Any]
    sound: bool
    templated: bool
    budget: Budget


@dataclass(slots=True)
class Loader:
    """One run over manifests: what was given from outside, and which addresses and files were met."""

    settings: LoadSettings
    given: dict[str, variables.Given] = field(default_factory=dict)
    asked: dict[str, variables.Given] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    addresses: dict[str, Position] = field(default_factory=dict)
    waiting: deque[_Named] = field(default_factory=deque)
    met: set[Path] = field(default_factory=set)
    problems: list[Diagnostic] = field(default_factory=list)
    root: Path = field(init=False)

    def __post_init__(self) -> None:
        self.root = self.settings.root.resolve()
        self.given, self.asked, self.problems = gather(self.settings)

    def files(self) -> Iterator[Item]:
        """What the waiting files ask for, and those that they include."""
        yield from self._pending()
        while self.waiting:
            file = self.waiting.popleft()
            real = file.path.resolve()
            if real not in self.met:
                self.met.add(real)
                yield from self._file(file, real)

    def rest(self) -> Iterator[Diagnostic]:
        """What can be said only after all manifests were met."""
        yield from self._pending()
        yield from variables.undeclared(self.asked, self.declared)

    def _pending(self) -> Iterator[Diagnostic]:
        problems, self.problems = self.problems, []
        yield from problems

    def _file(self, file: _Named, real: Path) -> Iterator[Item]:
        data = read_bytes(file.path, file.name)
        if isinstance(data, Diagnostic):
            yield data
            return
        empty, budget = True, Budget(steps=FILE_STEPS, size=FILE_TEXT)
        for document in documents(data, file.name, self.given, self.settings.environ):
            empty = empty and isinstance(document, Document) and document.root is None
            yield from [document] if isinstance(document, Diagnostic) else self._document(document, real, budget)
        if empty:
            hint = "a manifest starts with `apiVersion: a2c-spec/v1`"
            yield Diagnostic(Position(file.name, 1, 1), "the file is empty", hint)

    def _document(self, document: Document, file: Path, budget: Budget) -> Iterator[Item]:
        tree = document.root
        problem = _wrong_kind(tree, document) if tree is not None else None
        if problem or tree is None:
            yield from (*document.problems, *([problem] if problem else []))
            return
        tree, problems = extended(tree, file, self.root)
        problems = [*document.problems, *problems, *self._include(tree, file)]
        problems += published.check(tree["kind"].lower(), tree, tree.mark, rendered=False)
        names, more = self._names(tree)
        problems += more
        sound = not any(problem.severity == "error" for problem in problems)
        templated = document.templated or "extends" in tree
        items = _KINDS[tree["kind"]](self, _Source(tree, file, names, sound, templated, budget))
        if tree["kind"] == "Batch":
            yield from sorted(problems, key=_line)
            yield from items
        else:
            yield from _in_order([*problems, *items])

    def _include(self, tree: MapNode, file: Path) -> Iterator[Diagnostic]:
        include = tree.get("include")
        for number, name in enumerate(include if isinstance(include, list) else ()):
            where = position(tree["include"].marks[number])
            try:
                path = self.root / confine(str(name), file.parent, self.root)
            except ValueError as error:
                yield Diagnostic(where, f"`include`: {str(name)[:200]} {error}")
                continue
            if path.is_file():
                self.waiting.append(_Named(path, beside(where.file, str(name))))
            else:
                yield Diagnostic(where, f"`include`: there is no file {name}")

    def _names(self, tree: MapNode) -> tuple[dict[str, Any], list[Diagnostic]]:
        values, problems = variables.resolve(tree.get("vars"), self.given)
        self.declared.update(values)
        environment, missing = variables.allowed_environment(tree.get("env"), self.settings.environ)
        return {"vars": values, "env": environment}, problems + missing

    def _workshop(self, file: Path) -> JobBuilder:
        return JobBuilder(self.root, file.parent, self.settings.check_files, self.settings.on_conflict)

    def job(self, source: _Source) -> Iterator[Item]:
        """The job that a document of the kind Job asks for."""
        body, problems = rendered(source, "job", "body")
        yield from problems
        workshop = self._workshop(source.file)
        job = build_job(body, str(body.get("name")), workshop, sound=source.sound and not problems)
        yield from workshop.problems
        yield from self.keep(job)

    def batch(self, source: _Source) -> Iterator[Item]:
        """The jobs that a document of the kind Batch asks for, as its rows are read."""
        head, problems = rendered(source, "batch", "head")
        yield from problems
        if source.sound and not problems:
            tree = source.tree.like()
            tree.update(source.tree | head)
            for item in Batch(tree, source.names, self._workshop(source.file)).jobs():
                yield from [item] if isinstance(item, Diagnostic) else self.keep(item)

    def preset(self, source: _Source) -> Iterator[Item]:
        """The preset that a document of the kind Preset asks for."""
        body, problems = rendered(source, "preset", "body")
        yield from problems
        folder = os.path.relpath(source.file.parent, self.settings.root).replace(os.sep, "/")
        yield from self.keep(build_preset(body, folder) if source.sound and not problems else None)

    def keep(self, item: Job | Preset | None) -> Iterator[Item]:
        """``item``, unless its address was met before."""
        if item is None:
            return
        first = self.addresses.setdefault(item.address, item.position)
        if first is item.position:
            yield item
        else:
            yield Diagnostic(item.position, f"`{item.address}` is given twice, first at {first}", "rename one of them")


_KINDS: dict[str, Callable[[Loader, _Source], Iterator[Item]]] = {
    "Job": Loader.job,
    "Batch": Loader.batch,
    "Preset": Loader.preset,
}


def _in_order(items: Sequence[Item]) -> Iterator[Item]:
    """Problems first, by place, each told once; then what can be used."""
    problems = dict.fromkeys(item for item in items if isinstance(item, Diagnostic))
    yield from sorted(problems, key=_line)
    yield from (item for item in items if not isinstance(item, Diagnostic))


def _line(problem: Diagnostic) -> Position:
    return problem.position


def read_bytes(path: Path, name: str) -> bytes | Diagnostic:
    """The bytes of a manifest file, or why there are none."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "this is not a path"
        return Diagnostic(Position(name), f"the manifest cannot be read: {reason}")


def _wrong_kind(tree: Tree, document: Document) -> Diagnostic | None:
    if not isinstance(tree, MapNode):
        return Diagnostic(position(document.mark), "a manifest is a mapping with `apiVersion`, `kind` and `name`")
    kind = tree.get("kind")
    if kind is None:
        return Diagnostic(position(tree.mark), "a manifest needs the key `kind`", f"one of {', '.join(_KINDS)}")
    if isinstance(kind, str) and kind in _KINDS:
        return None
    shown = f"`{kind[:40]}`" if isinstance(kind, str) else "this"
    where = position(tree.marks["kind"])
    return Diagnostic(where, f"{shown} is not a kind of manifest", nearest(str(kind)[:40], _KINDS))


def rendered(source: _Source, name: str, part: str) -> tuple[MapNode, list[Diagnostic]]:
    """The body of a document with every template computed, checked again where that changed anything."""
    body = without(source.tree, _UNRENDERED)
    if not source.templated:
        return body, []
    rendering = Rendering(source.names, source.budget)
    body = rendering.tree(body, source.tree.mark)
    problems = rendering.problems
    if rendering.touched and source.sound:
        problems += _checked(rendering.computed(body), name, part, source.tree.mark)
    return body, problems


def _checked(body: MapNode, name: str, part: str, mark: Mark) -> list[Diagnostic]:
    problems: list[Diagnostic] = []
    if "name" in body:
        problems = published.check("job", body["name"], body.marks["name"], rendered=True, part="name")
    return problems + published.check(name, without(body, {"name"}), mark, rendered=True, part=part)
