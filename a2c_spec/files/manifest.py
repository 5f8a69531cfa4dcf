"""Load manifests: from files to desired jobs and presets, one at a time, with every problem met on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.core.model import Job, Preset
from a2c_spec.files import schema, variables
from a2c_spec.files.bounds import nearest
from a2c_spec.files.desired import Workshop, build_job, build_preset
from a2c_spec.files.given import gather
from a2c_spec.files.settings import LoadSettings
from a2c_spec.files.template import Rendering
from a2c_spec.files.tree import Table, Tree, position
from a2c_spec.files.yaml_reader import MAX_BYTES, Document, read

Item = Job | Preset | Diagnostic
_HEAD = frozenset({"apiVersion", "kind", "vars", "env", "include", "extends", "for_each", "template", "key", "group"})


def load(paths: Sequence[str | Path], settings: LoadSettings) -> Iterator[Item]:
    """Yield what the manifests in ``paths`` ask for, and every problem, as they are met.

    Memory stays bounded however many there are: only addresses are remembered, to tell that one is given twice.
    """
    loader = Loader(settings)
    for path in paths:
        yield from loader.file(Path(path))
    yield from loader.rest()


@dataclass(frozen=True, slots=True)
class Source:
    """One document on its way: its tree, its file, the names its templates may use, and whether it is valid so far."""

    tree: Table
    file: Path
    names: Mapping[str, Any]
    sound: bool


@dataclass(slots=True)
class Loader:
    """One run over manifests: what was given from outside, and which addresses and files were met."""

    settings: LoadSettings
    given: dict[str, variables.Given] = field(default_factory=dict)
    asked: dict[str, variables.Given] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    addresses: dict[str, Position] = field(default_factory=dict)
    files: set[Path] = field(default_factory=set)
    problems: list[Diagnostic] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.given, self.asked, self.problems = gather(self.settings)

    def file(self, path: Path) -> Iterator[Item]:
        """What one manifest file asks for."""
        yield from self._pending()
        real = path.resolve()
        if real in self.files:
            return
        self.files.add(real)
        data = read_bytes(path)
        if isinstance(data, Diagnostic):
            yield data
            return
        met = False
        for document in read(data, str(path)):
            met = True
            yield from [document] if isinstance(document, Diagnostic) else self.document(document, real)
        if not met:
            yield Diagnostic(
                Position(str(path), 1, 1), "the file is empty", "a manifest starts with `apiVersion: a2c-spec/v1`"
            )

    def _pending(self) -> Iterator[Diagnostic]:
        problems, self.problems = self.problems, []
        yield from problems

    def rest(self) -> Iterator[Diagnostic]:
        """What can be said only after all manifests were met."""
        yield from self._pending()
        yield from variables.undeclared(self.asked, self.declared)

    def document(self, document: Document, file: Path) -> Iterator[Item]:
        """What one document asks for."""
        tree = document.root
        problem = _wrong_kind(tree, document) if tree is not None else None
        if problem or tree is None:
            yield from document.problems
            yield from [problem] if problem else []
            return
        problems = schema.check(tree["kind"].lower(), tree, document.place, rendered=False)
        names, more = self._names(tree)
        problems = [*document.problems, *problems, *more]
        sound = not any(problem.severity == "error" for problem in problems)
        items = _KINDS[tree["kind"]](self, Source(tree, file, names, sound))
        yield from sorted(problems, key=_line) if tree["kind"] == "Batch" else _by_line([*problems, *items])
        yield from items

    def _names(self, tree: Table) -> tuple[dict[str, Any], list[Diagnostic]]:
        values, problems = variables.resolve(tree.get("vars"), self.given)
        self.declared.update(values)
        environment, missing = variables.allowed_environment(tree.get("env"), self.settings.environ)
        return {"vars": values, "env": environment}, problems + missing

    def job(self, source: Source) -> Iterator[Item]:
        """The job that a document of the kind Job asks for."""
        body, problems = rendered(source, "job")
        yield from problems
        workshop = Workshop(self.settings.root, source.file.parent, self.settings.check_files)
        job = build_job(body, str(body.get("name")), workshop, sound=source.sound and not problems)
        yield from workshop.problems
        yield from self.keep(job)

    def preset(self, source: Source) -> Iterator[Item]:
        """The preset that a document of the kind Preset asks for."""
        body, problems = rendered(source, "preset")
        yield from problems
        yield from self.keep(build_preset(body) if source.sound and not problems else None)

    def keep(self, item: Job | Preset | None) -> Iterator[Item]:
        """``item``, unless its address was met before."""
        if item is None:
            return
        first = self.addresses.setdefault(item.address, item.position)
        if first is item.position:
            yield item
        else:
            yield Diagnostic(item.position, f"`{item.address}` is given twice, first at {first}", "rename one of them")


_KINDS: dict[str, Callable[[Loader, Source], Iterator[Item]]] = {
    "Job": Loader.job,
    "Preset": Loader.preset,
}


def _by_line(items: Iterable[Item]) -> list[Item]:
    return sorted(items, key=_line)


def _line(item: Item) -> tuple[bool, Position]:
    return not isinstance(item, Diagnostic), item.position


def read_bytes(path: Path) -> bytes | Diagnostic:
    """The bytes of a manifest file, or why there are none."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        return Diagnostic(Position(str(path)), f"the manifest cannot be read: {error.strerror}")


def _wrong_kind(tree: Tree, document: Document) -> Diagnostic | None:
    if not isinstance(tree, Table):
        return Diagnostic(position(document.place), "a manifest is a mapping with `apiVersion`, `kind` and `name`")
    kinds = [*_KINDS]
    kind = tree.get("kind")
    if kind is None:
        return Diagnostic(position(tree.place), "a manifest needs the key `kind`", f"one of {', '.join(kinds)}")
    if isinstance(kind, str) and kind in kinds:
        return None
    shown = f"`{kind[:40]}`" if isinstance(kind, str) else "this"
    where = position(tree.places["kind"])
    return Diagnostic(where, f"{shown} is not a kind of manifest", nearest(str(kind)[:40], kinds))


def rendered(source: Source, name: str) -> tuple[Table, list[Diagnostic]]:
    """The body of a document with every template computed, checked again where that changed anything."""
    tree = source.tree
    rendering = Rendering(source.names)
    body = rendering.tree(without(tree, _HEAD), tree.place)
    problems = rendering.problems
    if rendering.touched and source.sound:
        part = "" if name == "preset" else "body"
        checked = without(body, {"name"}) if part else body
        problems = problems + schema.check(name, checked, tree.place, rendered=True, part=part)
    return body, problems


def without(tree: Table, keys: Iterable[str]) -> Table:
    """``tree`` without some keys, and without those that are the user's own (``x-``)."""
    left = tree.like()
    left.update((key, value) for key, value in tree.items() if key not in keys and not key.startswith("x-"))
    return left
