"""Packs files into archives."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.products import base_name, distinct_names, place, product, stem

TAR_MODES: dict[str, Literal["w:gz", "w:bz2", "w:xz", "w"]] = {"tgz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}


def pack(request: Request) -> Iterator[Product | ConversionWarning]:
    """One archive that holds all inputs, in order, under their own names; a number makes equal names distinct."""
    path = place(request, request.target)
    names = distinct_names(base_name(source.filename).strip() or source.id for source in request.sources)
    members = list(zip(names, request.sources, strict=True))
    if request.target == "zip":
        _zip(path, members)
    elif request.target == "7z":
        _seven(path, members)
    else:
        _tar(path, members, request.target)
    yield product(path, stem(request.sources[0]), request.target, request.sources)


def _zip(path: Path, members: list[tuple[str, Source]]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        for name, source in members:
            archive.write(source.path, name)


def _tar(path: Path, members: list[tuple[str, Source]], target: str) -> None:
    with tarfile.open(path, TAR_MODES[target], format=tarfile.PAX_FORMAT) as archive:
        for name, source in members:
            archive.add(source.path, name, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """The member without owner and group, which are those of this machine."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member


def _seven(path: Path, members: list[tuple[str, Source]]) -> None:
    import py7zr  # type: ignore[import-not-found,import-untyped,unused-ignore]  # optional

    with py7zr.SevenZipFile(path, "w") as archive:
        for name, source in members:
            archive.write(source.path, name)
