"""Opens, joins and saves PDFs with pikepdf."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import pikepdf

from a2c_spec.local_api.convert.contract import Source
from a2c_spec.local_api.convert.pdf import pdf_tags
from a2c_spec.local_api.convert.pdf.pdf_pages import wrong_password
from a2c_spec.local_api.convert.products import unreadable

MAX_PAGES = 20_000


def open_pdf(path: Path, source: Source) -> pikepdf.Pdf:
    """The PDF at ``path``, opened with the password of its input."""
    try:
        pdf = pikepdf.open(path, password=source.password or "")
    except pikepdf.PasswordError as error:
        raise wrong_password(source) from error
    except (pikepdf.PdfError, RuntimeError, ValueError) as error:
        raise unreadable(source, f"not a readable PDF ({error}).") from error
    if not 0 < len(pdf.pages) <= MAX_PAGES:
        raise unreadable(source, f"a PDF with {len(pdf.pages)} pages.")
    return pdf


def joined(pdfs: Iterable[pikepdf.Pdf]) -> pikepdf.Pdf:
    """A new PDF with the pages of all, in order."""
    whole = pikepdf.Pdf.new()
    for pdf in pdfs:
        whole.pages.extend(pdf.pages)
    return whole


def save(
    pdf: pikepdf.Pdf, path: Path, metadata: Mapping[str, Any], encryption: pikepdf.Encryption | Literal[False] = False
) -> int:
    """Write the PDF with ``metadata`` applied, without encryption by default; returns the number of its pages."""
    pdf_tags.change(pdf, metadata)
    pdf.remove_unreferenced_resources()
    modes = pikepdf.ObjectStreamMode
    pdf.save(path, object_stream_mode=modes.generate, compress_streams=True, encryption=encryption)
    return len(pdf.pages)


def protection(options: Mapping[str, Any]) -> pikepdf.Encryption | Literal[False]:
    """The encryption for the options ``user_password`` and ``owner_password``; False without them."""
    user, owner = options.get("user_password") or "", options.get("owner_password") or ""
    return pikepdf.Encryption(user=user, owner=owner or user) if user or owner else False
