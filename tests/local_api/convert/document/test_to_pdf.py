"""PDFs: merging, metadata, passwords, smaller images, pages and stamps."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pikepdf
import pytest
from PIL import Image

from a2c_spec.local_api import convert
from a2c_spec.local_api.convert.contract import ConversionError, Request, Source
from a2c_spec.local_api.convert.pdf.pdf_pages import open_pdf
from tests.local_api.convert.fixture_types import Make, PdfMaker


def texts(path: Path) -> list[str]:
    document = open_pdf(Source("", path, path.name))
    try:
        return [page.get_textpage().get_text_range().strip() for page in document]
    finally:
        document.close()


def images_of(pdf: pikepdf.Pdf) -> list[pikepdf.Stream]:
    found = cast(pikepdf.Dictionary, pdf.pages[0].obj.Resources.XObject)
    return [cast(pikepdf.Stream, item) for item in found.values()]


def test_inputs_are_merged_in_their_order(make: Make, pdf_of: PdfMaker, jpg: Path) -> None:
    first, second = pdf_of("b.pdf", "one", "two"), pdf_of("a.pdf", "three")
    (product,) = make("document/pdf", first, jpg, second, merge=True).products
    assert texts(product.path) == ["one", "two", "", "three"]
    assert product.inputs == ("id-0", "id-1", "id-2")
    assert product.filename == "b.pdf"
    assert product.metadata["pages"] == 4


def test_without_merge_every_input_is_a_pdf(make: Make, png: Path, jpg: Path) -> None:
    products = make("document/pdf", png, jpg).products
    assert [product.filename for product in products] == ["cover.pdf", "photo.pdf"]
    with pikepdf.open(products[1].path) as pdf:
        assert [float(value) for value in pdf.pages[0].mediabox] == [0, 0, 80, 40]
        (image,) = images_of(pdf)
        assert image.read_raw_bytes() == jpg.read_bytes()


def test_transparency_survives_on_a_page(make: Make, png: Path) -> None:
    (product,) = make("document/pdf", png).products
    with pikepdf.open(product.path) as pdf:
        (image,) = images_of(pdf)
        assert "/SMask" in image
        assert pikepdf.PdfImage(image).as_pil_image().convert("RGB").getpixel((5, 5)) == (
            255,
            0,
            0,
        )


def test_tags_are_set_in_both_places(make: Make, pdf_of: PdfMaker) -> None:
    tags = {"title": "Board pack ž", "author": "Finance", "subject": "Q3", "keywords": "a, b", "department": "X"}
    (product,) = make("document/pdf", pdf_of("a.pdf", "one"), metadata=tags).products
    with pikepdf.open(product.path) as pdf:
        info = {key: str(value) for key, value in pdf.docinfo.items()}
        assert info == {
            "/Title": "Board pack ž",
            "/Author": "Finance",
            "/Subject": "Q3",
            "/Keywords": "a, b",
            "/Department": "X",
        }
        with pdf.open_metadata() as xmp:
            assert (xmp["dc:title"], xmp["dc:creator"], xmp["pdf:Keywords"]) == ("Board pack ž", ["Finance"], "a, b")


def test_an_empty_tag_is_cleared_and_the_rest_stays(make: Make, pdf_of: PdfMaker) -> None:
    (tagged,) = make("document/pdf", pdf_of("a.pdf", "one"), metadata={"title": "T", "author": "Ann"}).products
    (edited,) = make("metadata/metadata", tagged.path, metadata={"author": ""}).products
    with pikepdf.open(edited.path) as pdf:
        assert dict(pdf.docinfo.items()) == {"/Title": "T"}
        assert b"Ann" not in pdf.Root.Metadata.read_bytes()


def test_clear_all_removes_all_metadata(make: Make, pdf_of: PdfMaker) -> None:
    (tagged,) = make("document/pdf", pdf_of("a.pdf", "one"), metadata={"author": "Confidential"}).products
    (bare,) = make("document/pdf", tagged.path, metadata={"clear_all": True}).products
    with pikepdf.open(bare.path) as pdf:
        assert "/Metadata" not in pdf.Root
        assert "/Info" not in pdf.trailer
    pikepdf.open(bare.path).save(tagged.path, compress_streams=False)
    assert b"Confidential" not in tagged.path.read_bytes()


def protected(pdf_of: PdfMaker, tmp_path: Path, password: str | None) -> Request:
    path = pdf_of("secret.pdf", "hidden", password="letmein")
    (tmp_path / "job").mkdir()
    source = Source("the-input", path, path.name, password=password)
    return Request("pdf", "document", (source,), tmp_path / "job", {}, {})


def test_the_password_opens_a_protected_pdf(pdf_of: PdfMaker, tmp_path: Path) -> None:
    (product,) = convert.convert(protected(pdf_of, tmp_path, "letmein")).products
    with pikepdf.open(product.path) as pdf:
        assert not pdf.is_encrypted
    assert texts(product.path) == ["hidden"]


@pytest.mark.parametrize("password", [None, "wrong"])
@pytest.mark.parametrize("target", [("pdf", "document"), ("png", "image"), ("json", "metadata")])
def test_a_wrong_password_is_the_inputs_error(
    pdf_of: PdfMaker, tmp_path: Path, password: str | None, target: tuple[str, str]
) -> None:
    request = protected(pdf_of, tmp_path, password)
    with pytest.raises(ConversionError, match="decrypt_password") as refusal:
        convert.convert(Request(*target, request.sources, request.workdir))
    assert (refusal.value.source, refusal.value.id_source) == ("input", "the-input")


def test_lower_quality_shrinks_the_images(make: Make, tmp_path: Path) -> None:
    Image.effect_noise((900, 600), 80).convert("RGB").save(tmp_path / "noise.jpg", quality=95, dpi=(300, 300))
    (plain,) = make("document/pdf", tmp_path / "noise.jpg").products
    (small,) = make("document/pdf", plain.path, quality="screen").products
    assert small.path.stat().st_size * 5 < plain.path.stat().st_size
    with pikepdf.open(small.path) as pdf:
        (image,) = images_of(pdf)
        assert image.Width == 216
        assert [float(value) for value in pdf.pages[0].mediabox] == [0, 0, 216, 144]


def test_pages_are_chosen_turned_and_split(make: Make, pdf_of: PdfMaker) -> None:
    book = pdf_of("book.pdf", "one", "two", "three")
    products = make("document/pdf", book, pages="3,1", rotate=90, split=True).products
    assert [product.filename for product in products] == ["book-1.pdf", "book-2.pdf"]
    assert [texts(product.path) for product in products] == [["three"], ["one"]]
    with pikepdf.open(products[0].path) as pdf:
        assert pdf.pages[0].Rotate == 90


def test_a_stamp_lies_on_every_page(make: Make, pdf_of: PdfMaker) -> None:
    book, mark = pdf_of("book.pdf", "one", "two"), pdf_of("mark.pdf", "DRAFT", size=(100, 50))
    (product,) = make("document/pdf", book, mark, stamp=True, alignment="center").products
    assert product.inputs == ("id-0", "id-1")
    with pikepdf.open(product.path) as pdf:
        assert len(pdf.pages) == 2
        assert all(len(page.form_xobjects) == 1 for page in pdf.pages)


def test_a_stamp_alone_is_refused(make: Make, pdf_of: PdfMaker) -> None:
    with pytest.raises(ConversionError, match="two inputs"):
        make("document/pdf", pdf_of("mark.pdf", "DRAFT"), stamp=True)


def test_a_pdf_is_protected_on_request(make: Make, pdf_of: PdfMaker) -> None:
    (product,) = make("document/pdf", pdf_of("open.pdf", "one"), user_password="letmein").products
    assert not convert.check_password(product.path, "wrong")
    assert convert.check_password(product.path, "letmein")
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(product.path)
