"""The rooms of the package, which may import which, and the habits that every module keeps.

Each rule is one test that reports all offenders at once. What breaks a rule today stands in a list beside it; such a
list may only get shorter: a new offender fails, and so does an entry that is no longer true.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from keyword import iskeyword
from pathlib import Path

import pytest

from a2c_spec.cli import COMMANDS

REPOSITORY = Path(__file__).parent.parent
ROOT = REPOSITORY / "a2c_spec"
PLANNER = "a2c_spec.core.planner"

EDGES = ("manifests", "api", "state", "views")
MAY_IMPORT = {
    "core": {"core"},
    "errors": {"core"},
    "regular_files": {"core", "held_folders"},
    "own_databases": set(),
    "held_folders": set(),
    **{edge: {edge, "errors", "core", "regular_files", "own_databases", "held_folders"} for edge in EDGES},
    "local_api": {"local_api"},
    "testing": {"testing", "local_api"},
    "engine": {
        "_version",
        "engine",
        *EDGES,
        "errors",
        "core",
        "regular_files",
        "own_databases",
        "held_folders",
        "local_api",
    },
    "commands": {
        "_version",
        "commands",
        "engine",
        *EDGES,
        "errors",
        "core",
        "regular_files",
        "own_databases",
        "local_api",
    },
    "cli": {"cli", "commands", "errors"},
    "__init__": {"_version", "engine", "errors", "core"},
    "_version": set(),
    "__main__": {"cli"},
}
"""Every room, and the rooms it may import."""

LOCAL_API_USERS = {"commands/serve.py", "engine/connection.py"}
"""All of the client that knows the local API: to start it, never to learn from it."""

OUTSIDE_CORE = {"os", "pathlib", "time", "random", "logging", "socket", "subprocess", "shutil", "sqlite3", "asyncio"}
LIBRARIES = {"httpx", "click", "yaml", "jinja2", "jsonschema", "rich"}

LONGEST_FILE, LONGEST_FUNCTION = 300, 50

# What breaks a rule today.

TOO_LONG: set[str] = set()

SEEN_FROM_TWO_SIDES = {
    "apply": "the verb and its use case",
    "cache": "the verb and its view",
    "desired": "the job that is asked for, and the steps that make it ready to be planned",
    "download": "the verb and the transfer",
    "drift": "the verb and the comparison",
    "graph": "the verb, its view and the order of jobs",
    "plan": "the verb, its use case and its value",
    "prune": "the verb and its use case",
    "report": "the verb and its view",
    "state": "the verb and the records",
    "verify": "the verb and its use case",
}
"""Stems that stand in several rooms on purpose: one thing, seen by each room in its own way."""

SAME_STEM = {
    "catalog",
    "inputs",
    "outputs",
    "presets",
    "uploads",
}

MIRRORED = {"api", "commands", "core", "engine", "manifests", "state", "views"}
"""Rooms of which every module has a test of its path. The local API is tested through its door, folder by folder."""

WITHOUT_LOGIC = {
    "api/change_task", "core/desired", "core/events", "core/state_store", "engine/planned", "manifests/load_options",
    "manifests/notes",
}  # fmt: skip  # a table
"""Values with nothing to decide."""

PLANNER_PROOF = "core/planner/README.md"
CASES = "manifests/test_manifest_cases.py"
EXPRESSIONS = "manifests/expressions/test_expressions.py"
TESTED_TOGETHER = {
    **{
        f"core/planner/{name}": PLANNER_PROOF
        for name in (
            "assignment", "binding", "bodies", "conversion", "create", "decide", "finish", "matching", "update",
            "update_reasons",
        )
    },
    **{
        f"manifests/{name}": CASES
        for name in (
            "batch/expand", "batch/sources", "batch/tables", "build", "dump", "extends", "literals", "load",
            "manifest_file", "name_hints", "references", "rules",
        )
    },
    **{
        f"manifests/expressions/{name}": EXPRESSIONS
        for name in ("codegen", "functions", "j2", "parse", "sandbox", "syntax", "template")
    },
    "manifests/expressions/function_limits": "manifests/expressions/test_hostile.py",
    "manifests/expressions/limits": "manifests/expressions/test_hostile.py",
    "manifests/option_values": "manifests/test_catalog_check.py",
    "manifests/schema/keywords": "manifests/schema/test_compile.py",
    "manifests/service_rules": "manifests/test_service_verdicts.py",
    "manifests/schema/published": "manifests/schema/test_compile.py",
    "manifests/yaml/builder": "manifests/yaml/test_reader.py",
    "manifests/yaml/scalars": "manifests/yaml/test_reader.py",
    "manifests/yaml/syntax_errors": "manifests/yaml/test_reader.py",
    "manifests/yaml/tree": "manifests/yaml/test_reader.py",
    "commands/_options": "commands/test_help.py",
    "api/fetch_result": "api/test_deliver.py",
    "engine/new_manifest": "commands/test_import.py",
    "state/read_only": "commands/test_obstacles.py",
    "commands/_output": "commands/test_reporting.py",
    "commands/_terminal": "commands/test_confirmation.py",
}  # fmt: skip  # a table
"""Modules that are tested with others, through one door, and where."""

GUARDING_SUITES = {"benchmarks", "cases", "crash", "fuzz", "laws", "mutation", "secrecy", "worlds"}
"""Folders of tests that guard the whole and so have no room of their name."""


# Reading the package


@cache
def sources() -> Mapping[Path, ast.Module]:
    """Every module of the package, parsed once."""
    return {path: ast.parse(path.read_text()) for path in sorted(ROOT.rglob("*.py"))}


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def in_rooms(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    yield from ((path, tree) for path, tree in sources().items() if room_of(path) in rooms)


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Everything below, the body of ``if TYPE_CHECKING`` left out: it is never run."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            below: Iterable[ast.AST] = child.orelse
        else:
            below = [child]
        for one in below:
            yield one
            yield from nodes(one)


def imports_of(found: Iterable[ast.AST]) -> Iterator[str]:
    """Full names of what is imported; ``from a import b`` gives ``a.b``."""
    for node in found:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


@cache
def module_names() -> Mapping[str, Path]:
    """Every module by its full name; a package by its own."""
    parts = {path: path.relative_to(REPOSITORY).with_suffix("").parts for path in sources()}
    return {".".join(part for part in names if part != "__init__"): path for path, names in parts.items()}


def module_of(imported: str) -> str:
    """The module of ours that an import names: itself, or the one that holds the name; '' when it is not ours."""
    known = module_names()
    return next((name for name in (imported, imported.rpartition(".")[0]) if name in known), "")


@cache
def graph() -> Mapping[str, frozenset[str]]:
    """Which module imports which, those inside functions too."""
    return {
        name: frozenset(filter(None, map(module_of, imports_of(nodes(sources()[path])))))
        for name, path in module_names().items()
    }


def reachable(start: str) -> set[str]:
    found: set[str] = set()
    waiting = [*graph()[start]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph()[name]
    return found


def check(offenders: Iterable[str], known: Iterable[str] = ()) -> None:
    """There are exactly the known offenders: a new one is to be mended, one that is gone is struck from its list."""
    found, listed = set(offenders), set(known)
    new = [f"breaks the rule: {one}" for one in sorted(found - listed)]
    gone = [f"mended, so strike it from the list: {one}" for one in sorted(listed - found)]
    if new or gone:
        pytest.fail("\n".join(new + gone), pytrace=False)


# Rooms


def test_imports_only_point_inwards() -> None:
    check(
        f"{short(path)}: {room}"
        for path, tree in sources().items()
        for room in {name.split(".")[1] for name in imports_of(ast.walk(tree)) if name.startswith("a2c_spec.")}
        if room in MAY_IMPORT and room not in MAY_IMPORT.get(room_of(path), ())
    )


def test_every_room_is_known() -> None:
    check({room_of(path) for path in sources()} ^ MAY_IMPORT.keys())


def test_imports_are_absolute() -> None:
    check(short(path) for path, tree in sources().items() if any(n.startswith(".") for n in imports_of(nodes(tree))))


def test_no_import_cycle() -> None:
    behind = {name: reachable(name) for name in graph()}
    circles = {", ".join(sorted(other for other in behind[name] if name in behind[other])) for name in behind}
    check(circles - {""})


def test_core_touches_nothing_outside_itself() -> None:
    check(
        f"{short(path)}: {name}"
        for path, tree in in_rooms("core")
        for name in {name.split(".")[0] for name in imports_of(ast.walk(tree))} & (OUTSIDE_CORE | LIBRARIES)
    )


def test_the_planner_has_one_door() -> None:
    check(
        {
            f"{short(path)}: {module}"
            for path, tree in sources().items()
            if not short(path).startswith("core/planner/")
            for module in map(module_of, imports_of(ast.walk(tree)))
            if module.startswith(f"{PLANNER}.")
        }
    )


def test_only_serve_and_the_local_connection_know_the_local_api() -> None:
    users = {
        short(path)
        for path, tree in in_rooms("commands", "engine")
        if any(name.startswith("a2c_spec.local_api") for name in imports_of(ast.walk(tree)))
    }
    check(users - LOCAL_API_USERS)


def test_the_engine_neither_prints_nor_knows_the_command_line() -> None:
    def spoken(tree: ast.Module) -> Iterator[str]:
        yield from {name.split(".")[0] for name in imports_of(ast.walk(tree))} & {"click", "rich"}
        called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
        yield from (call.id for call in called if isinstance(call, ast.Name) and call.id in ("print", "exit", "input"))
        yield from (one for one in ("sys.stdout", "sys.stderr", "sys.exit") if one in ast.unparse(tree))

    check((f"{short(path)}: {what}" for path, tree in in_rooms("engine") for what in spoken(tree)))


def test_commands_holds_verbs_and_nothing_else() -> None:
    files = {path.stem for path, _ in in_rooms("commands") if not path.name.startswith("_")}
    assert files == {f"{name}_" if iskeyword(name) else name for name in COMMANDS}


def test_every_module_of_the_engine_stands_in_the_folder_list() -> None:
    listed = set(re.findall(r"^    (\w+\.py) ", (REPOSITORY / "CONTRIBUTING.md").read_text(), re.MULTILINE))
    check(listed ^ {path.name for path, _ in in_rooms("engine") if path.stem != "__init__"})


# Habits


def test_no_two_files_share_a_name_unless_they_are_one_thing_seen_from_two_sides() -> None:
    places = defaultdict(list)
    for path in sources():
        if not path.stem.startswith("__"):
            places[path.stem].append(short(path))
    doubled = {stem for stem, paths in places.items() if len(paths) > 1}
    check(doubled, SEEN_FROM_TWO_SIDES.keys() | SAME_STEM)


def test_every_module_says_in_its_first_sentence_what_it_is_for() -> None:
    def silent(tree: ast.Module) -> bool:
        first = (ast.get_docstring(tree) or "").partition("\n\n")[0]
        return not first.rstrip().endswith((".", ":", "?")) and ". " not in first

    check(short(path) for path, tree in sources().items() if silent(tree))


def test_files_are_short() -> None:
    check((short(path) for path in sources() if len(path.read_text().splitlines()) > LONGEST_FILE), TOO_LONG)


def test_functions_are_short() -> None:
    check(
        f"{short(path)}: {node.name}"
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    )


def test_the_tests_mirror_the_package() -> None:
    tests = REPOSITORY / "tests"
    folders = {path.parent.relative_to(tests) for path in tests.rglob("test_*.py")}
    check(
        folder.as_posix()
        for folder in folders
        if folder.parts and folder.parts[0] not in GUARDING_SUITES
        if not (ROOT / folder).is_dir()
    )


def test_every_module_is_tested_under_its_path() -> None:
    tests = REPOSITORY / "tests"
    check(f"no such test: {place}" for place in TESTED_TOGETHER.values() if not (tests / place).is_file())
    untested = set()
    for path, _ in in_rooms(*MIRRORED):
        module = path.relative_to(ROOT).with_suffix("")
        if path.stem != "__init__" and not (tests / module.parent / f"test_{path.stem.strip('_')}.py").is_file():
            untested.add(module.as_posix())
    check(untested, WITHOUT_LOGIC | TESTED_TOGETHER.keys())
