"""Converts images, documents and PDFs to PDF, each separately or all merged in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pikepdf

from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.contract import ConversionError, ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.document import office, pandoc
from a2c_spec.local_api.convert.image.pictures import pictures
from a2c_spec.local_api.convert.kinds import Kind
from a2c_spec.local_api.convert.pdf import images_in_pdf, pdf_changes, pdf_files
from a2c_spec.local_api.convert.products import folder, kind_of, numbered, place, product, stem, unsupported


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One PDF per input; with ``merge`` one PDF of all inputs; with ``stamp`` the last input is put on the others."""
    if request.options.get("stamp"):
        yield from _stamped(request)
    elif request.options.get("merge"):
        parts = [_as_pdf(source, request) for source in request.sources]
        yield from (warning for _, warnings in parts for warning in warnings)
        yield from _products(request, pdf_files.joined(pdf for pdf, _ in parts), request.sources)
    else:
        for source in request.sources:
            pdf, warnings = _as_pdf(source, request)
            yield from warnings
            yield from _products(request, pdf, (source,))


def _as_pdf(source: Source, request: Request) -> tuple[pikepdf.Pdf, list[ConversionWarning]]:
    """The selected pages of the input as a PDF, and the warnings of the conversion."""
    kind = kind_of(source)
    if kind.family == "image":
        return _of_images(source, request), []
    path, warnings = _pdf_file(source, kind, request)
    pdf = pdf_files.open_pdf(path, source)
    return pdf_changes.select_pages(pdf, request.options.get("pages"), source), warnings


def _pdf_file(source: Source, kind: Kind, request: Request) -> tuple[Path, list[ConversionWarning]]:
    """The PDF file of the input, which is made for inputs of another type."""
    if kind.family == "pdf":
        return source.path, []
    if kind.family == "office" and programs.has("soffice"):
        return office.convert(source, kind, "pdf", folder(request)), []
    if kind.family == "vector" and programs.has("typst"):
        return _of_drawing(source, request), []
    if kind.name in pandoc.READERS and programs.has("pandoc") and programs.has("typst"):
        from a2c_spec.local_api.convert.document.typesetting import typeset

        return typeset(source, kind, folder(request))
    raise unsupported(source, "pdf")


def _of_drawing(source: Source, request: Request) -> Path:
    from a2c_spec.local_api.convert.image import svg_drawings

    path = place(request, "pdf")
    path.write_bytes(svg_drawings.compile_drawing(source, "pdf"))
    return path


def _of_images(source: Source, request: Request) -> pikepdf.Pdf:
    pdf = pikepdf.Pdf.new()
    original = images_in_pdf.unchanged_jpeg(source)
    for picture in pictures(source, request.options, "pdf").each:
        images_in_pdf.add_page(pdf, picture, request.options.get("dpi"), original)
    return pdf


def _stamped(request: Request) -> Iterator[Product | ConversionWarning]:
    *sources, last = request.sources
    if not sources:
        raise ConversionError("A stamp needs two inputs: the document, then the stamp.")
    stamp, _ = _as_pdf(last, request)
    for source in sources:
        pdf, warnings = _as_pdf(source, request)
        yield from warnings
        pdf_changes.stamp(pdf, stamp, request.options.get("alignment") or "center")
        yield from _products(request, pdf, (source, last))


def _products(request: Request, pdf: pikepdf.Pdf, sources: tuple[Source, ...]) -> Iterator[Product]:
    pdf_changes.rotate(pdf, request.options.get("rotate") or 0)
    if quality := images_in_pdf.QUALITIES.get(request.options.get("quality") or ""):
        images_in_pdf.shrink(pdf, quality)
    parts = pdf_changes.split(pdf) if request.options.get("split") else [pdf]
    for index, part in enumerate(parts):
        path = place(request, "pdf")
        pages = pdf_files.save(part, path, request.metadata, pdf_files.protection(request.options))
        name = stem(sources[0]) if len(parts) == 1 else numbered(sources[0], index, len(parts))
        yield product(path, name, "pdf", sources, pages=pages)
