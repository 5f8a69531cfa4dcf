"""Images: formats, sizes, colours and tags of the outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from a2c_spec.local_api.convert.contract import ConversionError
from a2c_spec.local_api.convert.image.deskew import angle
from tests.local_api.convert.fixture_types import Make, PdfMaker

OPENED_AS = {"jpg": "JPEG", "tiff": "TIFF"}


@pytest.mark.parametrize("target", ["png", "jpg", "webp", "gif", "tiff", "bmp", "avif", "ico", "tga"])
def test_every_target_shows_the_same_picture(make: Make, png: Path, target: str) -> None:
    (product,) = make(f"image/{target}", png).products
    assert product.filename == f"cover.{target}"
    with Image.open(product.path) as image:
        assert image.format == OPENED_AS.get(target, target.upper())
        assert image.size == (60, 40)
        red, green, blue = image.convert("RGB").getpixel((10, 20))  # type: ignore[misc]  # an RGB pixel has three
    assert red > 240
    assert green < 20
    assert blue < 20


def test_transparency_becomes_white_where_there_is_none(make: Make, png: Path) -> None:
    (product,) = make("image/jpg", png, quality=100).products
    with Image.open(product.path) as image:
        assert min(image.convert("RGB").getpixel((50, 20))) > 245  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"width": 30}, (30, 20)),
        ({"height": 10}, (15, 10)),
        ({"width": 50, "height": 50}, (50, 50)),
        ({"rotate": 90}, (40, 60)),
        ({"crop_left": 10, "crop_top": 5}, (50, 35)),
        ({"crop_origin_x": 10, "crop_origin_y": 30, "crop_width": 20, "crop_height": 20}, (20, 10)),
    ],
)
def test_sizes_follow_the_options(make: Make, png: Path, options: dict[str, Any], size: tuple[int, int]) -> None:
    (product,) = make("image/png", png, **options).products
    with Image.open(product.path) as image:
        assert image.size == size
    assert (product.metadata["image_width"], product.metadata["image_height"]) == size


@pytest.mark.parametrize(
    ("handling", "corner"),
    [
        ("keep_aspect_ratio_fill_black", (0, 0, 0, 255)),
        ("keep_aspect_ratio_fill_white", (255, 255, 255, 255)),
        ("keep_aspect_ratio_fill_transparent", (0, 0, 0, 0)),
        ("keep_aspect_ratio_fill_blurred", (0, 0, 254, 255)),
        ("keep_aspect_ratio_crop", (0, 0, 254, 255)),
        ("stretch", (0, 0, 254, 255)),
    ],
)
def test_the_border_of_a_picture_follows_the_option(
    make: Make, jpg: Path, handling: str, corner: tuple[int, int, int, int]
) -> None:
    (product,) = make("image/png", jpg, width=40, height=40, resize_handling=handling).products
    with Image.open(product.path) as image:
        assert image.size == (40, 40)
        assert image.convert("RGBA").getpixel((1, 1)) == corner


@pytest.mark.parametrize(
    ("color", "mode", "pixel"),
    [("gray", "L", 29), ("monochrome", "1", 0), ("negate", "RGB", (255, 255, 1)), ("colored", "RGB", (0, 0, 254))],
)
def test_colours_follow_the_option(make: Make, jpg: Path, color: str, mode: str, pixel: object) -> None:
    (product,) = make("image/png", jpg, color=color).products
    with Image.open(product.path) as image:
        assert image.mode == mode
        assert image.getpixel((0, 0)) == pixel


def test_the_colour_1900_makes_pictures_brown(make: Make, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), (128, 128, 128)).save(tmp_path / "grey.png")
    (product,) = make("image/png", tmp_path / "grey.png", color="1900").products
    with Image.open(product.path) as image:
        red, _, blue = image.getpixel((0, 0))  # type: ignore[misc]  # an RGB pixel has three
    assert red > blue


@pytest.mark.parametrize("tilt", [-4.0, 0.0, 7.0])
def test_a_tilted_page_is_straightened(make: Make, tmp_path: Path, tilt: float) -> None:
    page = Image.new("L", (400, 400), 255)
    for top in range(80, 320, 20):
        page.paste(0, (80, top, 320, top + 8))
    page.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=255).save(tmp_path / "scan.png")
    (product,) = make("image/png", tmp_path / "scan.png", deskew=True).products
    with Image.open(product.path) as image:
        assert abs(angle(image)) <= 0.3
        assert (image.getpixel((100, 84)), image.getpixel((300, 84))) == (0, 0)


@pytest.mark.parametrize("option", ["normalize", "equalize", "enhance", "sharpen", "despeckle"])
def test_every_tone_option_changes_the_picture(make: Make, tmp_path: Path, option: str) -> None:
    image = Image.linear_gradient("L").resize((64, 64)).point([64 + tone // 2 for tone in range(256)]).convert("RGB")
    image.paste((200, 60, 60), (20, 20, 30, 30))
    image.putpixel((50, 50), (0, 255, 0))
    image.save(tmp_path / "photo.png")
    chosen: dict[str, Any] = {option: True}
    (product,) = make("image/png", tmp_path / "photo.png", **chosen).products
    with Image.open(product.path) as after:
        assert ImageChops.difference(after.convert("RGB"), image).getbbox()


def test_lower_quality_makes_a_smaller_file(make: Make, tmp_path: Path) -> None:
    Image.effect_noise((120, 120), 90).save(tmp_path / "noise.png")
    low = make("image/jpg", tmp_path / "noise.png", quality=10).products[0].path.stat().st_size
    high = make("image/jpg", tmp_path / "noise.png", quality=95).products[0].path.stat().st_size
    assert low * 2 < high


def test_resolution_is_written(make: Make, png: Path) -> None:
    (product,) = make("image/jpg", png, dpi=300).products
    with Image.open(product.path) as image:
        assert image.info["dpi"] == (300, 300)


def test_a_photograph_is_turned_upright(make: Make, tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[0x0112] = 6
    Image.new("RGB", (20, 10)).save(tmp_path / "turned.jpg", exif=tags)
    (product,) = make("image/jpg", tmp_path / "turned.jpg").products
    with Image.open(product.path) as image:
        assert image.size == (10, 20)
        assert 0x0112 not in image.getexif()


@pytest.mark.parametrize("target", ["jpg", "png", "webp", "tiff", "avif"])
def test_metadata_is_set_and_cleared(make: Make, png: Path, target: str) -> None:
    (tagged,) = make(f"image/{target}", png, metadata={"title": "A cover", "author": "Ann"}).products
    with Image.open(tagged.path) as image:
        assert (image.getexif()[0x010E], image.getexif()[0x013B]) == ("A cover", "Ann")
    (edited,) = make(f"image/{target}", tagged.path, metadata={"author": ""}).products
    with Image.open(edited.path) as image:
        assert image.getexif()[0x010E] == "A cover"
        assert 0x013B not in image.getexif()
    (bare,) = make(f"image/{target}", tagged.path, metadata={"clear_all": True}).products
    with Image.open(bare.path) as image:
        assert 0x010E not in image.getexif()


def test_a_format_without_tags_warns(make: Make, png: Path) -> None:
    (warning,) = make("image/bmp", png, metadata={"title": "x"}).warnings
    assert "bmp" in warning.message


def test_an_animation_keeps_its_frames_and_times(make: Make, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (10, 10), color) for color in ("red", "lime", "blue")]
    frames[0].save(tmp_path / "dance.gif", save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=0)
    (product,) = make("image/webp", tmp_path / "dance.gif").products
    with Image.open(product.path) as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]  # only animations have it
    (still,) = make("image/jpg", tmp_path / "dance.gif").products
    with Image.open(still.path) as image:
        assert image.convert("RGB").getpixel((5, 5))[0] > 240  # type: ignore[index]


def test_pages_of_a_tiff_become_files(make: Make, tmp_path: Path) -> None:
    pages = [Image.new("RGB", (10, 10), color) for color in ("red", "lime")]
    pages[0].save(tmp_path / "scan.tiff", save_all=True, append_images=pages[1:])
    products = make("image/png", tmp_path / "scan.tiff").products
    assert [product.filename for product in products] == ["scan-1.png", "scan-2.png"]


def test_products_are_in_the_order_of_the_inputs(make: Make, png: Path, jpg: Path) -> None:
    products = make("image/webp", jpg, png).products
    assert [(product.filename, product.inputs) for product in products] == [
        ("photo.webp", ("id-0",)),
        ("cover.webp", ("id-1",)),
    ]


def test_pages_of_a_pdf_become_images(make: Make, pdf_of: PdfMaker) -> None:
    products = make("image/png", pdf_of("book.pdf", "one", "two", "three"), dpi=72, pages="1,3").products
    assert [product.filename for product in products] == ["book-1.png", "book-2.png"]
    with Image.open(products[0].path) as image:
        assert image.size == (300, 200)
        assert image.convert("L").getextrema()[0] < 50  # type: ignore[operator]  # there is ink


def test_pages_that_are_not_there_are_refused(make: Make, pdf_of: PdfMaker) -> None:
    with pytest.raises(ConversionError, match="2 pages") as refusal:
        make("image/png", pdf_of("book.pdf", "one", "two"), pages="7")
    assert (refusal.value.source, refusal.value.id_source) == ("input", "id-0")
