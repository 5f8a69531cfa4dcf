"""What a conversion makes of what it is given: a pure function that the service and the judge of the worlds share.

A result is canonical JSON that tells its whole recipe, so that two runs are equal byte for byte when their recipes are,
and a wrong result says itself what it was made from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NAMING = frozenset({"output_filename", "download_password", "preset", "allow_multiple_outputs"})
"""Options that name, protect or pack results, but do not change what is in them; a preset counts by its content."""

NAMES_DECIDE = frozenset({"archive", "metadata", "operation"})
"""Categories whose results hold the names of their inputs."""

UNLUCKY = 13
"""The quality at which every conversion fails."""


def sha256(data: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(data).hexdigest()


def plain_number(value: Any) -> Any:
    """1.0 is 1; everything else stays what it is, text above all."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def told(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that say something: null is as good as absent."""
    return {name: plain_number(value) for name, value in sorted(options.items()) if value is not None}


@dataclass(frozen=True, slots=True)
class Source:
    """One input as a conversion sees it: its bytes by digest, the name it came with, and how it is to be used."""

    digest: str
    name: str
    password: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


def passwords(sources: Sequence[Source]) -> list[str]:
    """The password of each source. Which of several inputs of equal bytes has which of theirs decides no result."""
    held: dict[str, list[str]] = {}
    for one in sources:
        held.setdefault(one.digest, []).append(one.password)
    for words in held.values():
        words.sort()
    return [held[one.digest].pop() for one in sources]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the results of one conversion; ``preset`` is the content of the preset it names."""

    sources: tuple[Source, ...]
    category: str
    target: str
    options: Mapping[str, Any]
    metadata: Mapping[str, Any]
    preset: Mapping[str, Any] | None = None
    flags: tuple[bool, bool] = (True, True)

    @property
    def each_alone(self) -> bool:
        """Whether every input gives a result of its own."""
        return bool(self.options.get("allow_multiple_outputs")) and self.category not in NAMES_DECIDE

    @property
    def fails(self) -> bool:
        """Whether this conversion never succeeds."""
        return self.options.get("quality") == UNLUCKY

    def results(self, run: str = "") -> list[tuple[tuple[int, ...], bytes]]:
        """Each result: which inputs went in, and its bytes; ``run`` makes equal runs differ."""
        groups = (
            [(number,) for number in range(len(self.sources))] if self.each_alone else [tuple(range(len(self.sources)))]
        )
        return [(group, self._bytes([self.sources[one] for one in group], run)) for group in groups]

    def _bytes(self, sources: Sequence[Source], run: str) -> bytes:
        names = self.category in NAMES_DECIDE
        tree: dict[str, Any] = {
            "made of": [
                {
                    "sha256": one.digest,
                    **({"name": one.name} if names else {}),
                    **({"password": sha256(word.encode())[:12]} if word else {}),
                    **told(one.settings),
                }
                for one, word in zip(sources, passwords(sources), strict=True)
            ],
            "category": self.category,
            "target": self.target,
            "options": {name: value for name, value in told(self.options).items() if name not in NAMING},
            "metadata": told(self.metadata),
        }
        if self.preset is not None:
            tree["preset"] = told(self.preset)
        if run:
            tree["run"] = run
        return json.dumps(tree, sort_keys=True, indent=1).encode()

    @property
    def key(self) -> str:
        """What is paid for at most once: all of it, names of inputs and the flags included; not names of results."""
        return self._key([one.name for one in self.sources])

    @property
    def loose(self) -> str:
        """The key without the names of inputs."""
        return self._key([])

    def _key(self, names: list[str]) -> str:
        tree = [
            names,
            [
                [one.digest, word, told(one.settings)]
                for one, word in zip(self.sources, passwords(self.sources), strict=True)
            ],
            [self.category, self.target, told(self.metadata), self.preset and told(self.preset), list(self.flags)],
            {
                name: value
                for name, value in told(self.options).items()
                if name not in NAMING or name == "allow_multiple_outputs"
            },
        ]
        return json.dumps(tree, sort_keys=True)


ENDINGS = {"compress": "zip", "metadata": "json"}


def ending(category: str, target: str) -> str:
    """The extension of a result."""
    return ENDINGS.get(target, target) if category in NAMES_DECIDE else target


def stem(name: str) -> str:
    """A file name without its extension."""
    base = name.rsplit("/", 1)[-1]
    return base.rsplit(".", 1)[0] if "." in base[1:] else base


def remote_bytes(url: str) -> bytes:
    """What lies behind a URL, for ever."""
    return f"remote: {url}\n".encode()
