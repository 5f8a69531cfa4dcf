"""A manifest that is about to be written: its text, and the proof that `validate` accepts it beside all others."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.core.sensitive import USER
from a2c_spec.engine.loading import Reading, claims_of, manifest_paths
from a2c_spec.engine.project import Project
from a2c_spec.errors import InvalidError, SpecError, UsageError, why
from a2c_spec.manifests.catalog import catalog_of
from a2c_spec.manifests.catalog_check import unknown_addresses
from a2c_spec.manifests.dump import as_manifest
from a2c_spec.manifests.references import check_references
from a2c_spec.manifests.yaml.reader import read_one
from a2c_spec.manifests.yaml.tree import MapNode
from a2c_spec.views import inert

BY_HAND = "write its manifest yourself, with the URL in a variable that is not in git: ${{ env.A2C_VAR_NAME }}"


@dataclass(frozen=True, slots=True)
class NewManifest:
    """What is going to stand in the file ``path``."""

    project: Project
    path: Path
    text: str

    def checked(self) -> Job:
        """The job that it asks for. Raises InvalidError where `validate` would refuse it, or the project with it."""
        paths = _paths(self.project)
        stream = Reading(self.project, [*paths, os.path.relpath(self.path, self.project.cwd)], [])
        stream.texts[self.path.resolve()] = self.text.encode(errors="surrogatepass")
        items, file = list(stream.items()), str(self.project.cwd / stream.paths[-1])
        mine = [item for item in items if isinstance(item, Job) and item.position.file == file]
        others = [item for item in items if item not in mine]
        found = [one for one in stream.found if one.position.file == stream.paths[-1] and one.severity == "error"]
        if not found:
            known = self._clashes(others, stream)
            found = [problem for problem in self._clashes([*others, *mine], stream) if problem not in known]
        if found or len(mine) != 1:
            raise _refused(found)
        return mine[0]

    def _clashes(self, items: list[Job | Preset], stream: Reading) -> list[Diagnostic]:
        claims = claims_of(self.project.root)
        for item in items:
            if isinstance(item, Job):
                claims.add(item)
        found = [*check_references(items), *claims.checked(stream.files())]
        return [problem for problem in found if problem.severity == "error"]

    def write(self) -> None:
        """Writes the file, all of it or nothing; raises SpecError when it cannot be written."""
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(self.text, encoding="utf-8")
            draft.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise SpecError(f"cannot write {self.path}: {why(error)}; nothing was changed") from error


def manifest_of(project: Project, job: Job, path: Path) -> NewManifest:
    """A job as a manifest at ``path``; paths in a manifest are relative to its folder.

    The service has the job, so what the catalog does not know of it is allowed.
    """
    import yaml

    if place := next(passwords_in(as_manifest(job)), ""):
        raise InvalidError(f"its manifest would hold a password in a URL: {place}; nothing was changed", hint=BY_HAND)
    known, _ = read_one(yaml.safe_dump(as_manifest(job)).encode(), path.name)
    unknown: tuple[str, ...] = ()
    if isinstance(known, MapNode):  # else `checked` says what is wrong
        unknown = tuple(unknown_addresses(known, catalog_of(project.root)))
    tree = as_manifest(replace(job, lifecycle=replace(job.lifecycle, allow_unknown=unknown)))
    folder = path.parent.resolve()
    for row in tree.get("inputs", []):
        if "path" in row:
            row["path"] = os.path.relpath(project.root / row["path"], folder)
    for row in tree.get("outputs", []):
        if row.get("save"):
            row["save"] = os.path.relpath(project.root / row["save"], folder) + "/"
    return NewManifest(project, path, inert.yaml_text([tree]))


def passwords_in(tree: Any, place: str = "the manifest") -> Iterator[str]:
    """The places of a manifest in which a URL says who logs in, where no reference can stand."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            inner = f"{place}.{key}".removeprefix("the manifest.")
            yield from [place] if USER.search(str(key)) else passwords_in(value, inner)
    elif isinstance(tree, list | tuple):
        for number, value in enumerate(tree):
            name = value.get("id", number) if isinstance(value, Mapping) else number
            yield from passwords_in(value, f"{place}.{name}")
    elif isinstance(tree, str) and USER.search(tree):
        yield place


def _paths(project: Project) -> list[str]:
    try:
        return manifest_paths(project)[0]
    except UsageError:  # it is going to be the first one
        return []


def _refused(found: list[Diagnostic]) -> InvalidError:
    why = found[0].message if found else "it would not be found"
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    hint = found[0].hint if found else ""
    return InvalidError(f"its manifest would not be valid: {why}{more}; nothing was changed", hint=hint)
