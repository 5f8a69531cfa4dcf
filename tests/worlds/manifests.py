"""What somebody does to whole manifests, jobs and batches: parts and manifests come, go and are renamed."""

from __future__ import annotations

import copy
from typing import Any

from tests.worlds.edits import name_of, pick, put
from tests.worlds.ground import Doc
from tests.worlds.world import World


def add_conversion(world: World, which: int, category: str, target: str) -> None:
    body = pick(world.ground.bodies(), which)
    if (category, target) not in world.ground.flavour.targets:
        category, target = world.ground.flavour.targets[0]
    number = next(n for n in range(9) if f"c{n}" not in {one["id"] for one in body["conversions"]})
    body["conversions"].append({"id": f"c{number}", "category": category, "target": target})
    if body.get("outputs"):
        last = body["outputs"][-1]
        body["outputs"].append({"from": f"c{number}", "filename": f"{_stem(last)}{number}", "save": last["save"]})
    world.tell(f"edit: {name_of(body)}: one more conversion, c{number} to {category}/{target}")


def _stem(output: Doc) -> str:
    return str(output.get("filename", "${{ input.stem }}-"))


def drop_conversion(world: World, which: int) -> None:
    body = pick([one for one in world.ground.bodies() if len(one["conversions"]) > 1], which)
    if body is None:
        return
    gone = body["conversions"].pop()
    if any(item.get("from") == f"{name_of(body)}.{gone['id']}" for item in world.ground.inputs()):
        body["conversions"].append(gone)
        return
    mine = [one for one in body.get("outputs", []) if one["from"] == gone["id"]]
    body["outputs"] = [one for one in body.get("outputs", []) if one not in mine]
    world.ground.parts.append((name_of(body), gone, mine))
    world.tell(f"edit: {name_of(body)}: conversion {gone['id']} is taken out")


def conversion_back(world: World) -> None:
    """The conversion that was taken out last comes back, first in its manifest."""
    if not world.ground.parts:
        return
    name, gone, outputs = world.ground.parts.pop()
    body = next((one for one in world.ground.bodies() if name_of(one) == name), None)
    if body is None or any(one["id"] == gone["id"] for one in body["conversions"]):
        return
    body["conversions"].insert(0, gone)
    body.setdefault("outputs", []).extend(outputs)
    world.tell(f"edit: {name}: conversion {gone['id']} is back")


def rename_conversion(world: World, which: int, new: str) -> None:
    body = pick(world.ground.bodies(), which)
    one = body["conversions"][0]
    if any(item["id"] == new for item in body["conversions"]):
        return
    for output in body.get("outputs", []):
        if output["from"] == one["id"]:
            output["from"] = new
    for item in world.ground.inputs():
        if item.get("from") == f"{body.get('name')}.{one['id']}":
            item["from"] = f"{body['name']}.{new}"
    world.tell(f"edit: {name_of(body)}: the conversion {one['id']} is called {new}")
    one["id"] = new


def add_input(world: World, which: int, path: str, number: int) -> None:
    body = pick(world.ground.bodies(), which)
    name = f"i{max(int(one['id'][1:]) for one in body['inputs']) + 1}"
    world.ground.sources.setdefault(path, world.ground.flavour.bytes_of(number))
    body["inputs"].append({"id": name, "path": path})
    world.tell(f"edit: {name_of(body)}: one more input, {path}")


def drop_input(world: World, which: int) -> None:
    body = pick([one for one in world.ground.bodies() if len(one["inputs"]) > 1], which)
    if body is not None:
        world.tell(f"edit: {name_of(body)}: the input {body['inputs'].pop()['id']} is taken out")


def twin(world: World, which: int, name: str) -> None:
    """A job with the recipe of another, and its own places for the results."""
    doc = pick(world.ground.jobs(), which)
    if doc is None or name in world.ground.docs:
        return
    new = copy.deepcopy(doc) | {"name": name}
    for one in new["outputs"]:
        one["save"] = f"dist/{name}/"
    world.ground.docs[name] = new
    world.tell(f"edit: {name} is a new manifest, like {doc['name']}, saved in dist/{name}/")


def remove(world: World, which: int) -> None:
    docs = [doc for doc in world.ground.docs.values() if not world.ground.dependents(doc["name"])]
    doc = pick(docs, which)
    if doc is not None and len(world.ground.docs) > 1:
        world.ground.stash.append(world.ground.docs.pop(doc["name"]))
        world.tell(f"edit: the manifest {doc['name']} is taken away")


def bring_back(world: World, name: str) -> None:
    """The manifest taken away last comes back, under its old name (empty) or another one."""
    if not world.ground.stash or (name or world.ground.stash[-1]["name"]) in world.ground.docs:
        return
    doc = world.ground.stash.pop()
    world.tell(f"edit: the manifest {doc['name']} comes back as {name or doc['name']}")
    doc["name"] = name or doc["name"]
    world.ground.docs[doc["name"]] = doc


