"""Brings records of format 2 to format 3, in which facts and intents are apart and a recipe holds all that decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2c_spec.core.recipe import DECISIVE_FIELDS, INCOMPLETE, digest, fingerprint

Tree = dict[str, Any]


def upgraded(trees: Mapping[str, Mapping[str, Any]]) -> dict[str, Tree]:
    """The records of one realm in format 2, address -> JSON, in format 3.

    A create without an answer becomes an intent beside what was known before it. What a recipe of format 2 did not hold
    is taken from what was sent; where nothing was, the recipe is marked as incomplete. What a recipe takes from another
    record goes by the digest of that one's result.
    """
    return _Upgrade(trees).all()


class _Upgrade:
    """Upgrades each record after those that it takes something from."""

    def __init__(self, trees: Mapping[str, Mapping[str, Any]]) -> None:
        self.trees = trees
        self.results: dict[str, dict[str, list[Any]]] = {}  # address -> fingerprint in format 2 -> files
        self.done: dict[str, Tree] = {}

    def all(self) -> dict[str, Tree]:
        for address in self.trees:
            self._upgrade(address)
        return self.done

    def _upgrade(self, address: str) -> None:
        if address in self.results or address not in self.trees:
            return
        known = self.results[address] = {}
        old = {"phase": "building", "job_id": "", "fingerprint": ""} | dict(self.trees[address])
        for tree in filter(None, (old, old.get("previous"))):
            for item in tree.get("basis", {}).get("inputs", {}).values():
                self._upgrade(_upstream_of(item)[0])
        self.done[address] = self._record(old, known)

    def _record(self, old: Tree, known: dict[str, list[Any]]) -> Tree:
        if "preset" in old.get("basis", {}):
            return _settled(old)
        new = self._with_recipe(old, known)
        if old["phase"] == "creating":
            before = self._with_recipe(dict(old["previous"]), known) if old.get("previous") else _nothing(old)
            return _settled(before | {"intent": _create_of(new)})
        if old.get("pending") and old["phase"] == "started":
            # It was noted before the service said so: what runs, if anything, is told by the job itself.
            new |= {"phase": "building", "fingerprint": "", "basis": {}}
        return _settled(new | {"intent": _intent(starts=True, adds=True) if old.get("pending") else None})

    def _with_recipe(self, old: Tree, known: dict[str, list[Any]]) -> Tree:
        new = _with_recipe(dict(old))
        inputs = new.get("basis", {}).get("inputs", {})
        for item in inputs.values():
            address, conversion = _upstream_of(item)
            for before, files in self.results.get(address, {}).items():
                if item["upstream"] == digest([before, conversion]):
                    made = [file for file in files if file["conversion"] == conversion]
                    item["upstream"] = digest([file["sha256"] or file["output_id"] for file in made])
                    break
        if new["fingerprint"] and "order" in new["basis"]:
            new["fingerprint"] = fingerprint(new["basis"])
        known[old["fingerprint"]] = new.get("files", [])
        return new


def _upstream_of(item: Mapping[str, Any]) -> tuple[str, str]:
    """Address and conversion that an input takes its bytes from."""
    address, _, conversion = item.get("source", "").rpartition(".") if item.get("upstream") else ("", "", "")
    return address, conversion


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
    return empty | {"noted_at": 0.0} | values


def _with_recipe(tree: Tree) -> Tree:
    """The record with the recipe of format 3 in the place of that of format 2."""
    tree["elements"] = [[name, api_id, _element(sent)] for name, api_id, sent in tree.get("elements", [])]
    basis = tree.get("basis", {})
    if "order" not in basis:
        return tree
    sent = {name: values for name, _, values in tree["elements"]}
    inputs = {name: _input(old, sent.get(f"inputs.{name}")) for name, old in basis["inputs"].items()}
    sent_order = [name.partition(".")[2] for name in sent if name.startswith("conversions.")]
    names = sorted(basis["conversions"], key=lambda name: sent_order.index(name) if name in sent_order else -1)
    conversions = {name: _conversion(basis["conversions"][name]) for name in names}
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
