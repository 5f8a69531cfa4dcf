"""Where states are: none is begun beside one that is in use, wherever one stands."""

from __future__ import annotations

import os
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from a2c_spec.core.events import Event
from a2c_spec.errors import SpecError, UsageError
from a2c_spec.manifests.discover import STATE_FOLDER, folders_below, project_within
from a2c_spec.manifests.project_file import state_problem
from a2c_spec.manifests.settings_file import SETTINGS_FILE
from a2c_spec.regular_files import beginning, of_ours
from a2c_spec.state.migrations import prepare_folder
from a2c_spec.state.sqlite import SqliteStore

if TYPE_CHECKING:
    from a2c_spec.engine.project import Project

PLACE_FILE = "state.path"
"""The file that says where the state is, if that is not the usual place."""
STATES_FILE = "states"
"""The file that names every state in the project, one a line, that is or was not in its usual place."""
LONGEST = 4096
"""Characters of a path."""
MOST_NOTED = 100
"""So many states, no more, are known that are not in their usual places."""
SEARCHED = 1000
"""So many folders, no more, are searched for states of which a command only tells."""


def last_place(root: Path, home: Path) -> list[Path]:
    """Where the state of a project was kept last, if that was not the usual place; nowhere but in the project."""
    place = _text(home / PLACE_FILE, LONGEST)
    return [root / place] if place and not state_problem(root, place) else []


def noted_states(root: Path) -> list[Path]:
    """Every state in the project that was ever in use and not in its usual place, as far as it is still there."""
    names = _text(root / STATE_FOLDER / STATES_FILE, MOST_NOTED * LONGEST).splitlines()
    places = dict.fromkeys(name for name in names[:MOST_NOTED] if name and not state_problem(root, name))
    return [root / name for name in places if (root / name).is_file()]


def _text(path: Path, most: int) -> str:
    """The beginning of a file of ours, of so many bytes; empty where there is none that could be read."""
    try:
        return beginning(path, most).decode()
    except (OSError, ValueError):
        return ""


def note_state(root: Path, state: Path) -> None:
    """Writes down where a state is that is not in its usual place; nothing of one outside the project."""
    home = root / STATE_FOLDER
    usual = state.parent == home or state.parent.parent == home / "env"
    if usual or not state.is_relative_to(root) or state in noted_states(root):
        return
    prepare_folder(home)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    with os.fdopen(of_ours(home / STATES_FILE, flags), "w", encoding="utf-8") as file:
        file.write(f"{state.relative_to(root).as_posix()}\n")


def has_state(folder: Path) -> bool:
    """Whether anything is recorded in a folder, for any service, in any environment."""
    home = folder / STATE_FOLDER
    try:
        if home.is_symlink():  # whoever uses it is told
            return True
        if not home.is_dir():
            return False
        if (home / "env").is_symlink():
            return True
        homes = [home, *(home / "env").glob("*")]
        return any(_in_use(path) for one in homes for path in (one / "state.db", *last_place(folder, one)))
    except OSError:  # another user's, which we cannot read
        return False


def _in_use(path: Path) -> bool:
    if path.is_symlink() or path.parent.is_symlink():
        return True
    if not path.is_file():
        return False
    try:
        with closing(SqliteStore(path, "")) as store:
            return bool(store.realms())
    except SpecError:  # damaged, say: whoever uses it is told
        return True


def check_alone(project: Project) -> None:
    """Raises UsageError where the current folder has a state that the project would not use; tells of states below a
    project that has none, if no manifest is named."""
    here = project.cwd.resolve()
    found = project_within(here, project.root, has_state)
    if found and found[1] == STATE_FOLDER:
        raise UsageError(two_states(project, found[0]), hint=keep_apart(project, found[0]))
    if has_state(project.root):
        return
    if here != project.root and has_state(here):
        root = project.named(project.root)
        raise UsageError(
            f"the manifests belong to the project in {root}, where nothing is recorded, and the current folder has a "
            f"state of its own, {STATE_FOLDER}",
            hint=f"`-C {root}` begins a state there; to go on with this one, name manifests of this folder",
        )
    searched = () if project.flags.paths else islice(folders_below(project.root), SEARCHED)
    if below := [folder for folder, _ in searched if has_state(folder)]:
        told = ", ".join(project.named(at) for at in below)
        text = f"nothing is recorded in {project.named(project.root)}; there is a state in {told} (`-C FOLDER`)"
        project.tell(Event("note", "", text=text))


def two_states(project: Project, other: Path) -> str:
    """That a folder within the project has a state beside that of the project."""
    root = project.named(project.root)
    return (
        f"{project.named(other)}/{STATE_FOLDER} has a state, and so has, or would have, the project that it is in, "
        f"{root}/{STATE_FOLDER}"
    )


def keep_apart(project: Project, other: Path) -> str:
    """What makes one project of two, or two of one."""
    name = project.named(other)
    return (
        f"an empty {name}/{SETTINGS_FILE} makes {name} a project of its own, which keeps its state; without "
        f"{name}/{STATE_FOLDER} it belongs to the other, and what was applied there is paid for again"
    )
