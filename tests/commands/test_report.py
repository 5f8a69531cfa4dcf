"""`a2c-spec report`, tried as a user would."""

from __future__ import annotations

from pathlib import Path

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
