"""Writes ``outputs.json`` at the end of an apply: atomically, one job at a time, and only if it differs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from a2c_spec.core.plan import Change
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.core.state_store import StateStore
from a2c_spec.engine.flags import absolute
from a2c_spec.engine.project import Project
from a2c_spec.engine.written_files import OUTPUTS, OUTPUTS_FILE, check_product
from a2c_spec.errors import SpecError, why
from a2c_spec.held_folders import HeldFolder, held
from a2c_spec.views.outputs import outputs_lines


def write_outputs(
    project: Project, store: StateStore, changes: Iterable[Change], problems: Mapping[str, str] = {}
) -> None:
    """To --outputs, else to ``.a2c/outputs.json``; raises SpecError when that cannot be written.

    It names every address that manifests ask for: those of ``changes`` in their order, then those that were not part
    of this apply. ``problems``: address -> why it could not be made.
    """
    target = absolute(project.flags.outputs, project.cwd) if project.flags.outputs else project.home / OUTPUTS_FILE
    hint = "everything else is done and recorded"
    try:
        if project.flags.outputs:  # a result, of which only the run told the name, may be there meanwhile
            check_product(project, project.flags.named("outputs"), target, OUTPUTS)
    except SpecError as error:
        raise SpecError(f"cannot write {error.message}", hint=hint) from error
    try:
        ours = target.parent == project.home
        place = project.root.resolve() / target.parent.relative_to(project.root) if ours else target.parent
        with held(place, resolved=ours, make=0) as folder:
            _write(folder, target.name, 0o600 if ours else 0o666, outputs_lines(_rows(store, changes, problems)))
    except OSError as error:
        raise SpecError(f"cannot write {target}: {why(error)}", hint=hint) from error


def _write(folder: HeldFolder, name: str, mode: int, lines: Iterable[str]) -> None:
    """Puts a text in the place of a file that differs; nothing else is left, also where that fails."""
    draft = f".{name}.draft"
    folder.unlink(draft)  # it may be a link to another one
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with open(folder.open(draft, flags, mode), "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
            file.writelines(lines)
        if not _same(folder, draft, name):
            folder.place(draft, name)
    finally:
        folder.unlink(draft)


def _same(folder: HeldFolder, one: str, other: str) -> bool:
    """Whether a file has the bytes of another one, if there is one."""
    try:
        there = folder.open(other, os.O_RDONLY)
    except OSError:
        return False
    with open(folder.open(one, os.O_RDONLY), "rb") as new, open(there, "rb") as old:  # noqa: PTH123 - descriptors
        while piece := new.read(1 << 16):
            if piece != old.read(len(piece)):
                return False
        return not old.read(1)


def _rows(
    store: StateStore, changes: Iterable[Change], problems: Mapping[str, str]
) -> Iterator[tuple[str, list[JobRecord], str]]:
    """Each address once, with what was done to it, its runs, the newest last, and its problem."""
    actions: dict[str, str] = {}
    for change in changes:
        address = address_of(change.address)
        actions[address] = change.action if actions.get(address, "no-op") in ("no-op", "forget") else actions[address]
    for address in map(address_of, store.addresses()):
        actions.setdefault(address, "no-op")
    for address, action in actions.items():
        runs = [run for run in store.runs(address) if not run.gone_since]
        if runs:
            yield action, sorted(runs, key=lambda run: run.age), problems.get(address, "")
