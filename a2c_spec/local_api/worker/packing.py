"""Several results of one conversion: one archive, unless the conversion asks for one output each."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert.contract import Product
from a2c_spec.local_api.storage.blobs import safe_name


def packed(products: Sequence[Product], options: Mapping[str, Any], workdir: Path) -> tuple[Product, ...]:
    """The results as they become outputs: named as asked for, and zipped when they are too many."""
    base = str(options.get("output_filename") or "")
    named = tuple(distinct(_renamed(product, base) for product in products))
    threshold = options.get("allow_multiple_outputs_threshold") or len(named)
    if len(named) <= 1 or (options.get("allow_multiple_outputs") and len(named) <= threshold):
        return named
    return (_archive(named, safe_name(base or Path(named[0].filename).stem), workdir),)


def _renamed(product: Product, base: str) -> Product:
    suffix = Path(product.filename).suffix
    return replace(product, filename=safe_name(f"{base}{suffix}" if base else product.filename))


def distinct(products: Iterable[Product]) -> Iterable[Product]:
    """The same products, those with a name that is taken numbered."""
    taken: set[str] = set()
    for product in products:
        path = Path(product.filename)
        name, number = product.filename, 1
        while name.lower() in taken:
            number += 1
            name = f"{path.stem}-{number}{path.suffix}"
        taken.add(name.lower())
        yield replace(product, filename=name)


def _archive(products: Sequence[Product], stem: str, workdir: Path) -> Product:
    path = workdir / ".packed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for product in products:
            archive.write(product.path, product.filename)
    inputs = tuple(dict.fromkeys(entry for product in products for entry in product.inputs))
    return Product(path, f"{stem}.zip", inputs, "application/zip")
