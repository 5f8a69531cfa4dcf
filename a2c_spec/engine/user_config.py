"""What the user says outside of all projects, where no pull request can change it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from a2c_spec.engine.flags import Flags
from a2c_spec.engine.runtime import user_home
from a2c_spec.errors import UsageError

USER_FILE = "a2c-spec/config.toml"
"""The user's own configuration, in the folder of all configuration (``~/.config``)."""
EXAMPLES = {"allowed_hosts": "staging.example.com", "allowed_env": "BRANCH_NAME"}


HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[1-9][0-9]{0,4})?")


def allowed_hosts(flags: Flags, environ: Mapping[str, str]) -> list[str]:
    """The hosts that the user allows, all of them; raises UsageError where one is none, and so would allow nothing."""
    flag, file = flags.given.get("allow_host", "--allow-host"), f"{config_folder(environ)}/{USER_FILE}: allowed_hosts"
    found = [(flag, host) for host in flags.allow_host] + [(file, host) for host in allowed(environ, "hosts")]
    for where, host in found:
        if not HOST.fullmatch(host):
            hint = "expected HOST or HOST:PORT, as in staging.example.com or staging.example.com:8443"
            raise UsageError(f"{where}: `{host}` is no host", hint=hint)
    return [host for _, host in found]


def allowed(environ: Mapping[str, str], what: str) -> list[str]:
    """The ``hosts``, or the variables (``env``), that the user's own configuration allows; raises UsageError where it
    cannot be understood."""
    values = configured(environ, USER_FILE)
    for name, found in values.items():
        example = EXAMPLES.get(name)
        if example is None or not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            known = " or ".join(f'{key} = ["{text}"]' for key, text in EXAMPLES.items() if example in (None, text))
            message = f"{config_folder(environ)}/{USER_FILE}: `{name}` is not understood"
            raise UsageError(message, hint=f"expected: {known}")
    return list(values.get(f"allowed_{what}", []))


def config_folder(environ: Mapping[str, str]) -> Path | None:
    """Where the user's own configuration lies; None where the user has no home."""
    home = user_home(environ)
    return Path(environ["XDG_CONFIG_HOME"]) if environ.get("XDG_CONFIG_HOME") else home and home / ".config"


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
