"""The catalog of conversions: finds targets, checks options, and fills in their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from a2c_spec.local_api.convert import option_check
from a2c_spec.local_api.convert.contract import CatalogEntry
from a2c_spec.local_api.convert.options import UNIVERSAL


@dataclass(frozen=True, slots=True)
class Catalog:
    """All conversions that the service offers, each with the universal options."""

    entries: tuple[CatalogEntry, ...]

    def find(self, target: str, category: str = "") -> CatalogEntry | None:
        """The entry of a target, or None; without a category the first entry that has the target."""
        matches = (entry for entry in self.entries if entry.target == target and category in ("", entry.category))
        return next(matches, None)

    def no_target(self, target: str) -> str:
        """Why a target was not found."""
        return "The target is not in this category" if self.find(target) else "There is no target of this name"

    def expand(self, target: str, category: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options as the API shows them: those that were set, then all others with their defaults."""
        entry = self.find(target, category)
        return option_check.expanded(entry, options) if entry else dict(options)

    def problems(self, entry: CatalogEntry, options: Mapping[str, Any], *, unknown: bool) -> dict[str, str]:
        """What is wrong with options, by name. ``unknown``: also report names that the catalog does not have."""
        return option_check.problems(entry, options, unknown=unknown)


def catalog_of(entries: tuple[CatalogEntry, ...]) -> Catalog:
    """The catalog of these entries. Every entry gets the universal options, which the service itself carries out."""
    return Catalog(tuple(replace(entry, options={**UNIVERSAL, **entry.options}) for entry in entries))
