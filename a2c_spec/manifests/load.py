"""Load manifests: from files to desired jobs and presets, one at a time, with every problem on the way."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests import variables
from a2c_spec.manifests.batch.expand import Batch
from a2c_spec.manifests.batch.sources import table_file
from a2c_spec.manifests.build import build_job, build_preset, with_default_policy
from a2c_spec.manifests.catalog_check import check_parts, idle_entries
from a2c_spec.manifests.environment import Environment
from a2c_spec.manifests.expressions.limits import Budget, nearest
from a2c_spec.manifests.expressions.template import Rendering
from a2c_spec.manifests.expressions.work import bounded
from a2c_spec.manifests.extends import extended
from a2c_spec.manifests.literals import misplaced
from a2c_spec.manifests.load_options import LoadOptions
from a2c_spec.manifests.manifest_file import documents, read_bytes
from a2c_spec.manifests.name_hints import with_hint
from a2c_spec.manifests.notes import Notes
from a2c_spec.manifests.origins import ROW, Origins, origins_of, row_origin
from a2c_spec.manifests.paths import LINK_HINT, ManifestFolder, beside, manifest_folder
from a2c_spec.manifests.rules import plain_passwords
from a2c_spec.manifests.schema import published
from a2c_spec.manifests.yaml.reader import Document
from a2c_spec.manifests.yaml.tree import MapNode, Mark, Tree, position, position_of, without
from a2c_spec.regular_files import led

Item = Job | Preset | Diagnostic

# what the expressions of one file may cost altogether: some seconds, and some memory
FILE_STEPS = 5_000_000
FILE_TEXT = 100_000_000

# never rendered: what declares the names, and what a Batch renders once for each row
_UNRENDERED = frozenset({"apiVersion", "kind", "vars", "env", "include", "extends", "template", "key", "group"})


def load(paths: Sequence[str | Path], options: LoadOptions, notes: Notes | None = None) -> Iterator[Item]:
    """Yield the jobs and presets of the manifests in ``paths``, and every problem, as they are met.

    ``notes`` takes down what else is met. Memory stays bounded however many there are: only addresses are remembered,
    to find one that is given twice.
    """
    loader = _Loader(options, Notes() if notes is None else notes)
    with bounded():
        yield from loader.given.problems
        for path in paths:
            loader.queue.append(_ManifestFile(Path(path), str(path)))
            yield from loader.queued_files()
        yield from variables.undeclared(loader.given, loader.declared)


@dataclass(frozen=True, slots=True)
class _ManifestFile:
    """A manifest file, and the name that messages give it."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class _Source:
    """One document: its tree, its folder, the names its templates may use, and whether it is valid so far."""

    tree: MapNode
    folder: ManifestFolder
    names: Mapping[str, Any]
    valid: bool
    templated: bool
    budget: Budget
    origins: Origins = field(default_factory=dict)


