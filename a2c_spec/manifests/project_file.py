"""The settings of a project, from ``a2c.yaml``."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.errors import is_text, not_text, why
from a2c_spec.manifests.expressions.limits import nearest
from a2c_spec.manifests.paths import hint_of, place_of_ours
from a2c_spec.manifests.schema import published
from a2c_spec.manifests.settings_file import SETTINGS_FILE, not_read
from a2c_spec.manifests.urls import http_parts
from a2c_spec.manifests.yaml.reader import file_bytes, read_one
from a2c_spec.manifests.yaml.tree import MapNode, plain, position, position_of
from a2c_spec.regular_files import beginning_beside_sqlite

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""The name of an environment; it is the name of a folder too."""


TAKEN = (SETTINGS_FILE, ".gitignore", "spending.db", "digests.db", "outputs.json", "state.path")
"""Names that stand for something else, beside a state or in its place."""


@dataclass(frozen=True, slots=True)
class Project:
    """The settings in ``a2c.yaml``; those of the chosen environment take precedence over the general ones.

    ``state`` is what stands for all environments, ``states`` are the files of those that say their own. ``places``
    tells where a setting is written, by its name with dots: ``state``, ``budget.per_day``, ``defaults.timeout``,
    ``manifests.0``.
    """

    root: Path
    manifests: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    state: str = ""
    states: Mapping[str, str] = field(default_factory=dict)
    cache: Mapping[str, Any] = field(default_factory=dict)
    budget: Mapping[str, int] = field(default_factory=dict)
    env: str = ""
    environments: tuple[str, ...] = ()
    vars: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, Position] = field(default_factory=dict)

    def place(self, name: str) -> str:
        """Where a setting is written, as ``a2c.yaml:2:9``; empty where it is not."""
        place = self.places.get(name)
        return f"{SETTINGS_FILE}:{place.line}:{place.column}" if place else ""

    def home(self, env: str) -> str:
        """The folder of what we keep of an environment, relative to the root."""
        return f".a2c/env/{env}" if env else ".a2c"

    def state_file(self, env: str, general: str = "") -> str:
        """The file of the state of an environment, relative to the root; each has another one.

        ``general`` stands in place of what the settings say for all of them.
        """
        if env in self.states and not general:
            return self.states[env]
        general = general or self.state
        if not general:
            return f"{self.home(env)}/state.db"
        file = PurePosixPath(general)
        return str(file.parent / "env" / env / file.name if env else file)


def load_project(root: Path, env: str = "") -> tuple[Project, list[Diagnostic]]:
    """The settings of the project at ``root`` for the environment ``env`` (or the default one), and what is wrong."""
    settings, problems = _loaded(root, env)
    if NAME.fullmatch(settings.env):
        problems += not_read(root / "vars", f"{settings.env}.yaml")
    return settings, problems


def _loaded(root: Path, env: str) -> tuple[Project, list[Diagnostic]]:
    file = root / SETTINGS_FILE
    if unread := list(not_read(root, SETTINGS_FILE)):
        return Project(root, env=env), unread
    if not file.is_file():
        return Project(root, env=env), []
    try:
        tree, problems = read_one(file_bytes(file, within=root), str(file))
    except OSError as error:
        problem = Diagnostic(Position(str(file)), f"the settings cannot be read: {why(error)}", hint_of(error))
        return Project(root, env=env), [problem]
    if not isinstance(tree, MapNode):
        if tree is not None:
            problems.append(Diagnostic(Position(str(file), 1, 1), "the settings must be a mapping"))
        return Project(root, env=env), problems
    told = {problem.position for problem in problems if problem.severity == "error"}
    found = published.check("project", tree, tree.mark, rendered=True)
    problems += [problem for problem in found if problem.position not in told]
    if any(problem.severity == "error" for problem in problems):
        return Project(root, env=env), problems
    settings = _project(root, tree, env)
    problems += _unsupported(root, tree, settings)
    return replace(settings, manifests=tuple(one for one in settings.manifests if not _is_outside(one))), problems


def _project(root: Path, tree: MapNode, env: str) -> Project:
    env = env or tree.get("defaults", {}).get("env", "")
    environments = tree.get("environments", {})
    chosen = environments.get(env, {})
    layers = [one for one in (tree, chosen) if isinstance(one, MapNode)]
    places: dict[str, Position] = {}
    for layer in layers:
        for name in layer:
            places[name] = position_of(layer, name)
            if name in ("defaults", "cache", "budget") and isinstance(layer[name], MapNode):
                places |= {f"{name}.{key}": position_of(layer[name], key) for key in layer[name]}
    marks = tree["manifests"].marks if "manifests" in tree else ()
    places |= {f"manifests.{number}": position(mark) for number, mark in enumerate(marks)}
    cache = plain(chosen.get("cache", tree.get("cache", {})))
    return Project(
        root=root,
        manifests=tuple(tree.get("manifests", ())),
        defaults=_own({**tree.get("defaults", {}), **chosen.get("defaults", {})}),
        state=tree.get("state", ""),
        states={name: one["state"] for name, one in environments.items() if "state" in one},
        cache={"url": cache} if isinstance(cache, str) else _own(cache),
        budget=_own(tree.get("budget", {})),
        env=env,
        environments=tuple(environments),
        vars=plain(chosen.get("vars", {})),
        places=places,
    )


