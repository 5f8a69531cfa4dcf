"""The modules of the local API import each other without cycles, and its rooms in one direction only."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2] / "a2c_spec" / "local_api"
PACKAGE = "a2c_spec.local_api"
ROOMS = ("convert", "storage", "jobs", "http", "endpoints", "worker", "simulation", "parity")
SAME_THING_FROM_TWO_SIDES = {"catalog", "inputs", "outputs"}  # an endpoint, and what is behind it
FILES = {
    ".".join((PACKAGE, *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in ROOT.rglob("*.py")
}


def imports_of(node: ast.AST) -> Iterator[str]:
    """The modules of the local API that code imports, also inside functions, but not for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.ImportFrom) and child.module:
            names = (f"{child.module}.{alias.name}" for alias in child.names)
            yield from (name if name in FILES else child.module for name in names)
        yield from imports_of(child)


GRAPH = {
    module: {name for name in imports_of(ast.parse(path.read_text())) if name in FILES and name != module}
    for module, path in FILES.items()
}


def test_no_module_is_part_of_an_import_cycle() -> None:
    assert len(list(TopologicalSorter(GRAPH).static_order())) == len(FILES)


def test_a_room_imports_only_rooms_before_it() -> None:
    def room(module: str) -> str:
        return module.removeprefix(f"{PACKAGE}.").partition(".")[0]

    pairs = {(room(module), room(name)) for module, names in GRAPH.items() for name in names}
    inside = {(user, used) for user, used in pairs if user in ROOMS and used in ROOMS}
    assert {(user, used) for user, used in inside if ROOMS.index(user) < ROOMS.index(used)} == set()
    assert {used for user, used in pairs if user in ROOMS[:-1] and used not in ROOMS} == {"settings"}


def test_every_file_name_is_there_once() -> None:
    stems = Counter(path.stem for path in FILES.values() if path.stem != "__init__")
    assert {stem for stem, count in stems.items() if count > 1} == SAME_THING_FROM_TWO_SIDES
