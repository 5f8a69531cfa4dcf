"""Which files a saved plan has read when it is applied: those of the project, and what the run itself names.

The plan may be a stranger's. What it names is looked at before any of it is opened.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from a2c_spec.engine.flags import Flags, absolute
from a2c_spec.engine.saved_plan import SavedPlan
from a2c_spec.engine.state_places import has_state
from a2c_spec.errors import StalePlan
from a2c_spec.manifests.discover import find_root, without_wildcards
from a2c_spec.manifests.paths import confine
from a2c_spec.manifests.project_file import NAME

NEW = "make a new plan; nothing was read or sent"


def files_of(saved: SavedPlan) -> Iterator[str]:
    """The manifests (none: those of the project) and the files with variables that a plan names."""
    for name in ("manifests", "file", "var_file"):
        yield from saved.made_with.get(name, ())


def check_files(saved: SavedPlan, flags: Flags, cwd: Path) -> None:
    """Raises StalePlan where a plan names a file that is not for it to name, outside the project or kept from
    manifests; or, where the run itself names files with variables, other ones than these."""
    env = str(saved.made_with.get("env", ""))
    if env and not NAME.fullmatch(env):
        raise StalePlan(f"the plan was made for the environment `{env[:40]}`, which cannot be one", hint=NEW)
    own = flags.var_file if "var_file" in flags.given else ()
    planned = tuple(saved.made_with.get("var_file", ()))
    if own and _real(own, cwd) != _real(planned, cwd):
        made = f"those of {', '.join(planned)}" if planned else "none from files"
        raise StalePlan(
            f"the plan was made with other variables: {made}, not with those of {', '.join(own)} "
            f"({flags.named('var_file')})",
            hint=f"name the same files, or {NEW}",
        )
    root = find_root((), cwd, has_state).resolve()
    for name in files_of(saved):
        if name in planned and own:
            continue
        if why := _not_to_be_read(name, cwd, root):
            way = f"where you mean it, repeat --var-file {name}; else " if name in planned else ""
            raise StalePlan(f"the plan names the file {name}, which {why}", hint=f"{way}{NEW}")


def _real(names: Sequence[str], cwd: Path) -> list[Path]:
    return [absolute(name, cwd).resolve() for name in names]


def _not_to_be_read(name: str, cwd: Path, root: Path) -> str:
    """Why a plan may not name a file, a folder or a pattern; empty where it may."""
    try:
        whole = os.path.join(cwd.resolve(), without_wildcards(name))  # noqa: PTH118 - its links are followed below
        below = os.path.relpath(os.path.normpath(whole), root)
        return "" if below == "." else confine(below, root, root) and ""
    except ValueError as error:
        return str(error)
