"""What CI installs and runs: fixed by digests, complete, and with licences that are named."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;]+)(?: ;[^\\]*)? \\\n(?P<digests>(?:    --hash=\S+(?: \\)?\n)+)", re.M
)


def locked() -> dict[str, set[str]]:
    """Name -> the versions that the lock allows, each with its digests."""
    found: dict[str, set[str]] = {}
    for pin in PINNED.finditer((ROOT / ".ci/lock.txt").read_text()):
        assert all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", line) for line in pin["digests"].splitlines()), pin[
            "name"
        ]
        found.setdefault(pin["name"], set()).add(pin["version"])
    return found


def asked() -> Iterator[Requirement]:
    """Every dependency of the package, of its extras and of its build."""
    extras = PROJECT["project"]["optional-dependencies"].values()
    for text in (
        *PROJECT["project"]["dependencies"],
        *PROJECT["build-system"]["requires"],
        *chain.from_iterable(extras),
    ):
        if not text.startswith("a2c-spec["):
            yield Requirement(text)


def test_the_lock_has_every_dependency_as_the_package_asks_for_it() -> None:
    pins = locked()
    wrong = [
        str(one)
        for one in asked()
        if not any(one.specifier.contains(version) for version in pins.get(canonicalize_name(one.name), ()))
    ]
    assert wrong == [], "make the lock anew; how is said at its beginning"


def test_every_line_of_the_lock_is_fixed_by_digests() -> None:
    text = (ROOT / ".ci/lock.txt").read_text()
    names = re.findall(r"^([A-Za-z0-9._-]+)==", text, re.M)
    assert len(names) == len(PINNED.findall(text))
    assert not re.search(r"^(-e|--index|--extra-index|--find-links|git\+|https?:)", text, re.M)


def steps(workflow: Path) -> Iterator[dict[str, Any]]:
    for job in yaml.safe_load(workflow.read_text())["jobs"].values():
        yield from job["steps"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_fixed_by_commit(workflow: Path) -> None:
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_installs_only_what_the_lock_says(workflow: Path) -> None:
    """But for `.ci/run`, which tries what a newcomer gets: the newest of everything."""
    installs = [step["run"] for step in steps(workflow) if "pip install" in step.get("run", "")]
    assert installs
    assert {*installs} <= {
        "pip install --require-hashes -r .ci/lock.txt",
        "pip install --no-deps --no-build-isolation -e .",
    }


def test_a_workflow_may_only_read() -> None:
    assert all(yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"} for path in WORKFLOWS)


def test_programs_under_the_gpl_are_named_beside_the_extra_that_brings_them() -> None:
    readme = " ".join((ROOT / "README.md").read_text().split())
    assert "pandoc (GPL 2 or later, in `local-docs`) and ffmpeg (GPL 3 or later, in `local-media`)" in readme
    extras = PROJECT["project"]["optional-dependencies"]
    assert any(text.startswith("pypandoc_binary") for text in extras["local-docs"])
    assert any(text.startswith("imageio-ffmpeg") for text in extras["local-media"])
