"""Fixtures that make small files and convert them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL", reason="the extra `local` is not installed")
pytest.importorskip("pikepdf", reason="the extra `local` is not installed")

import pikepdf
from PIL import Image

from a2c_spec.local_api import convert
from a2c_spec.local_api.convert.contract import Request, Result, Source
from tests.local_api.convert.fixture_types import Make, PdfMaker, checked_options


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def converted(kind: str, *files: Path, metadata: Mapping[str, Any] | None = None, **options: Any) -> Result:
        category, target = kind.split("/")
        workdir = tmp_path / "job"
        workdir.mkdir(exist_ok=True)
        full, errors = checked_options(kind, options)
        assert errors == {}
        sources = tuple(Source(f"id-{index}", path, path.name) for index, path in enumerate(files))
        return convert.convert(Request(target, category, sources, workdir, full, metadata or {}))

    return converted


@pytest.fixture
def png(tmp_path: Path) -> Path:
    """60 x 40, left half opaque red, right half clear blue."""
    image = Image.new("RGBA", (60, 40), (255, 0, 0, 255))
    image.paste((0, 0, 255, 0), (30, 0, 60, 40))
    image.save(tmp_path / "cover.png")
    return tmp_path / "cover.png"


@pytest.fixture
def jpg(tmp_path: Path) -> Path:
    """80 x 40 and blue, 72 dpi."""
    Image.new("RGB", (80, 40), "blue").save(tmp_path / "photo.jpg", dpi=(72, 72), quality=95)
    return tmp_path / "photo.jpg"


@pytest.fixture
def pdf_of(tmp_path: Path) -> PdfMaker:
    """Makes a PDF with these texts on its pages; ``password`` protects it."""

    def made(name: str, *texts: str, password: str | None = None, size: tuple[int, int] = (300, 200)) -> Path:
        pdf = pikepdf.new()
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        for text in texts:
            page = pdf.add_blank_page(page_size=size)
            page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
            page.Contents = pdf.make_stream(f"BT /F1 24 Tf 20 100 Td ({text}) Tj ET".encode())
        encryption = pikepdf.Encryption(owner="owner", user=password) if password else False
        pdf.save(tmp_path / name, encryption=encryption)
        return tmp_path / name

    return made
