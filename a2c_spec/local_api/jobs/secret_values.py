"""Secrets in what is shown and kept: found by their names, hidden on pages and in logs, gone once a job has ended."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from a2c_spec.local_api.jobs.model import Conversion, Input, Job

HIDDEN = "***"
_WORDS = {"password", "passwords", "passwd", "passphrase", "pwd", "secret", "secrets", "token", "tokens", "credential",
          "credentials", "keyfile"}  # fmt: skip
_ENDINGS = ("password", "passphrase", "secret", "token", "credentials", "apikey", "accesskey", "accesskeyid",
            "secretkey", "privatekey", "accountkey")  # fmt: skip
IN_URLS = ("sig", "signature", "auth", "authorization", "x-amz-signature", "x-goog-signature")
"""What is a secret as a parameter of a URL, and elsewhere may be anything."""
_PARTS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
_USER = re.compile(r"(?<=://)[^/?#\s\"'<>]*@")
_QUERY = re.compile(r"(?<=[?&;#])([^=&;#\s\"'<>]+)=([^&;#\s\"'<>]*)")
ROUNDS = 20_000


def is_secret(name: str) -> bool:
    """Whether a name says that its value is a secret: ``user_password``, ``downloadPasswords``, ``apikey``, ``key``."""
    parts = [part.lower() for part in _PARTS.split(name) if part]
    return not _WORDS.isdisjoint(parts) or parts[-1:] == ["key"] or "".join(parts).endswith(_ENDINGS)


def masked(value: Any) -> Any:
    """The same data for the eyes of people: without secrets by their names, and without those in URLs."""
    if isinstance(value, Mapping):
        return {name: _hidden(part) if is_secret(str(name)) else masked(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [masked(part) for part in value]
    return masked_text(value) if isinstance(value, str) else value


def masked_text(text: str) -> str:
    """A text without the users, passwords and secret parameters of the URLs in it."""
    return _QUERY.sub(_parameter, _USER.sub(f"{HIDDEN}@", text))


def _parameter(found: re.Match[str]) -> str:
    name = unquote_plus(found[1])
    return f"{found[1]}={HIDDEN}" if found[2] and (is_secret(name) or name.lower() in IN_URLS) else found[0]


def _hidden(value: Any) -> Any:
    return value if value is None or isinstance(value, bool) or value in ("", {}, [], ()) else HIDDEN


def digested(word: str) -> str:
    """A salted digest of a download password: enough to check it, and not to know it."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{_derived(word, salt)}"


def is_word(digest: str, word: str) -> bool:
    """Whether a password is the one of a digest."""
    salt, _, derived = digest.partition(":")
    return hmac.compare_digest(_derived(word, bytes.fromhex(salt)), derived)


def _derived(word: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha256", word.encode("utf-8", "surrogatepass"), salt, ROUNDS).hex()


def has_secrets(job: Job) -> bool:
    """Whether there is anything in a job that ``without_secrets`` takes away."""
    named = [*(one.options for one in job.conversions), *(one.metadata for one in job.conversions)]
    named += [values for one in job.inputs for values in (one.options, one.parameters)]
    own = any(one.credentials for one in job.inputs) or any(one.output_target for one in job.conversions)
    return bool(job.download_passwords) or own or any(_without(values) != values for values in named)


def without_secrets(job: Job) -> Job:
    """A job that has just ended, without what it needed only to run; of the passwords of downloads, digests stay."""
    return replace(
        job,
        download_passwords=tuple(map(digested, job.download_passwords)),
        inputs=tuple(map(_input, job.inputs)),
        conversions=tuple(map(_conversion, job.conversions)),
        outputs=tuple(replace(entry, password=entry.password and digested(entry.password)) for entry in job.outputs),
    )


def _input(entry: Input) -> Input:
    options, parameters = _without(entry.options), _without(entry.parameters)
    return replace(entry, credentials={}, options=options, parameters=parameters)


def _conversion(entry: Conversion) -> Conversion:
    words = [word for word in str(entry.options.get("download_password") or "").split(",") if word]
    targets = tuple(
        {**one, "credentials": {}, "parameters": _without(one["parameters"])} for one in entry.output_target
    )
    options, metadata = _without(entry.options), _without(entry.metadata)
    digests = tuple(map(digested, words))
    return replace(entry, options=options, metadata=metadata, output_target=targets, passwords=digests)


def _without(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _hidden(value) if is_secret(name) else value for name, value in values.items()}
