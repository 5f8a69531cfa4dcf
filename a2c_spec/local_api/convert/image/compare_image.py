"""The operation compare-image: how similar two pictures are, and where they differ.

The similarity is SSIM (Wang et al., 2004) over blocks of 8 x 8 grey pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageChops, ImageColor, ImageMath

from a2c_spec.local_api.convert.contract import ConversionError, ConversionWarning, Product, Request
from a2c_spec.local_api.convert.image.image_files import flattened
from a2c_spec.local_api.convert.image.pictures import pictures
from a2c_spec.local_api.convert.products import place, product, stem

BLOCK = 8
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def convert(request: Request) -> Iterator[Product | ConversionWarning]:
    """For each input but the first, a picture of its differences from the first; the scores are in the metadata."""
    first, *others = request.sources
    if not others:
        raise ConversionError("Comparing needs two inputs.")
    base = flattened(pictures(first, {}, "a comparison").first().first).convert("RGB")
    for source in others:
        other = flattened(pictures(source, {}, "a comparison").first().first).convert("RGB")
        if other.size != base.size:
            yield ConversionWarning(
                f"{source.filename} was resized to the size of {first.filename}.", id_source=source.id
            )
            other = other.resize(base.size, Image.Resampling.LANCZOS)
        changed = differences(base, other, request.options.get("threshold") or 0)
        path = place(request, "png")
        highlighted(base, changed, request.options.get("diff_color") or "red").save(path)
        share = changed.histogram()[255] / (base.width * base.height)
        scores = {"method": "ssim", "ssim": round(ssim(base, other), 6), "different": round(share, 6)}
        yield product(path, f"{stem(first)}-{stem(source)}", "png", [first, source], **scores)


def differences(first: Image.Image, second: Image.Image, percent: float) -> Image.Image:
    """A mask: 255 where any colour differs by more than the percentage, else 0."""
    bands = ImageChops.difference(first, second).split()
    most = bands[0]
    for band in bands[1:]:
        most = ImageChops.lighter(most, band)
    return most.point([255 if tone > percent * 2.55 else 0 for tone in range(256)])


def highlighted(image: Image.Image, mask: Image.Image, color: str) -> Image.Image:
    """The picture in pale colours, with the pixels of the mask in one colour."""
    try:
        rgb = ImageColor.getrgb(color)
    except ValueError as error:
        raise ConversionError(f"{color!r} is not a colour.") from error
    pale = Image.blend(image, Image.new("RGB", image.size, "white"), 0.7)
    pale.paste(rgb[:3], mask=mask)
    return pale


def ssim(first: Image.Image, second: Image.Image) -> float:
    """The similarity of two pictures, from -1 to 1; 1 for equal pictures."""
    x, y = (image.convert("L").convert("F") for image in (first, second))
    values = {
        "mx": _mean(x),
        "my": _mean(y),
        "xx": _mean(_times(x, x)),
        "yy": _mean(_times(y, y)),
        "xy": _mean(_times(x, y)),
    }
    score: float = _score(values).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[assignment]
    return score


def _mean(image: Image.Image) -> Image.Image:
    return image.reduce(BLOCK)


def _times(x: Image.Image, y: Image.Image) -> Image.Image:
    product: Image.Image = ImageMath.lambda_eval(lambda names: names["x"] * names["y"], x=x, y=y)
    return product


def _score(values: dict[str, Any]) -> Image.Image:
    def formula(v: dict[str, Any]) -> Any:
        similarity = (v["mx"] * v["my"] * 2 + C1) * ((v["xy"] - v["mx"] * v["my"]) * 2 + C2)
        spread = v["xx"] - v["mx"] * v["mx"] + v["yy"] - v["my"] * v["my"]
        return similarity / ((v["mx"] * v["mx"] + v["my"] * v["my"] + C1) * (spread + C2))

    score: Image.Image = ImageMath.lambda_eval(formula, **values)
    return score
