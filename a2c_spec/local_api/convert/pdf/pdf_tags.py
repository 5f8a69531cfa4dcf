"""Sets and clears the metadata of PDFs, both in the information dictionary and in XMP."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pikepdf


@dataclass(frozen=True, slots=True)
class Tag:
    """The names of one tag in the information dictionary and in XMP; ``many`` when XMP holds a list."""

    info: str
    xmp: str
    many: bool = False


TAGS = {
    "title": Tag("/Title", "dc:title"),
    "author": Tag("/Author", "dc:creator", many=True),
    "subject": Tag("/Subject", "dc:description"),
    "description": Tag("/Subject", "dc:description"),
    "keywords": Tag("/Keywords", "pdf:Keywords"),
    "creator": Tag("/Creator", "xmp:CreatorTool"),
    "creator_tool": Tag("/Creator", "xmp:CreatorTool"),
    "producer": Tag("/Producer", "pdf:Producer"),
    "create_date": Tag("/CreationDate", "xmp:CreateDate"),
    "creation_date": Tag("/CreationDate", "xmp:CreateDate"),
    "modify_date": Tag("/ModDate", "xmp:ModifyDate"),
    "copyright": Tag("/Copyright", "dc:rights"),
}
ELSEWHERE = ("/Metadata", "/PieceInfo", "/LastModified")


def change(pdf: pikepdf.Pdf, metadata: Mapping[str, Any]) -> None:
    """Change the metadata: a value sets a tag, an empty string removes it; ``clear_all`` first removes all tags."""
    if metadata.get("clear_all"):
        _clear_all(pdf)
    changes = {name: value for name, value in metadata.items() if name != "clear_all"}
    if not changes:
        return
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as xmp:
        for name, value in changes.items():
            tag = TAGS.get(name.lower().replace(" ", "_")) or _custom(name)
            _change_info(pdf, tag, value)
            _change_xmp(xmp, tag, value)


def _custom(name: str) -> Tag:
    """The tag for a name that is not in TAGS, reduced to the letters and digits that XMP allows."""
    word = "".join(letter for letter in name.title() if letter.isalnum() and letter.isascii()) or "Custom"
    return Tag(f"/{word}", f"{{http://ns.adobe.com/pdfx/1.3/}}{word if word[0].isalpha() else 'X' + word}")


def _change_info(pdf: pikepdf.Pdf, tag: Tag, value: Any) -> None:
    if value not in ("", None):
        pdf.docinfo[tag.info] = pikepdf.String(str(value))
    elif tag.info in pdf.docinfo:
        del pdf.docinfo[tag.info]


def _change_xmp(xmp: Any, tag: Tag, value: Any) -> None:
    if value not in ("", None):
        xmp[tag.xmp] = [str(value)] if tag.many else str(value)
    else:
        with contextlib.suppress(KeyError):
            del xmp[tag.xmp]


def _clear_all(pdf: pikepdf.Pdf) -> None:
    if "/Info" in pdf.trailer:
        del pdf.trailer.Info
    for item in (pdf.Root, *(page.obj for page in pdf.pages), *_streams(pdf)):
        for key in ELSEWHERE:
            if key in item:
                del item[key]


def _streams(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    """Images and forms may carry metadata of their own."""
    return [item for item in pdf.objects if isinstance(item, pikepdf.Stream)]
