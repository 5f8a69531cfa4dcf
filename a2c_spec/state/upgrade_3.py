"""Brings records of format 2 to format 3, in which facts and intents are apart and a recipe holds all that decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2c_spec.core.recipe import DECISIVE_FIELDS, INCOMPLETE, fingerprint

Tree = dict[str, Any]


def upgraded(tree: Mapping[str, Any]) -> Tree:
    """A record of format 2, as its JSON holds it, in format 3.

    A create without an answer becomes an intent beside what was known before it. What a recipe of format 2 did not hold
    is taken from what was sent; where nothing was, the recipe is marked as incomplete.
    """
    tree = {"phase": "building", "job_id": "", "fingerprint": ""} | dict(tree)
    if "preset" in tree.get("basis", {}):
        return _settled(tree)
    if tree["phase"] != "creating":
        new = _with_recipe(tree)
        new["intent"] = _intent(adds=True) if tree.get("pending") else None
        return _settled(new)
    sending = _with_recipe(dict(tree))
    before = _with_recipe(dict(tree["previous"])) if tree.get("previous") else _nothing(tree)
    before["intent"] = _intent(
        kinds=["create_job"],
        starts=True,  # a job that turns out not to run is left alone
        adds=True,
        fingerprint=sending["fingerprint"],
        basis=sending["basis"],
        elements=sending["elements"],
        key=tree.get("idempotency_key", ""),
        noted_at=tree.get("intent_at", 0.0),
    )
    return _settled(before)


def _nothing(tree: Mapping[str, Any]) -> Tree:
    """What was known before a first create: the files that are there."""
    kept = {key: tree[key] for key in ("files", "landing", "updated_at") if key in tree}
    return {"phase": "building", "job_id": "", "fingerprint": "", "basis": {}, "elements": [], **kept}


def _settled(tree: Tree) -> Tree:
    """Without the keys that format 3 does not have; the time of the create stays as that of its answer."""
    tree["answered_at"] = tree.pop("intent_at", 0.0) or 0.0
    for key in ("previous", "pending", "idempotency_key"):
        tree.pop(key, None)
    return tree


def _intent(**values: Any) -> Tree:
    empty = {"kinds": [], "starts": False, "adds": False, "fingerprint": "", "basis": {}, "elements": [], "key": ""}
    return empty | {"noted_at": 0.0} | values


def _with_recipe(tree: Tree) -> Tree:
    """The record with the recipe of format 3 in the place of that of format 2."""
    tree["elements"] = [[name, api_id, _element(sent)] for name, api_id, sent in tree.get("elements", [])]
    basis = tree.get("basis", {})
    if "order" not in basis:
        return tree
    sent = {name: values for name, _, values in tree["elements"]}
    inputs = {name: _input(old, sent.get(f"inputs.{name}")) for name, old in basis["inputs"].items()}
    conversions = {name: _conversion(old) for name, old in basis["conversions"].items()}
    told = sent.get("job")
    fields = {name: False for name in DECISIVE_FIELDS if told and told.get(name) is False}
    recipe: Tree = {"order": basis["order"], "inputs": inputs, "conversions": conversions}
    recipe |= {"fields": fields} if fields else {}
    whole = told is not None and all(f"inputs.{name}" in sent for name in inputs)
    tree["basis"] = recipe if whole else recipe | {INCOMPLETE: True}
    tree["fingerprint"] = fingerprint(recipe) if whole else ""
    return tree


def _element(sent: Mapping[str, Any]) -> Tree:
    identity = sent.get("identity")
    if not isinstance(identity, Mapping) or identity.get("type") != "upload":
        return dict(sent)
    return {**sent, "identity": {key: value for key, value in identity.items() if key != "extension"}}


def _input(old: Mapping[str, Any], sent: Mapping[str, Any] | None) -> Tree:
    new = {key: value for key, value in old.items() if key != "extension"}
    if sent is not None and sent.get("filename") and old.get("type") in ("upload", "remote", "cloud", "input_id"):
        new["filename"] = sent["filename"]
    if sent is not None and sent.get("decrypt"):
        new["decrypt_password"] = {"$secret": sent["decrypt"]}
    return new


def _conversion(old: Mapping[str, Any]) -> Tree:
    """A null unset an option, so it is as if it had not been named."""
    parts: Tree = dict(old)
    for part in ("options", "metadata"):
        if part in parts:
            parts[part] = {key: value for key, value in parts[part].items() if value is not None}
            if not parts[part]:
                del parts[part]
    return parts
