"""Makes PDFs: out of images, documents and PDFs, each on its own or all merged in order."""

from __future__ import annotations

from collections.abc import Iterator

import pikepdf

from a2c_spec.local_api.convert import pdf_changes, pdf_files, pdf_images
from a2c_spec.local_api.convert.contract import Caveat, ConversionError, Product, Request, Source
from a2c_spec.local_api.convert.kinds import identify
from a2c_spec.local_api.convert.making import numbered, place, product, stem, unsupported
from a2c_spec.local_api.convert.pictures import pictures


def convert(request: Request) -> Iterator[Product | Caveat]:
    """One PDF per input, or one of all of them with ``merge``; ``stamp`` puts the last input on the others."""
    if request.options.get("stamp"):
        yield from _stamped(request)
    elif request.options.get("merge"):
        whole = pdf_files.joined(as_pdf(source, request) for source in request.sources)
        yield from _finished(request, whole, request.sources)
    else:
        for source in request.sources:
            yield from _finished(request, as_pdf(source, request), (source,))


def as_pdf(source: Source, request: Request) -> pikepdf.Pdf:
    """The input as a PDF, whatever it is, with only the chosen pages."""
    family = identify(source.path, source.filename).family
    if family == "image":
        return _of_images(source, request)
    if family != "pdf":
        raise unsupported(source, "pdf")
    return pdf_changes.only(pdf_files.open_pdf(source.path, source), request.options.get("pages"), source)


def _of_images(source: Source, request: Request) -> pikepdf.Pdf:
    pdf = pikepdf.Pdf.new()
    original = pdf_images.unchanged_jpeg(source)
    for picture in pictures(source, request.options, "pdf"):
        pdf_images.add_page(pdf, picture, request.options.get("dpi"), original)
    return pdf


def _stamped(request: Request) -> Iterator[Product | Caveat]:
    *sources, last = request.sources
    if not sources:
        raise ConversionError("A stamp needs two inputs: the document, then the stamp.")
    stamp = as_pdf(last, request)
    for source in sources:
        pdf = as_pdf(source, request)
        pdf_changes.stamp(pdf, stamp, request.options.get("alignment") or "center")
        yield from _finished(request, pdf, (source, last))


def _finished(request: Request, pdf: pikepdf.Pdf, sources: tuple[Source, ...]) -> Iterator[Product]:
    pdf_changes.rotate(pdf, request.options.get("rotate") or 0)
    if quality := pdf_images.QUALITIES.get(request.options.get("quality") or ""):
        pdf_images.shrink(pdf, quality)
    parts = pdf_changes.split(pdf) if request.options.get("split") else [pdf]
    for index, part in enumerate(parts):
        path = place(request, "pdf")
        pages = pdf_files.save(part, path, request.metadata)
        name = stem(sources[0]) if len(parts) == 1 else numbered(sources[0], index, len(parts))
        yield product(path, name, "pdf", sources, pages=pages)
