"""Sets documents as PDF: pandoc reads them, typst lays them out with the fonts it brings along."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import typst

from a2c_spec.local_api.convert.contract import ConversionWarning, Source
from a2c_spec.local_api.convert.document import pandoc
from a2c_spec.local_api.convert.kinds import Kind
from a2c_spec.local_api.convert.products import unreadable

PAPER = ["-V", "papersize=a4"]


def typeset(
    source: Source, kind: Kind, folder: Path, standard: Literal["a-2b"] | None = None
) -> tuple[Path, list[ConversionWarning]]:
    """The document as a PDF in ``folder``, and what was left out."""
    warnings = pandoc.convert(source, kind, "typ", folder, PAPER)
    made = folder / "made.pdf"
    try:
        made.write_bytes(_compile(folder / "made.typ", folder, standard))
    except typst.TypstError as error:
        raise unreadable(source, f"cannot be laid out ({' '.join(str(error).split())[:300]}).") from error
    return made, warnings


def _compile(page: Path, root: Path, standard: Literal["a-2b"] | None) -> bytes:
    return typst.compile(str(page), root=str(root), format="pdf", pdf_standards=standard)
