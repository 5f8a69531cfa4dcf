"""Files that replace the example files which the official live suite fetches from the web."""

from __future__ import annotations

import io
import math
import wave
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pikepdf
from PIL import Image

HOST = "https://example-files.online-convert.com"
DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><w:body>'
    "<w:p><w:r><w:t>An example document.</w:t></w:r></w:p>"
    '<w:p><w:r><w:drawing><wp:inline><wp:extent cx="952500" cy="952500"/><wp:docPr id="1" name="image"/><a:graphic>'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
    '<pic:cNvPr id="1" name="image1.png"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rId1"/>'
    '</pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="952500" cy="952500"/></a:xfrm></pic:spPr>'
    "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p></w:body></w:document>"
)
RELATIONS = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="png" ContentType="image/png"/><Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


def image(kind: str, size: tuple[int, int]) -> bytes:
    """A picture that is not of one colour."""
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    stream = io.BytesIO()
    picture.save(stream, kind)
    return stream.getvalue()


def pdf() -> bytes:
    """A PDF with two pages."""
    stream = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(2):
            document.add_blank_page(page_size=(200, 300))
        document.save(stream)
    return stream.getvalue()


def wav() -> bytes:
    """A WAV file with a tone of a tenth of a second."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(44100)
        samples = (int(20000 * math.sin(2 * math.pi * 440 * at / 44100)) for at in range(4410))
        sound.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) * 2 for sample in samples))
    return stream.getvalue()


def packed(files: Mapping[str, bytes | str]) -> bytes:
    """A zip archive of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def docx() -> bytes:
    """A DOCX document with a paragraph and a picture."""
    document = f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
    picture = f'<Relationship Id="rId1" Type="{OFFICE}/image" Target="media/image1.png"/></Relationships>'
    return packed(
        {
            "[Content_Types].xml": TYPES,
            "_rels/.rels": RELATIONS + document,
            "word/document.xml": DOCUMENT,
            "word/_rels/document.xml.rels": RELATIONS + picture,
            "word/media/image1.png": image("PNG", (20, 20)),
        }
    )


def write(folder: Path) -> dict[str, Path]:
    """All files by the URL that they replace."""
    contents: dict[str, bytes] = {
        f"{HOST}/document/pdf/example.pdf": pdf(),
        f"{HOST}/raster%20image/png/example.png": image("PNG", (80, 60)),
        f"{HOST}/raster%20image/jpg/example.jpg": image("JPEG", (160, 120)),
        f"{HOST}/raster%20image/jpg/example_small.jpg": image("JPEG", (80, 60)),
        f"{HOST}/audio/wav/example.wav": wav(),
        f"{HOST}/document/docx/example.docx": docx(),
        f"{HOST}/archive/zip/example.zip": packed({"a.txt": "a"}),
        "https://www.online-convert.com": b"<!doctype html><title>A page</title><h1>A page</h1>",
    }
    found = {}
    for url, content in contents.items():
        path = folder / (url.rpartition("/")[2] if "." in url.rpartition("/")[2][-5:] else "page.html")
        path = path.with_suffix(".html") if url.endswith("online-convert.com") else path
        path.write_bytes(content)
        found[url] = path
    return found
