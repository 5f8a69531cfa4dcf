"""``verify``: checks every saved result against its recorded digest; makes no API calls."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import project_of, style_of
from a2c_spec.core.reasons import counted
from a2c_spec.core.state import SavedFile
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project
from a2c_spec.errors import IntegrityError, UsageError


@dataclass(frozen=True, slots=True)
class Finding:
    """How one result stands: intact, missing, changed, unreadable, or skipped; ``says`` tells why."""

    address: str
    path: str
    stands: str
    says: str = ""


@click.command("verify")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@options.chdir
@options.service
@options.output
def command(addresses: tuple[str, ...], **given: Any) -> int:
    """Read every result that was saved and compare it with what was recorded; exit 14 if any differs."""
    return verify(flags_of(given), addresses)


def verify(flags: Flags, addresses: tuple[str, ...] = ()) -> int:
    """Prints what differs; raises IntegrityError if anything does."""
    project = project_of(flags)
    found = _found(project, addresses)
    told = [finding for finding in found if finding.stands != "intact"]
    wrong = [finding for finding in told if finding.stands != "skipped"]
    saved = len(found) - len(told) + len(wrong)
    if flags.as_json:
        counts = Counter(finding.stands for finding in found)
        click.echo(json.dumps({"counts": counts, "files": [asdict(finding) for finding in found]}, ensure_ascii=False))
    else:
        for finding in told:
            why = f": {finding.says}" if finding.says else ""
            colour = "red" if finding in wrong else "yellow"
            click.echo(f"{style_of(project)(finding.stands, colour)}  {finding.path}  ({finding.address}){why}")
        intact = f"{saved - len(wrong)} of {counted(saved, 'file')} intact"
        click.echo(intact if saved else "nothing to verify: no result is recorded as saved here")
    if wrong and not flags.as_json:
        raise IntegrityError(
            f"{len(wrong)} of {counted(saved, 'file')} not as recorded", hint="`a2c-spec apply` restores them"
        )
    return IntegrityError.exit_code if wrong else 0


def _found(project: Project, addresses: tuple[str, ...]) -> list[Finding]:
    from a2c_spec.engine.session import open_state

    with open_state(project) as session:
        chosen = addresses or session.store.addresses()
        records = [session.record(address) for address in chosen]
        if None in records:
            raise UsageError(f"nothing is recorded for {chosen[records.index(None)]}", hint="see `a2c-spec state list`")
        return [
            _finding(project.root, record.address, file)
            for record in records
            if record is not None
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
