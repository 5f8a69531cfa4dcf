"""Damaged PNG files are read with a warning when their pixels are all there."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from PIL import Image

from a2c_spec.local_api.convert.contract import ConversionError
from tests.local_api.convert.fixture_types import Make


def test_a_png_whose_checksums_are_wrong_is_read_with_a_warning(make: Make, png: Path) -> None:
    data = bytearray(png.read_bytes())
    end = data.rindex(b"IEND") - 4
    data[end - 8 : end] = b"\0" * 8  # the checksum of the pixels, and that of their chunk
    start = data.index(b"IHDR")
    data[start + 17 : start + 21] = b"\0" * 4
    png.write_bytes(data)
    result = make("image/png", png)
    (warning,) = result.warnings
    assert (warning.source, warning.id_source) == ("input", "id-0")
    assert "damaged" in warning.message
    with Image.open(result.products[0].path) as image:
        assert (image.size, image.getpixel((0, 0))) == ((60, 40), (255, 0, 0, 255))


def test_a_png_whose_chunks_are_out_of_place_is_read(make: Make, png: Path) -> None:
    data = png.read_bytes()
    start = data.index(b"IDAT") - 4
    (length,) = struct.unpack(">I", data[start : start + 4])
    for wrong in (length - 1, length + 5, 2**31):
        png.write_bytes(data[:start] + struct.pack(">I", wrong) + data[start + 4 :])
        with Image.open(make("image/png", png).products[0].path) as image:
            assert (image.size, image.getpixel((0, 0))) == ((60, 40), (255, 0, 0, 255))


def test_a_png_with_missing_pixels_is_refused(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "half.png"
    Image.effect_noise((64, 64), 50).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + data[data.rindex(b"IEND") - 4 :])
    with pytest.raises(ConversionError):
        make("image/png", path)
