"""The options of conversions, described once: GET /conversions shows them, and option_check checks against them."""

from __future__ import annotations

from typing import Any

Descriptor = dict[str, Any]
Options = dict[str, Descriptor]


def one_of(values: list[Any], description: str, default: Any = None) -> Descriptor:
    """An option that has one of these values."""
    kind = "integer" if isinstance(values[0], int) else "string"
    return _described({"type": kind, "enum": values}, description, default)


def number(kind: str, low: float, high: float, description: str) -> Descriptor:
    """A number option with a smallest and a largest value; ``kind`` is integer or number."""
    return _described({"type": kind, "minimum": low, "maximum": high}, description)


def flag(description: str) -> Descriptor:
    """A boolean option that is false unless set."""
    return _described({"type": "boolean"}, description, default=False)


def toggle(description: str) -> Descriptor:
    """A boolean option without a default: the API shows null until it is set."""
    return _described({"type": "boolean"}, description)


def text(pattern: str, description: str, **more: Any) -> Descriptor:
    """A string option that must match ``pattern``."""
    return {**_described({"type": "string", "pattern": pattern}, description), **more}


def _described(descriptor: Descriptor, description: str, default: Any = None) -> Descriptor:
    return {**descriptor, **({} if default is None else {"default": default}), "description": description}


UNIVERSAL: Options = {
    "allow_multiple_outputs": flag("One output per result; otherwise several results are packed into one zip"),
    "allow_multiple_outputs_threshold": number(
        "integer", 2, 400, "Pack the results again when there are more than this"
    ),
    "download_password": text(
        "^[ -~]{0,1000}$", "Passwords that open the download, separated by commas", example="secret_password"
    ),
    "output_filename": text(
        r"^[\w\W]{0,255}$", "Base name of the output, no extension", example="my_base_filename_without_extension"
    ),
    "preset": text(r"^[\w\W]{1,255}$", "Id of a preset whose options are used where none are given"),
}

HANDLINGS = [
    "stretch",
    "keep_aspect_ratio_fill_black",
    "keep_aspect_ratio_fill_white",
    "keep_aspect_ratio_fill_blurred",
    "keep_aspect_ratio_fill_transparent",
    "keep_aspect_ratio_crop",
]
DPI = number("integer", 10, 1200, "Resolution in dots per inch, also of rendered pages")
PAGES = text(
    r"^(all|first|last|\d{1,6}(-\d{1,6})?(,\d{1,6}(-\d{1,6})?)*)$",
    "Pages to use, counted from 1: all, first, last, or a list such as 1,3-5",
    example="1,3-5",
)
QUALITY = {"quality": number("integer", 1, 100, "Quality of the compression, 100 is best")}

IMAGE: Options = {
    "width": number("integer", 1, 65000, "Width in pixels; alone, the height follows the aspect ratio"),
    "height": number("integer", 1, 65000, "Height in pixels; alone, the width follows the aspect ratio"),
    "resize_handling": one_of(HANDLINGS, "How to fill width and height when both are given; stretch unless set"),
    "dpi": DPI,
    "color": one_of(["colored", "gray", "monochrome", "negate", "1980", "1900"], "Color to apply the image", "colored"),
    "rotate": number("integer", -360, 360, "Degrees to turn clockwise"),
    "crop_top": number("integer", 0, 65000, "Pixels to cut off at the top"),
    "crop_bottom": number("integer", 0, 65000, "Pixels to cut off at the bottom"),
    "crop_left": number("integer", 0, 65000, "Pixels to cut off at the left"),
    "crop_right": number("integer", 0, 65000, "Pixels to cut off at the right"),
    "crop_origin_x": number("integer", 0, 65000, "Left edge of the part to keep"),
    "crop_origin_y": number("integer", 0, 65000, "Upper edge of the part to keep"),
    "crop_width": number("integer", 1, 65000, "Width of the part to keep"),
    "crop_height": number("integer", 1, 65000, "Height of the part to keep"),
    "deskew": toggle("Straighten a scanned page that is turned by up to 15 degrees"),
    "normalize": toggle("Stretch the range of tones to the full range"),
    "equalize": toggle("Even out the histogram"),
    "enhance": toggle("Raise contrast and colour a little"),
    "sharpen": toggle("Sharpen edges"),
    "despeckle": toggle("Remove isolated dots"),
    "antialias": toggle("Smooth edges; pages and resized images always are, so this changes nothing"),
    "pages": PAGES,
}

