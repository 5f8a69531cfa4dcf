"""The direction of imports: cli -> commands -> edges -> errors -> core, and the local API stands alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "a2c_spec"
PURE_STDLIB = {"os", "pathlib", "time", "random", "logging", "socket", "subprocess", "shutil", "sqlite3", "asyncio"}
EDGES = ("manifests", "api", "state", "views")
ALLOWED = {
    "core": {"core"},
    "errors": {"core"},
    **{edge: {edge, "errors", "core"} for edge in EDGES},
    "local_api": {"local_api"},
    "testing": {"testing", "local_api"},
    "engine": {"engine", *EDGES, "errors", "core", "local_api"},
    "commands": {"commands", "engine", *EDGES, "errors", "core", "local_api"},
    "cli": {"cli", "commands", "errors"},
}
LOCAL_API_USERS = {"serve.py", "connection.py"}


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path.name not in ("__init__.py", "__main__.py"))


def layer_of(path: Path) -> str:
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            assert node.level == 0, f"{path}: imports are absolute"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_only_point_inwards(path: Path) -> None:
    layer = layer_of(path)
    ours = [name.split(".")[1] for name in imports_of(path) if name.startswith("a2c_spec.")]
    wrong = {name for name in ours if name in ALLOWED and name not in ALLOWED[layer]}
    assert not wrong, f"{layer} must not import {sorted(wrong)}"


@pytest.mark.parametrize("path", sorted((ROOT / "core").rglob("*.py")), ids=lambda path: path.name)
def test_core_touches_nothing_outside_itself(path: Path) -> None:
    touched = {name.split(".")[0] for name in imports_of(path)} & PURE_STDLIB
    assert not touched
    foreign = {name.split(".")[0] for name in imports_of(path)} & {
        "httpx",
        "click",
        "yaml",
        "jinja2",
        "jsonschema",
        "rich",
    }
    assert not foreign


def test_only_serve_and_the_local_connection_know_the_local_api() -> None:
    rooms = (*(ROOT / "commands").glob("*.py"), *(ROOT / "engine").glob("*.py"))
    users = {path.name for path in rooms if any("local_api" in name for name in imports_of(path))}
    assert users <= LOCAL_API_USERS


def test_every_module_says_in_its_first_sentence_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent
