"""The project root, and the manifests below it."""

from __future__ import annotations

from pathlib import Path

from a2c_spec.manifests.discover import discover, find_root
from a2c_spec.manifests.project_file import Project

MANIFEST = "# a comment\napiVersion: a2c-spec/v1\nkind: Job\n"


def _project(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(MANIFEST)
    return folder.resolve()


def test_manifests_are_found_by_what_they_say(tmp_path: Path) -> None:
    root = _project(
        tmp_path, "b.yaml", "a/c.yml", "a/d.yaml.j2", ".git/x.yaml", ".a2c/x.yaml", "node_modules/x.yaml", "a/.x.yaml"
    )
    (root / "other.yaml").write_text("apiVersion: v1\nkind: Pod\n")
    (root / "a2c.yaml").write_text("apiVersion: a2c-spec/v1\n")
    assert list(discover([], Project(root), root)) == ["b.yaml", "a/c.yml", "a/d.yaml.j2"]
    assert list(discover([], Project(root), root / "a")) == ["../b.yaml", "c.yml", "d.yaml.j2"]
    assert list(discover(["a", "other.yaml"], Project(root), root)) == ["a/c.yml", "a/d.yaml.j2", "other.yaml"]
    assert list(discover(["**/*.y*ml"], Project(root), root)) == [
        "a/c.yml",
        "b.yaml",
        "node_modules/x.yaml",
        "other.yaml",
    ]
    assert list(discover([], Project(root, manifests=("a",)), root)) == ["a/c.yml", "a/d.yaml.j2"]
    assert [str(item) for item in discover(["*.none"], Project(root), root)] == [
        "*.none: error: no manifest found here (a manifest contains `apiVersion: a2c-spec/v1`)"
    ]


def test_manifests_are_found_in_the_order_of_their_names(tmp_path: Path) -> None:
    names = [f"{name}.yaml" for name in "qwertyuiopasdfghjkl"]
    root = _project(tmp_path, *names)
    assert list(discover([], Project(root), root)) == sorted(names)
    assert list(discover([str(root)], Project(root), root / "none")) == [str(root / name) for name in sorted(names)]


def test_the_settings_are_never_a_manifest_unless_they_are_named(tmp_path: Path) -> None:
    root = _project(tmp_path, "a2c.yaml", "sub/b.yaml")
    assert list(discover(["."], Project(root), root)) == ["sub/b.yaml"]
    assert list(discover(["a2c.yaml"], Project(root), root)) == ["a2c.yaml"]


def test_the_root_is_the_nearest_folder_with_settings_then_the_repository(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    deep = root / "repo" / "project" / "recipes"
    deep.mkdir(parents=True)
    assert find_root([], deep) == deep
    (root / "repo" / ".git").mkdir()
    assert find_root(["project/recipes/a.yaml"], root / "repo") == root / "repo"
    (root / "repo" / "project" / "a2c.yaml").write_text("{}")
    assert find_root(["project/recipes/a.yaml"], root / "repo") == root / "repo" / "project"
    assert find_root([], deep) == root / "repo" / "project"
    (deep / ".git").mkdir()
    assert find_root([], deep) == root / "repo" / "project"
    assert find_root(["**/*.yaml"], deep) == root / "repo" / "project"
    assert find_root([root / "repo/project/recipes/*.yaml"], root) == root / "repo" / "project"
