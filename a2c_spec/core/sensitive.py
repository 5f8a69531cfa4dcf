"""What is a secret by its name, and how a hidden value shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

HIDDEN = "(sensitive)"
"""Stands where a secret was."""

_NAME = re.compile(
    r"(?:^|_)(?:passwords?|passwd|passphrase|pwd|secrets?|tokens?|credentials?|keyfile|key$)(?:_|$)"
    r"|(?:password|passphrase|secret|token|credentials|(?:access|secret|api|private|account)_?key(?:_?id|file)?)$"
)
"""In a name in small letters, its words joined by underscores."""

USER = re.compile(r"(?<=://)[^/?#\s\"]*@")
"""Who a URL logs in as, and with which password."""


@lru_cache(4096)
def names_secret(name: str) -> bool:
    """Whether the name of a field or an option says that it holds a secret: ``user_password``, ``apiKey``, ``key``."""
    return _NAME.search(re.sub(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()) is not None


def shown_url(url: str) -> str:
    """A URL without what may be a password: its user, and what follows a question mark."""
    return re.sub(r"^([^/?]*//)?[^?#]*@", rf"\1{HIDDEN}@", url.partition("?")[0])


def replaced_secrets(
    value: Any, put: Callable[[tuple[str, ...]], Any], path: tuple[str, ...] = (), *, urls: bool = False
) -> Any:
    """A tree with ``put(path)`` in the place of every text that is hidden, or below a name that says it is a secret;
    with ``urls`` also of those that hold a URL which says who logs in."""
    if isinstance(value, Mapping):
        return {key: replaced_secrets(item, put, (*path, str(key)), urls=urls) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [replaced_secrets(item, put, (*path, str(n)), urls=urls) for n, item in enumerate(value, 1)]
    if not isinstance(value, str) or not value:
        return value
    secret = HIDDEN in value or any(map(names_secret, path)) or (urls and USER.search(value))
    return put(path) if secret else value
