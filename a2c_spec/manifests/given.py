"""Gather the values that are given to variables from outside the manifests."""

from __future__ import annotations

from pathlib import Path

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.manifests.load_settings import LoadSettings
from a2c_spec.manifests.variables import Given, from_environment, from_table
from a2c_spec.manifests.yaml.reader import read_one
from a2c_spec.manifests.yaml.tree import MapNode

Gathered = tuple[dict[str, Given], dict[str, Given], list[Diagnostic]]


def gather(settings: LoadSettings) -> Gathered:
    """Every given value; those asked for by name (``--var``), which some manifest must declare; and what is wrong."""
    problems: list[Diagnostic] = []
    given = {name: Given(value, Position("a2c.yaml")) for name, value in settings.env_vars.items()}
    environment_file = settings.root / "vars" / f"{settings.env}.yaml"
    files = [environment_file] if settings.env and environment_file.is_file() else []
    for file in [*files, *settings.var_files]:
        table, wrong = _file(str(file), file)
        given.update(table)
        problems.extend(wrong)
    given.update(from_environment(settings.environ))
    asked = {name: Given(value, Position(f"--var {name}"), is_text=True) for name, value in settings.vars}
    return given | asked, asked, problems


def _file(name: str, file: Path) -> tuple[dict[str, Given], list[Diagnostic]]:
    try:
        tree, problems = read_one(file.read_bytes(), name)
    except OSError as error:
        return {}, [Diagnostic(Position(name), f"the variables file cannot be read: {error.strerror}")]
    if tree is not None and not isinstance(tree, MapNode):
        problems.append(Diagnostic(Position(name, 1, 1), "a variables file is a mapping of names to values"))
    return from_table(tree), problems
