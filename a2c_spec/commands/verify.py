"""``verify``: checks every saved result against its recorded digest; makes no API calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit, project_of, style_of
from a2c_spec.core.observed import Disk
from a2c_spec.core.reasons import counted
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.state import SavedFile
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project
from a2c_spec.errors import IntegrityError, SpecError, why
from a2c_spec.views.style import Style

if TYPE_CHECKING:
    from a2c_spec.api.files import OutputFiles


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
    found, realm, nothing = _found(project, addresses)
    told = [finding for finding in found if finding.status != "intact"]
    wrong = [finding for finding in told if finding.status != "skipped"]
    saved = len(found) - len(told) + len(wrong)
    lines = [_line(finding, style_of(project)) for finding in told]
    if not (saved or flags.as_json):
        raise SpecError(
            "\n".join([*lines, f"nothing to verify: no result is recorded as saved here for {realm}"]), hint=nothing
        )
    lines.append(f"{saved - len(wrong)} of {counted(saved, 'file')} intact ({realm})")
    emit(
        flags,
        lambda: {
            "endpoint": realm,
            "counts": Counter(finding.status for finding in found),
            "files": [asdict(finding) for finding in found],
        },
        lambda: "\n".join(lines),
    )
    if wrong and not flags.as_json:
        raise IntegrityError(f"{len(wrong)} of {counted(saved, 'file')} not as recorded", hint=_hint(wrong))
    return IntegrityError.exit_code if wrong else 0 if saved else SpecError.exit_code


def _hint(wrong: list[Finding]) -> str:
    """Nothing is written over what somebody else changed unless that is asked for."""
    if all(finding.status == "missing" for finding in wrong):
        return "`a2c-spec apply` restores what is missing"
    return "`a2c-spec apply` restores what is missing; what was changed, only with --on-conflict overwrite"


def _line(finding: Finding, style: Style) -> str:
    why = f": {finding.reason}" if finding.reason else ""
    return f"{style(finding.status, 'red')}  {finding.path}  ({finding.address}){why}"


def _found(project: Project, addresses: tuple[str, ...]) -> tuple[list[Finding], str, str]:
    """What stands at every place of a result; the endpoint that was looked at; and what is said if nothing is there."""
    from a2c_spec.engine.session import open_state
    from a2c_spec.manifests.digests import measure

    with open_state(project) as session:
        files = replace(session.files, digest=lambda path: measure(path).sha256)  # each file is read, whatever is known
        keys = dict.fromkeys(session.keys(addresses))
        found = [
            _finding(files, address, record.address, file)
            for address in dict.fromkeys(map(address_of, keys))
            for record in session.runs(address)
            if record.address in keys and not record.gone_since  # what was let go is nobody's result any more
            for file in record.files
            if file.path or file.wanted
        ]
        return found, session.results.realm, "" if keys else session.nothing()


def _finding(files: OutputFiles, address: str, run: str, file: SavedFile) -> Finding:
    """The verdict that plan and apply come to as well, with what is known besides."""
    if not file.path:
        return Finding(address, file.wanted, "skipped", "it was left out because something else stands there")
    try:
        stands = files.status(file.path, run)
        if stands in ("intact", "absent"):
            return Finding(address, file.path, "intact" if stands == "intact" else "missing")
        return Finding(address, file.path, "changed", _why(files, stands, run, file))
    except OSError as error:
        return Finding(address, file.path, "unreadable", why(error))


def _why(files: OutputFiles, stands: Disk, run: str, file: SavedFile) -> str:
    target = files.root / file.path
    if files.leads_out(file.path):
        return "a symbolic link leads out of the project"
    if target.is_symlink() and not target.exists():
        return "it is a symbolic link to something that does not exist"
    if stands == "outdated":
        return f"it {files.origin(file.path, run)}"
    if not target.is_file():
        return "it is a folder" if stands == "folder" else "it is no file"
    return f"sha256 {file.sha256[:4]}.. -> {files.digest(target)[:4]}.."
