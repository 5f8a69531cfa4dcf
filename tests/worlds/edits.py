"""What somebody does to manifests and source files. Numbers pick an element of what there is, whatever that may be."""

from __future__ import annotations

from typing import Any

from tests.worlds.ground import Doc
from tests.worlds.world import World


def pick(options: list[Any], number: int) -> Any:
    return options[number % len(options)] if options else None


def name_of(doc: Doc) -> str:
    return str(doc.get("name") or "the batch's template")


def put(holder: Doc, name: str, value: Any) -> None:
    """Sets a key, or takes it away; an empty mapping goes, too."""
    if value is None:
        holder.pop(name, None)
    else:
        holder[name] = value


def option(world: World, which: int, name: str, value: Any) -> None:
    one = pick(world.ground.conversions(), which)
    if one is None or not world.ground.flavour.takes(one["category"], name, None if value == "null" else value):
        return
    if value == "null":
        one.setdefault("options", {})[name] = None
    else:
        put(one.setdefault("options", {}), name, value)
    world.tell(f"edit: conversion {one['id']} ({one['target']}): options.{name} = {value!r}")


def metadata(world: World, which: int, name: str, value: Any) -> None:
    if not world.ground.flavour.tags:
        return
    one = pick(world.ground.conversions(), which)
    put(one.setdefault("metadata", {}), name, value)
    world.tell(f"edit: conversion {one['id']}: metadata.{name} = {value!r}")


def new_bytes(world: World, which: int, number: int) -> None:
    path = pick(sorted(path for path in world.ground.sources if path.endswith(".txt")), which)
    world.ground.sources[path] = world.ground.flavour.bytes_of(number)
    world.tell(f"edit: {path} holds text number {number}")


def same_stamp(world: World, which: int, number: int) -> None:
    """Other bytes of the same length, with the time of the old ones."""
    path = pick(sorted(path for path in world.ground.sources if path.endswith(".txt")), which)
    world.lay()
    file = world.us.folder / path
    stamp = file.stat().st_mtime_ns
    world.ground.sources[path] = world.ground.flavour.bytes_of(number)
    world.ground.lay(world.us.folder, world.clock.now, stamp)
    world.tell(f"edit: {path} holds text number {number}; size and mtime stay")


def rename_source(world: World, which: int, number: int) -> None:
    path = pick(sorted(path for path in world.ground.sources if path.endswith(".txt")), which)
    new = f"in/renamed{number}.txt"
    if new in world.ground.sources or not path.startswith("in/"):
        return
    world.ground.sources[new] = world.ground.sources.pop(path)
    for one in world.ground.inputs():
        if one.get("path") == path:
            one["path"] = new
    world.tell(f"edit: {path} is called {new} now, in the manifests, too")


def input_name(world: World, which: int, name: str) -> None:
    one = pick([one for one in world.ground.inputs() if {"source", "path"} & {*one}], which)
    if one is not None:
        one["filename"] = name
        world.tell(f"edit: input {one['id']}: filename = {name}")


def password(world: World, which: int, reference: str | None) -> None:
    one = pick([one for one in world.ground.inputs() if "path" in one], which)
    if one is not None:
        put(one, "decrypt_password", reference and {"secret": reference})
        world.tell(f"edit: input {one['id']}: decrypt_password = {reference}")


def order(world: World, which: int) -> None:
    body = pick(world.ground.bodies(), which)
    paths = [one.get("path") for one in body["inputs"] if "decrypt_password" in one or "path" in one]
    if len(set(paths)) < len(paths) and any("decrypt_password" in one for one in body["inputs"]):
        return  # a file with and without a password, in another order, is another recipe, but no other result
    body["inputs"].append(body["inputs"].pop(0))
    world.tell(f"edit: {name_of(body)}: inputs in the order {[one['id'] for one in body['inputs']]}")


def shuffle_conversions(world: World, which: int) -> None:
    body = pick(world.ground.bodies(), which)
    body["conversions"].append(body["conversions"].pop(0))
    world.tell(f"edit: {name_of(body)}: conversions in the order {[one['id'] for one in body['conversions']]}")


def output_name(world: World, which: int, name: str | None) -> None:
    one = pick(world.ground.outputs(), which)
    if one is not None:
        put(one, "filename", name)
        world.tell(f"edit: the output of {one['from']} into {one['save']}: filename = {name}")


def save(world: World, which: int, folder: str) -> None:
    one = pick(world.ground.outputs(), which)
    if one is not None:
        one["save"] = folder
        world.tell(f"edit: the output of {one['from']}, {one.get('filename')}: save = {folder}")


def over_source(world: World, which: int) -> None:
    """The result is to lie where its own source lies."""
    body = pick([one for one in world.ground.bodies() if "path" in one["inputs"][0]], which)
    if body is not None and body.get("outputs"):
        path = body["inputs"][0]["path"]
        name = path.rsplit("/", 1)[-1].removesuffix(".txt")
        body["outputs"][0] |= {"save": "in/", "filename": name, "on_conflict": "overwrite"}
        world.tell(f"edit: {name_of(body)} is to overwrite {path}")


def swap_names(world: World, first: int, second: int) -> None:
    outputs = [one for one in world.ground.outputs() if "${{" not in one.get("filename", "${{")]
    one, two = pick(outputs, first), pick(outputs, second)
    if one is None or one is two:
        return
    for key in ("filename", "save"):
        one[key], two[key] = two[key], one[key]
    world.tell(f"edit: the outputs {one['filename']} and {two['filename']} change names and folders")


def shift_names(world: World, first: int, second: int) -> None:
    outputs = [one for one in world.ground.outputs() if "${{" not in one.get("filename", "${{")]
    one, two = pick(outputs, first), pick(outputs, second)
    if one is None or one is two:
        return
    one["filename"], one["save"] = two["filename"], two["save"]
    two["filename"] = f"{two['filename']}-on"
    world.tell(f"edit: {one['filename']} is the name of another output now; that is {two['filename']}")
