"""Manifests as data: what is given in tests/cases/manifests, and what must come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.manifests.dump import as_manifest
from a2c_spec.manifests.load import load
from a2c_spec.manifests.load_options import LoadOptions
from a2c_spec.manifests.references import check_references

FOLDER = Path(__file__).parents[1] / "cases" / "manifests"


KEYS = frozenset(
    {"case", "given", "files", "load", "root", "env", "vars", "var_files", "environ", "allow_env", "references"}
    | {"addresses", "renders", "problems"}
)


def _cases() -> list[Any]:
    found = []
    for file in sorted(FOLDER.glob("*.yaml")):
        for number, case in enumerate(yaml.safe_load_all(file.read_text(encoding="utf-8")), 1):
            name = f"{file.stem}: {case.get('case', number)}"
            unknown = case.keys() - KEYS
            assert not unknown, f"{name}: unknown keys {sorted(unknown)}"
            found.append(pytest.param(case, id=name))
    return found


def _run(case: dict[str, Any], folder: Path) -> tuple[list[str], list[Any]]:
    files = {"manifest.yaml": case["given"]} if "given" in case else {}
    for name, text in {**files, **case.get("files", {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    paths = [folder / name for name in case.get("load", ["manifest.yaml"])]
    settings = LoadOptions(
        root=folder / case.get("root", ""),
        env=case.get("env", ""),
        vars=tuple((name, value) for name, value in case.get("vars", {}).items()),
        var_files=tuple(folder / name for name in case.get("var_files", ())),
        environ=case.get("environ", {}),
        allow_env=case.get("allow_env", ()),
    )
    items = list(load(paths, settings))
    kept = [item for item in items if not isinstance(item, Diagnostic)]
    problems = [item for item in items if isinstance(item, Diagnostic)]
    if case.get("references"):
        problems += check_references(kept)
    return [str(problem).replace(f"{folder}/", "") for problem in problems], kept


@pytest.mark.parametrize("case", _cases())
def test_a_manifest_gives_what_its_case_says(case: dict[str, Any], tmp_path: Path) -> None:
    problems, kept = _run(case, tmp_path.resolve())
    assert problems == case.get("problems", [])
    if "addresses" in case:
        assert [item.address for item in kept] == case["addresses"]
    if "renders" in case:
        trees = [as_manifest(item) for item in kept]
        shown = [
            {key: tree.get(key) for key in expected} for tree, expected in zip(trees, case["renders"], strict=True)
        ]
        assert shown == case["renders"]
