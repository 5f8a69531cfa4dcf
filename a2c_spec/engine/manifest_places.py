"""Places in a project at which something counts only because it stands there: settings, variables, manifests.

The next command would take a file there for one of them, so no result is written there; a result is no manifest, as
somebody else, such as a service, decides what it says.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from a2c_spec.api.kept_sources import KeptSources
from a2c_spec.core.file_names import path_key
from a2c_spec.core.protected import protected
from a2c_spec.engine.loading import real_path
from a2c_spec.engine.project import Project
from a2c_spec.manifests import globs
from a2c_spec.manifests.discover import may_be_manifest, searched_folder
from a2c_spec.manifests.manifest_file import is_manifest
from a2c_spec.manifests.settings_file import SETTINGS_FILE, YAML, alike, settings_key

VARIABLES = "vars"
ELSEWHERE = "save it in another folder, or under another name"


@dataclass(frozen=True, slots=True)
class ManifestPlaces:
    """``real`` gives a path below the root as it is once the links of its folders are followed."""

    project: Project
    real: Callable[[str], str]
    entries: list[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "entries", [*dict.fromkeys(self._entries())])

    def _entries(self) -> Iterator[str]:
        """What names manifests: in ``a2c.yaml``, else the whole project, and on the command line; below the root."""
        project, root = self.project, self.project.root.resolve()
        named = [(project.root, name) for name in project.file.manifests or (".",)]
        for start, name in [*named, *((project.cwd, str(path)) for path in project.flags.paths)]:
            path = os.path.relpath(os.path.normpath(start.resolve() / name), root)
            if not path.startswith(".."):
                yield PurePosixPath(path).as_posix()

    def why_not(self, path: str) -> str:
        """Why no result is written at a path below the root, whatever it says; empty when one may be."""
        real = self.real(path)
        if protected(path) or protected(real):
            return "no result is written there"
        folder, _, name = real.rpartition("/")
        if alike(name, SETTINGS_FILE):
            return f"it would be taken for {SETTINGS_FILE}; {ELSEWHERE}"
        if path_key(folder) == VARIABLES and settings_key(name).endswith(YAML):
            return f"variables of an environment are read from there; {ELSEWHERE}"
        if any(_is_meant(entry, real) for entry in self.entries):
            return f"manifests are read from there; {ELSEWHERE}"
        if may_be_manifest(name) and is_manifest(self.project.root / path):
            return f"a manifest stands there; {ELSEWHERE}"
        return ""

    def says(self, path: str, file: Path) -> str:
        """Why a result that is in ``file`` is not given a path: it says that it is a manifest, and would be found."""
        real = self.real(path)
        if not may_be_manifest(real.rpartition("/")[2]) or not is_manifest(file):
            return ""
        if not any(searched_folder(entry, real) for entry in self.entries):
            return ""
        return "it says that it is a manifest, and the next command would obey it; save it where none are searched"


def sources_of(project: Project) -> KeptSources:
    """What no result of a project takes the place of, as far as it is known before its manifests are read."""
    real = real_path(project.root)
    places = ManifestPlaces(project, real)
    forced = project.flags.on_conflict == "overwrite"
    return KeptSources(real, forced=forced, at=places.why_not, says=places.says)


def _is_meant(entry: str, path: str) -> bool:
    """Whether an entry names just this path, or a pattern of it matches."""
    if globs.is_pattern(entry):
        return globs.matches(entry, path)
    return path_key(entry) == path_key(path)
