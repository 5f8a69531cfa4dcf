"""`a2c-spec report`, tried as a user would."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from a2c_spec.commands.report import thumbnails
from tests.conftest import Command


def test_a_page_names_every_job_and_shows_its_pictures(two: Path, a2c: Command) -> None:
    assert a2c("apply", "two.yaml", "--local").code == 0
    assert a2c("report", "-o", "page.html", "--local").err == "wrote page.html\n"
    page = (two / "page.html").read_text()
    assert [name in page for name in (">one<", ">two<", ">done<")] == [True, True, True]
    assert page.count("data:image/webp;base64,") == 2
    assert "<script" not in page


def test_a_page_that_cannot_be_written_is_an_error(two: Path, a2c: Command) -> None:
    ran = a2c("report", "-o", "missing/page.html", "--local")
    assert (two.is_dir(), ran.code, "No such file" in ran.err) == (True, 1, True)


def test_pictures_are_read_as_pictures_only_and_not_if_they_are_huge(tmp_path: Path) -> None:
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n" + b"% x\n" * 10_000
    (tmp_path / "a.png").write_bytes(postscript)
    for name, size in (("b.png", (8_000, 7_000)), ("c.png", (5_000, 4_000))):
        Image.new("1", size).save(tmp_path / name, compress_level=0)
    kept = [bool(thumbnails(tmp_path)(name)) for name in ("a.png", "b.png", "c.png")]
    assert kept == [False, False, True]
