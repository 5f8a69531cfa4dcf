"""What SECURITY.md, CONTRIBUTING.md, decision notes and the map of the proof name exists: tests, files, folders."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from a2c_spec.core.desired import LATE_NAMES
from a2c_spec.manifests.expressions.function_limits import Function
from a2c_spec.manifests.expressions.functions import ALIASES, FILTERS, METHODS, TESTS

ROOT = Path(__file__).parent.parent
DOCUMENTS = (
    ROOT / "SECURITY.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "tests" / "core" / "planner" / "README.md",
    *sorted((ROOT / "a2c_spec" / "docs").rglob("*.md")),
)


def named(pattern: str) -> set[str]:
    return {name for document in DOCUMENTS for name in re.findall(pattern, document.read_text())}


def test_every_test_that_is_named_exists() -> None:
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    missing = sorted(named(r"`(test_\w+)`") - there)
    assert not missing, "\n".join(missing)


def test_every_path_that_is_named_exists() -> None:
    paths = named(r"`((?:a2c_spec|tests|schemas)/[\w/.-]*)`")
    missing = sorted(path for path in paths if not (ROOT / path).exists())
    assert not missing, "\n".join(missing)


def test_every_decision_is_listed_once() -> None:
    folder = ROOT / "a2c_spec" / "docs" / "decisions"
    listed = re.findall(r"^\| \[([\w-]+\.md)\]", (folder / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in folder.glob("*.md") if path.name != "README.md")


def test_every_bound_is_documented_as_it_is() -> None:
    text = (ROOT / "a2c_spec" / "docs" / "bounds.md").read_text()
    rows = re.findall(r"^\| [^|]+ \| ([\d,]+)[^|]* \| `([\w.]+)\.(\w+)` \|", text, re.MULTILINE)
    assert len(rows) == len(re.findall(r"^\| (?!what \|)", text, re.MULTILINE)) - 1, "one has no constant"
    for value, module, name in rows:
        there = getattr(import_module(f"a2c_spec.{module}"), name)
        assert f"{there:,.0f}" == value, f"{module}.{name}"


def rows_of(functions: Mapping[str, Function]) -> list[str]:
    """Filters, tests or methods as rows of a table."""

    def cell(text: str) -> str:
        return text.replace("|", "\\|").replace("\n", "\\n")

    def row(name: str, one: Function) -> str:
        value = json.dumps(one.value, ensure_ascii=False)
        return f"| `{name}` | {cell(one.meaning)} | `{cell(one.example)}` | `{cell(value)}` |"

    return [row(name, one) for name, one in sorted(functions.items())]


def test_every_filter_test_and_method_is_documented_as_it_is() -> None:
    text = (ROOT / "a2c_spec" / "docs" / "expressions.md").read_text()
    told = [re.findall(r"^\| `.*\|$", part, re.MULTILINE) for part in text.split("\n## ")]
    tests = {name: one for name, one in TESTS.items() if name not in ALIASES}
    assert told[1:] == [rows_of(FILTERS), rows_of(tests), rows_of(METHODS)]
    assert all(f"`{alias}` is `{name}`" in text for alias, name in ALIASES.items())


def test_every_name_that_is_known_late_is_documented() -> None:
    text = (ROOT / "a2c_spec" / "docs" / "expressions.md").read_text()
    for name, keys in LATE_NAMES.items():
        (row,) = re.findall(rf"^\| `{name}\.NAME` \| (.*) \|$", text, re.MULTILINE)
        assert {key.rpartition(".")[2] for key in re.findall(r"`([\w.]+)`", row)} - {"outputs"} == keys
