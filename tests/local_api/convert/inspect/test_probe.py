"""What is found out about an input when it arrives, and whether a password opens it."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.local_api import convert
from tests.local_api.convert.fixture_types import PdfMaker


@pytest.mark.parametrize(("password", "opens"), [("letmein", True), ("wrong", False), ("", False)])
def test_passwords_of_pdfs_are_tried(pdf_of: PdfMaker, password: str, opens: bool) -> None:
    path = pdf_of("secret.pdf", "hidden", password="letmein")
    assert convert.probe(path, path.name)["pdf_has_user_password"] is True
    assert convert.check_password(path, password) is opens


def test_a_file_without_protection_opens_with_any_password(pdf_of: PdfMaker, png: Path) -> None:
    assert convert.check_password(pdf_of("open.pdf", "one"), "anything")
    assert convert.check_password(png, "anything")


def test_probe_reports_sizes_and_pages(png: Path, pdf_of: PdfMaker) -> None:
    assert convert.probe(png, "cover.png") == {"content_type": "image/png", "image_width": 60, "image_height": 40}
    assert convert.probe(pdf_of("a.pdf", "one", "two"), "a.pdf") == {"content_type": "application/pdf", "pages": 2}
