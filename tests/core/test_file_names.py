"""Names of files that cannot leave their folder and that every file system takes."""

from __future__ import annotations

import pytest

from a2c_spec.core.file_names import confined, file_name, safe_name, unique_path, with_extension

NAMES = [
    ("a.pdf", "a.pdf"),
    ("../../etc/passwd", "passwd"),
    ("dir\\a.pdf", "a.pdf"),
    ("a:b?.pdf", "a_b_.pdf"),
    ("a\x00\x7fb", "a__b"),
    (" a. ", "a"),
    ("...", "result"),
    ("", "result"),
    ("dir/", "result"),
    ("con", "_con"),
    ("CON.txt", "_CON.txt"),
    ("com1.pdf", "_com1.pdf"),
    ("lpt9", "_lpt9"),
    ("nul.", "_nul"),
    ("CON .md5", "_CON .md5"),
    ("caf\udce9.pdf", "caf_.pdf"),
    ("console.pdf", "console.pdf"),
    ("com.pdf", "com.pdf"),
    ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
    ("ä" * 200 + ".pdf", "ä" * 125 + ".pdf"),
    ("x" * 255, "x" * 255),
    ("x" * 256, "x" * 255),
    ("a." + "b" * 300, "a." + "b" * 253),
]


@pytest.mark.parametrize(("name", "safe"), NAMES)
def test_a_name_of_the_service_is_one_harmless_segment(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert len(safe.encode()) <= 255


EXTENSIONS = [
    ("a", "x.pdf", "a.pdf"),
    ("a.pdf", "x.pdf", "a.pdf"),
    ("a.PDF", "x.pdf", "a.PDF"),
    ("a.pdf", "x.png", "a.pdf.png"),
    ("a", "x", "a"),
    ("a.tar", "x.gz", "a.tar.gz"),
]


@pytest.mark.parametrize(("name", "service_name", "whole"), EXTENSIONS)
def test_a_wanted_name_gets_the_extension_of_the_result(name: str, service_name: str, whole: str) -> None:
    assert with_extension(name, service_name) == whole


FILE_NAMES = [
    ("...", "jpg", "result.jpg"),
    ("....", "....jpg", "result.jpg"),
    (". .", "output", "result.jpg"),
    ("a/ .", "x.jpg", "result.jpg"),
    ("a", "a", "a.jpg"),
    ("a", "a.zip", "a.zip"),
    ("", "there.png", "there.png"),
    ("", "...", "result"),
]


@pytest.mark.parametrize(("wanted", "there", "name"), FILE_NAMES)
def test_a_name_that_a_service_may_clean_away_is_foreseen(wanted: str, there: str, name: str) -> None:
    assert file_name(wanted, there, "x.jpg") == name
    if wanted and not there.endswith(".zip"):
        assert file_name(wanted, "x.jpg", "x.jpg") == name, "before the run"


def test_a_number_does_not_make_a_name_too_long() -> None:
    taken: set[str] = set()
    paths = [unique_path(f"d.x/{'b' * 251}.zip", taken) for _ in range(3)]
    assert [path.rpartition("/")[2] for path in paths] == [
        "b" * 251 + ".zip",
        "b" * 249 + "-2.zip",
        "b" * 249 + "-3.zip",
    ]


FOLDERS = [
    ("dist/", "dist/"),
    ("dist", "dist/"),
    ("../dist/./x/", "dist/x/"),
    ("/etc", "etc/"),
    ("a\\..\\b", "a/b/"),
    ("a:b/", "a_b/"),
    ("..", ""),
    ("", ""),
]


@pytest.mark.parametrize(("folder", "inside"), FOLDERS)
def test_a_folder_never_leads_out_of_the_project(folder: str, inside: str) -> None:
    assert confined(folder) == inside
