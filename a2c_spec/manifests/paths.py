"""Paths that manifests name: relative to the manifest's folder, and never outside the project root."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from a2c_spec.core.protected import protected
from a2c_spec.errors import BEYOND_LOCALE, is_text, why
from a2c_spec.manifests import globs
from a2c_spec.manifests.expressions.limits import nearest_name
from a2c_spec.regular_files import Astray, beginning


@dataclass(frozen=True, slots=True)
class ManifestFolder:
    """The folder of a manifest and the project root, both real absolute paths.

    ``from_root`` is the folder as a POSIX path relative to the root, None when it is outside.
    """

    path: Path
    root: Path
    from_root: str | None

    def confine(self, text: str) -> str:
        """The path ``text`` of a manifest, relative to the root; raises ValueError if it leads outside, or to what no
        manifest may name."""
        return confine(text, self.path, self.root)


def manifest_folder(path: Path, root: Path) -> ManifestFolder:
    """The folder ``path`` of a manifest in the project at ``root``."""
    try:
        return ManifestFolder(path, root, within(".", path, root))
    except ValueError:
        return ManifestFolder(path, root, None)


def confine(text: str, folder: Path, root: Path) -> str:
    """``text``, relative to ``folder``, as a POSIX path relative to ``root``; raises ValueError if it leaves ``root``,
    or leads to what no manifest may name.

    ``root`` and ``folder`` are real absolute paths. Symbolic links are followed to see where the path really leads.
    """
    path, real = _resolved(text, folder, root)
    if part := protected(path) or (real and protected(real)):
        raise ValueError(f"leads to {part}, which no manifest reads or writes")
    return path


def place_of_ours(text: str, root: Path) -> str:
    """A path at which we keep something of a project, relative to its ``root``: in ``.a2c``, or where nothing else is
    that no manifest may name. Raises ValueError if it leads outside, PermissionError if to one of these."""
    path, real = _resolved(text, root, root)
    for one in filter(None, (path, real)):
        first, _, rest = one.partition("/")
        if part := protected(rest if first.casefold() == STATE_FOLDER else one):
            raise PermissionError(f"leads to {part}")
    return path


STATE_FOLDER = ".a2c"


def within(text: str, folder: Path, root: Path) -> str:
    """The same for what no manifest says, which may also name what is ours."""
    return _resolved(text, folder, root)[0]


def _resolved(text: str, folder: Path, root: Path) -> tuple[str, str]:
    """The path relative to ``root``, and the same where symbolic links lead, if any are on the way."""
    if not text or "\0" in text or len(text) > 4096:
        raise ValueError("is not a valid path")
    if text.startswith(("/", os.sep)):
        raise ValueError("must be relative to the manifest's folder")
    path = os.path.normpath(os.path.join(folder, text))  # noqa: PTH118 - lexical on purpose, and fast
    top = str(root).rstrip(os.sep)
    if path != (top or os.sep) and not path.startswith(top + os.sep):
        raise ValueError("is outside the project root")
    below = path[len(top) + 1 :]
    try:
        real = _followed(top, below)
    except UnicodeEncodeError as error:
        raise ValueError(BEYOND_LOCALE) from error
    except (OSError, ValueError) as error:
        raise ValueError("cannot be resolved") from error
    if real and real != top and not real.startswith(top + os.sep):
        raise ValueError("is outside the project root")
    return below.replace(os.sep, "/") or ".", real[len(top) + 1 :]


def _followed(top: str, below: str) -> str:
    """Where symbolic links lead ``below``, a path in the real path ``top``; empty where there are none."""
    path = top
    for part in below.split(os.sep):  # noqa: PTH206 - for speed
        path = f"{path}{os.sep}{part}"
        try:
            if stat.S_ISLNK(os.lstat(path).st_mode):
                return os.path.realpath(f"{top}{os.sep}{below}")
        except (FileNotFoundError, NotADirectoryError):
            return ""  # what does not exist is not a link
    return ""


LINK_HINT = "nothing of it is read: put the file itself there, or name it where it is"


def hint_of(error: OSError) -> str:
    """What to do about a file that cannot be read."""
    return LINK_HINT if isinstance(error, Astray) else ""


def as_folder(path: str) -> str:
    """``path`` with the ``/`` at its end that marks a folder."""
    return path.rstrip("/") + "/"


def beside(name: str, text: str) -> str:
    """The name that messages give to the file ``text``, which is named in the file ``name``."""
    return os.path.normpath(os.path.join(os.path.dirname(name), text))  # noqa: PTH118, PTH120 - names, not paths


MISSING = "does not exist"
LISTED = 1000
"""So many names of a folder are compared with that of a file which is not there."""
LIKE = 0.8


def missing_hint(text: str, folder: ManifestFolder) -> str:
    """What was probably meant by the path of a file that does not exist: a URL, a pattern, or a name that does."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        return "write `source` for a URL"
    if globs.is_pattern(text):
        return (
            f'a path cannot be a pattern; kind: Batch with for_each: {{glob: "{text[:100]}"}} makes a job of each file'
        )
    parts = text.split("/")
    for number, part in enumerate(parts):
        before = "/".join(parts[:number])
        if part in ("", ".", "..") or os.path.lexists(folder.path / before / part):
            continue
        better = _alike(folder.path / before, part)
        whole = "/".join([*parts[:number], better, *parts[number + 1 :]])
        return f"did you mean `{whole}`?" if better and os.path.lexists(folder.path / whole) else ""
    return ""


def _alike(folder: Path, name: str) -> str:
    """The name in a folder that differs from one only in the case of letters, else the nearest; empty without any."""
    try:
        with os.scandir(folder) as entries:
            names = [one.name for one in islice(entries, LISTED) if is_text(one.name)]
    except OSError:
        return ""
    same = [one for one in names if one.casefold() == name.casefold()]
    return same[0] if same else nearest_name(name, names, LIKE)


def file_problem(path: str) -> str:
    """Why the file at ``path`` cannot be uploaded; empty when it can."""
    try:
        status = os.stat(path)  # noqa: PTH116 - one call for each of many files
    except OSError as error:
        missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        return MISSING if missing else f"cannot be read: {why(error)}"
    if not stat.S_ISREG(status.st_mode):
        return "is not a file"
    if not os.access(path, os.R_OK):
        return "cannot be read"
    return LFS if status.st_size <= LFS_BYTES and is_pointer(Path(path)) else ""


LFS = "is a Git LFS pointer, not the file itself; `git lfs pull` fetches it"
LFS_BYTES = 1024
"""No pointer is larger."""


def is_pointer(path: Path) -> bool:
    """Whether a file stands for one that Git LFS has not fetched."""
    try:
        return path.stat().st_size <= LFS_BYTES and beginning(path, len(LFS_START)) == LFS_START
    except OSError:
        return False


LFS_START = b"version https://git-lfs.github.com/spec/"
