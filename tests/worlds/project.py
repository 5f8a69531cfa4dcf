"""Random projects: jobs, batches and presets, some of which take each other's results."""

from __future__ import annotations

import random
from typing import Any

from tests.worlds.flavour import Flavour
from tests.worlds.ground import HEAD, Doc, Ground

NAMES = ("alpha", "beta", "gamma", "delta")


def random_ground(chance: random.Random, theme: str, flavour: Flavour) -> Ground:
    """One to four manifests and the files they take."""
    ground = Ground(flavour=flavour)
    for number, name in enumerate(("a", "b", "c")):
        ground.sources[f"in/{name}.txt"] = flavour.bytes_of(chance.choice((number, 0)))
    kinds = chance.choices(("Job", "Batch", "Preset"), (6, 2, 1), k=chance.randint(1, 3))
    if theme == "edges":
        kinds += ["Job", "Job"]
    if theme == "rows":
        kinds[0] = "Batch"
    if theme == "preset":
        kinds = ["Preset", "Job", *kinds[:1]]
    if theme in ("divided", "kept bytes"):
        kinds[0] = "Job"
    if theme == "two names":
        kinds = ["Job", "Job", *kinds[:1]]
    if "Job" not in kinds:
        kinds.append("Job")
    kinds.sort(key=["Preset", "Job", "Batch"].index)
    for name, kind in zip(NAMES, kinds[:4], strict=False):
        make = {"Job": _job, "Batch": _batch, "Preset": _preset}[kind]
        ground.docs[name] = HEAD | {"kind": kind, "name": name} | make(chance, ground, name, theme)
    return ground


def _job(chance: random.Random, ground: Ground, name: str, theme: str) -> Doc:
    above = [doc for doc in ground.jobs() if doc["outputs"]]
    edge = bool(above) and chance.random() < (0.9 if theme == "edges" else 0.25)
    inputs = [_from(chance, above)] if edge else []
    if chance.random() < 0.3 and len(above) > 1:
        inputs.append(_from(chance, above))
    if not inputs or chance.random() < 0.3:
        inputs += [_source(chance) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    body: Doc = {"inputs": [{"id": f"i{n}", **one} for n, one in enumerate(inputs)]}
    body["conversions"] = _conversions(chance, ground, theme)
    body["outputs"] = _outputs(chance, body["conversions"], name, theme)
    _extras(chance, body, theme)
    return body


def _from(chance: random.Random, above: list[Doc]) -> Doc:
    doc = chance.choice(above)
    fit = [one for one in doc["conversions"] if one["category"] == "image"] or doc["conversions"]
    return {"from": f"{doc['name']}.{chance.choice(fit if chance.random() < 0.5 else doc['conversions'])['id']}"}


def _source(chance: random.Random) -> Doc:
    if chance.random() < 0.3:
        return {"source": f"https://files.example/{chance.choice(('far', 'near'))}.txt"}
    one: Doc = {"path": f"in/{chance.choice('abc')}.txt"}
    if chance.random() < 0.12:
        one["decrypt_password"] = {"secret": "env:A2C_VAR_WORLD_PASSWORD"}
    if chance.random() < 0.1:
        one["slide_duration"] = chance.choice((2, 0.5))
    return one


def _conversions(chance: random.Random, ground: Ground, theme: str) -> list[Doc]:
    found = []
    presets = [doc for doc in ground.docs.values() if doc["kind"] == "Preset"]
    targets = ground.flavour.targets
    alike = chance.choice(targets[:-1])
    for number in range(chance.choice((2, 2, 3) if theme == "divided" else (1, 1, 1, 2, 2, 3))):
        category, target = alike if chance.random() < 0.5 else chance.choice(targets[:-1])
        if chance.random() < (0.8 if theme == "names" else 0.15):
            category, target = "archive", "zip"
        one: Doc = {"id": f"c{number}", "category": category, "target": target}
        options: dict[str, Any] = {}
        quality = chance.choice((1, 2, "01"))
        if chance.random() < 0.5 and ground.flavour.takes(category, "quality", quality):
            options["quality"] = quality
        if category == "image" and chance.random() < 0.5:
            options["width"] = chance.choice((10, 20, 30))
        if presets and chance.random() < 0.8:
            one |= {"category": presets[0]["category"], "target": presets[0]["target"]}
            options = {}
            one["preset"] = {"from": presets[0]["name"]}
        if options:
            one["options"] = options
        if chance.random() < 0.2 and ground.flavour.tags:
            one["metadata"] = {"version": chance.choice(("1.1", "1.10", "007"))}
        found.append(one)
    return found


def _outputs(chance: random.Random, conversions: list[Doc], name: str, theme: str) -> list[Doc]:
    folder = "dist/" if chance.random() < (0.8 if theme in ("collide", "two names") else 0.1) else f"dist/{name}/"
    found = []
    for one in conversions:
        output: Doc = {"from": one["id"], "save": folder}
        how = chance.random()
        if theme == "collide" and how < 0.5:
            output["filename"] = "same"
        elif theme == "two names" or how < 0.6:
            output["filename"] = f"{name}-{one['id']}"
        elif how < 0.8:
            output["filename"] = f"{name}-{one['id']}-${{{{ input.stem }}}}"
        found.append(output)
    return found


def _extras(chance: random.Random, body: Doc, theme: str) -> None:
    job: Doc = {}
    if chance.random() < (0.8 if theme == "held" else 0.06):
        job["process"] = False
    if chance.random() < (0.6 if theme == "partial" else 0.06):
        job["fail_on_conversion_error"] = False
    if job:
        body["job"] = job
    if chance.random() < 0.06:
        body["lifecycle"] = {"on_replace": "delete"}


def _batch(chance: random.Random, ground: Ground, name: str, theme: str) -> Doc:
    table = chance.random() < 0.4
    if table:
        names = chance.sample("abc", 2)
        ground.sources[f"{name}.csv"] = "\n".join(["key,file", *(f"{one},in/{one}.txt" for one in names), ""]).encode()
        rows: Doc = {"for_each": {"csv": f"{name}.csv"}, "key": "${{ each.key }}"}
        path = "${{ each.file }}"
    else:
        for one in chance.sample(("x/one.txt", "y/one.txt", "two.txt"), 2):
            ground.sources[f"batch/{one}"] = ground.flavour.bytes_of(chance.choice((0, 5, 6)))
        rows = {"for_each": {"glob": {"pattern": "batch/**/*.txt"}}, "key": "${{ each.relpath }}"}
        path = "${{ each.path }}"
    conversions = _conversions(chance, ground, theme)[:2]
    unique = "" if chance.random() < 0.3 else "${{ each.key }}/" if table else "${{ each.dir }}/"
    body: Doc = {"inputs": [{"id": "i0", "path": path}], "conversions": conversions}
    body["outputs"] = [
        {"from": one["id"], "save": f"dist/{name}/{unique}{one['id']}/".replace("//", "/")} for one in conversions
    ]
    return {**rows, "template": body}


def _preset(chance: random.Random, ground: Ground, _name: str, _theme: str) -> Doc:
    category, target = chance.choice(ground.flavour.targets[: 3 if ground.flavour.pure else 2])
    return {"category": category, "target": target, "options": {"quality": chance.choice((1, 2, 3))}}
