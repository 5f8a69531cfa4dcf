"""What a saved plan was made from, part by part, so that what differs later is told by its name: documents, variables,
settings, the bytes of inputs, records. Digests only; no part holds, or lets guess, a secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from a2c_spec.core.recipe import digest
from a2c_spec.core.run_keys import address_of
from a2c_spec.core.sensitive import HIDDEN
from a2c_spec.engine.effective_settings import effective_settings
from a2c_spec.engine.known_secrets import texts_in_plain
from a2c_spec.engine.plan_stamps import record_digest

if TYPE_CHECKING:
    from a2c_spec.engine.loading import Reading
    from a2c_spec.engine.planned import PlannedChange
    from a2c_spec.engine.session import Session
    from a2c_spec.manifests.origins import Origin

DECIDING = ("manifests", "on_conflict", "state", "cache")
"""The settings that a plan is another one with, and that nothing else compares: limits, service and environment have
their own checks."""
SHORT = 3
"""A value of so many letters, or fewer, may stand in a secret by chance."""

Part = tuple[str, str]
"""The digest of a value, and what says it."""


@dataclass(frozen=True, slots=True)
class Basis:
    """``settings`` by name; ``made_of``, for each address, the parts of its manifest by name; ``recorded`` the digest
    of all its records."""

    settings: Mapping[str, Part] = field(default_factory=dict)
    made_of: Mapping[str, Mapping[str, Part]] = field(default_factory=dict)
    recorded: Mapping[str, str] = field(default_factory=dict)

    def of_run(self, run: str) -> dict[str, str]:
        """What the stamp of a run tells of it."""
        address = address_of(run)
        made_of = self.made_of.get(address)
        told = {"made_of": json.dumps(made_of)} if made_of is not None else {}
        return told | ({"recorded": self.recorded[address]} if address in self.recorded else {})


def basis_of(session: Session, manifests: Reading, steps: Sequence[PlannedChange]) -> Basis:
    """What a plan is made from; ``manifests`` were read for it, and took down what each address is made of."""
    secrets = {text for step in steps for text in _secrets_of(step)}
    known: dict[int, Part] = {}  # one object for all rows of a Batch

    def part(origin: Origin) -> Part:
        if id(origin) not in known:
            known[id(origin)] = (_digest(origin.value, secrets), origin.said)
        return known[id(origin)]

    addresses = {address_of(step.change.address): None for step in steps}
    origins = manifests.notes.origins or {}
    return Basis(
        {one.name: (digest(one.value), one.source) for one in effective_settings(session.project)
         if one.name in DECIDING},
        {one: {name: part(origin) for name, origin in origins[one].items()} for one in addresses if one in origins},
        {one: record_digest(session.store.runs(one)) for one in addresses},
    )  # fmt: skip  # a table


def _secrets_of(step: PlannedChange) -> Iterator[str]:
    item = step.desired.job if step.desired else step.preset
    return texts_in_plain(item) if item else iter(())


def _digest(text: str, secrets: Iterable[str]) -> str:
    """Of a value as JSON, without what is a secret where a manifest uses it; nothing of what is a part of one."""
    for secret in sorted((json.dumps(one)[1:-1] for one in secrets if one), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
        if len(text.strip('"')) > SHORT and text.strip('"') in secret:
            return ""
    return digest(text)