PDF: Options = {
    "merge": flag("Combine all inputs, in their order, into one PDF"),
    "stamp": flag("Use the last input as a stamp on every page of the others"),
    "alignment": one_of(
        ["center", "top", "bottom", "left", "right", "top-left", "top-right", "bottom-left", "bottom-right"],
        "Where the stamp goes",
        "center",
    ),
    "quality": one_of(["screen", "ebook", "printer", "prepress"], "Shrinks images for 72, 150, 300 or 300 dpi"),
    "pages": PAGES,
    "rotate": one_of([0, 90, 180, 270], "Degrees to turn every page clockwise"),
    "split": flag("One PDF per page"),
    "user_password": text(r"^[ -~]{0,127}$", "Protects the PDF with AES-256: nobody opens it without this password"),
    "owner_password": text(r"^[ -~]{0,127}$", "Opens the PDF with all rights; the user_password unless given"),
    "dpi": DPI,
}

TEXT: Options = {
    "ocr": flag("Read the text of pictures too; pages that hold text are taken as they are"),
    "language": text(
        r"^[a-zA-Z_]{2,20}(\+[a-zA-Z_]{2,20})*$", "Language to read, as tesseract calls it", example="eng"
    ),
}

THUMBNAIL: Options = {
    "thumbnail_target": one_of(["png", "jpg", "webp", "gif"], "Format of the thumbnail", "png"),
    "width": number("integer", 1, 10000, "Largest width in pixels"),
    "height": number("integer", 1, 10000, "Largest height in pixels"),
    "pages": {**PAGES, "default": "first"},
    "dpi": DPI,
}

KEYS_FORMATS = [
    "original",
    "capital_first",
    "snake_lowercase",
    "snake_uppercase",
    "lowercase_nospaces",
    "lowercase_with_spaces",
    "uppercase_nospaces",
    "uppercase_with_spaces",
]
METADATA_JSON: Options = {
    "keys_format": one_of(KEYS_FORMATS, "How the names of the tags are written", "snake_lowercase"),
    "output_mode": one_of(["basic", "expert"], "Common tags, or everything that was found", "basic"),
    "type": one_of(["document", "image", "video", "audio"], "What the file is read as; found out unless given"),
}

COMPRESS: Options = {"compression_level": one_of(["low", "medium", "high"], "How much quality may be lost", "medium")}
RESIZE_IMAGE: Options = {
    "aspect_ratio": text(
        r"^\d{1,6}:\d{1,6}$", "Aspect ratio of the result where one side is not given", example="16:9"
    ),
    "dpi": DPI,
    "width": number("number", 1, 65000, "Width in the unit of resize_by"),
    "height": number("number", 1, 65000, "Height in the unit of resize_by"),
    "resize_by": one_of(["px", "perc", "inches", "cm", "mm"], "Unit of width and height", "px"),
    "resize_handling": one_of(HANDLINGS, "How to fill width and height when both are given", "stretch"),
    "resize_target": one_of(
        ["bmp", "gif", "ico", "jpg", "png", "tga", "tiff", "webp"], "Format of the result; as the input unless given"
    ),
}
COMPARE_IMAGE: Options = {
    "method": one_of(["ssim"], "How alike: 1.0 is the same picture", "ssim"),
    "threshold": number("number", 0, 100, "Differences up to this percentage of the range of tones do not count"),
    "diff_color": text(r"^([a-zA-Z]{3,30}|#[0-9a-fA-F]{6})$", "Colour that marks the differences", example="red"),
}
