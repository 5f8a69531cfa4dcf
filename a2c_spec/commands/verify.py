"""``verify``: checks every saved result against its recorded digest; makes no API calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit, project_of, style_of
from a2c_spec.core.reasons import counted
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import SavedFile
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project
from a2c_spec.errors import IntegrityError
from a2c_spec.views.style import Style


@dataclass(frozen=True, slots=True)
class Finding:
    """The ``status`` of one result: intact, missing, changed, unreadable or skipped; and the ``reason``, where known.

    As JSON: ``schemas/verify.schema.json``.
    """

    address: str
    path: str
    status: str
    reason: str = ""


@click.command("verify")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@options.project
def command(addresses: tuple[str, ...], **given: Any) -> int:
    """Read every result that was saved and compare it with what was recorded; exit 14 if any differs."""
    return verify(flags_of(given), addresses)


def verify(flags: Flags, addresses: tuple[str, ...] = ()) -> int:
    """Prints what differs; raises IntegrityError if anything does."""
    project = project_of(flags)
    found = _found(project, addresses)
    told = [finding for finding in found if finding.status != "intact"]
    wrong = [finding for finding in told if finding.status != "skipped"]
    saved = len(found) - len(told) + len(wrong)
    lines = [_line(finding, style_of(project)) for finding in told]
    intact = f"{saved - len(wrong)} of {counted(saved, 'file')} intact"
    lines.append(intact if saved else "nothing to verify: no result is recorded as saved here")
    emit(
        flags,
        lambda: {
            "counts": Counter(finding.status for finding in found),
            "files": [asdict(finding) for finding in found],
        },
        lambda: "\n".join(lines),
    )
    if wrong and not flags.as_json:
        raise IntegrityError(
            f"{len(wrong)} of {counted(saved, 'file')} not as recorded", hint="`a2c-spec apply` restores them"
        )
    return IntegrityError.exit_code if wrong else 0


def _line(finding: Finding, style: Style) -> str:
    why = f": {finding.reason}" if finding.reason else ""
    return f"{style(finding.status, 'red')}  {finding.path}  ({finding.address}){why}"


def _found(project: Project, addresses: tuple[str, ...]) -> list[Finding]:
    from a2c_spec.engine.session import open_state

    with open_state(project) as session:
        keys = dict.fromkeys(session.keys(addresses))
        return [
            _finding(project.root, address, file)
            for address in dict.fromkeys(map(address_of, keys))
            for record in session.runs(address)
            if record.address in keys and not record.gone_since  # what was let go is nobody's result any more
            for file in record.files
            if file.path or file.wanted
        ]


def _finding(root: Path, address: str, file: SavedFile) -> Finding:
    from a2c_spec.manifests.digests import measure

    if not file.path:
        return Finding(address, file.wanted, "skipped", "it was left out because something else stands there")
    target = root / file.path
    try:
        if not target.resolve().is_relative_to(root.resolve()):
            return Finding(address, file.path, "changed", "a symbolic link leads out of the project")
        content = measure(target)
    except FileNotFoundError:
        return Finding(address, file.path, "missing")
    except OSError as error:
        return Finding(address, file.path, "unreadable", error.strerror or type(error).__name__)
    if (content.size, content.sha256) == (file.size, file.sha256):
        return Finding(address, file.path, "intact")
    return Finding(address, file.path, "changed", f"sha256 {file.sha256[:4]}.. -> {content.sha256[:4]}..")
