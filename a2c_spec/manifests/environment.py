"""The environment variables that manifests may read; a manifest may be a stranger's, in a pull request.

A manifest reads as text only what is meant for manifests, ``A2C_VAR_NAME``, and what whoever runs the command allows in
a place that no manifest can change. It never reads the key of the service, as text or as a secret, and never as text
what is also used as a secret: texts are shown in plans, and sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from a2c_spec.core.diagnostics import Diagnostic, Position
from a2c_spec.core.disguises import holds
from a2c_spec.core.protected import protected
from a2c_spec.manifests.expressions.limits import Unknown
from a2c_spec.manifests.variables import ENVIRONMENT_PREFIX, VarValue, is_unicode, resolve, why_not
from a2c_spec.manifests.yaml.tree import MapNode, SeqNode, Tree, plain, position

KEY = "API2CONVERT_API_KEY"
NEVER = "is the key of the service, which no manifest may read"


NOT_MEANT = "that is not for manifests"


def is_for_manifests(name: str, allowed: Collection[str]) -> bool:
    """Whether manifests may read a variable, as text or as a secret: whoever writes one may send it anywhere."""
    return name.startswith(ENVIRONMENT_PREFIX) or name in allowed


def to_allow(name: str) -> str:
    """How a variable is let be read."""
    where = f"--allow-env {name}, A2C_SPEC_ALLOW_ENV, or allowed_env in a2c-spec/config.toml"
    return f"allow it outside the project: {where}; or use {ENVIRONMENT_PREFIX}..."


def is_key(environ: Mapping[str, str], name: str) -> bool:
    """Whether a variable is the key of the service, under whatever name, or holds it, in whatever form."""
    return name.upper() == KEY or holds_key(environ, environ.get(name, ""))


def holds_key(environ: Mapping[str, str], text: str) -> bool:
    """Whether a text is the key of the service, or, where that is no short one, has it in it, in whatever form."""
    return holds(text, environ.get(KEY, "").strip())


@dataclass(slots=True)
class Environment:
    """``environ`` is that of the process, ``allowed`` the names that its owner allows.

    ``texts`` and ``secrets`` are the names that manifests have read so far, as text and as secrets, and where.
    ``learn`` hears the values of the latter, which nothing may tell.
    """

    environ: Mapping[str, str]
    allowed: Collection[str] = ()
    learn: Callable[[str], None] = lambda _secret: None
    texts: dict[str, Position] = field(default_factory=dict)
    secrets: dict[str, Position] = field(default_factory=dict)

    def read(self, names: Tree) -> tuple[dict[str, Any], list[Diagnostic]]:
        """What a manifest lists under ``env``, and a problem for each that cannot be had."""
        values: dict[str, Any] = {}
        problems: list[Diagnostic] = []
        for number, name in enumerate(names if isinstance(names, list) else ()):
            if not isinstance(name, str):
                continue  # the schema check has reported it
            where = position(names.marks[number])
            why, hint = self._unreadable(name)
            if not why:
                self.texts.setdefault(name, where)
            values[name] = Unknown() if why else self.environ[name]
            problems += [Diagnostic(where, f"the environment variable `{name}` {why}", hint)] if why else []
        return values, problems

    def variables(self, declared: Tree, given: Mapping[str, VarValue]) -> tuple[dict[str, Any], list[Diagnostic]]:
        """The value of every variable that a manifest declares, and what is wrong with them. What holds for ``env``
        holds for these: no value is one that the manifest may not read."""
        withheld: dict[str, Diagnostic] = {}
        for name in declared if isinstance(declared, MapNode) else ():
            where = position(declared.key_marks[name])
            if name in given and (problem := self._withheld(name, given[name], where)):
                withheld[name] = problem
        had = {name: value for name, value in given.items() if name not in withheld}
        values, problems = resolve(declared, had, withheld)
        return values, [*withheld.values(), *problems]

    def _withheld(self, name: str, given: VarValue, where: Position) -> Diagnostic | None:
        """Why a manifest cannot have a value that is given from outside."""
        variable = f"{ENVIRONMENT_PREFIX}{name}"
        if given.where.file == variable:
            why, hint = self._unreadable(variable)
            if not why:
                self.texts.setdefault(variable, where)
            elif variable in self.environ and not is_unicode(self.environ[variable]):
                return None  # said of the value, at its place
            return Diagnostic(where, f"the environment variable `{variable}` {why}", hint) if why else None
        text = given.value if isinstance(given.value, str) else json.dumps(plain(given.value), default=str)
        if holds_key(self.environ, text):
            return Diagnostic(where, f"the value of `{name}` ({given.where}) {NEVER}", "give it another value")
        return None

    def _unreadable(self, name: str) -> tuple[str, str]:
        """Why a variable cannot be had, and what to do; empty where it can."""
        if is_key(self.environ, name):
            return NEVER, "take it out of `env`, or `vars`"
        if not is_for_manifests(name, self.allowed):
            return NOT_MEANT.removeprefix("that "), to_allow(name)
        if name in self.secrets:
            return f"is a secret, by {self.secrets[name]}", "a secret is not read as text"
        if name not in self.environ:
            return "is not set", ""
        value = self.environ[name]
        return ("", "") if is_unicode(value) else (why_not(value), "")

    def check(self, tree: Tree) -> Iterator[Diagnostic]:
        """A problem for each secret of a manifest that is the key of the service, is read as text elsewhere, or lies in
        a file that no manifest may name."""
        for reference, where in _references(tree):
            kind, _, name = reference.partition(":")
            if kind == "file" and (part := protected(name)):
                yield Diagnostic(
                    where, f"{reference} leads to {part}, which no manifest reads", "use a file of its own"
                )
            if kind != "env":
                continue
            self.secrets.setdefault(name, where)
            self.learn(self.environ.get(name, ""))
            if is_key(self.environ, name):
                yield Diagnostic(where, f"{reference} {NEVER}", "use a secret of its own")
            elif name in self.texts:
                yield Diagnostic(where, f"{name} is read as text by {self.texts[name]}", "a secret is not read as text")


def _references(tree: Tree) -> Iterator[tuple[str, Position]]:
    if isinstance(tree, MapNode):
        for key, value in tree.items():
            if key == "secret" and isinstance(value, str):
                yield value, position(tree.marks[key])
            elif type(value) in (MapNode, SeqNode):
                yield from _references(value)
    elif isinstance(tree, SeqNode):
        for value in tree:
            yield from _references(value)
