"""Converts between markup formats with pandoc, whose own sandbox lets it read only the input."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from a2c_spec.local_api.convert.contract import ConversionWarning, Source
from a2c_spec.local_api.convert.kinds import Kind
from a2c_spec.local_api.convert.products import unreadable
from a2c_spec.local_api.convert.run_program import run

READERS = {
    "md": "markdown-raw_attribute",
    "txt": "html",
    "html": "html",
    "rst": "rst",
    "csv": "csv",
    "rtf": "rtf",
    "docx": "docx",
    "odt": "odt",
    "epub": "epub",
    "tex": "latex",
    "ipynb": "ipynb",
}
WRITERS = {"txt": "plain", "epub": "epub3", "html": "html5", "typ": "typst"}
FILTER = Path(__file__).with_name("known_images.lua")


def convert(
    source: Source, kind: Kind, target: str, folder: Path, arguments: Sequence[str] = ()
) -> list[ConversionWarning]:
    """Write ``output.<target>`` in ``folder``; returns a warning for each image that was left out."""
    file = _input_file(source, kind, folder)
    filters = ["--lua-filter", str(FILTER), "--extract-media=."]
    heap = ["+RTS", "-M2000m", "-RTS"]
    formats = ["-f", READERS[kind.name], "-t", WRITERS.get(target, target)]
    printed = run(
        "pandoc",
        [*heap, "--sandbox", "--standalone", *formats, *filters, *arguments, "-o", f"output.{target}", file.name],
        folder,
        source,
    )
    lost = re.findall(r"^left out: (.*)$", printed, re.MULTILINE)
    message = f"{source.filename}: an image outside the document was left out: "
    return [ConversionWarning(message + name, source="input", id_source=source.id) for name in dict.fromkeys(lost)]


def _input_file(source: Source, kind: Kind, folder: Path) -> Path:
    """A copy of the input with a name that is safe on a command line; plain text becomes HTML paragraphs."""
    file = folder / f"input.{kind.name}"
    if kind.name == "txt":
        file = folder / "input.html"
        file.write_text(_paragraphs(text_of(source)), encoding="utf-8")
    elif kind.name in ("md", "html", "rst", "csv", "tex"):
        file.write_text(text_of(source), encoding="utf-8")
    else:
        shutil.copyfile(source.path, file)
    return file


def text_of(source: Source) -> str:
    """The text of a file: UTF-8, UTF-16 with a byte order mark, or else Latin-1."""
    data = source.path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:4096]:
        raise unreadable(source, "not a text file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _paragraphs(text: str) -> str:
    blocks = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\f", "\n\n"))
    lines = (html.escape(block.strip("\n")).replace("\n", "<br>") for block in blocks if block.strip())
    return "".join(f"<p>{line}</p>\n" for line in lines) or "<p></p>"
