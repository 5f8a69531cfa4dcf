"""Converts office documents with LibreOffice, where it is installed, with a new profile for each conversion."""

from __future__ import annotations

import shutil
from pathlib import Path

from a2c_spec.local_api.convert.contract import Source
from a2c_spec.local_api.convert.kinds import Kind
from a2c_spec.local_api.convert.products import unreadable
from a2c_spec.local_api.convert.run_program import run


def convert(source: Source, kind: Kind, target: str, folder: Path) -> Path:
    """Convert the document to ``target``; returns the new file, which is in ``folder``."""
    file = folder / f"input.{kind.name}"
    shutil.copyfile(source.path, file)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    reading = ["--infilter=writer_pdf_import"] if kind.family == "pdf" else []
    arguments = [
        profile,
        "--headless",
        "--norestore",
        *reading,
        "--convert-to",
        target,
        "--outdir",
        "output",
        file.name,
    ]
    run("soffice", arguments, folder, source)
    converted = folder / "output" / f"input.{target}"
    if not converted.is_file():
        raise unreadable(source, f"LibreOffice could not convert it to {target}.")
    return converted
