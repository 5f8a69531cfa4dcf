"""What is being applied when things go wrong: a manifest before, a change, and the manifest after."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HEAD = "apiVersion: a2c-spec/v1\nkind: Job\nname: one\n"

ONE_UPLOAD = f"""{HEAD}
inputs: [{{id: a, path: a.txt}}]
conversions: [{{id: sum, category: hash, target: sha256}}]
outputs: [{{from: sum, filename: sum, save: dist/}}]
"""

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
    """``before`` is applied undisturbed; then ``change`` happens, and ``after`` is applied under the fault.

    ``manifests`` is how many jobs it describes.
    """

    name: str
    after: str
    before: str = ""
    change: Callable[[Path], None] = nothing
    manifests: int = 1


SCENARIOS = {
    one.name: one
    for one in (
        Scenario("create with one upload", ONE_UPLOAD),
        Scenario("create with two uploads and a remote file", MIXED),
        Scenario("create without an upload", REMOTE),
        Scenario("edit of a held job", EDITED, before=HELD),
        Scenario("re-run with new bytes", ONE_UPLOAD, before=ONE_UPLOAD, change=new_bytes),
        Scenario("download of lost results", ONE_UPLOAD, before=ONE_UPLOAD, change=lost_results),
        Scenario("rename of a result", RENAMED, before=ONE_UPLOAD),
        Scenario("batch of three alike", BATCH, manifests=3),
    )
}


def lay_out(folder: Path) -> None:
    """The files that the scenarios convert."""
    (folder / "batch").mkdir(parents=True)
    (folder / "a2c.yaml").write_text("")
    (folder / "a.txt").write_text("the first version\n")
    (folder / "b.txt").write_text("another file\n")
    (folder / "big.bin").write_bytes(bytes(range(256)) * 2100)
    for name in "xyz":
        (folder / "batch" / f"{name}.txt").write_text(f"{name}\n")