@dataclass(slots=True)
class _Loader:
    """The loading of several manifests: the given variables, the files still to load, the addresses so far."""

    options: LoadOptions
    notes: Notes
    root: Path = field(init=False)
    given: variables.Given = field(init=False)
    environment: Environment = field(init=False)
    declared: set[str] = field(default_factory=set)
    addresses: dict[str, Position] = field(default_factory=dict)
    queue: deque[_ManifestFile] = field(default_factory=deque)
    loaded: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.root = self.options.root.resolve()
        self.environment = Environment(self.options.environ, self.options.allow_env, self.options.learn)
        self.given = variables.gather(self.options)
        self.notes.files.update(file.resolve() for file in variables.files(self.options))

    def queued_files(self) -> Iterator[Item]:
        """The items of every file in the queue, which grows by the files that they include."""
        while self.queue:
            file = self.queue.popleft()
            real = file.path.resolve()
            if real not in self.loaded:
                self.loaded.add(real)
                self.notes.files.add(real)
                yield from self._file(file, real)

    def _file(self, file: _ManifestFile, real: Path) -> Iterator[Item]:
        text = self.options.texts.get(real)
        if text and (why := led(file.path, self.root)[1]):
            yield Diagnostic(Position(file.name), f"the manifest cannot be read: {why}", LINK_HINT)
            return
        data = text or read_bytes(file.path, file.name, self.root)
        if isinstance(data, Diagnostic):
            yield data
            return
        empty, budget = True, Budget(steps=FILE_STEPS, size=FILE_TEXT)
        for document in documents(data, file.name, self.given.all, self.environment):
            empty = empty and isinstance(document, Document) and document.root is None
            yield from [document] if isinstance(document, Diagnostic) else self._document(document, real, budget)
        if empty:
            hint = "a manifest starts with `apiVersion: a2c-spec/v1`"
            yield Diagnostic(Position(file.name, 1, 1), "the file is empty", hint)

    def _document(self, document: Document, file: Path, budget: Budget) -> Iterator[Item]:
        tree = document.root
        problem = _kind_problem(tree, document.mark) if tree is not None else None
        if problem or tree is None:
            yield from (*document.problems, *([problem] if problem else []))
            return
        tree, problems = extended(tree, file, self.root, self.notes.files)
        folder = manifest_folder(file.parent, self.root)
        problems = [*document.problems, *problems, *self._include(tree, folder)]
        problems += published.check(tree["kind"].lower(), tree, tree.mark, rendered=False)
        names, more = self._names(tree)
        more += self.environment.check(tree)
        texts = misplaced(tree, names, _UNRENDERED)
        problems += [*more, *texts]
        valid = not any(problem.severity == "error" for problem in problems)
        templated = document.templated or "extends" in tree
        made_of = {} if self.notes.origins is None else origins_of(tree, names, self.given.all, self.root)
        source = _Source(tree, folder, names, valid, templated, budget, made_of)
        said = [*texts, *(problem for problem in document.problems if problem.severity == "error")]
        items = _explained(_KINDS[tree["kind"]](self, source), source, said)
        if tree["kind"] == "Batch":
            yield from _in_order(list(_explained(problems, source, said)))
            yield from items
        else:
            yield from _in_order([*_explained(problems, source, said), *items])

    def _include(self, tree: MapNode, folder: ManifestFolder) -> Iterator[Diagnostic]:
        """Queue the files under ``include``; yield a problem for each that cannot be loaded."""
        include = tree.get("include")
        for number, name in enumerate(include if isinstance(include, list) else ()):
            where = position(tree["include"].marks[number])
            try:
                path = self.root / folder.confine(str(name))
            except ValueError as error:
                yield Diagnostic(where, f"`include`: {str(name)[:200]} {error}")
                continue
            if path.is_file():
                self.queue.append(_ManifestFile(path, beside(where.file, str(name))))
            else:
                yield Diagnostic(where, f"`include`: the file {name} does not exist")

    def _names(self, tree: MapNode) -> tuple[dict[str, Any], list[Diagnostic]]:
        """The names that the templates of ``tree`` may use."""
        values, problems = self.environment.variables(tree.get("vars"), self.given.all)
        self.declared.update(values)
        texts, missing = self.environment.read(tree.get("env"))
        return {"vars": values, "env": texts}, problems + missing

    def job(self, source: _Source) -> Iterator[Item]:
        """The job of a document of the kind Job."""
        body, problems = _rendered(source, "job", "body")
        valid, catalog = source.valid and not problems, self.options.catalog
        job, more = build_job(body, str(body.get("name")), source.folder, catalog, valid=valid)
        more += idle_entries(body, catalog) if catalog else []
        named = _pattern(str(source.tree.get("name")))
        job = replace(job, named=named) if job and named else job
        yield from (*problems, *more, *self._new(job, source.origins))

    def batch(self, source: _Source) -> Iterator[Item]:
        """The jobs of a document of the kind Batch, one at a time."""
        head, problems = _rendered(source, "batch", "head")
        yield from problems
        if source.valid and not problems:
            tree = source.tree.like()
            tree.update(source.tree | head)
            if table := table_file(tree["for_each"], source.folder):
                self.notes.files.add(table)
            self.notes.empty[tree["name"]] = position(tree.mark)
            batch = Batch(tree, source.names, source.folder, self.options.catalog, source.budget)
            for item in batch.jobs():
                if isinstance(item, Diagnostic):
                    yield item
                    continue
                self.notes.empty.pop(tree["name"], None)
                row = {ROW: row_origin(batch.group, self.root)} if source.origins else {}
                yield from self._new(item, {**source.origins, **row})

    def preset(self, source: _Source) -> Iterator[Item]:
        """The preset of a document of the kind Preset."""
        body, problems = _rendered(source, "preset", "body")
        if catalog := self.options.catalog:
            problems += [*check_parts(body, catalog), *idle_entries(body, catalog)]
        problems += plain_passwords(body)
        valid = source.valid and not any(problem.severity == "error" for problem in problems)
        preset = build_preset(body, source.folder) if valid else None
        yield from (*problems, *self._new(preset, source.origins))

    def _new(self, item: Job | Preset | None, origins: Origins) -> Iterator[Item]:
        """``item``, or a problem when its address was given before; nothing for None."""
        if item is None:
            return
        first = self.addresses.setdefault(item.address, item.position)
        if first is item.position:
            if self.notes.origins is not None:
                self.notes.origins[item.address] = origins
            yield with_default_policy(item, self.options.on_conflict) if isinstance(item, Job) else item
        else:
            yield Diagnostic(item.position, f"`{item.address}` is given twice, first at {first}", "rename one of them")


