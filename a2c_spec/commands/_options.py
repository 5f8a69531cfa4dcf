"""The flags that commands share: each declared once, as click options. A command takes those that it heeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

import click

from a2c_spec.commands._named_commands import remember
from a2c_spec.commands._numbers import Number, Whole
from a2c_spec.commands._variables import check_others, given, refuse_both
from a2c_spec.core.live import MOST_UNANNOUNCED
from a2c_spec.engine.flags import A_DAY, Flags

F = TypeVar("F", bound=Callable[..., Any])


def flags_of(parameters: dict[str, Any]) -> Flags:
    """The shared ones among a command's parameters; raises UsageError where two of them contradict each other."""
    refuse_both("quiet", "verbose", "contradict each other: less is shown, or more")
    check_others(click.get_current_context(silent=True))
    known = {field.name for field in fields(Flags)}
    values = {name: value for name, value in parameters.items() if name in known and value is not None}
    flags = Flags(**values, given=given(click.get_current_context(silent=True)))
    remember(flags)
    return flags


def stack(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Several click decorators as one."""

    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


chdir = click.option("-C", "--chdir", default="", metavar="DIR", help="Change to DIR first.")

env = click.option(
    "--env", default="", metavar="NAME", help="Use vars/NAME.yaml, NAME of a2c.yaml, and a state of its own."
)
state = click.option("--state", default="", metavar="FILE", help="The state file, inside the project folder.")

allow_env = click.option(
    "--allow-env", multiple=True, metavar="NAME", help="Let manifests read this variable (env, secrets)."
)

values = stack(
    chdir,
    env,
    click.option("--var", multiple=True, metavar="NAME=VALUE", help="Set a declared variable."),
    click.option(
        "--var-file", multiple=True, type=click.Path(dir_okay=False), metavar="FILE", help="Set variables from YAML."
    ),
    allow_env,
)

manifests = stack(
    click.argument("manifests", nargs=-1, metavar="[MANIFEST]..."),
    click.option(
        "-f", "--file", multiple=True, metavar="MANIFEST", help="A manifest, a folder or a glob; same as MANIFEST."
    ),
    values,
)

service = stack(
    click.option("--local", is_flag=True, help="Use the built-in local API: no key, no network."),
    click.option(
        "--base-url", default="", envvar="API2CONVERT_BASE_URL", metavar="URL", help="The URL of the service."
    ),
    click.option(
        "--allow-host", multiple=True, metavar="HOST", help="Let a2c.yaml name a service on this host (base_url)."
    ),
    click.option("--allow-http", is_flag=True, help="Allow sending the key to another machine without TLS (http://)."),
    state,
)

parallelism = click.option(
    "--parallelism",
    default=16,
    show_default=True,
    type=Whole(1, 512),
    metavar="N",
    help="Requests at the same time.",
)


class CommandLine(click.types.StringParamType):
    """A command with its arguments; a variable gives one on each line, because they hold spaces."""

    name = "command"
    envvar_list_splitter = "\n"


allow_cmd = click.option(
    "--allow-cmd",
    multiple=True,
    type=CommandLine(),
    metavar="COMMAND",
    help="Let secrets (cmd:...) run this command, with any arguments after it.",
)

output = stack(
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same."),
    click.option("-q", "--quiet", is_flag=True, help="Only results and errors."),
    click.option("-v", "--verbose", is_flag=True, help="Show attributes and every call."),
)

project = stack(chdir, env, service, output)
"""What every command takes that works on the records of a project: where it is, which service, how to print."""

no_cache = click.option("--no-cache", is_flag=True, help="Do not read or write the results cache.")
prune = click.option("--prune", is_flag=True, help="Also remove results and jobs that no manifest asks for any more.")
explain = click.option("--explain", is_flag=True, help="Show the calls, and why fewer are impossible.")
offline = click.option("--offline", is_flag=True, help="Make no API calls; use manifests, state and files only.")
on_conflict = click.option(
    "--on-conflict",
    type=click.Choice(["error", "skip", "overwrite", "rename"]),
    help="What to do with files that a2c-spec did not write; overrides the manifest.",
)


refresh_only = click.option(
    "--refresh-only", is_flag=True, help="Only update the state from the service; run and download nothing."
)

markdown = stack(
    click.option("--markdown", is_flag=True, help="Print markdown, for a pull request comment."),
    click.option(
        "--max-bytes",
        default=60000,
        show_default=True,
        type=Whole(min=1000),
        metavar="N",
        help="Cut the markdown at this size.",
    ),
)


def markdown_of_options(parameters: dict[str, Any]) -> int:
    """Takes its own flags out of a command's parameters: the most bytes of markdown, 0 for another form."""
    asked, most = parameters.pop("markdown"), parameters.pop("max_bytes")
    return most if asked else 0


selection = stack(
    click.option("--target", multiple=True, metavar="GLOB", help="Only these addresses, and those they depend on."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Leave these addresses out."),
    click.option("-l", "--selector", multiple=True, metavar="KEY=VALUE", help="Only manifests with this label."),
)

replace = click.option(
    "--replace",
    multiple=True,
    metavar="GLOB",
    help="Run these again, even if nothing changed; ADDRESS.CONVERSION names one conversion.",
)

yes = click.option(
    "-y",
    "--yes",
    "--auto-approve",
    "yes",
    is_flag=True,
    help="Do not ask for confirmation, even if something is paid for again.",
)
confirm_above = click.option(
    "--confirm-above",
    default=10,
    show_default=True,
    type=Whole(min=0),
    metavar="N",
    help="On a terminal, ask before more than N credits are spent.",
)
timeout = click.option(
    "--timeout",
    default=A_DAY,
    show_default="86400, a day",
    type=Number(min=0),
    metavar="SECONDS",
    help="Wait at most this long for a job (0: for ever); it keeps running, and `a2c-spec wait` fetches its results.",
)
max_download_bytes = click.option(
    "--max-download-bytes",
    default=MOST_UNANNOUNCED,
    show_default=True,
    type=Whole(min=1),
    metavar="N",
    help="Download at most N bytes of a result whose size the service does not announce.",
)
fail_fast = click.option(
    "--fail-fast/--no-fail-fast", default=False, help="Stop starting jobs after the first failure."
)

limits = stack(
    click.option("--max-credits", type=Whole(min=0), metavar="N", help="Refuse the plan, or stop, beyond N credits."),
    click.option("--max-replace", type=Whole(min=0), metavar="N", help="Refuse to run more than N paid jobs again."),
)
