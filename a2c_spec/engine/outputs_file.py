"""Writes ``outputs.json`` at the end of an apply: atomically, one job at a time, and only if it differs."""

from __future__ import annotations

import filecmp
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from a2c_spec.core.plan import Change
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import JobRecord
from a2c_spec.core.state_store import StateStore
from a2c_spec.engine.flags import absolute
from a2c_spec.engine.project import Project
from a2c_spec.engine.written_files import OUTPUTS, OUTPUTS_FILE, check_product, new_file
from a2c_spec.errors import SpecError, why
from a2c_spec.views.outputs import outputs_lines


def write_outputs(
    project: Project, store: StateStore, changes: Iterable[Change], problems: Mapping[str, str] = {}
) -> None:
    """To --outputs, else to ``.a2c/outputs.json``; raises SpecError when that cannot be written.

    It names every address that manifests ask for: those of ``changes`` in their order, then those that were not part
    of this apply. ``problems``: address -> why it could not be made.
    """
    target = absolute(project.flags.outputs, project.cwd) if project.flags.outputs else project.home / OUTPUTS_FILE
    draft = target.with_name(f".{target.name}.draft")
    hint = "everything else is done and recorded"
    try:
        if project.flags.outputs:  # a result, of which only the run told the name, may be there meanwhile
            check_product(project, project.flags.named("outputs"), target, OUTPUTS)
    except SpecError as error:
        raise SpecError(f"cannot write {error.message}", hint=hint) from error
    try:
        mode = 0o600 if target.parent == project.home else 0o666  # which the umask makes less
        with new_file(draft, mode) as file:
            file.writelines(outputs_lines(_rows(store, changes, problems)))
        if target.is_file() and filecmp.cmp(draft, target, shallow=False):
            draft.unlink()
        else:
            draft.replace(target)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise SpecError(f"cannot write {target}: {why(error)}", hint=hint) from error


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
