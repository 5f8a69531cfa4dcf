"""Digests of secrets, by which a change shows without the value being kept, and the key that they are made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from a2c_spec.core.desired import Secret
from a2c_spec.core.state_store import StateStore
from a2c_spec.engine.project import Project
from a2c_spec.engine.runtime import absolute_folder, user_home
from a2c_spec.errors import SpecError, UsageError, why
from a2c_spec.manifests import secrets

VARIABLE = "A2C_SPEC_DIGEST_KEY"
NOTE = "digest_key"
"""The note of the state that tells the key."""
KEY_HINT = f"set {VARIABLE}, or set XDG_DATA_HOME to a folder that can be written and outlives this run"
LITERAL = "literal"
"""The reference of a secret that stands in a manifest in plain text."""
_CHECKED = "a2c-spec digest key"


def given_key(environ: Mapping[str, str]) -> bytes:
    """The key that travels in the environment; empty when none does. Raises UsageError, without its value, when it is
    none."""
    text = environ.get(VARIABLE, "").strip()
    key = secrets.decoded_key(text)
    if text and not key:
        raise UsageError(
            f"{VARIABLE} is not a key: it must be hex or base64 of at least {secrets.KEY_BYTES} bytes",
            hint=f"for example the output of `openssl rand -hex {secrets.KEY_BYTES}`",
        )
    return key


def key_file(environ: Mapping[str, str]) -> Path:
    """Where the key lies otherwise: outside the project, so that a state file alone gives nothing away.

    Raises UsageError where the user has no home.
    """
    home, base = user_home(environ), absolute_folder(environ, "XDG_DATA_HOME")
    if base is None and home is None:
        raise UsageError("there is no home for the key that digests of secrets need: HOME is not set", hint=KEY_HINT)
    return Path(base or f"{home}/.local/share") / "a2c-spec" / "hmac.key"


def own_key(environ: Mapping[str, str]) -> bytes:
    """The key of the environment, else that of the user, which is made on first use."""
    if key := given_key(environ):
        return key
    file = key_file(environ)
    try:
        return secrets.fingerprint_key(file)
    except OSError as error:
        said = f"the key that digests of secrets need cannot be kept in {file}: {why(error)}"
        raise SpecError(said, hint=KEY_HINT) from error


def any_state(check: str) -> str:
    """Stands for a state that was written with whatever key is asked for."""
    return check


@dataclass
class SecretFingerprints:
    """Turns secrets into keyed digests. The key is read, or made, when the first secret is met.

    ``agreed`` is given what tells the key without showing it, and gives that of the key that the state was written
    with; ``given`` is the key of the environment, empty when there is none. ``lost`` says why
    values could not be used.
    """

    project: Project
    agreed: Callable[[str], str]
    given: bytes
    known: dict[str, str] = field(default_factory=dict)
    lost: dict[str, SpecError] = field(default_factory=dict)

    @cached_property
    def key(self) -> bytes:
        """Raises UsageError when the state was written with another one."""
        key = self.given or own_key(self.project.environ)
        if self.agreed(check_of(key)) != check_of(key):
            place = "" if self.given else f", or copy it to {key_file(self.project.environ)}"
            raise UsageError(
                "this state was written with another digest key, so that unchanged secrets would look changed",
                hint=f"set {VARIABLE} to that key{place}; if it is lost, `a2c-spec state new-key` accepts this "
                "one, and jobs that use secrets run again once",
            )
        return key

    def __call__(self, secret: Secret | str) -> str:
        """``reference#digest``; the reference alone where the value is out of reach, as in a fork."""
        if not isinstance(secret, Secret):
            self.project.hidden.learn(secret)
            return f"{LITERAL}#{secrets.fingerprint_secret(secret, self.key)}"
        if secret.reference not in self.known:
            self.known[secret.reference] = self._fingerprint(secret)
        return self.known[secret.reference]

    @property
    def out_of_reach(self) -> tuple[str, ...]:
        """The secrets met so far whose values cannot be used: the reference of each, and why."""
        return tuple(error.message.removeprefix("the secret ") for _, error in sorted(self.lost.items()))

    def _fingerprint(self, secret: Secret) -> str:
        try:
            value = self.project.reveal(secret)
        except SpecError as error:
            self.lost[secret.reference] = error
            return secret.reference
        return f"{secret.reference}#{secrets.fingerprint_secret(value, self.key)}"


def noted_key(store: StateStore, check: str) -> str:
    """What tells the key of the digests in this state; ``check`` from now on, where nothing told it before."""
    noted = store.note(NOTE)
    if not noted:
        store.write_note(NOTE, check)
    return noted or store.note(NOTE)


def check_of(key: bytes) -> str:
    """What tells a key from others without showing it."""
    return f"hmac:{secrets.fingerprint_secret(_CHECKED, key)}"


def secret_fingerprints(project: Project, agreed: Callable[[str], str] = any_state) -> SecretFingerprints:
    """The digests of a project's secrets; raises UsageError when the environment holds a key that is none."""
    return SecretFingerprints(project, agreed, given_key(project.environ))
