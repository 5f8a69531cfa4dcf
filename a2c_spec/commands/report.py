"""``report``: what was applied, as one HTML page that can be mailed, archived and opened anywhere."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import did, project_of
from a2c_spec.engine.flags import absolute
from a2c_spec.errors import while_doing
from a2c_spec.regular_files import content, opened

THUMBNAILS = 200
LARGEST_INLINE = 24 * 1024
LARGEST_SOURCE = 50 * 1024 * 1024
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""What a file is read as, whatever it holds: for other kinds Pillow runs programs."""
LARGEST_PIXELS = 50_000_000
KINDS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".gif": "gif"}


@click.command("report")
@options.chdir
@options.env
@options.service
@click.option("-o", "--out", default="a2c-report.html", show_default=True, metavar="FILE", help="The file to write.")
@options.output
def command(out: str, **given: Any) -> int:
    """Write one self-contained HTML page: timeline, durations, sizes, failures, thumbnails."""
    from a2c_spec.engine.session import open_state
    from a2c_spec.engine.written_files import REPORT, check_product, check_unclaimed
    from a2c_spec.views.report import report

    project = project_of(flags_of(given))
    target = absolute(out, project.cwd)
    check_product(project, "--out", target, REPORT)
    with open_state(project) as session:
        check_unclaimed(session, [("--out", target)])
        title = f"{project.root.name}: conversions"
        page = report(session.store.scan(), thumbnails(project.root), title=title, made_at=project.runtime.clock())
    with while_doing(f"cannot write {target}"):
        target.write_text(page, encoding="utf-8")
    did(project.flags, f"wrote {out}", written=out)
    return 0


def thumbnails(root: Path) -> Callable[[str], str]:
    """Small versions of images below ``root``, a bounded number of them; empty for anything else."""
    left = THUMBNAILS

    def thumbnail(path: str) -> str:
        nonlocal left
        kind = KINDS.get(Path(path).suffix.lower())
        if not kind or left <= 0:
            return ""
        left -= 1
        return _inline(root / path, kind)

    return thumbnail


def _inline(path: Path, kind: str) -> str:
    try:
        size = path.stat().st_size
        inline = size <= LARGEST_INLINE
        data = content(path, LARGEST_INLINE) if inline else _shrunk(path) if size <= LARGEST_SOURCE else b""
    except OSError:
        return ""
    kind = kind if size <= LARGEST_INLINE else "webp"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}" if data else ""


def _shrunk(path: Path) -> bytes:
    """A thumbnail, where Pillow is installed and can read the image; nothing otherwise."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        return b""
    try:
        with opened(path) as file, Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > LARGEST_PIXELS:
                return b""
            image.thumbnail((144, 96))
            out = io.BytesIO()
            image.convert("RGB").save(out, "WEBP", quality=70)
            return out.getvalue()
    except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError):
        return b""
