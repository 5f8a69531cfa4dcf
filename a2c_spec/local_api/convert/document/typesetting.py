"""Makes PDFs of documents: pandoc reads them, and typst lays them out with its own fonts."""

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
    """Make a PDF of the document in ``folder``; returns its path and the warnings."""
    warnings = pandoc.convert(source, kind, "typ", folder, PAPER)
    pdf = folder / "output.pdf"
    try:
        pdf.write_bytes(_compile(folder / "output.typ", folder, standard))
    except typst.TypstError as error:
        raise unreadable(source, f"cannot be laid out ({' '.join(str(error).split())[:300]}).") from error
    return pdf, warnings


def _compile(page: Path, root: Path, standard: Literal["a-2b"] | None) -> bytes:
    return typst.compile(str(page), root=str(root), format="pdf", pdf_standards=standard)
