"""Presets: named options for a target, which an account keeps and its jobs may use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from a2c_spec.local_api.jobs.catalog import Catalog
from a2c_spec.local_api.jobs.drafts import Problems, object_of
from a2c_spec.local_api.jobs.refusals import not_found
from a2c_spec.local_api.jobs.store import Store

Preset = dict[str, Any]


def find(store: Store, owner: str, preset_id: str) -> Preset | None:
    """A preset of the account or a public one; None when there is none with this id."""
    rows = store.rows("SELECT owner, document FROM presets WHERE id = ?", preset_id)
    if not rows:
        return None
    document: Preset = json.loads(rows[0][1])
    return document if rows[0][0] == owner or document["scope"] == "public" else None


def own(store: Store, owner: str, preset_id: str) -> Preset:
    """A preset of the account, or 404."""
    rows = store.rows("SELECT document FROM presets WHERE id = ? AND owner = ?", preset_id, owner)
    if not rows:
        raise not_found("preset")
    document: Preset = json.loads(rows[0][0])
    return document


def visible(store: Store, owner: str) -> list[Preset]:
    """The presets of the account, and the public ones of others without their options."""
    rows = store.rows("SELECT owner, document FROM presets ORDER BY seq")
    found = [(row[0] == owner, json.loads(row[1])) for row in rows]
    return [
        preset if mine else {name: value for name, value in preset.items() if name != "options"}
        for mine, preset in found
        if mine or preset["scope"] == "public"
    ]


def matches(preset: Preset, query: Mapping[str, str]) -> bool:
    """Whether a preset matches category, target, and one of the phrases of the filter."""
    if any(query.get(name) not in (None, "", preset[name]) for name in ("category", "target")):
        return False
    phrases = [phrase.strip().lower() for phrase in query.get("filter", "").split(",") if phrase.strip()]
    return not phrases or any(phrase in preset["name"].lower() for phrase in phrases)


def add(store: Store, owner: str, preset: Preset) -> None:
    """Store a new preset."""
    sql = "INSERT INTO presets (id, owner, document) VALUES (?, ?, ?)"
    store.rows(sql, preset["id"], owner, json.dumps(preset))


def put(store: Store, preset: Preset) -> None:
    """Store a changed preset."""
    store.rows("UPDATE presets SET document = ? WHERE id = ?", json.dumps(preset), preset["id"])


def remove(store: Store, preset_id: str) -> None:
    """Delete a preset."""
    store.rows("DELETE FROM presets WHERE id = ?", preset_id)


def checked(body: Mapping[str, Any], before: Preset, catalog: Catalog) -> Preset:
    """The preset after the fields of a body were applied; the request is refused with all its problems."""
    problems = Problems()
    preset = {**before, **{name: body[name] for name in ("name", "target", "category", "scope") if name in body}}
    for name in ("name", "target"):
        if not isinstance(preset.get(name), str) or not preset[name]:
            problems.add(name, "This value is required and must be a string")
    if preset["scope"] not in ("public", "private"):
        problems.add("scope", "This must be public or private")
    preset["options"] = object_of(body.get("options", before["options"]), "options", problems)
    problems.refuse()
    return _with_category(preset, catalog, problems)


def _with_category(preset: Preset, catalog: Catalog, problems: Problems) -> Preset:
    entry = catalog.find(preset["target"], str(preset.get("category") or ""))
    if entry is None:
        problems.add("target", catalog.no_target(preset["target"]))
    else:
        preset["category"] = entry.category
        for name, text in catalog.problems(entry, preset["options"], unknown=True).items():
            problems.add(f"options.{name}", text)
    problems.refuse()
    return preset
