"""Every conversion there is: its catalog id, its options, the function that does it, and what that needs installed."""

from __future__ import annotations

from dataclasses import dataclass

from a2c_spec.local_api.convert import options as o


@dataclass(frozen=True, slots=True)
class Row:
    """One conversion. ``converter`` is ``module:function`` in this folder; ``needs`` names modules or programs."""

    id: str
    category: str
    target: str
    converter: str
    options: o.Options
    needs: tuple[str, ...] = ()

    @property
    def all_options(self) -> o.Options:
        """The conversion's own options, then those every conversion has."""
        return {**self.options, **o.UNIVERSAL}


IMAGING = ("PIL", "pypdfium2")
PAPER = ("PIL", "pikepdf", "pypdfium2")

ROWS: tuple[Row, ...] = (
    Row("51", "image", "avif", "images:convert", o.IMAGE | o.QUALITY, IMAGING),
    Row("52", "image", "bmp", "images:convert", o.IMAGE, IMAGING),
    Row("53", "image", "gif", "images:convert", o.IMAGE, IMAGING),
    Row("55", "image", "ico", "images:convert", o.IMAGE, IMAGING),
    Row("56", "image", "jpg", "images:convert", o.IMAGE | o.QUALITY, IMAGING),
    Row("59", "image", "png", "images:convert", o.IMAGE, IMAGING),
    Row("60", "image", "tga", "images:convert", o.IMAGE, IMAGING),
    Row("61", "image", "tiff", "images:convert", o.IMAGE, IMAGING),
    Row("62", "image", "webp", "images:convert", o.IMAGE | o.QUALITY, IMAGING),
    Row("20", "document", "pdf", "documents_to_pdf:convert", o.PDF, PAPER),
    Row("80", "operation", "thumbnail", "thumbnails:convert", o.THUMBNAIL, IMAGING),
    Row("10", "archive", "zip", "archives:pack", {}),
    Row("11", "archive", "tgz", "archives:pack", {}),
    Row("12", "archive", "tar.bz2", "archives:pack", {}),
    Row("13", "archive", "tar.xz", "archives:pack", {}),
    Row("14", "archive", "7z", "archives:pack", {}, ("py7zr",)),
    *(
        Row(str(100 + index), "hash", target, "hashes:convert", {})
        for index, target in enumerate(("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "crc32", "adler32"))
    ),
    Row("120", "metadata", "json", "metadata_read:convert", o.METADATA_JSON),
    Row("121", "metadata", "metadata", "metadata_write:convert", {}),
)
