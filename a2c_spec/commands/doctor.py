"""``doctor``: checks the set-up, one line per check."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from a2c_spec.commands import _options as options
from a2c_spec.commands._options import flags_of
from a2c_spec.commands._output import emit, project_of, style_of
from a2c_spec.engine.endpoint import LOCAL
from a2c_spec.engine.flags import Flags
from a2c_spec.engine.plan_facts import PROMPT
from a2c_spec.engine.project import Project
from a2c_spec.engine.reuse import cache_place
from a2c_spec.engine.session import open_session, open_state
from a2c_spec.errors import AuthError, InvalidError, SpecError

if TYPE_CHECKING:
    from a2c_spec.engine.session import Session

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
    wrong = _wrong_settings(project)
    rest = [] if wrong else [_key(project), _secrets(project), *_extras(), _sandbox(), *asyncio.run(_service(project))]
    said = (
        "; ".join(wrong) or f"as `a2c-spec config` shows{f', environment {env}' if (env := project.file.env) else ''}"
    )
    checks = [Check("project", True, str(project.root)), Check("settings", not wrong, said), *rest]
    emit(
        flags,
        lambda: [{"check": check.name, "ok": check.ok, "text": check.text} for check in checks],
        lambda: style_of(project).lines(_line(project, check) for check in checks),
    )
    return 1 if any(check.ok is False for check in checks) else 0


def _line(project: Project, check: Check) -> str:
    mark, colour = {True: ("ok", "green"), False: ("NO", "red"), None: ("--", "yellow")}[check.ok]
    return f"{style_of(project)(mark, colour)}  {check.name:<12} {check.text}"


def _wrong_settings(project: Project) -> list[str]:
    """What is wrong with the settings, with its place."""
    from a2c_spec.engine.endpoint import endpoint, kept_private

    try:
        kept_private(endpoint(project.checked()), project.flags)
    except InvalidError as error:
        return [str(problem) for problem in error.diagnostics if problem.severity == "error"]
    except SpecError as error:
        return [_both(error)]
    return []


def _both(error: SpecError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message


def _key(project: Project) -> Check:
    from a2c_spec.engine.endpoint import endpoint

    key = endpoint(project).key
    missing = None if project.flags.local else False
    how = "set API2CONVERT_API_KEY (from your account page), or work with --local"
    return Check("key", bool(key) or missing, "set" if key else how)


def _secrets(project: Project) -> Check:
    """Whether there is a place for the key that digests of secrets need, which is made when the first one is met."""
    from a2c_spec.engine.digest_key import KEY_HINT, VARIABLE, given_key, key_file

    try:
        if given_key(project.environ):
            return Check("secrets", True, f"their digests use {VARIABLE}")
        file = key_file(project.environ)
        folder = next(one for one in (file, *file.parents) if one.exists())
        if os.access(file, os.R_OK) or (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
            return Check("secrets", True, f"their digests use {file}")
        return Check("secrets", None, f"{file} cannot be used; where a manifest has secrets, {KEY_HINT}")
    except (SpecError, OSError) as error:
        return Check("secrets", None, f"{error}; where a manifest has secrets, {KEY_HINT}")


def _extras() -> Iterator[Check]:
    for extra, modules in EXTRAS.items():
        missing = [name for name in modules if importlib.util.find_spec(name) is None]
        text = "installed" if not missing else f"missing {', '.join(missing)}: pip install 'a2c-spec[{extra}]'"
        yield Check(extra, True if not missing else None, text)


def _sandbox() -> Check:
    """Whether the converters of --local and serve are confined."""
    from a2c_spec.engine.connection import unconfined

    lacks = unconfined()
    return Check("sandbox", None if lacks else True, lacks or "local conversions see no other files and no network")


async def _service(project: Project) -> list[Check]:
    try:
        with open_state(project) as kept:
            state = Check("state", True, f"{project.state_file()} (serial {kept.store.note('serial')})")
    except SpecError as error:
        return [Check("state", False, _both(error))]
    try:
        async with open_session(project) as session:
            reached = await _reached(session.service.client.wire)
            return [state, _cache(session), reached, *(await _account(session) if reached.ok else ())]
    except SpecError as error:
        return [state, Check("service", False, _both(error))]


def _cache(session: Session) -> Check:
    """Whether results can be kept in the results cache; apply works without it, and has nothing to take from it."""
    place = cache_place(session.project)[0]
    lacks = session.results.unwritable()
    return Check("cache", None if lacks else True, f"{place} cannot be written ({lacks})" if lacks else str(place))


async def _account(session: Session) -> list[Check]:
    """Whether the service accepts the key, and what the account has left."""
    if not session.service.client.wire.key or session.project.flags.local:
        return []
    try:
        left = await session.service.client.credits_left(PROMPT)
    except AuthError as error:
        return [Check("account", False, _both(error))]
    return [Check("account", True, "the service does not say what is left" if left is None else f"{left} credits left")]


async def _reached(wire: Any) -> Check:
    try:
        reply = await wire.call("GET", "/statuses")
    except SpecError as error:
        return Check("service", False, _both(error))
    known = isinstance(reply.data, list) and reply.data
    name = "the built-in local API" if wire.base_url == LOCAL else wire.base_url
    said = "answers" if known else "answers, but not as the service does; is it the right URL?"
    return Check("service", bool(known), f"{name} {said}")