_KINDS: dict[str, Callable[[_Loader, _Source], Iterator[Item]]] = {
    "Job": _Loader.job,
    "Batch": _Loader.batch,
    "Preset": _Loader.preset,
}


def _pattern(name: str) -> str:
    """What matches every address that a name with expressions may give; empty for a name without any."""
    literal = re.split(r"\$\{\{.*?\}\}", name, flags=re.DOTALL)
    return ".*".join(map(re.escape, literal)) if len(literal) > 1 else ""


def _explained(items: Iterable[Item], source: _Source, said: Sequence[Diagnostic]) -> Iterator[Item]:
    """The items, where a name that is none has a hint; at the place of a problem in ``said``, no other is told."""
    name = source.tree.get("name")
    named_at = position_of(source.tree, "name") if "name" in source.tree else None
    places = {problem.position for problem in said}
    for item in items:
        if not isinstance(item, Diagnostic) or item in said:
            yield item
        elif item.position not in places:
            yield with_hint(item, name, source.names) if item.position == named_at else item


def _in_order(items: Sequence[Item]) -> Iterator[Item]:
    """Problems first, in the order of the file and each once; then jobs and presets."""
    problems = dict.fromkeys(item for item in items if isinstance(item, Diagnostic))
    yield from sorted(problems, key=_position)
    yield from (item for item in items if not isinstance(item, Diagnostic))


def _position(problem: Diagnostic) -> Position:
    return problem.position


def _kind_problem(tree: Tree, mark: Mark) -> Diagnostic | None:
    """Why the document ``tree``, which starts at ``mark``, is not a manifest of a known kind; None when it is."""
    if not isinstance(tree, MapNode):
        return Diagnostic(position(mark), "a manifest must be a mapping with `apiVersion`, `kind` and `name`")
    kind = tree.get("kind")
    if kind is None:
        return Diagnostic(position(tree.mark), "a manifest needs the key `kind`", f"one of {', '.join(_KINDS)}")
    if isinstance(kind, str) and kind in _KINDS:
        return None
    shown = f"`{kind[:40]}`" if isinstance(kind, str) else "this"
    where = position(tree.marks["kind"])
    return Diagnostic(where, f"{shown} is not a kind of manifest", nearest(str(kind)[:40], _KINDS))


def _rendered(source: _Source, schema: str, part: str) -> tuple[MapNode, list[Diagnostic]]:
    """The body of a document with every template computed; computed values are checked against the schema again."""
    body = without(source.tree, _UNRENDERED)
    if not source.templated:
        return body, []
    rendering = Rendering(source.names, source.budget)
    body = rendering.tree(body, source.tree.mark)
    problems = rendering.problems
    if rendering.touched and source.valid:
        problems += _schema_problems(rendering.computed(body), schema, part, source.tree.mark)
    return body, problems


def _schema_problems(body: MapNode, schema: str, part: str, mark: Mark) -> list[Diagnostic]:
    problems: list[Diagnostic] = []
    if "name" in body:
        problems = published.check("job", body["name"], body.marks["name"], rendered=True, part="name")
    return problems + published.check(schema, without(body, {"name", "moved"}), mark, rendered=True, part=part)
