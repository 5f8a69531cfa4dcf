"""What the user says outside of all projects, where no pull request can change it."""

from __future__ import annotations

import ipaddress
import re
import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from a2c_spec.engine.flags import Flags
from a2c_spec.engine.runtime import absolute_folder, user_home
from a2c_spec.errors import UsageError
from a2c_spec.manifests.environment import KEY

OFFICIAL_FILE = "api2convert/config.toml"
"""The configuration of the official client, beside ours."""
USER_FILE = "a2c-spec/config.toml"
"""The user's own configuration, in the folder of all configuration (``~/.config``)."""
EXAMPLES = {"allowed_hosts": "staging.example.com", "allowed_env": "BRANCH_NAME", "allowed_cmd": "op read"}


HOST = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[(?P<address>[0-9A-Fa-f:.]+)\])(:(?P<port>[1-9][0-9]{0,4}))?")
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
MOST_PORTS = 65_535
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What a manifest can name under ``env``."""


def allowed_hosts(flags: Flags, environ: Mapping[str, str]) -> list[str]:
    """The hosts that the user allows, all of them; raises UsageError where one is none, and so would allow nothing."""
    hint = "expected HOST or HOST:PORT, as in staging.example.com or staging.example.com:8443"
    flag = flags.given.get("allow_host", "--allow-host")
    return _checked(flag, flags.allow_host, environ, "hosts", _is_host, ("host", hint))


def allowed_variables(flags: Flags, environ: Mapping[str, str]) -> list[str]:
    """The variables that the user lets manifests read; raises UsageError where one is no name, and so would allow
    nothing."""
    hint = "expected the NAME of one variable, as in BRANCH_NAME; patterns are not allowed"
    flag = flags.given.get("allow_env", "--allow-env")
    return _checked(flag, flags.allow_env, environ, "env", VARIABLE.fullmatch, ("name of a variable", hint))


def allowed_commands(flags: Flags, environ: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The words with which commands of secrets may begin; raises UsageError where one has none, and so would allow
    every command."""
    hint = "expected a command, with as many of its arguments as matter, as in 'op read'; in a variable one a line"
    flag = flags.given.get("allow_cmd", "--allow-cmd")
    return [words(one) for one in _checked(flag, flags.allow_cmd, environ, "cmd", words, ("command", hint))]


def words(command: str) -> tuple[str, ...]:
    """The words of a command; none where it has none, or a quotation in it does not end."""
    try:
        return tuple(shlex.split(command))
    except ValueError:
        return ()


def _checked(
    flag: str,
    given: Sequence[str],
    environ: Mapping[str, str],
    what: str,
    fits: Callable[[str], object],
    said: tuple[str, str],
) -> list[str]:
    """What a flag, or its variable, and the user's own configuration allow together. ``said``: what one value is, and
    what was expected."""
    file = f"{config_folder(environ)}/{USER_FILE}: allowed_{what}"
    found = [(flag, one) for one in given] + [(file, one) for one in allowed(environ, what)]
    for where, one in found:
        if not fits(one):
            raise UsageError(f"{where}: `{one}` is not a {said[0]}", hint=said[1])
    return [one for _, one in found]


def _is_host(text: str) -> bool:
    """Whether a URL can have this host, and this port."""
    found = HOST.fullmatch(text)
    if found is None or int(found["port"] or 0) > MOST_PORTS:
        return False
    if found["address"] is None:
        return all(map(LABEL.fullmatch, found["host"].split(".")))
    try:
        return bool(ipaddress.IPv6Address(found["address"]))
    except ValueError:
        return False


def allowed(environ: Mapping[str, str], what: str) -> list[str]:
    """The ``hosts``, the variables (``env``) or the commands (``cmd``) that the user's own configuration allows; raises
    UsageError where it cannot be understood."""
    values = configured(environ, USER_FILE)
    for name, found in values.items():
        example = EXAMPLES.get(name)
        if example is None or not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            known = " or ".join(f'{key} = ["{text}"]' for key, text in EXAMPLES.items() if example in (None, text))
            message = f"{config_folder(environ)}/{USER_FILE}: `{name}` is not understood"
            raise UsageError(message, hint=f"expected: {known}")
    return list(values.get(f"allowed_{what}", []))


def service_key(environ: Mapping[str, str]) -> str:
    """The service's key, wherever the user keeps it; empty where there is none, or where that is not understood."""
    try:
        kept = configured(environ, OFFICIAL_FILE).get("api_key", "")
    except UsageError:
        kept = ""  # said where the key is needed
    return environ.get(KEY, "").strip() or (kept.strip() if isinstance(kept, str) else "")


def config_folder(environ: Mapping[str, str]) -> Path | None:
    """Where the user's own configuration lies; None where the user has no home."""
    home = user_home(environ)
    return absolute_folder(environ, "XDG_CONFIG_HOME") or (home and home / ".config")


def configured(environ: Mapping[str, str], name: str) -> dict[str, Any]:
    """What a file of the user's own configuration says; nothing where none can be found. Raises UsageError where it is
    no TOML; a mark of its encoding at the beginning, as some editors write it, is passed over."""
    folder = config_folder(environ)
    try:
        return tomllib.loads((folder / name).read_text(encoding="utf-8-sig")) if folder else {}
    except OSError:
        return {}
    except ValueError as error:
        raise UsageError(f"{folder}/{name} cannot be read: {error}", hint="save it as TOML, in UTF-8") from error
