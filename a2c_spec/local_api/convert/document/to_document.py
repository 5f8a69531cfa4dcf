"""Converts documents to other document formats and to EPUB."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.document import office, page_text, pandoc
from a2c_spec.local_api.convert.products import folder, kind_of, place, product, stem, unsupported

HTML_TAGS = {"title": "pagetitle", "author": "author-meta", "description": "description-meta", "keywords": "keywords"}


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One document per input."""
    for source in request.sources:
        path = place(request, request.target)
        yield from _write(request, source, path)
        yield product(path, stem(source), request.target, [source])
        if request.metadata and request.target != "html":
            yield ConversionWarning(f"Metadata cannot be written to {request.target} files.", id_source=source.id)


def _write(request: Request, source: Source, path: Path) -> list[ConversionWarning]:
    kind, target = kind_of(source), request.target
    if target == "txt" and kind.family in ("pdf", "image"):
        path.write_text(page_text.text(source, kind, request.options), encoding="utf-8")
        return []
    if kind.name in pandoc.READERS:
        work = folder(request)
        warnings = pandoc.convert(source, kind, target, work, _arguments(request, source))
        shutil.move(work / f"output.{target}", path)
        return warnings
    if kind.family in ("office", "pdf") and programs.has("soffice") and target != "epub":
        shutil.move(office.convert(source, kind, target, folder(request)), path)
        return []
    raise unsupported(source, target)


def _arguments(request: Request, source: Source) -> list[str]:
    """pandoc's arguments for each format."""
    if request.target == "txt":
        return ["--wrap=none"]
    if request.target == "html":
        return ["--embed-resources", "--mathml", *_tags(request.metadata, stem(source))]
    return [f"--metadata=pagetitle:{stem(source)}"] if request.target == "epub" else []


def _tags(metadata: Mapping[str, Any], title: str) -> list[str]:
    tags = {"pagetitle": title}
    tags |= {HTML_TAGS[name.lower()]: str(value) for name, value in metadata.items() if name.lower() in HTML_TAGS}
    return [f"--metadata={name}:{value}" for name, value in tags.items()]
