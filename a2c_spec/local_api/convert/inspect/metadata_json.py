"""Writes the metadata of a file as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.inspect import facts
from a2c_spec.local_api.convert.products import kind_of, place, product, stem, unreadable

BASIC = (
    "file_name", "file_size", "file_type", "mime_type", "image_width", "image_height", "page_count", "duration",
    "title", "author", "artist", "album", "subject", "keywords", "creator", "producer", "create_date", "modify_date",
    "copyright", "description", "x_resolution", "y_resolution", "pdf_version", "encrypted",
)  # fmt: skip
FAMILIES = {
    "document": ("pdf", "markup", "office"),
    "image": ("image", "vector"),
    "video": ("video",),
    "audio": ("audio",),
}


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """One JSON file per input."""
    for source in request.sources:
        _check_type(source, request.options.get("type"))
        found = facts.all_facts(source)
        if request.options.get("output_mode") != "expert":
            found = {name: value for name, value in found.items() if name in BASIC}
        format_key = KEY_FORMATS[request.options.get("keys_format") or "snake_lowercase"]
        path = place(request, "json")
        written = {format_key(name): value for name, value in found.items()}
        path.write_text(json.dumps(written, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
        yield product(path, stem(source), "json", [source])


def _check_type(source: Source, expected: str | None) -> None:
    family = kind_of(source).family
    if expected and family not in FAMILIES[expected]:
        raise unreadable(source, f"not of type {expected}.")


def _words(name: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9]+", name)


KEY_FORMATS: dict[str, Callable[[str], str]] = {
    "original": lambda name: "".join(word[:1].upper() + word[1:] for word in _words(name)),
    "capital_first": lambda name: " ".join(word.capitalize() for word in _words(name)),
    "snake_lowercase": lambda name: "_".join(_words(name)).lower(),
    "snake_uppercase": lambda name: "_".join(_words(name)).upper(),
    "lowercase_nospaces": lambda name: "".join(_words(name)).lower(),
    "lowercase_with_spaces": lambda name: " ".join(_words(name)).lower(),
    "uppercase_nospaces": lambda name: "".join(_words(name)).upper(),
    "uppercase_with_spaces": lambda name: " ".join(_words(name)).upper(),
}
