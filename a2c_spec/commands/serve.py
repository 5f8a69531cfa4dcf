"""``serve``: the local API as a real server, for SDKs and tests; ``--verify`` compares it with another service."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from a2c_spec.commands._numbers import Number, Whole
from a2c_spec.commands._output import say
from a2c_spec.commands._variables import named_flag, refuse_both
from a2c_spec.errors import SpecError, UsageError, missing_key, why
from a2c_spec.regular_files import content
from a2c_spec.views import inert

if TYPE_CHECKING:
    from a2c_spec.local_api.settings import Settings
    from a2c_spec.local_api.simulation.faults import Fault

LOOPBACK = ("127.0.0.1", "::1", "localhost")
KEY = "API2CONVERT_API_KEY"
MOST_FAULTS = 1024 * 1024
"""Bytes of a file with faults."""
COUNT = Whole(min=0)
AMOUNT = Number(min=0)


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of the command line."""

    host: str
    port: int
    data: str
    ephemeral: bool
    api_key_env: str
    seed: str
    allow_public: bool
    allow_browser: bool
    fetch_private: bool
    faults: str
    latency: int
    progression: str
    ready: float
    running: float
    vocabulary: str
    credits: int | None
    concurrent: int | None
    clock: str
    log: str
    as_json: bool
    verify: str
    spend: bool


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=0, type=Whole(0, 65535), help="The port; 0 chooses a free one.")
@click.option(
    "--data",
    default="",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="The folder for jobs and files (default: .a2c/local).",
)
@click.option("--ephemeral", is_flag=True, help="Keep nothing after the server ends.")
@click.option(
    "--api-key-env",
    default="",
    metavar="NAME",
    help="The variable with the key to require (default: a random key; with --verify API2CONVERT_API_KEY).",
)
@click.option("--seed", default="", help="Make ids and tokens repeatable.")
@click.option("--allow-public", is_flag=True, help="Allow an address that other machines can reach.")
@click.option(
    "--allow-browser", is_flag=True, help="Let inputs be web pages that a browser on this machine opens (see COVERAGE)."
)
@click.option(
    "--fetch-private", is_flag=True, help="Let remote inputs and callbacks reach loopback and private addresses."
)
@click.option(
    "--faults", default="", type=click.Path(dir_okay=False), metavar="FILE", help="The faults to simulate, as YAML."
)
@click.option("--latency", default=0, type=COUNT, metavar="MS", help="Wait this long before every response.")
@click.option(
    "--progression",
    default="work",
    type=click.Choice(["work", "time", "polls"]),
    help="Report the real progress (work), or a longer one: by seconds (time) or number of reads (polls).",
)
@click.option(
    "--ready", default=0, type=AMOUNT, metavar="N", help="Seconds or reads for which a job is shown as ready."
)
@click.option(
    "--running", default=0, type=AMOUNT, metavar="N", help="Seconds or reads for which it is then shown as running."
)
@click.option(
    "--vocabulary",
    default="guide",
    type=click.Choice(["guide", "sdk"]),
    help="Names of statuses. guide: ready, running; sdk: queued, downloading, processing.",
)
@click.option("--credits", default=None, type=COUNT, metavar="N", help="Answer 402 after N credits are spent.")
@click.option("--concurrent", default=None, type=COUNT, metavar="N", help="Answer 429 to more than N jobs at a time.")
@click.option("--clock", default="", metavar="TIME", help="Freeze the clock at this time (ISO 8601).")
@click.option(
    "--log",
    default="",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Append every call to this file, as JSON.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
@click.option("--verify", default="", metavar="URL", help="Serve nothing; compare the local API with this service.")
@click.option("--spend", is_flag=True, help="With --verify: carry out one small conversion too, which costs credits.")
def command(**given: Any) -> int:
    """Run the local API: print the environment variables to export, then serve until Ctrl-C."""
    refuse_both("ephemeral", "data", "contradict each other: nothing is kept, or something is")
    return serve(ServeOptions(**given))


def serve(given: ServeOptions) -> int:
    """Serves until interrupted."""
    if given.host not in LOOPBACK and not given.allow_public:
        raise UsageError(
            f"{named_flag('host')} {given.host} can be reached by others", hint="add --allow-public if you want that"
        )
    if given.spend and not given.verify:
        raise UsageError(f"{named_flag('spend')} needs --verify")
    if given.seed and given.host not in LOOPBACK:
        raise UsageError(
            f"{named_flag('seed')} makes tokens that others can guess, so it is for this machine only, without "
            f"{named_flag('host')}"
        )
    try:
        if given.verify:
            return _verify(given, os.environ.get(given.api_key_env or KEY, ""))
        from a2c_spec.local_api.jobs.identity import new_key
        from a2c_spec.local_api.server import run
    except ImportError as error:
        raise SpecError(
            f"the local API needs a library that is not installed: {error.name}", hint="pip install 'a2c-spec[local]'"
        ) from error
    key = _fixed_key(given.api_key_env) or new_key()
    with _log(given.log) as on_call:
        settings = _settings(given, key, on_call)
        if settings.data_dir is not None:
            _own(settings.data_dir)
        run(settings, given.host, given.port, lambda url: _ready(url, given, key))
    return 0


def _own(folder: Path) -> None:
    """Raises UsageError where something in the folder is a link."""
    from a2c_spec.local_api.storage.private_folder import NotPrivate, make_private

    try:
        make_private(folder)
    except NotPrivate as error:
        raise UsageError(str(error.strerror), hint="remove it, or name another folder: --data DIR") from error


def _fixed_key(name: str) -> str:
    """The key of the variable with this name, empty if none is named; raises UsageError where it holds no key."""
    key = os.environ.get(name, "").strip() if name else ""
    if name and not re.fullmatch(r"[!-~]+", key):
        why = "holds what no header can" if key else "is not set"
        raise UsageError(
            f"{named_flag('api_key_env')} {name}: the variable {why}",
            hint="without the option, the key is a random one",
        )
    return key


def _settings(given: ServeOptions, key: str, on_call: Callable[[Mapping[str, Any]], None] | None) -> Settings:
    import time

    from a2c_spec.local_api.settings import Limits, Progression, Settings, Unknowns

    stands = _moment(given.clock) if given.clock else None
    return Settings(
        data_dir=None if given.ephemeral else _folder(given.data),
        api_keys=(key,),
        seed=given.seed or None,
        clock=time.time if stands is None else lambda: stands,
        progression=Progression(given.progression, given.ready, given.running),  # type: ignore[arg-type] # click checked
        limits=Limits(credits=given.credits, concurrent_jobs=given.concurrent),
        unknowns=Unknowns(vocabulary=given.vocabulary),  # type: ignore[arg-type] # click checked
        faults=_faults(given),
        allow_browser=given.allow_browser,
        fetch_private=given.fetch_private,
        on_call=on_call,
    )


def _folder(named: str) -> Path:
    """The folder for jobs and files; raises UsageError where a link would lead the usual one elsewhere."""
    usual = Path(".a2c/local")
    if not named and (link := next((path for path in (usual.parent, usual) if path.is_symlink()), None)):
        raise UsageError(f"{link} is a link, so it is not followed", hint="remove it, or name a folder: --data DIR")
    return Path(named or usual).absolute()


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{named_flag('clock')} {text} is not a time", hint="for example 2026-01-31T12:00:00"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _faults(given: ServeOptions) -> tuple[Fault, ...]:
    from a2c_spec.local_api.simulation.faults import Fault, InvalidFaults, read_faults

    slow = (Fault(do="latency", seconds=given.latency / 1000, times=None),) if given.latency else ()
    if not given.faults:
        return slow
    try:
        return (*slow, *read_faults(content(Path(given.faults), MOST_FAULTS)))
    except (OSError, InvalidFaults) as error:
        raise UsageError(f"{named_flag('faults')} {given.faults}: {error}") from error


@contextmanager
def _log(name: str) -> Iterator[Callable[[Mapping[str, Any]], None] | None]:
    """A function that writes one call as one line, to be read while the service runs."""
    if not name:
        yield None
        return
    try:
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        stream = os.fdopen(handle, "a", encoding="utf-8", buffering=1)
    except OSError as error:
        raise UsageError(f"{named_flag('log')} {name}: {why(error)}") from error
    with stream:

        def write(call: Mapping[str, Any]) -> None:
            stream.write(inert.dumps(call) + "\n")

        yield write


def _ready(url: str, given: ServeOptions, key: str) -> None:
    """Says how to reach it. A key of the user's own is named, and a random one is shown, here and nowhere else."""
    variable, watched = given.api_key_env, url.removesuffix("/v2") + "/_a2c/"
    if given.as_json:
        told = {"base_url": url, "api_key": None if variable else key, "api_key_env": variable or None}
        click.echo(json.dumps({**told, "health": f"{watched}health", "pid": os.getpid()}))
    else:
        click.echo(f"export API2CONVERT_BASE_URL={url}")
        click.echo(f"export {KEY}={f'${variable}' if variable else key}")
    click.echo(f"serving on {url}; jobs and calls: {watched}; Ctrl-C stops it", err=True)
    from a2c_spec.local_api.convert.sandbox.confine import missing

    if lacks := missing():
        click.echo(f"warning: {lacks}; convert only what you trust", err=True)


def _verify(given: ServeOptions, key: str) -> int:
    """Sends the same requests to both services; 1 if the answers differ."""
    from a2c_spec.local_api.parity.side_by_side import compare, table
    from a2c_spec.local_api.parity.visit import Unanswered

    if not key:
        raise missing_key()
    where = urlsplit(given.verify)
    if not where.hostname or (where.scheme != "https" and where.hostname not in LOOPBACK):
        raise UsageError(f"{named_flag('verify')} {given.verify}: the URL must start with https, to protect the key")
    click.echo(f"comparing the local API with {given.verify}; everything created there is deleted again", err=True)
    try:
        rows = compare(given.verify, key, spend=given.spend)
    except Unanswered as error:
        raise SpecError(str(error)) from error
    if given.as_json:
        say(inert.dumps([row.plain() for row in rows]))
    else:
        say(table(rows))
    return int(any(row.state == "different" for row in rows))
