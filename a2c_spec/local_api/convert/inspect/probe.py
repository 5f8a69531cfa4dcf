"""Finds out what the API reports about a new input: type, size, pages, duration, protection."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert.contract import ConversionError, Source
from a2c_spec.local_api.convert.kinds import identify
from a2c_spec.local_api.convert.sandbox import pool
from a2c_spec.local_api.convert.sandbox.task import MIB, Limits, Task

QUICK = Limits(seconds=20, memory=2048 * MIB, output=16 * MIB)


def probe(path: Path, filename: str) -> dict[str, Any]:
    """The metadata of an input, as far as it can be read. Never raises, whatever the file holds."""
    try:
        found: dict[str, Any] = _run("probe_in_worker", path, filename=filename)
    except (ConversionError, OSError):
        return {}
    return found


def check_password(path: Path, password: str) -> bool:
    """Whether the password opens the file; any password opens a file without protection."""
    try:
        return bool(_run("check_password_in_worker", path, password=password))
    except (ConversionError, OSError):
        return False


def _run(function: str, path: Path, **payload: str) -> Any:
    with tempfile.TemporaryDirectory(prefix="a2c-probe-") as folder:
        task = Task(f"{__name__}:{function}", {"path": str(path.absolute()), **payload}, Path(folder), (path,), QUICK)
        return pool.run(task, pool.PROBES)


def probe_in_worker(payload: dict[str, Any]) -> dict[str, Any]:
    """The part of ``probe`` that runs in the worker process."""
    path, filename = Path(payload["path"]), payload["filename"]
    kind = identify(path, filename)
    found: dict[str, Any] = {"content_type": kind.content_type}
    if reader := READERS.get(kind.family):
        try:
            found |= reader(Source("", path, filename))
        except Exception:  # damaged or hostile: only the type is known
            return found
    return found


def check_password_in_worker(payload: dict[str, Any]) -> bool:
    """The part of ``check_password`` that runs in the worker process."""
    path = Path(payload["path"])
    kind = identify(path)
    if kind.name == "zip":
        return _opens_zip(path, payload["password"].encode())
    return kind.family != "pdf" or _opens_pdf(path, payload["password"])


def _opens_pdf(path: Path, password: str) -> bool:
    import pikepdf

    try:
        pikepdf.open(path, password=password).close()
    except pikepdf.PdfError:
        return False
    return True


def _opens_zip(path: Path, password: bytes) -> bool:
    with zipfile.ZipFile(path) as archive:
        locked = next((member for member in archive.infolist() if member.flag_bits & 1), None)
        if locked is None:
            return True
        try:
            with archive.open(locked, pwd=password) as stream:
                while stream.read(1 << 18):  # the checksum at the end tells whether it was right
                    pass
        except (RuntimeError, zipfile.BadZipFile, zlib.error, NotImplementedError):
            return False
    return True


def _zip(source: Source) -> dict[str, Any]:
    if not zipfile.is_zipfile(source.path):
        return {}
    with zipfile.ZipFile(source.path) as archive:
        locked = any(member.flag_bits & 1 for member in archive.infolist())
    return {"password_protected": True} if locked else {}


def _image(source: Source) -> dict[str, Any]:
    from a2c_spec.local_api.convert.image.pictures import open_image

    with open_image(source) as image:
        return {"image_width": image.width, "image_height": image.height}


def _pdf(source: Source) -> dict[str, Any]:
    import pikepdf

    try:
        with pikepdf.open(source.path) as pdf:
            return {"pages": len(pdf.pages)}
    except pikepdf.PasswordError:
        return {"pdf_has_user_password": True, "password_protected": True}


def _media(source: Source) -> dict[str, Any]:
    from tinytag import TinyTag

    from a2c_spec.local_api.convert.inspect.facts import TAGGED

    if identify(source.path, source.filename).name not in TAGGED:
        return _video(source)
    duration = TinyTag.get(source.path, tags=False).duration
    return {"duration": round(duration, 3)} if duration else {}


def _video(source: Source) -> dict[str, Any]:
    from a2c_spec.local_api.convert import programs
    from a2c_spec.local_api.convert.media import ffmpeg

    if not programs.has("ffmpeg"):
        return {}
    return {name: value for name, value in ffmpeg.inspect(source).facts().items() if value is not None}


READERS: dict[str, Callable[[Source], dict[str, Any]]] = {
    "archive": _zip,
    "image": _image,
    "pdf": _pdf,
    "audio": _media,
    "video": _video,
}
