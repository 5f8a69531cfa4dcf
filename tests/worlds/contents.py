"""What is in the files of a project, so that two of them can be compared."""

from __future__ import annotations

import io
import zipfile
from collections import Counter

from tests.worlds.judge import Judge
from tests.worlds.recipes import NAMES_DECIDE, sha256
from tests.worlds.world import World


def content(data: bytes, *, names: bool = True) -> str:
    """A digest of what is in a file: of an archive, the bytes and, if they count, the names; never the times."""
    if not data.startswith(b"PK"):
        return sha256(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        held = [(one if names else "", content(archive.read(one))) for one in archive.namelist()]
    return sha256(repr(held).encode())


def files_of(world: World, judge: Judge) -> dict[str, Counter[tuple[str, str]]]:
    """The files of every address: path and digest as they lie there; no path where the service alone decides it."""
    files = world.results()
    found: dict[str, Counter[tuple[str, str]]] = {}
    for address, row in world.outputs().items():
        found[address] = Counter()
        for file in row["files"]:
            wish = judge.wishes.get((address, file["conversion"]))
            packed = wish is not None and wish.recipe is not None and wish.recipe.category not in NAMES_DECIDE
            digest = content(files.get(file["path"], b"gone"), names=not packed)
            told = "any name" if wish is not None and wish.free else file["path"]
            found[address][told, digest[:12]] += 1
    return found


def dated(world: World, judge: Judge) -> set[str]:
    """Addresses made from an archive of the local API: it holds times, so that no two runs are alike."""
    if judge.pure:
        return set()
    files, outputs = world.results(), world.outputs()
    found: set[str] = set()
    for _ in judge.trees:
        for tree in judge.trees:
            above = {one["from"].rpartition(".")[0] for one in tree.get("inputs", []) if "from" in one}
            paths = [file["path"] for name in above for file in outputs.get(name, {"files": []})["files"]]
            if above & found or any(files.get(path, b"").startswith(b"PK") for path in paths):
                found.add(tree["name"])
    return found
