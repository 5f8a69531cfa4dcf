"""``verify``: checks every saved result against its recorded digest; makes no API calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit, project_of, style_of
from a2c_spec.core.reasons import counted
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project
from a2c_spec.errors import IntegrityError, SpecError
from a2c_spec.views.style import Style

if TYPE_CHECKING:
    from a2c_spec.engine.verify import Finding


@click.command("verify")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@options.allow_env
@options.project
def command(addresses: tuple[str, ...], **given: Any) -> int:
    """Read every result that was saved and compare it with what was recorded; exit 14 if any differs."""
    return verify(flags_of(given), addresses)


def verify(flags: Flags, addresses: tuple[str, ...] = ()) -> int:
    """Prints what differs; raises IntegrityError if anything does that a manifest asks for."""
    project = project_of(flags)
    every, realm, nothing = _found(project, addresses)
    found = [finding for finding in every if not finding.orphan]
    told = [finding for finding in every if finding.status != "intact" or finding.reason]
    wrong = [finding for finding in found if finding.status not in ("intact", "skipped")]
    lines = [_line(finding, style_of(project)) for finding in told]
    orphans = _orphans(every)
    skipped = sum(finding.status == "skipped" for finding in found)
    saved = len(found) - skipped
    if not (found or flags.as_json):
        none = f"nothing to verify: no result is recorded as saved here for {realm}"
        raise SpecError(none, hint=nothing, lines=[*lines, *orphans])
    left_out = f", {skipped} skipped" if skipped else ""
    lines += [*orphans, f"{saved - len(wrong)} of {counted(saved, 'file')} intact{left_out} ({realm})"]
    emit(
        flags,
        lambda: {
            "endpoint": realm,
            "counts": Counter(finding.status for finding in found),
            "orphans": Counter(finding.status for finding in every if finding.orphan),
            "files": [asdict(finding) for finding in every],
        },
        lambda: style_of(project).lines(lines),
    )
    if wrong and not flags.as_json:
        raise IntegrityError(f"{len(wrong)} of {counted(saved, 'file')} not as recorded", hint=_hint(wrong))
    return IntegrityError.exit_code if wrong else 0 if found else SpecError.exit_code


def _orphans(found: list[Finding]) -> list[str]:
    """What is said of addresses that no manifest asks for: apply leaves their files as they are."""
    names = dict.fromkeys(finding.address for finding in found if finding.orphan)
    if not names:
        return []
    count = counted(sum(finding.orphan for finding in found), "file")
    which = f"{count} of {', '.join(names)}, in no manifest"
    return [f"not counted: {which}; `a2c-spec prune` removes all that is left, `a2c-spec destroy ADDRESS` one address"]


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
    from a2c_spec.engine.verify import findings

    with open_state(project) as session:
        keys = dict.fromkeys(session.keys(addresses))
        return findings(session, keys), session.results.realm, "" if keys else session.nothing()