def _own(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Without the keys that belong to the user; what is a whole number is one, however it is written (8.0, 1e2)."""
    return {key: _exact(plain(value)) for key, value in tree.items() if not key.startswith("x-")}


def _exact(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def unknown_environment(project: Project) -> Diagnostic | None:
    """What is wrong with the chosen environment: it is no name, or nothing says what it is. The place is that in the
    settings, for one that these choose."""
    env = project.env
    known = env in project.environments or (project.root / "vars" / f"{env}.yaml").is_file()
    if not env or (known and NAME.fullmatch(env)):
        return None
    chosen_here = project.defaults.get("env") == env
    place = project.places.get("defaults.env") if chosen_here else None
    hint = nearest(env, project.environments) or f"name it in `environments` of a2c.yaml, or write vars/{env}.yaml"
    return Diagnostic(place or Position(), f"there is no environment `{env}`", hint if NAME.fullmatch(env) else "")


def _unsupported(root: Path, tree: MapNode, settings: Project) -> Iterator[Diagnostic]:
    """What the schema allows and this version, or this place, does not."""
    layers = [("", tree), *tree.get("environments", {}).items()]
    places = {name: _key(root, settings.state_file(name)) for name, _ in layers}
    for number, name in enumerate(settings.manifests):
        if _is_outside(name):
            told = f"the manifest `{name}` is outside the project root"
            yield Diagnostic(settings.places[f"manifests.{number}"], told, "name it on the command line")
    for name, layer in layers:
        defaults = layer.get("defaults", {})
        if name and "env" in defaults:
            place = position_of(defaults, "env")
            yield Diagnostic(place, "an environment cannot choose the environment", "say it in `defaults` at the top")
        url = defaults.get("base_url", "")
        if url and not http_parts(url):
            yield Diagnostic(position_of(defaults, "base_url"), "`base_url` must be an http or https URL")
        if defaults.get("strategy") == "staged":
            message = "the strategy `staged` is not supported yet"
            yield Diagnostic(position_of(defaults, "strategy"), message, "leave it out")
        yield from _cache_problem(root, layer)
        if "state" in layer:
            same = next((one for one in places if one != name and places[one] == places[name]), None)
            taken = (
                f"is that of {f'environment {same}' if same else 'what runs without one'} too"
                if same is not None
                else ""
            )
            if where := state_problem(root, layer["state"]) or taken:
                yield Diagnostic(position_of(layer, "state"), f"the state `{layer['state']}` {where}")


def _is_outside(manifest: str) -> bool:
    """Whether what names manifests leads out of the project by itself, without a link."""
    path = os.path.normpath(manifest)
    return path.startswith("/") or path.split("/")[0] == ".."


def _key(root: Path, path: str) -> str:
    """What two paths have in common that lead to one file, on any file system."""
    return unicodedata.normalize("NFC", os.path.realpath(root / path)).casefold()


def _cache_problem(root: Path, layer: MapNode) -> Iterator[Diagnostic]:
    cache = layer.get("cache", "")
    owner, key = (cache, "url") if isinstance(cache, MapNode) else (layer, "cache")
    if "://" in str(owner.get(key, "")):
        message = f"the results cache `{owner[key]}` must be a folder; a store is not supported yet"
        yield Diagnostic(position_of(owner, key), message, "mount the store, or name a folder")
    elif key in owner and (why := cache_problem(root, owner[key])):
        yield Diagnostic(position_of(owner, key), f"the results cache `{owner[key]}` {why}", CACHE_ELSEWHERE)


CACHE_ELSEWHERE = "`cache` names a folder below the project; one elsewhere is named by A2C_SPEC_CACHE alone"
IN_PLACE = "would be in the place of something else"


def _place(root: Path, text: str) -> tuple[str, str]:
    """A path below the project that settings name for a file or folder of ours, or why it cannot be one."""
    try:
        return place_of_ours(text, root.resolve()), ""
    except PermissionError:
        return "", IN_PLACE
    except ValueError as error:
        return "", str(error).replace("the manifest's folder", "the project")


def cache_problem(root: Path, text: str) -> str:
    """Why a project cannot have its results cache at this path; empty when it can. It goes on the words "the results
    cache `path`"."""
    if not is_text(text):
        return not_text(text)[0]
    if text.startswith("~"):
        return "is outside the project root"
    path, why = _place(root, text)
    if why:
        return why
    parts = [part.casefold() for part in path.split("/")]
    if parts[0] == ".a2c" and parts[1:2] != ["cache"]:
        return IN_PLACE
    return "must be a folder, and is a file" if is_no_folder(root / path) else ""


def is_no_folder(path: Path) -> bool:
    """Whether a file stands where a folder is wanted, or where one of those is that it lies in."""
    try:
        return any(one.exists() and not one.is_dir() for one in (path, *path.parents))
    except OSError:
        return False


def state_problem(root: Path, text: str) -> str:
    """Why a state cannot be kept at this path; empty when it can. It goes on the words "the state `path`"."""
    if not is_text(text):
        return not_text(text)[0]
    if "://" in text:
        return "is not supported yet: a state is one file below the project"
    path, why = _place(root, text)
    if why:
        return why
    parts = [part.casefold() for part in path.split("/")]
    ours = parts[0] == ".a2c" and (len(parts) == 1 or not {"local", "cache"}.isdisjoint(parts))
    if ours or parts[-1] in TAKEN or parts[-1].endswith(".lock"):
        return IN_PLACE
    if (root / path).is_dir() or text.endswith("/"):
        return "is a folder; name a file"
    return f"{IN_PLACE}: that file is not a state" if _is_no_state(root / path) else ""


DATABASE = b"SQLite format 3\0"


def _is_no_state(file: Path) -> bool:
    """Whether something stands in the place of a state that is none, such as a manifest or an input."""
    try:
        first = beginning_beside_sqlite(file, len(DATABASE))
    except OSError:  # nothing is there, or whoever uses it is told
        return False
    return bool(first) and first != DATABASE
