"""Brings records of format 2 to format 3, in which facts and intents are apart and a recipe holds all that decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2c_spec.core.recipe import DECISIVE_FIELDS, INCOMPLETE, digest, fingerprint, preset_content

Tree = dict[str, Any]

NAMED = frozenset({"upload", "remote", "cloud", "input_id", "output"})
"""Inputs whose file name is part of a recipe."""


def upgraded(trees: Mapping[str, Mapping[str, Any]]) -> dict[str, Tree]:
    """The records of one realm in format 2, address -> JSON, in format 3.

    A create without an answer becomes an intent beside what was known before it. What a recipe of format 2 did not hold
    is taken from what was sent; where nothing was, the recipe is marked as incomplete. What a recipe takes from another
    record goes by the digest of the result, where that is proven.
    """
    whole = {
        address: {"phase": "building", "job_id": "", "fingerprint": ""} | dict(tree) for address, tree in trees.items()
    }
    return {address: _record(tree, whole) for address, tree in whole.items()}


def _record(old: Tree, trees: Mapping[str, Tree]) -> Tree:
    if "preset" in old.get("basis", {}):
        return _settled(dict(old))
    new = _with_recipe(dict(old), trees)
    if old["phase"] == "creating":
        before = _with_recipe(dict(old["previous"]), trees) if old.get("previous") else _nothing(old)
        return _settled(before | {"intent": _create_of(new)})
    if old.get("pending") and old["phase"] == "started":
        # It was noted before the service said so: what runs, if anything, is told by the job itself.
        new |= {"phase": "building", "fingerprint": "", "basis": {}}
    return _settled(new | {"intent": _intent(starts=True, adds=True) if old.get("pending") else None})


def _taken(item: Mapping[str, Any], taker: Tree, trees: Mapping[str, Tree]) -> str:
    """What stands for the result that an input takes from another record.

    Format 2 knew the recipe that was to make it. It was the result there is now if that is of this recipe and was made
    before; else it stays as it is, which equals nothing, so that the plan says so and runs the taker again.
    """
    upstream: str = item["upstream"]
    address, _, conversion = item.get("source", "").rpartition(".")
    maker = trees.get(address, {})
    maker = maker.get("previous") or maker
    made = digest([maker.get("fingerprint", ""), conversion])
    earlier = maker.get("intent_at", 0.0) <= taker.get("intent_at", 0.0)
    if maker.get("phase") != "done" or made != upstream or not earlier:
        return upstream
    files = [file for file in maker.get("files", ()) if file["conversion"] == conversion]
    return digest([file["sha256"] or file["output_id"] for file in files])


def _named(item: Tree, trees: Mapping[str, Tree]) -> Tree:
    """An input with the file name that the result which it took has on the service, unless it was sent under one."""
    address, _, conversion = item.get("source", "").rpartition(".")
    maker = trees.get(address, {})
    files = (maker.get("previous") or maker).get("files", ())
    names = [file.get("service_name", "") for file in files if file["conversion"] == conversion]
    return {"filename": names[0]} | item if len(names) == 1 and names[0] else item


def _create_of(sending: Tree) -> Tree:
    return _intent(
        kinds=["create_job"],
        starts=True,  # a job that turns out not to run is left alone
        adds=True,
        fingerprint=sending["fingerprint"],
        basis=sending["basis"],
        elements=sending["elements"],
        key=sending.get("idempotency_key", ""),
        noted_at=sending.get("intent_at", 0.0),
    )


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
    return empty | values


def _with_recipe(tree: Tree, trees: Mapping[str, Tree]) -> Tree:
    """The record with the recipe of format 3 in the place of that of format 2."""
    tree["elements"] = [[name, api_id, _element(sent)] for name, api_id, sent in tree.get("elements", [])]
    basis = tree.get("basis", {})
    if "order" not in basis:
        return tree
    sent = {name: values for name, _, values in tree["elements"]}
    inputs = {name: _input(old, sent.get(f"inputs.{name}")) for name, old in basis["inputs"].items()}
    inputs = {
        name: _named(item, trees) | {"upstream": _taken(item, tree, trees)} if item.get("upstream") else item
        for name, item in inputs.items()
    }
    sent_order = [name.partition(".")[2] for name in sent if name.startswith("conversions.")]
    names = sorted(basis["conversions"], key=lambda name: sent_order.index(name) if name in sent_order else -1)
    conversions = {name: _by_content(_conversion(basis["conversions"][name]), trees) for name in names}
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
    if sent is not None and sent.get("filename") and old.get("type") in NAMED:
        new["filename"] = sent["filename"]
    if sent is not None and sent.get("decrypt"):
        new["decrypt_password"] = {"$secret": sent["decrypt"]}
    return new


def _by_content(conversion: Tree, trees: Mapping[str, Tree]) -> Tree:
    """A conversion that goes by what its preset holds, no longer by how that is called."""
    preset = trees.get(conversion.pop("preset_from", ""))
    if preset and preset["fingerprint"] == conversion.get("upstream") and "preset" in preset["basis"]:
        conversion["upstream"] = preset_content(preset["basis"]["preset"])
    return conversion


def _conversion(old: Mapping[str, Any]) -> Tree:
    """A null unset an option, so it is as if it had not been named."""
    parts: Tree = dict(old)
    for part in ("options", "metadata"):
        if part in parts:
            parts[part] = {key: value for key, value in parts[part].items() if value is not None}
            if not parts[part]:
                del parts[part]
    return parts
