"""What must not come back in what the service says: secrets of the manifests, of earlier runs, of the way there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.request import getproxies

from a2c_spec.api.http.secret_forms import url_secrets
from a2c_spec.core.desired import Job, Preset, Secret
from a2c_spec.core.download_passwords import MARK
from a2c_spec.core.sensitive import names_secret
from a2c_spec.core.state import LOCAL_REALM
from a2c_spec.core.state_store import StateStore
from a2c_spec.engine.digest_key import LITERAL
from a2c_spec.engine.endpoint import Endpoint
from a2c_spec.engine.loading import reading
from a2c_spec.engine.project import Project
from a2c_spec.errors import SpecError
from a2c_spec.manifests.dump import as_manifest


def watch(project: Project, store: StateStore, where: Endpoint) -> None:
    """What the service says is told without the key, the passwords of URLs, and what earlier runs sent; each secret
    that is revealed from now on joins them."""
    hidden = project.hidden
    if where.realm != LOCAL_REALM:
        hidden.learn(where.key)
    for url in getproxies().values():
        hidden.learn(*url_secrets(url))
    hidden.recorded = partial(_recorded, project, store)
    hidden.in_plain = partial(_in_plain, project)


def _recorded(project: Project, store: StateStore) -> Iterator[str]:
    """The values of recorded secrets, as far as they can be had; no command is run for them. Those that stand in the
    manifests in plain text are read there."""
    marks = store.secret_marks()
    references = {found[1] if (found := MARK.fullmatch(mark)) else mark for mark in marks}
    for reference in sorted(one for one in references if not one.startswith("cmd:")):
        kind, _, name = reference.partition(":")
        with suppress(SpecError):
            if kind == "env":  # also one that manifests may no longer read
                yield project.environ.get(name, "")
            else:
                yield from _written(project) if reference == LITERAL else [project.reveal(Secret(reference))]


def _written(project: Project) -> Iterator[str]:
    return (text for item in reading(project).items() for text in texts_in_plain(item))


def texts_in_plain(item: Job | Preset) -> Iterator[str]:
    """The secrets that stand in what a manifest asks for in plain text."""
    return _texts(as_manifest(item), secret=True)


def _in_plain(project: Project, secret: str) -> bool:
    """Whether a value of the manifests that is no secret holds this text."""
    with suppress(SpecError):
        items = reading(project).items()
        return any(secret.lower() in text.lower() for item in items for text in _texts(as_manifest(item), secret=False))
    return False


def _texts(tree: Any, *, secret: bool, below: bool = False) -> Iterator[str]:
    """The texts of a manifest that stand under the name of a secret, or all others; references are neither."""
    if isinstance(tree, str):
        yield from [tree] if below is secret else []
    elif isinstance(tree, list):
        yield from (text for row in tree for text in _texts(row, secret=secret, below=below))
    elif isinstance(tree, dict) and not (len(tree) == 1 and "secret" in tree):
        for key, value in tree.items():
            yield from _texts(value, secret=secret, below=below or names_secret(key))
