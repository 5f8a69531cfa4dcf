"""Where a file would be obeyed by the next command, only because it stands there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from a2c_spec.engine.manifest_places import sources_of
from a2c_spec.engine.project import Project
from tests.engine.projects import project_in

MANIFEST = "apiVersion: a2c-spec/v1\nkind: Job\nname: x\n"


def of(root: Path, *manifests: str, named: tuple[str, ...] = ()) -> Project:
    project = replace(project_in(root, local=True, manifests=named), cwd=root)
    return replace(project, file=replace(project.file, manifests=manifests))


PLACES = [
    ("a2c.yml", (), "would be taken for a2c.yaml"),
    ("deep/a2c.yaml.txt", (), "would be taken for a2c.yaml"),
    ("deep/A2C.yaml", (), "no result is written there"),
    ("vars/x.yaml", (), "variables of an environment"),
    ("VARS/x.YML", (), "variables of an environment"),
    ("vars/x.csv", (), ""),
    ("deep/vars/x.yaml", (), ""),
    ("x.yaml", (), ""),
    ("r/x.txt", ("r/*.txt",), "manifests are read from there"),
    ("r/x.txt", ("./r/**/x.*",), "manifests are read from there"),
    ("R/X.yaml", ("r/x.yaml",), "manifests are read from there"),
    ("r/x.yaml", ("r",), ""),
    ("link/hooks/x", (), "no result is written there"),
    ("there.yaml", (), "a manifest stands there"),
    ("there.txt", (), ""),
]


@pytest.mark.parametrize(("path", "manifests", "why"), PLACES)
def test_places_that_are_for_no_result(path: str, manifests: tuple[str, ...], why: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "link").symlink_to(".git")
    for name in ("there.yaml", "there.txt"):
        (tmp_path / name).write_text(MANIFEST)
    told = sources_of(of(tmp_path, *manifests)).at(path)
    assert told.startswith(why or "nothing") or why in told if why else not told, told


FOUND = [
    ("x.yaml", (), (), True),
    ("deep/x.yml", (), (), True),
    ("deep/x.yaml.j2", (), (), True),
    (".hidden/x.yaml", (), (), False),
    ("node_modules/x.yaml", (), (), False),
    (".x.yaml", (), (), False),
    ("x.json", (), (), False),
    ("dist/x.yaml", ("recipes",), (), False),
    ("recipes/deep/x.yaml", ("recipes",), (), True),
    (".hidden/x.yaml", (".hidden",), (), True),
    ("dist/x.yaml", ("recipes",), ("dist",), True),
    ("dist/x.yaml", ("../elsewhere",), (), False),
]


@pytest.mark.parametrize(("path", "manifests", "named", "found"), FOUND)
def test_a_result_that_is_a_manifest_gets_no_path_at_which_it_would_be_found(
    path: str, manifests: tuple[str, ...], named: tuple[str, ...], found: bool, tmp_path: Path
) -> None:
    (tmp_path / "result").write_text(MANIFEST)
    (tmp_path / "other").write_text("kind: Pod")
    sources = sources_of(of(tmp_path, *manifests, named=named))
    assert bool(sources.says(path, tmp_path / "result")) is found
    assert not sources.says(path, tmp_path / "other")
    moves = [("result", path), ("other", path), (path, path)]
    assert list(sources.unmovable(tmp_path, moves)) == ([path] if found else [])
