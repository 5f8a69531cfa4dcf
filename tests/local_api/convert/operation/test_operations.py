"""Operations on images, PDFs and archives."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from a2c_spec.local_api.convert.contract import ConversionError
from tests.local_api.convert.fixture_types import Make, PdfMaker


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"width": 800, "height": 600, "resize_by": "px", "resize_handling": "keep_aspect_ratio_crop"}, (800, 600)),
        ({"width": 50, "resize_by": "perc"}, (40, 20)),
        ({"width": 2, "resize_by": "inches", "dpi": 100}, (200, 100)),
        ({"height": 25.4, "resize_by": "mm", "dpi": 60}, (120, 60)),
        ({"width": 32, "aspect_ratio": "16:9"}, (32, 18)),
    ],
)
def test_images_are_resized_in_any_unit(
    make: Make, jpg: Path, options: dict[str, object], size: tuple[int, int]
) -> None:
    (product,) = make("operation/resize-image", jpg, metadata={}, **options).products
    with Image.open(product.path) as image:
        assert (image.format, image.size) == ("JPEG", size)


def test_a_resized_image_may_change_its_format(make: Make, jpg: Path) -> None:
    (product,) = make("operation/resize-image", jpg, width=10, resize_target="webp").products
    assert product.filename == "photo.webp"
    with Image.open(product.path) as image:
        assert image.format == "WEBP"


@pytest.fixture
def drawn(tmp_path: Path) -> tuple[Path, Path]:
    """Two pictures that differ in one square."""
    image = Image.linear_gradient("L").resize((160, 160)).convert("RGB")
    image.save(tmp_path / "before.png")
    ImageDraw.Draw(image).rectangle((40, 40, 79, 79), fill="blue")
    image.save(tmp_path / "after.png")
    return tmp_path / "before.png", tmp_path / "after.png"


def test_differences_are_found_scored_and_marked(make: Make, drawn: tuple[Path, Path]) -> None:
    (same,) = make("operation/compare-image", drawn[0], drawn[0], method="ssim").products
    assert (same.metadata["ssim"], same.metadata["different"]) == (1.0, 0.0)
    (product,) = make("operation/compare-image", *drawn, method="ssim", threshold=5, diff_color="lime").products
    assert 0.8 < product.metadata["ssim"] < 0.99
    assert product.metadata["different"] == pytest.approx(1600 / 160**2)
    with Image.open(product.path) as image:
        assert image.getpixel((60, 60)) == (0, 255, 0)
        assert image.getpixel((10, 10)) != (0, 255, 0)


def test_pictures_of_different_sizes_are_compared_with_a_warning(make: Make, jpg: Path, png: Path) -> None:
    result = make("operation/compare-image", jpg, png)
    assert "size" in result.warnings[0].message


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_compressing_makes_images_smaller(make: Make, tmp_path: Path, kind: str) -> None:
    Image.effect_noise((200, 200), 60).convert("RGB").save(tmp_path / f"noise.{kind}", quality=95)
    before = (tmp_path / f"noise.{kind}").stat().st_size
    (product,) = make("operation/compress", tmp_path / f"noise.{kind}", compression_level="high").products
    assert product.path.stat().st_size < 0.7 * before
    assert product.filename == f"noise.{kind}"


def test_compressing_never_makes_anything_larger(make: Make, pdf_of: PdfMaker) -> None:
    book = pdf_of("book.pdf", "one")
    (small,) = make("operation/compress", book).products
    result = make("operation/compress", small.path)
    assert result.products[0].path.stat().st_size <= small.path.stat().st_size


@pytest.mark.parametrize("target", ["zip", "tgz", "tar.xz", "tar.bz2"])
def test_what_was_packed_is_unpacked(make: Make, png: Path, jpg: Path, target: str) -> None:
    (packed,) = make(f"archive/{target}", png, jpg).products
    products = make("operation/extract-archive", packed.path).products
    assert [product.filename for product in products] == ["cover.png", "photo.jpg"]
    assert [product.path.read_bytes() for product in products] == [png.read_bytes(), jpg.read_bytes()]


def test_a_member_cannot_leave_the_folder(make: Make, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as archive:
        archive.writestr("../../../outside.txt", "x")
        archive.writestr("/etc/cron.d/evil", "x")
        archive.writestr("a\\..\\win.ini", "x")
    products = make("operation/extract-archive", tmp_path / "slip.zip").products
    assert [product.filename for product in products] == ["outside.txt", "evil", "win.ini"]
    assert all(tmp_path / "job" in product.path.parents for product in products)


def test_a_bomb_is_refused(make: Make, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("zeros", bytes(60_000_000))
    with pytest.raises(ConversionError, match="bomb"):
        make("operation/extract-archive", tmp_path / "bomb.zip")


def test_pictures_are_taken_out_of_a_pdf(make: Make, jpg: Path, png: Path) -> None:
    (book,) = make("document/pdf", jpg, png, merge=True).products
    products = make("operation/extract-assets", book.path).products
    assert products[0].path.read_bytes() == jpg.read_bytes()
    with Image.open(products[1].path) as image:
        assert image.size == (60, 40)


def test_pictures_are_taken_out_of_a_package(make: Make, tmp_path: Path, png: Path) -> None:
    with zipfile.ZipFile(tmp_path / "letter.docx", "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
        archive.write(png, "word/media/image1.png")
    (product,) = make("operation/extract-assets", tmp_path / "letter.docx").products
    assert (product.filename, product.path.read_bytes()) == ("image1.png", png.read_bytes())


def test_a_document_without_pictures_is_refused(make: Make, pdf_of: PdfMaker) -> None:
    with pytest.raises(ConversionError, match="no pictures"):
        make("operation/extract-assets", pdf_of("plain.pdf", "one"))
