"""Opens images, and pages of PDFs and drawings, as pictures; files that decode to too many pixels are refused."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.contract import Source
from a2c_spec.local_api.convert.image import png_repair
from a2c_spec.local_api.convert.input_warnings import warn
from a2c_spec.local_api.convert.pdf import pdf_pages
from a2c_spec.local_api.convert.products import kind_of, reading, unreadable, unsupported

MAX_PIXELS = 150_000_000
MAX_FRAMES = 2000
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
Image.init()  # loads all formats in the host process, so that its child processes need not
warnings.simplefilter("error", Image.DecompressionBombWarning)
IMAGE_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "ICO", "AVIF", "TGA", "JPEG2000", "PSD", "PPM")
ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")


@dataclass(frozen=True, slots=True)
class Picture:
    """The frames of one picture. An animation has several frames and the milliseconds of each."""

    frames: tuple[Image.Image, ...]
    durations: tuple[int, ...] = ()
    loop: int | None = None
    exif: bytes = b""
    profile: bytes | None = None
    dpi: tuple[float, float] | None = None

    @property
    def first(self) -> Image.Image:
        """The first frame."""
        return self.frames[0]


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of an input: how many there are, and an iterator that holds one at a time in memory."""

    total: int
    each: Iterator[Picture]

    def first(self) -> Picture:
        """The first picture."""
        return next(self.each)


def pictures(source: Source, options: Mapping[str, Any], target: str) -> Pictures:
    """The pictures of an input: one per page; an animation is one picture."""
    kind = kind_of(source)
    if kind.family == "pdf":
        return _pages(source, options)
    if kind.family == "image":
        return _images(source, options)
    if kind.family == "vector" and programs.has("typst"):
        from a2c_spec.local_api.convert.image import svg_drawings

        return Pictures(1, iter([Picture((svg_drawings.render(source, options.get("dpi") or 96),))]))
    raise unsupported(source, target)


def _pages(source: Source, options: Mapping[str, Any]) -> Pictures:
    dpi = options.get("dpi") or 150
    indexes = pdf_pages.page_indexes(options.get("pages"), pdf_pages.count(source), source)
    return Pictures(
        len(indexes), (Picture((image,), dpi=(dpi, dpi)) for image in pdf_pages.render(source, dpi, indexes))
    )


def _images(source: Source, options: Mapping[str, Any]) -> Pictures:
    with reading(source, "image"), open_image(source) as image:
        several = getattr(image, "is_animated", False) and image.format not in ANIMATED
        total = getattr(image, "n_frames", 1) if several else 1
    indexes = pdf_pages.page_indexes(options.get("pages") if several else None, total, source)
    return Pictures(len(indexes), _decoded(source, indexes if several else None))


def _decoded(source: Source, indexes: Sequence[int] | None) -> Iterator[Picture]:
    with reading(source, "image"), open_image(source) as image:
        if indexes is not None:
            yield from (_frame(image, index) for index in indexes)
        else:
            yield _animation(image) if getattr(image, "is_animated", False) else _still(loaded(source, image))


def open_image(source: Source) -> Image.Image:
    """The image, not decoded yet; a damaged header or too many pixels are refused."""
    with reading(source, "image"):
        try:
            if kind_of(source).name == "heic":
                _register_heif(source)
                return Image.open(source.path)
            return Image.open(source.path, formats=IMAGE_FORMATS)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise unreadable(source, f"the image has more than {MAX_PIXELS:,} pixels.") from error
        except UnidentifiedImageError as error:
            image = _repaired(source)
            if image is None:
                raise unreadable(source, "not a readable image.") from error
            return image


def loaded(source: Source, image: Image.Image) -> Image.Image:
    """The decoded image; a damaged PNG is repaired where all its pixels are there."""
    try:
        image.load()
    except (OSError, SyntaxError):
        again = _repaired(source)
        if again is None:
            raise
        return again
    return image


def _repaired(source: Source) -> Image.Image | None:
    data = png_repair.repaired(source.path.read_bytes(), MAX_PIXELS) if kind_of(source).name == "png" else None
    if data is None:
        return None
    image = Image.open(io.BytesIO(data), formats=("PNG",))
    image.load()
    warn(source, "the PNG is damaged (a wrong checksum or length); its pixels were read nevertheless.")
    return image


def _register_heif(source: Source) -> None:
    if not programs.has("pillow_heif"):
        raise unreadable(source, "reading HEIC needs pillow-heif, which this machine does not have.")
    import pillow_heif  # type: ignore[import-not-found,import-untyped,unused-ignore]  # optional

    pillow_heif.register_heif_opener()


def _still(image: Image.Image) -> Picture:
    info = image.info
    exif = image.getexif()
    upright = ImageOps.exif_transpose(image)
    exif.pop(0x0112, None)  # the orientation has just been applied
    return Picture((upright,), exif=exif.tobytes() if exif else b"", profile=info.get("icc_profile"), dpi=_dpi(info))


def _animation(image: Image.Image) -> Picture:
    count = getattr(image, "n_frames", 1)
    if count > MAX_FRAMES or count * image.width * image.height > 4 * MAX_PIXELS:
        raise ValueError("the animation is too large")
    frames, durations = [], []
    for frame in ImageSequence.Iterator(image):
        frames.append(frame.convert("RGBA" if "transparency" in frame.info or "A" in frame.mode else "RGB"))
        durations.append(int(frame.info.get("duration") or 100))
    return Picture(tuple(frames), tuple(durations), image.info.get("loop"))


def _frame(image: Image.Image, index: int) -> Picture:
    image.seek(index)
    return Picture((image.copy(),), dpi=_dpi(image.info))


def _dpi(info: Mapping[Any, Any]) -> tuple[float, float] | None:
    """The resolution that a file states; None when it states none, or an impossible one."""
    try:
        x, y = (float(value) for value in info["dpi"])
    except (KeyError, TypeError, ValueError):
        return None
    return (x, y) if 1 < x < 10000 and 1 < y < 10000 else None
