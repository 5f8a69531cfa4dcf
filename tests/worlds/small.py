"""The smallest projects that show something, and how to write a world of them by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.worlds.flavour import text_of
from tests.worlds.ground import HEAD, Doc, Ground
from tests.worlds.steps import Step
from tests.worlds.switches import Switches
from tests.worlds.worlds import Script

APPLY: Step = ("apply", "-y")
DETACH: Step = ("apply", "-y", "--detach")
CALM: Step = ("calm",)
FAR = "https://files.example/far.txt"


def job(name: str, *inputs: str, conversions: tuple[str, ...] = ("image/webp",), **more: Any) -> Doc:
    """A job: inputs are paths, URLs, or results of others (``job.c0``); each result has a name of its own."""
    found = []
    for number, text in enumerate(inputs):
        key = "source" if text.startswith("https:") else "path" if "/" in text else "from"
        found.append({"id": f"i{number}", key: text})
    made = [dict(zip(("category", "target"), text.split("/"), strict=True)) for text in conversions]
    folder = more.pop("save", f"dist/{name}/")
    outputs = [{"from": f"c{n}", "save": folder, "filename": f"{name}-{n}"} for n in range(len(made))]
    body = {"inputs": found, "conversions": [{"id": f"c{n}", **one} for n, one in enumerate(made)], "outputs": outputs}
    return HEAD | {"kind": "Job", "name": name} | body | more


def unnamed(doc: Doc) -> Doc:
    """The same job, with the names that the service chooses."""
    return doc | {"outputs": [{key: one[key] for key in ("from", "save")} for one in doc["outputs"]]}


def batch(folder: str) -> Doc:
    """A job for each file below ``batch/``, named by the service, all saved in one folder or each in its own."""
    conversion = {"id": "c0", "category": "image", "target": "webp"}
    template = {"inputs": [{"id": "i0", "path": "${{ each.path }}"}], "conversions": [conversion]}
    rows = {"for_each": {"glob": {"pattern": "batch/**/*.txt"}}, "key": "${{ each.relpath }}"}
    return (
        HEAD
        | {"kind": "Batch", "name": "rows", **rows}
        | {"template": template | {"outputs": [{"from": "c0", "save": folder}]}}
    )


def table() -> Doc:
    """A job for each row of a table."""
    conversion = {"id": "c0", "category": "image", "target": "webp"}
    template = {"inputs": [{"id": "i0", "path": "${{ each.file }}"}], "conversions": [conversion]}
    output = {"from": "c0", "save": "dist/rows/${{ each.key }}/"}
    return (
        HEAD
        | {"kind": "Batch", "name": "rows", "for_each": {"csv": "rows.csv"}, "key": "${{ each.key }}"}
        | {"template": template | {"outputs": [output]}}
    )


def preset(**options: Any) -> Doc:
    return HEAD | {"kind": "Preset", "name": "look", "category": "image", "target": "webp", "options": options}


def with_preset(doc: Doc) -> Doc:
    return doc | {"conversions": [one | {"preset": {"from": "look"}} for one in doc["conversions"]]}


def ground(*docs: Doc, **files: int) -> Ground:
    """A project of these manifests; ``files`` are more sources, by the number of their text."""
    sources = {"in/a.txt": text_of(0), "in/b.txt": text_of(1)}
    sources |= {path.replace("__", "/") + ".txt": text_of(number) for path, number in files.items()}
    if any(doc.get("for_each", {}).get("csv") for doc in docs):
        sources["rows.csv"] = b"key,file\na,in/a.txt\nb,in/b.txt\n"
    return Ground({doc["name"]: doc for doc in docs}, sources)


def elsewhere(*docs: Doc) -> Ground:
    """A project that keeps its state in a folder of its own."""
    return replace(ground(*docs), settings="state: data/s.db\n")


def known(where: Ground, *steps: Step, **switches: Any) -> Script:
    return Script(-1, Switches(**switches), where, steps)


ONE = job("one", "in/a.txt")
FAR_ONE = job("one", FAR)
CHAIN = (job("up", FAR), job("down", "up.c0"))
TWO = (job("one", "in/a.txt", save="dist/"), job("two", "in/b.txt", save="dist/"))
WORSE: Step = ("option", 0, "quality", 4)
BETTER: Step = ("option", 0, "quality", 5)


def cancel_fails(*trouble: Step, **switches: Any) -> Script:
    return known(ground(ONE), WORSE, DETACH, BETTER, *trouble, APPLY, CALM, APPLY, polls=12, **switches)
