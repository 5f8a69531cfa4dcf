"""Resolve references to secrets when a call needs them, and fingerprint secrets without storing them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import importlib
import os
import shlex
import subprocess
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from a2c_spec.core.desired import Secret
from a2c_spec.core.unseen import JOINERS, is_unseen
from a2c_spec.errors import InvalidError, LimitRefused, SpecError, not_text, why
from a2c_spec.manifests.environment import is_key
from a2c_spec.manifests.paths import LFS, LFS_START, confine
from a2c_spec.manifests.secret_command import TooLong, run_command
from a2c_spec.regular_files import beginning

MAX_BYTES = 65_536
KEY_BYTES = 32
_URL_SAFE = str.maketrans("-_", "+/")

Run = Callable[[Sequence[str], Mapping[str, str]], bytes]


@dataclass(frozen=True, slots=True)
class _Access:
    """What resolving may use."""

    environ: Mapping[str, str]
    root: Path
    allow_cmd: Collection[tuple[str, ...]]
    run: Run


def resolve(
    secret: Secret,
    *,
    environ: Mapping[str, str],
    root: Path,
    allow_cmd: Collection[tuple[str, ...]] = (),
    run: Run = run_command,
) -> str:
    """The value of ``secret``; raises a SpecError that names the reference, never the value. ``allow_cmd``: the words
    with which a command may begin."""
    scheme, _, name = secret.reference.partition(":")
    resolver = _RESOLVERS.get(scheme)
    if resolver is None or not name:
        # the text may be the secret itself, so it is not shown
        raise InvalidError("a secret must be a reference", hint="write " + ":..., ".join(_RESOLVERS) + ":...")
    value = resolver(secret.reference, name, _Access(environ, root, allow_cmd, run))
    if not value:
        raise InvalidError(f"the secret {secret.reference} is empty")
    if len(value) > MAX_BYTES:
        raise InvalidError(f"the secret {secret.reference} is longer than {MAX_BYTES} bytes")
    if _is_half(value):
        why, hint = not_text(value)
        raise InvalidError(f"the secret {secret.reference} {why}", hint=hint)
    if odd := odd_letter(value, _can_be_meant):
        raise InvalidError(f"the secret {secret.reference} holds {odd}, which is not visible", hint=ODD_HINT)
    return value


ODD_HINT = "it came along when the secret was copied; enter it anew"


def odd_letter(text: str, fits: Callable[[str], bool]) -> str:
    """The first character that does not fit, by its number, with its place; nothing else of the text is told."""
    for place, letter in enumerate(text):
        if not fits(letter):
            name = unicodedata.name(letter, "")
            where = {0: "at the beginning", len(text) - 1: "at the end"}.get(place, f"as character {place + 1}")
            return f"the character U+{ord(letter):04X}{f' ({name})' if name else ''} {where}"
    return ""


def _can_be_meant(letter: str) -> bool:
    """Whether a character can be part of a secret: neither a control character, but for those of lines of text, nor one
    that is not seen, but for those that join letters and emoji."""
    return letter in f"\t\n\r{JOINERS}" or not (unicodedata.category(letter) == "Cc" or is_unseen(letter))


def _is_half(value: str) -> bool:
    """Whether it holds bytes of the environment that are no text, or half a character: neither can be sent."""
    return value.encode(errors="replace").decode() != value


def _environment(reference: str, name: str, access: _Access) -> str:
    if name not in access.environ:
        raise InvalidError(f"the secret {reference} is not set", hint=f"set the environment variable {name}")
    return access.environ[name]


def _file(reference: str, name: str, access: _Access) -> str:
    try:
        root = access.root.resolve()
        path = root / confine(name, root, root)
        data = beginning(path, MAX_BYTES + 2, within=root)
    except ValueError as error:
        raise InvalidError(f"the secret {reference} {error}", hint="the file must be inside the project root") from None
    except OSError as error:
        raise InvalidError(f"the secret {reference} cannot be read: {why(error)}") from None
    if data.startswith(LFS_START):
        raise InvalidError(f"the secret {reference} {LFS}")
    return _text(reference, data)


def _command(reference: str, name: str, access: _Access) -> str:
    try:
        words = tuple(shlex.split(name))
        if not any(words[: len(one)] == one for one in access.allow_cmd):
            where = f"--allow-cmd {shlex.quote(name)}, A2C_SPEC_ALLOW_CMD, or allowed_cmd in a2c-spec/config.toml"
            raise LimitRefused(f"the secret {reference} runs a command", hint=f"to allow it: {where}")
        environ = {name: value for name, value in access.environ.items() if not is_key(access.environ, name)}
        return _text(reference, access.run(words, environ))
    except TooLong as error:
        raise InvalidError(f"the secret {reference} cannot be read: {error}") from None
    except (ValueError, IndexError, OSError, subprocess.SubprocessError) as error:
        # `from None`: the cause holds what the command printed
        raise InvalidError(
            f"the secret {reference} cannot be read: its command failed ({type(error).__name__})"
        ) from None


def _keyring(reference: str, name: str, _access: _Access) -> str:
    service, slash, user = name.partition("/")
    if not slash or not user:
        raise InvalidError(f"the secret {reference} must be keyring:service/user")
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise SpecError(f"the secret {reference} needs the keyring package", hint="pip install keyring") from None
    try:
        return str(keyring.get_password(service, user) or "")
    except Exception as error:
        raise SpecError(f"the secret {reference} cannot be read ({type(error).__name__})") from None


def _text(reference: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise InvalidError(f"the secret {reference} is not UTF-8 text") from None


_RESOLVERS: dict[str, Callable[[str, str, _Access], str]] = {
    "env": _environment,
    "file": _file,
    "cmd": _command,
    "keyring": _keyring,
}


def fingerprint_secret(value: str, key: bytes) -> str:
    """A keyed digest of a secret, which shows only whether the secret has changed."""
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def decoded_key(text: str) -> bytes:
    """A key written as hex or base64; empty when it is neither, or too short."""
    bare = text.translate(_URL_SAFE).rstrip("=")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        try:
            key = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
        except ValueError:
            return b""
    return key if len(key) >= KEY_BYTES else b""


def fingerprint_key(file: Path) -> bytes:
    """The key for ``fingerprint_secret``; on first use it is made and stored in ``file`` in one step. Its mode is 0600,
    whatever it was before."""
    try:
        key = _checked_key(file)
        with contextlib.suppress(OSError):
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)
        return key
    except FileNotFoundError:
        pass
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as out:  # noqa: PTH123 - a descriptor, so that the mode is right from the start
            out.write(os.urandom(KEY_BYTES))
            out.flush()
            os.fsync(out.fileno())
        _linked(draft, file)
    finally:
        draft.unlink(missing_ok=True)
    return _checked_key(file)


def _linked(draft: Path, file: Path) -> None:
    try:
        os.link(draft, file)  # unlike rename, never replaces the key that another process made meanwhile
    except FileExistsError:
        pass
    except OSError:
        draft.replace(file)  # a file system without hard links


def _checked_key(file: Path) -> bytes:
    key = beginning(file, MAX_BYTES)
    if len(key) < KEY_BYTES:
        raise SpecError(
            f"the key file {file} is damaged", hint="delete it; unchanged secrets will show as changed once"
        )
    return key
