"""Converts office documents with LibreOffice where it is installed; every job has a profile of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from a2c_spec.local_api.convert.contract import Source
from a2c_spec.local_api.convert.kinds import Kind
from a2c_spec.local_api.convert.products import unreadable
from a2c_spec.local_api.convert.run_program import run


def convert(source: Source, kind: Kind, target: str, folder: Path) -> Path:
    """The document as ``target`` in ``folder``."""
    given = folder / f"given.{kind.name}"
    shutil.copyfile(source.path, given)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    reading = ["--infilter=writer_pdf_import"] if kind.family == "pdf" else []
    arguments = [profile, "--headless", "--norestore", *reading, "--convert-to", target, "--outdir", "made", given.name]
    run("soffice", arguments, folder, source)
    made = folder / "made" / f"given.{target}"
    if not made.is_file():
        raise unreadable(source, f"LibreOffice could not convert it to {target}.")
    return made
