"""What is being applied when things go wrong: a manifest before, a change, and the manifest after."""

from __future__ import annotations

import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

APPLY = ("apply", "-y", "--no-cache")
HEAD = "apiVersion: a2c-spec/v1\nkind: Job\nname: one\n"

ONE_UPLOAD = f"""{HEAD}
inputs: [{{id: a, path: a.txt}}]
conversions: [{{id: sum, category: hash, target: sha256}}]
outputs: [{{from: sum, filename: sum, save: dist/}}]
"""

IN_ITS_PLACE = ONE_UPLOAD + "lifecycle: {on_replace: delete}\n"

RENAMED = ONE_UPLOAD.replace("filename: sum, save: dist/", "filename: total, save: dist/sums/")

MIXED = f"""{HEAD}
job: {{fail_on_input_error: true}}
inputs:
  - {{id: a, path: a.txt}}
  - {{id: far, source: "https://files.example/far.txt"}}
  - {{id: big, path: big.bin}}
conversions:
  - {{id: sum, category: hash, target: sha256, options: {{allow_multiple_outputs: true}}}}
outputs: [{{from: sum, filename: "${{{{ output.index }}}}", save: dist/}}]
"""

REMOTE = f"""{HEAD}
inputs: [{{id: far, source: "https://files.example/far.txt"}}]
conversions: [{{id: sum, category: hash, target: sha256}}]
outputs: [{{from: sum, filename: sum, save: dist/}}]
"""

HELD = f"""{HEAD}
job: {{process: false}}
inputs:
  - {{id: a, path: a.txt}}
  - {{id: b, path: b.txt}}
conversions:
  - {{id: sum, category: hash, target: sha256, options: {{allow_multiple_outputs: false}}}}
outputs: [{{from: sum, filename: "${{{{ output.index }}}}", save: dist/}}]
"""

EDITED = f"""{HEAD}
job: {{process: true, notify_status: true}}
inputs:
  - {{id: b, path: b.txt}}
  - {{id: far, source: "https://files.example/far.txt"}}
conversions:
  - {{id: sum, category: hash, target: sha256, options: {{allow_multiple_outputs: true}}}}
  - {{id: md5, category: hash, target: md5, options: {{allow_multiple_outputs: true}}}}
outputs:
  - {{from: sum, filename: "${{{{ output.index }}}}", save: dist/}}
  - {{from: md5, filename: "${{{{ output.index }}}}", save: dist/}}
"""

BATCH = """apiVersion: a2c-spec/v1
kind: Batch
name: sums
for_each: {glob: {pattern: "batch/*.txt"}}
key: ${{ each.relpath }}
template:
  inputs: [{id: src, path: "${{ each.path }}"}]
  conversions: [{id: sum, category: hash, target: sha256}]
  outputs: [{from: sum, filename: "${{ input.stem }}-${{ output.index }}", save: dist/}]
"""

PICTURE = f"""{HEAD}
inputs: [{{id: a, path: a.png}}]
conversions: [{{id: small, category: image, target: png, options: {{width: 8}}}}]
outputs: [{{from: small, filename: small, save: dist/}}]
"""

NARROWER = PICTURE.replace("width: 8", "width: 4")

TWO = f"""{HEAD}
inputs: [{{id: a, path: a.png}}]
conversions:
  - {{id: small, category: image, target: png, options: {{width: 8}}}}
  - {{id: other, category: image, target: jpg, options: {{width: 8}}}}
outputs:
  - {{from: small, filename: small, save: dist/}}
  - {{from: other, filename: other, save: dist/}}
"""

ONE_OF_TWO = TWO.replace("target: jpg, options: {width: 8}", "target: jpg, options: {width: 4}")

DEPENDENT = """---
apiVersion: a2c-spec/v1
kind: Job
name: two
inputs: [{id: before, from: one.small}]
conversions: [{id: sum, category: hash, target: sha256}]
outputs: [{from: sum, filename: sum, save: dist/}]
"""

