"""Names of files that cannot leave their folder and that every file system takes, and paths that are told apart."""

from __future__ import annotations

import re
import unicodedata

from a2c_spec.core.recipe import extension
from a2c_spec.core.unseen import HIDDEN, JOINERS

RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d) *(\.|$)", re.IGNORECASE)
SIGNS = rf"\x00-\x1f\x7f-\x9f\u2028\u2029{HIDDEN}"
"""What acts where a text is shown, and is not seen: control characters, what turns text round or breaks lines,
invisible characters but for those that letters and emoji are joined with; as a set of a regular expression."""
ACTS = rf"[{SIGNS}]|(?<![^\x00-\x7f{SIGNS}{JOINERS}])[{JOINERS}]"
"""The same, and what joins nothing: it may stand once after a letter beyond ASCII, or an emoji; as a regular
expression."""
FORBIDDEN = re.compile(rf'[{SIGNS}<>:"/\\|?*]')
LONGEST_NAME = 255


def path_key(path: str) -> str:
    """What two paths have in common that some file system takes for the same: no case, no dots and spaces at an end."""
    same = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
    return "/".join([part.rstrip(" .") or part for part in same.split("/")])


def unusable_name(name: str) -> str:
    """Why a manifest cannot ask for this file name; empty when it can."""
    if re.search(r"[/\\\x00-\x1f]", name):
        return "must not contain slashes or control characters"
    if name in (".", ".."):
        return "must be a valid file name"
    length = len(name.encode(errors="replace"))
    return f"has {length} bytes, and a file name at most {LONGEST_NAME}" if length > LONGEST_NAME else ""


def safe_name(name: str) -> str:
    """A file name from the service made harmless: one path segment, no device name, at most 255 bytes."""
    clean = FORBIDDEN.sub("_", _last_part(name.encode(errors="replace").decode())).strip(" .") or "result"
    if RESERVED.match(clean):
        clean = f"_{clean}"
    return _shortened(*split_name(clean))


def _shortened(stem: str, ending: str) -> str:
    """Both together, the stem cut where a file system would not take the name."""
    room = LONGEST_NAME - len(ending.encode())
    if room < 1:
        return f"{stem}{ending}".encode()[:LONGEST_NAME].decode(errors="ignore")
    return stem.encode()[:room].decode(errors="ignore") + ending


def _last_part(name: str) -> str:
    return re.split(r"[/\\]", name)[-1]


def file_name(wanted: str, there: str, foreseen: str = "") -> str:
    """The name of a result's file, before the run and after it: what is ``wanted``, made harmless, with the extension
    that the result has ``there``, else the ``foreseen`` one; without a wish the name that it has there.

    A service cleans names, too: of a wish of dots and spaces only it may leave a name without an extension.
    """
    if not wanted:
        return safe_name(there)
    kept = _last_part(wanted)
    return safe_name(with_extension(kept if kept.strip(" .") else "result", there if extension(there) else foreseen))


def with_extension(name: str, service_name: str) -> str:
    """The desired name, completed with the result's own extension unless it has just that."""
    ending = extension(service_name)
    return name if not ending or name.lower().endswith(ending) else name + ending


def split_name(name: str) -> tuple[str, str]:
    """A file name as stem and ending (lower case, with its dot)."""
    ending = extension(name)
    return (name[: len(name) - len(ending)] if ending else name), ending


def confined(folder: str) -> str:
    """A folder below the project root, ending in a slash; segments that would lead out are dropped."""
    parts = [part for part in re.split(r"[/\\]", folder) if part not in ("", ".", "..")]
    return "".join(f"{FORBIDDEN.sub('_', part)}/" for part in parts)


def unique_path(path: str, taken: set[str]) -> str:
    """The path, with a number if it is taken; from now on it is."""
    number, unique = 1, path
    while (key := path_key(unique)) in taken:
        number += 1
        unique = numbered(path, number)
    taken.add(key)
    return unique


def numbered(path: str, number: int) -> str:
    """The path with a number before its extension: ``a.pdf``, ``a-1.pdf``; no file system refuses its name."""
    folder, slash, name = path.rpartition("/")
    stem = split_name(name)[0]
    return f"{folder}{slash}{_shortened(stem, f'-{number}{name[len(stem) :]}')}"
