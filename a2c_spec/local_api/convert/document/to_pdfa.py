"""The operation convert-pdfa: documents become PDF/A-2b with typst, which guarantees the standard.

An existing PDF may lack fonts or colour profiles that PDF/A requires. No library here can add them, so a PDF is
refused.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request
from a2c_spec.local_api.convert.document import pandoc
from a2c_spec.local_api.convert.document.typesetting import typeset
from a2c_spec.local_api.convert.products import folder, kind_of, place, product, stem, unreadable, unsupported


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One PDF/A per document."""
    for source in request.sources:
        kind = kind_of(source)
        if kind.family == "pdf":
            raise unreadable(source, "an existing PDF cannot be made PDF/A here; give the document it was made from.")
        if kind.name not in pandoc.READERS:
            raise unsupported(source, "PDF/A")
        pdf, warnings = typeset(source, kind, folder(request), "a-2b")
        yield from warnings
        path = place(request, "pdf")
        shutil.move(pdf, path)
        yield product(path, stem(source), "pdf", [source])
