"""``doctor``: checks the set-up, one line per check."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit, project_of, style_of
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.project import Project
from a2c_spec.engine.session import open_session
from a2c_spec.errors import SpecError

EXTRAS = {
    "local": ("starlette", "uvicorn", "PIL", "pikepdf", "pypdfium2"),
    "local-docs": ("typst", "pypandoc"),
    "local-media": ("imageio_ffmpeg",),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One check; ``ok`` None: it is missing, but optional."""

    name: str
    ok: bool | None
    text: str


@click.command("doctor")
@options.project
def command(**given: Any) -> int:
    """Check key, service, state and local conversions; exits 1 if something required is missing."""
    return doctor(flags_of(given))


def doctor(flags: Flags) -> int:
    """Prints every check."""
    project = project_of(flags)
    checks = [*_static(project), *asyncio.run(_service(project))]
    emit(
        flags,
        lambda: [{"check": check.name, "ok": check.ok, "text": check.text} for check in checks],
        lambda: "\n".join(_line(project, check) for check in checks),
    )
    return 1 if any(check.ok is False for check in checks) else 0


def _line(project: Project, check: Check) -> str:
    mark, colour = {True: ("ok", "green"), False: ("NO", "red"), None: ("--", "yellow")}[check.ok]
    return f"{style_of(project)(mark, colour)}  {check.name:<12} {check.text}"


def _static(project: Project) -> Iterator[Check]:
    from a2c_spec.engine.endpoint import endpoint

    yield Check("project", True, str(project.root))
    where = endpoint(project)
    needed = not project.flags.local
    yield Check(
        "key",
        bool(where.key) or (None if not needed else False),
        "set" if where.key else "API2CONVERT_API_KEY is not set",
    )
    for extra, modules in EXTRAS.items():
        missing = [name for name in modules if importlib.util.find_spec(name) is None]
        text = "installed" if not missing else f"missing {', '.join(missing)}: pip install 'a2c-spec[{extra}]'"
        yield Check(extra, True if not missing else None, text)


async def _service(project: Project) -> list[Check]:
    try:
        async with open_session(project) as session:
            serial = session.store.note("serial")
            state = Check("state", True, f"{project.home} (serial {serial})")
            return [state, await _reached(session.service.client.wire)]
    except SpecError as error:
        return [Check("service", False, f"{error.message}; {error.hint}")]


async def _reached(wire: Any) -> Check:
    try:
        reply = await wire.call("GET", "/statuses")
    except SpecError as error:
        return Check("service", False, f"{error.message}; {error.hint}")
    codes = [row.get("code") for row in reply.data if isinstance(row, dict)] if isinstance(reply.data, list) else []
    return Check("service", True, f"{wire.base_url} answers with {len(codes)} statuses")