PRESET = """apiVersion: a2c-spec/v1
kind: Preset
name: small
category: image
target: png
options: {width: 8}
---
"""

BY_PRESET = PRESET + PICTURE.replace("options: {width: 8}", "preset: {from: small}")


def nothing(_folder: Path) -> None:
    """No change beside the manifest's."""


def new_bytes(folder: Path) -> None:
    """The input is another one now."""
    (folder / "a.txt").write_text("the second version\n")


def lost_results(folder: Path) -> None:
    """Somebody deleted what was made."""
    shutil.rmtree(folder / "dist")


@dataclass(frozen=True, slots=True)
class Scenario:
    """``before`` is applied undisturbed, with ``begun`` as arguments; then ``change`` happens, and ``command`` is run
    on ``after`` under the fault.

    ``manifests`` is how many manifests there are. ``slow``: jobs show as running for a few reads. ``anew``: how many
    jobs the fault may make run once more, because somebody asked for that, or because they were canceled too late.
    ``resent``: how many results of other jobs may travel as files, because a later plan does not ask for those jobs.
    ``stays``: results of before that no manifest asks for any more.
    """

    name: str
    after: str
    before: str = ""
    change: Callable[[Path], None] = nothing
    manifests: int = 1
    begun: tuple[str, ...] = ()
    command: tuple[str, ...] = APPLY
    slow: bool = False
    anew: int = 0
    resent: int = 0
    stays: tuple[str, ...] = ()


SCENARIOS = {
    one.name: one
    for one in (
        Scenario("create with one upload", ONE_UPLOAD),
        Scenario("create with two uploads and a remote file", MIXED),
        Scenario("create without an upload", REMOTE),
        Scenario("edit of a held job", EDITED, before=HELD),
        Scenario("re-run with new bytes", ONE_UPLOAD, before=ONE_UPLOAD, change=new_bytes),
        Scenario("re-run that deletes what it replaces", IN_ITS_PLACE, before=IN_ITS_PLACE, change=new_bytes),
        Scenario("download of lost results", ONE_UPLOAD, before=ONE_UPLOAD, change=lost_results),
        Scenario("rename of a result", RENAMED, before=ONE_UPLOAD),
        Scenario("batch of three alike", BATCH, manifests=3),
        Scenario("replace while running", NARROWER, before=PICTURE, begun=("--detach",), slow=True, anew=1),
        Scenario("a dependent", PICTURE + DEPENDENT, manifests=2, resent=1),
        Scenario(
            "a dependent of what changed", NARROWER + DEPENDENT, before=PICTURE + DEPENDENT, manifests=2, resent=1
        ),
        Scenario("one of two conversions changes", ONE_OF_TWO, before=TWO),
        Scenario(
            "a conversion is taken out and another one runs again", NARROWER, before=TWO, stays=("dist/other.jpg",)
        ),
        Scenario("--replace", PICTURE, before=PICTURE, command=(*APPLY, "--replace", "one"), anew=1),
        Scenario(
            "a preset whose options change", BY_PRESET.replace("width: 8", "width: 4"), before=BY_PRESET, manifests=2
        ),
        Scenario("wait for a detached job", PICTURE, before=PICTURE, begun=("--detach",), command=("wait",), slow=True),
    )
}


def lay_out(folder: Path) -> None:
    """The files that the scenarios convert."""
    (folder / "batch").mkdir(parents=True)
    (folder / "a2c.yaml").write_text("")
    (folder / "a.txt").write_text("the first version\n")
    (folder / "b.txt").write_text("another file\n")
    (folder / "big.bin").write_bytes(bytes(range(256)) * 2100)
    (folder / "a.png").write_bytes(picture(16))
    for name in "xyz":
        (folder / "batch" / f"{name}.txt").write_text(f"{name}\n")


def picture(side: int) -> bytes:
    """A square of grey levels, as PNG."""
    rows = b"".join(b"\0" + bytes((x * 16 + y) % 256 for x in range(side)) for y in range(side))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
