"""Renders SVG with typst, which has its own fonts and runs no scripts."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Literal

import typst
from PIL import Image

from a2c_spec.local_api.convert.contract import Source
from a2c_spec.local_api.convert.products import unreadable

PAGE = '#set page(width: auto, height: auto, margin: 0pt, fill: none)\n#image("drawing.svg")\n'


def render(source: Source, dpi: float) -> Image.Image:
    """The drawing as an image with transparency."""
    image = Image.open(io.BytesIO(compile_drawing(source, "png", dpi)))
    image.load()
    return image


def compile_drawing(source: Source, target: Literal["png", "pdf"], dpi: float = 96) -> bytes:
    """The bytes of the drawing as ``png`` or ``pdf``."""
    folder = Path.cwd() / f"drawing-{abs(hash(source.id))}"
    folder.mkdir(exist_ok=True)
    (folder / "drawing.svg").write_bytes(source.path.read_bytes())
    (folder / "page.typ").write_text(PAGE, encoding="utf-8")
    try:
        compiled = typst.compile(str(folder / "page.typ"), root=str(folder), format=target, ppi=dpi)
    except (RuntimeError, typst.TypstError) as error:
        raise unreadable(source, f"not a readable SVG ({_first_line(error)}).") from error
    if not isinstance(compiled, bytes):
        raise unreadable(source, "the drawing has no page.")
    return compiled


def _first_line(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error))[:200]