def rename_manifest(world: World, which: int, name: str) -> None:
    doc = pick(list(world.ground.docs.values()), which)
    if name in world.ground.docs:
        return
    world.tell(f"edit: the manifest {doc['name']} is called {name} now, nothing else changes")
    world.ground.renamed(doc["name"], name)


def exchange(world: World, first: int, second: int) -> None:
    """Two jobs change their contents; only their names stay where they are."""
    one, two = pick(world.ground.jobs(), first), pick(world.ground.jobs(), second)
    if one is None or one is two:
        return
    names = {one["name"], two["name"]}
    if any(str(item.get("from", "")).split(".")[0] in names for item in world.ground.inputs()):
        return
    for key in {*one, *two} - {"apiVersion", "kind", "name"}:
        mine, theirs = one.get(key), two.get(key)
        put(one, key, theirs)
        put(two, key, mine)
    world.tell(f"edit: {one['name']} and {two['name']} change all that they ask for")


def split(world: World, which: int, name: str) -> None:
    """The last conversion of a job goes, with its results, into a new manifest, or into one that takes the same."""
    jobs = [doc for doc in world.ground.jobs() if len(doc["conversions"]) > 1]
    doc = pick(jobs, which)
    if doc is None or _taken(world, doc):
        return
    gone = doc["conversions"].pop()
    mine = [one for one in doc.get("outputs", []) if one["from"] == gone["id"]]
    doc["outputs"] = [one for one in doc.get("outputs", []) if one not in mine]
    there = next((one for one in world.ground.jobs() if one is not doc and one["inputs"] == doc["inputs"]), None)
    if there is None and name not in world.ground.docs:
        there = copy.deepcopy(doc) | {"name": name, "conversions": [], "outputs": []}
        world.ground.docs[name] = there
    if there is None or any(one["id"] == gone["id"] for one in there["conversions"]):
        doc["conversions"].append(gone)
        doc["outputs"].extend(mine)
        return
    there["conversions"].append(gone)
    there["outputs"].extend(mine)
    world.tell(f"edit: {doc['name']}: conversion {gone['id']} goes to {there['name']}")


def _taken(world: World, doc: Doc) -> bool:
    """Whether another job takes the result of the last conversion."""
    last = f"{doc['name']}.{doc['conversions'][-1]['id']}"
    return any(one.get("from") == last for one in world.ground.inputs())


def empty_table(world: World) -> None:
    for path in [path for path in world.ground.sources if path.endswith(".csv")]:
        world.ground.emptied[path] = world.ground.sources[path]
        world.ground.sources[path] = world.ground.sources[path].split(b"\n")[0] + b"\n"
        world.tell(f"edit: {path} has no rows now")


def fill_table(world: World) -> None:
    for path, data in world.ground.emptied.items():
        world.ground.sources[path] = data
        world.tell(f"edit: {path} has its rows again")
    world.ground.emptied.clear()


def row_file(world: World, name: str, number: int) -> None:
    """A file that the glob of a batch meets; number below 0: it goes."""
    path = f"batch/{name}"
    if number < 0:
        world.ground.sources.pop(path, None)
        world.tell(f"edit: {path} is deleted")
    elif any(doc["kind"] == "Batch" for doc in world.ground.docs.values()):
        world.ground.sources[path] = world.ground.flavour.bytes_of(number)
        world.tell(f"edit: {path} holds text number {number}")


def field(world: World, which: int, name: str, value: Any) -> None:
    """A field of a job: process, fail_on_..."""
    body = pick(world.ground.bodies(), which)
    put(body.setdefault("job", {}), name, value)
    world.tell(f"edit: {name_of(body)}: job.{name} = {value!r}")


def lifecycle(world: World, which: int, name: str, value: Any) -> None:
    body = pick(world.ground.bodies(), which)
    if name == "ignore" and value:
        value = [f"inputs.{body['inputs'][0]['id']}.content"] if "path" in body["inputs"][0] else None
    put(body.setdefault("lifecycle", {}), name, value)
    world.tell(f"edit: {name_of(body)}: lifecycle.{name} = {value!r}")


def preset_option(world: World, name: str, value: Any) -> None:
    for doc in world.ground.docs.values():
        if doc["kind"] == "Preset":
            put(doc["options"], name, value)
            world.tell(f"edit: the preset {doc['name']}: options.{name} = {value!r}")


def secret(world: World, value: str) -> None:
    world.ground.secrets["A2C_VAR_WORLD_PASSWORD"] = value
    world.tell(f"A2C_VAR_WORLD_PASSWORD is {value!r} now")
