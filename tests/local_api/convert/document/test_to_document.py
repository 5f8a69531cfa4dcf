"""Documents: every target holds the words of its source, and nothing from outside the document."""

from __future__ import annotations

import json
import zipfile
from contextlib import suppress
from pathlib import Path

import pikepdf
import pytest

from a2c_spec.local_api.convert import programs
from a2c_spec.local_api.convert.contract import ConversionError, Source
from a2c_spec.local_api.convert.document.page_text import page_texts
from tests.local_api.convert.fixture_types import Make, PdfMaker

needs_pandoc = pytest.mark.skipif(
    not (programs.has("pandoc") and programs.has("typst")), reason="the extra `local-docs` is not installed"
)
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
    "hgGAWjR9awAAAABJRU5ErkJggg=="
)
SOURCES = {
    "md": "# Heading\n\nSome *words* about žluť и мир, and $x^2$.\n",
    "html": "<html><body><h1>Heading</h1><p>Some <em>words</em> about žluť и мир, and x.</p></body></html>",
    "rst": "Heading\n=======\n\nSome *words* about žluť и мир, and x.\n",
    "txt": "Heading\n\nSome words about žluť и мир, and <b>x</b> # 1.\n",
    "csv": "Heading,Other\nSome words about žluť и мир,x\n",
    "tex": "\\section{Heading}\nSome \\emph{words} about žluť и мир, and $x^2$.\n",
}


def written(tmp_path: Path, kind: str, content: str | None = None) -> Path:
    path = tmp_path / f"letter.{kind}"
    path.write_text(SOURCES[kind] if content is None else content, encoding="utf-8")
    return path


def words(path: Path) -> str:
    return " ".join(" ".join(page_texts(Source("", path, path.name))).split())


@needs_pandoc
@pytest.mark.parametrize("kind", SOURCES)
def test_every_kind_of_text_becomes_a_pdf(make: Make, tmp_path: Path, kind: str) -> None:
    (product,) = make("document/pdf", written(tmp_path, kind), metadata={"title": "A letter"}).products
    found = words(product.path)
    assert "Heading" in found
    assert "Some words about žluť и мир" in found
    with pikepdf.open(product.path) as pdf:
        assert str(pdf.docinfo["/Title"]) == "A letter"
        assert [round(float(value)) for value in pdf.pages[0].mediabox] == [0, 0, 595, 842]


@needs_pandoc
@pytest.mark.parametrize("target", ["document/docx", "document/odt", "document/rtf", "document/html", "ebook/epub"])
def test_documents_survive_a_round_trip(make: Make, tmp_path: Path, target: str) -> None:
    (product,) = make(target, written(tmp_path, "md")).products
    assert product.filename == f"letter.{target.partition('/')[2]}"
    (pdf,) = make("document/pdf", product.path).products
    assert "Some words about žluť и мир" in words(pdf.path)
    (text,) = make("document/txt", product.path).products
    assert "words" in text.path.read_text()


@needs_pandoc
def test_plain_text_is_taken_literally(make: Make, tmp_path: Path) -> None:
    (product,) = make("document/pdf", written(tmp_path, "txt", "# no heading\n<b>not bold</b> $a$\n\n*x*")).products
    assert "# no heading <b>not bold</b> $a$ *x*" in words(product.path)


@needs_pandoc
def test_images_from_outside_are_left_out_with_a_warning(make: Make, tmp_path: Path) -> None:
    content = f"![far](http://127.0.0.1:9/a.png) ![near](/etc/passwd) ![inside]({PIXEL})"
    source = written(tmp_path, "md", content)
    result = make("document/pdf", source)
    assert [warning.message.rpartition(": ")[2] for warning in result.warnings] == [
        "http://127.0.0.1:9/a.png",
        "/etc/passwd",
    ]
    with pikepdf.open(result.products[0].path) as pdf:
        assert any(item.get("/Subtype") == "/Image" for item in pdf.objects if isinstance(item, pikepdf.Stream))
    (docx,) = make("document/docx", source).products
    with zipfile.ZipFile(docx.path) as package:
        assert [name for name in package.namelist() if name.startswith("word/media/")]
        assert b"root:" not in b"".join(package.read(name) for name in package.namelist())


