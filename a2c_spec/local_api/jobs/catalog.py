"""The catalog as the service uses it: looking targets up, checking options, filling in defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from a2c_spec.local_api.convert import option_check
from a2c_spec.local_api.convert.contract import CatalogEntry
from a2c_spec.local_api.convert.options import UNIVERSAL


@dataclass(frozen=True, slots=True)
class Offers:
    """All conversions on offer, each with the universal options."""

    entries: tuple[CatalogEntry, ...]

    def find(self, target: str, category: str = "") -> CatalogEntry | None:
        """The entry of a target; without a category the first one that has it."""
        matches = (entry for entry in self.entries if entry.target == target and category in ("", entry.category))
        return next(matches, None)

    def expand(self, target: str, category: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options as the API echoes them: what was set, then every other one with its default."""
        entry = self.find(target, category)
        return option_check.expanded(entry, options) if entry else dict(options)

    def problems(self, entry: CatalogEntry, options: Mapping[str, Any], *, unknown: bool) -> dict[str, str]:
        """What is wrong with options, by name; ``unknown`` says whether a name nobody knows is wrong."""
        return option_check.problems(entry, options, unknown=unknown)


def offers(entries: tuple[CatalogEntry, ...]) -> Offers:
    """The converters' catalog; options that the service itself carries out are there whatever the converters say."""
    return Offers(tuple(replace(entry, options={**UNIVERSAL, **entry.options}) for entry in entries))
