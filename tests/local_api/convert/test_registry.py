"""The registry, the converters and the options agree; the catalog has only what this machine can convert."""

from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api import convert
from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.contract import ConversionError, Request, Source
from a2c_spec.local_api.convert.option_check import violation
from a2c_spec.local_api.convert.options import UNIVERSAL
from a2c_spec.local_api.convert.registry import REGISTRY, RegistryEntry, available
from tests.local_api.convert.fixture_types import Make, checked_options

# The inputs of each converter, by the names below; every converter must be here.
CASES: dict[str, tuple[str, ...]] = {
    "image.image_files:convert": ("png",),
    "media.gifs:convert": ("png",),
    "document.to_pdf:convert": ("png",),
    "document.to_document:convert": ("md",),
    "operation.thumbnails:convert": ("png",),
    "operation.compress:convert": ("png",),
    "image.resize_image:convert": ("png",),
    "image.compare_image:convert": ("png", "jpg"),
    "archive.extract:archive": ("zip",),
    "archive.extract:assets": ("pdf",),
    "document.to_pdfa:convert": ("md",),
    "media.cutting:cut": ("video",),
    "media.cutting:merge": ("video", "wav"),
    "media.streams:extract": ("video",),
    "media.sounds:convert": ("wav",),
    "media.videos:convert": ("png",),
    "archive.pack:pack": ("png",),
    "inspect.hashes:convert": ("png",),
    "inspect.metadata_json:convert": ("png",),
    "inspect.metadata_write:convert": ("png",),
}


def name_of(entry: RegistryEntry) -> str:
    return f"{entry.category}/{entry.target}"


@pytest.fixture
def given(tmp_path: Path, png: Path, jpg: Path, make: Make) -> Callable[[str], Path]:
    """Makes the small input that a case names; videos and sounds only where ffmpeg is installed."""

    def media(source: str, name: str) -> Path:
        ffmpeg = programs.find("ffmpeg") or "ffmpeg"
        subprocess.run([ffmpeg, "-loglevel", "error", "-f", "lavfi", "-i", source, tmp_path / name], check=True)
        return tmp_path / name

    def text() -> Path:
        (tmp_path / "text.md").write_text("# Hello")
        return tmp_path / "text.md"

    makers: dict[str, Callable[[], Path]] = {
        "png": lambda: png,
        "jpg": lambda: jpg,
        "md": text,
        "zip": lambda: make("archive/zip", png).products[0].path,
        "pdf": lambda: make("document/pdf", png).products[0].path,
        "video": lambda: media("testsrc=size=64x48:duration=1", "video.mp4"),
        "wav": lambda: media("sine=duration=1", "tone.wav"),
    }
    return lambda name: makers[name]()


@pytest.mark.parametrize("entry", REGISTRY, ids=name_of)
def test_every_row_has_a_documented_converter_and_a_case(entry: RegistryEntry) -> None:
    module, _, name = entry.converter.partition(":")
    assert entry.converter in CASES
    if entry in available():
        function = getattr(importlib.import_module(f"a2c_spec.local_api.convert.{module}"), name)
        assert inspect.isgeneratorfunction(function)
        assert function.__doc__


@pytest.mark.parametrize("entry", available(), ids=name_of)
def test_every_entry_really_converts(entry: RegistryEntry, make: Make, given: Callable[[str], Path]) -> None:
    result = make(name_of(entry), *(given(name) for name in CASES[entry.converter]))
    assert all(product.path.stat().st_size > 0 for product in result.products)
    assert all("." in product.filename and "/" not in product.filename for product in result.products)
    assert all(product.content_type for product in result.products)


def test_ids_are_short_numbers_and_stay() -> None:
    ids = [entry.id for entry in REGISTRY]
    assert len(set(ids)) == len(ids)
    assert all(number.isdigit() and len(number) <= 3 for number in ids)
    (found,) = (entry for entry in convert.catalog() if entry.target == "png")
    assert (found.id, found.category) == ("59", "image")


@pytest.mark.parametrize("entry", REGISTRY, ids=name_of)
def test_every_option_is_described_and_its_default_valid(entry: RegistryEntry) -> None:
    for descriptor in (entry.options | UNIVERSAL).values():
        assert descriptor["description"]
        assert descriptor["type"] in ("string", "integer", "number", "boolean", "array", "object")
        if "default" in descriptor:
            assert violation(descriptor["default"], descriptor) is None
    assert json.loads(json.dumps(entry.options)) == entry.options


def test_the_catalog_imports_no_converter() -> None:
    code = (
        "import sys; from a2c_spec.local_api import convert; assert convert.catalog(); "
        "print([m for m in ('PIL', 'pikepdf', 'pypdfium2', 'typst', 'tinytag') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_missing_on_this_machine_is_not_offered() -> None:
    code = (
        "import sys; sys.modules['PIL'] = sys.modules['py7zr'] = None\n"
        "from a2c_spec.local_api import convert\n"
        "from a2c_spec.local_api.convert.contract import *\n"
        "print(*sorted({entry.category for entry in convert.catalog()} - {'operation'}))\n"
        "try: convert.convert(Request('png', 'image', (), Path('.')))\n"
        "except ConversionError as refusal: print(refusal.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "archive hash metadata",
        "Converting to image/png needs PIL, which this machine does not have.",
    ]


def test_options_are_echoed_sent_first_then_defaults() -> None:
    full, errors = checked_options("image/jpg", {"width": 100, "dpi": None})
    assert errors == {}
    assert list(full)[:2] == ["width", "dpi"]
    assert (full["width"], full["dpi"], full["color"], full["allow_multiple_outputs"], full["preset"]) == (
        100,
        None,
        "colored",
        False,
        None,
    )


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"widht": 3}, "did you mean 'width'"),
        ({"width": "3"}, "a whole number"),
        ({"width": True}, "a whole number"),
        ({"width": 0}, "between 1 and 65000"),
        ({"quality": 101}, "between 1 and 100"),
        ({"color": "pink"}, "one of: colored"),
        ({"pages": "1;2"}, "must match"),
        ({"pages": "1\n"}, "must match"),
    ],
)
def test_wrong_options_are_named_with_the_reason(options: dict[str, Any], problem: str) -> None:
    _, errors = checked_options("image/jpg", options)
    assert list(errors) == list(options)
    assert problem in errors[next(iter(options))]


@pytest.mark.parametrize("points", [[{"start": "1"}], ["x"], [{"from": "00:00:01.000"}]])
def test_structured_options_are_checked_inside(points: list[Any]) -> None:
    if not programs.has("ffmpeg"):
        pytest.skip("the extra `local-media` is not installed")
    assert "cut_points" in checked_options("operation/cut-video", {"cut_points": points})[1]


def test_what_is_not_offered_says_what_is_missing(tmp_path: Path) -> None:
    source = Source("a", Path(__file__), "a.py")
    with pytest.raises(ConversionError, match="not something the local API can do"):
        convert.convert(Request("mobi", "ebook", (source,), tmp_path))
    if not programs.has("py7zr"):
        with pytest.raises(ConversionError, match="needs py7zr"):
            convert.convert(Request("7z", "archive", (source,), tmp_path))
