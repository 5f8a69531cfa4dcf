"""``init``: a first recipe to start from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit
from a2c_spec.core.reasons import counted
from a2c_spec.engine.flags import Flags
from a2c_spec.errors import InvalidError, UsageError
from a2c_spec.manifests.settings_file import SETTINGS_FILE, not_read
from a2c_spec.manifests.yaml.reader import MAX_BYTES
from a2c_spec.regular_files import content

RECIPE = """\
apiVersion: a2c-spec/v1
kind: Job
name: first

inputs:
  - {id: page, path: hello.txt}

conversions:
  - {id: pack, category: archive, target: zip}

outputs:
  - {from: pack, filename: hello, save: dist/}
"""


@click.command("init")
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@options.output
def command(folder: str, **given: Any) -> int:
    """Write recipe.yaml, a file to convert, a2c.yaml and .gitignore; overwrites nothing."""
    return init(flags_of(given), Path(folder))


def init(flags: Flags, folder: Path) -> int:
    """Writes the files; raises UsageError if the recipe exists, and InvalidError where settings stand under another
    name, which a new a2c.yaml would leave unread."""
    recipe = folder / "recipe.yaml"
    if os.path.lexists(recipe):
        raise UsageError(f"{recipe} exists already")
    if unread := list(not_read(folder, SETTINGS_FILE)):
        raise InvalidError(f"{counted(len(unread), 'problem')} in the settings", diagnostics=unread)
    folder.mkdir(parents=True, exist_ok=True)
    recipe.write_text(RECIPE, encoding="utf-8")
    settings = folder / SETTINGS_FILE
    if not settings.exists():
        settings.write_text("# The root of the project; settings go here.\n", encoding="utf-8")
    page = folder / "hello.txt"
    if not os.path.lexists(page):
        page.write_text("Hello.\n", encoding="utf-8")
    _ignore(folder / ".gitignore")
    said = f"wrote {recipe}; now: a2c-spec apply {recipe} --local"
    emit(flags, lambda: {"written": str(recipe)}, lambda: said)
    return 0


def _ignore(file: Path) -> None:
    lines = content(file, MAX_BYTES).decode().splitlines() if file.exists() else []
    missing = [line for line in (".a2c/",) if line not in lines]
    if missing:
        file.write_text("\n".join([*lines, *missing]) + "\n", encoding="utf-8")