@needs_pandoc
@pytest.mark.parametrize(
    "content",
    [
        '```{=typst}\n#read("/etc/passwd")\n```',
        "\\input{/etc/passwd}\n\n\\include{/etc/passwd}",
        "---\nheader-includes: |\n  ```{=typst}\n  #panic()\n  ```\n---\ntext",
        "```{include=/etc/passwd}\n```",
    ],
)
def test_a_document_cannot_run_code_or_read_files(make: Make, tmp_path: Path, content: str) -> None:
    with suppress(ConversionError):  # refusing it is fine too
        (product,) = make("document/pdf", written(tmp_path, "md", content)).products
        assert "root:" not in words(product.path)


@needs_pandoc
def test_documents_merge_with_pages_and_images(make: Make, tmp_path: Path, png: Path, pdf_of: PdfMaker) -> None:
    sources = [png, written(tmp_path, "md"), pdf_of("last.pdf", "the end")]
    (product,) = make("document/pdf", *sources, merge=True).products
    pages = page_texts(Source("", product.path, "x.pdf"))
    assert (len(pages), pages[0]) == (3, "")
    assert "Heading" in pages[1]
    assert "the end" in pages[2]


@needs_pandoc
def test_html_carries_its_title(make: Make, tmp_path: Path) -> None:
    (product,) = make("document/html", written(tmp_path, "md"), metadata={"title": "Tom & Co"}).products
    assert "<title>Tom &amp; Co</title>" in product.path.read_text()


@needs_pandoc
def test_properties_of_a_document_are_read(make: Make, tmp_path: Path) -> None:
    source = written(tmp_path, "md", "---\ntitle: Tom & Co\nauthor: Ann\n---\ntext")
    (docx,) = make("document/docx", source).products
    found = json.loads(make("metadata/json", docx.path, type="document").products[0].path.read_text())
    assert (found["title"], found["author"], found["file_type"]) == ("Tom & Co", "Ann", "DOCX")


def test_the_text_of_a_pdf_comes_page_by_page(make: Make, pdf_of: PdfMaker) -> None:
    (product,) = make("document/txt", pdf_of("book.pdf", "one", "two")).products
    assert product.path.read_text().split("\f") == ["one", "two"]


@pytest.mark.skipif(programs.has("tesseract"), reason="tesseract is installed")
def test_reading_text_from_pictures_needs_tesseract(make: Make, png: Path) -> None:
    with pytest.raises(ConversionError, match="tesseract"):
        make("document/txt", png, ocr=True, language="eng")


@pytest.mark.skipif(programs.has("soffice"), reason="LibreOffice is installed")
def test_an_office_document_without_an_office_is_refused(make: Make, tmp_path: Path) -> None:
    (tmp_path / "sheet.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with pytest.raises(ConversionError, match="xls cannot be converted to pdf") as refusal:
        make("document/pdf", tmp_path / "sheet.xls")
    assert refusal.value.source == "input"


@pytest.mark.skipif(not programs.has("soffice"), reason="LibreOffice is not installed")
def test_an_office_document_becomes_a_pdf(make: Make, tmp_path: Path) -> None:
    (docx,) = make("document/docx", written(tmp_path, "md")).products
    docx.path.rename(tmp_path / "letter.doc")
    (product,) = make("document/pdf", tmp_path / "letter.doc").products
    assert "Heading" in words(product.path)


@needs_pandoc
def test_a_pdfa_file_says_so_and_an_existing_pdf_is_refused(make: Make, tmp_path: Path, pdf_of: PdfMaker) -> None:
    (product,) = make("operation/convert-pdfa", written(tmp_path, "md")).products
    with pikepdf.open(product.path) as pdf, pdf.open_metadata() as xmp:
        assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("2", "B")
        assert "/OutputIntents" in pdf.Root
    with pytest.raises(ConversionError, match="cannot be made PDF/A"):
        make("operation/convert-pdfa", pdf_of("old.pdf", "one"))


@pytest.mark.skipif(not programs.has("typst"), reason="the extra `local-docs` is not installed")
def test_a_drawing_becomes_a_picture_and_a_page(make: Make, tmp_path: Path) -> None:
    from PIL import Image

    drawing = tmp_path / "flag.svg"
    drawing.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="20" height="20" fill="red"/></svg>'
    )
    (picture,) = make("image/png", drawing, width=80).products
    with Image.open(picture.path) as image:
        assert image.size == (80, 40)
        assert image.convert("RGBA").getpixel((10, 10)) == (255, 0, 0, 255)
        assert image.convert("RGBA").getpixel((70, 10))[3] == 0  # type: ignore[index]  # an RGBA pixel has four
    (page,) = make("document/pdf", drawing).products
    with pikepdf.open(page.path) as pdf:
        assert [float(value) for value in pdf.pages[0].mediabox] == [0, 0, 30, 15]
