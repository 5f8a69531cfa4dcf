"""The project of a world: manifests and source files as values, and the folder in which they are laid out."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.worlds.flavour import OTHER, Flavour

HEAD = {"apiVersion": "a2c-spec/v1"}
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

Doc = dict[str, Any]


def dumped(doc: Doc) -> str:
    """A manifest as text."""
    text: str = yaml.dump(doc, Dumper=_DUMPER, sort_keys=False, width=110, allow_unicode=True)
    return text


@dataclass(slots=True)
class Ground:
    """``flavour``: the service it is for; ``docs``: manifests by name; ``sources``: files by path; ``stash``: manifests
    taken away, newest last; ``parts``: (manifest, conversion, outputs) taken out of manifests;
    ``emptied``: tables whose rows were taken away; ``laid``: what was written; ``settings``: what a2c.yaml says."""

    docs: dict[str, Doc] = field(default_factory=dict)
    sources: dict[str, bytes] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=lambda: {"A2C_VAR_WORLD_PASSWORD": "pass 1"})
    stash: list[Doc] = field(default_factory=list)
    parts: list[tuple[str, Doc, list[Doc]]] = field(default_factory=list)
    emptied: dict[str, bytes] = field(default_factory=dict)
    laid: dict[str, bytes] = field(default_factory=dict)
    settings: str = ""
    flavour: Flavour = OTHER

    def copy(self) -> Ground:
        """The same, laid out nowhere yet."""
        docs, stash = copy.deepcopy(self.docs), copy.deepcopy(self.stash)
        return Ground(docs, dict(self.sources), dict(self.secrets), stash, settings=self.settings, flavour=self.flavour)

    def jobs(self) -> list[Doc]:
        """Every Job manifest."""
        return [doc for doc in self.docs.values() if doc["kind"] == "Job"]

    def bodies(self) -> list[Doc]:
        """Every body of jobs: of Job manifests and of batches."""
        return [
            doc if doc["kind"] == "Job" else doc["template"] for doc in self.docs.values() if doc["kind"] != "Preset"
        ]

    def conversions(self) -> list[Doc]:
        return [one for body in self.bodies() for one in body["conversions"]]

    def inputs(self) -> list[Doc]:
        return [one for body in self.bodies() for one in body["inputs"]]

    def outputs(self) -> list[Doc]:
        return [one for body in self.bodies() for one in body.get("outputs", [])]

    def dependents(self, name: str) -> list[Doc]:
        """Manifests that take a result of this one, or its options."""
        return [doc for doc in self.docs.values() if name in _references(doc)]

    def renamed(self, old: str, new: str) -> None:
        """Another name for a manifest, also where others refer to it."""
        self.docs = {(new if name == old else name): doc for name, doc in self.docs.items()}
        self.docs[new]["name"] = new
        for doc in self.docs.values():
            body = doc.get("template", doc)
            for item in body.get("inputs", []):
                if str(item.get("from", "")).split(".")[0] == old:
                    item["from"] = f"{new}.{item['from'].split('.', 1)[1]}"
            for item in body.get("conversions", []):
                if item.get("preset", {}).get("from") == old:
                    item["preset"]["from"] = new

    def files(self) -> dict[str, bytes]:
        """Everything that lies in the folder because of this ground."""
        return {
            "a2c.yaml": self.settings.encode(),
            **self.flavour.catalog,
            **{f"{name}.yaml": dumped(doc).encode() for name, doc in self.docs.items()},
            **self.sources,
        }

    def lay(self, folder: Path, when: float, stamp: int = 0) -> None:
        """Writes what differs from what was laid out before; every file gets the world's time, or the stamp."""
        wanted = self.files()
        for path in self.laid.keys() - wanted.keys():
            (folder / path).unlink(missing_ok=True)
        for path, data in wanted.items():
            if self.laid.get(path) != data:
                place(folder / path, data, when, stamp)
        self.laid = wanted


def place(file: Path, data: bytes, when: float, stamp: int = 0) -> None:
    """Writes a file as somebody would at that time; ``stamp``: nanoseconds, in place of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    nanoseconds = stamp or int(when * 1e9)
    os.utime(file, ns=(nanoseconds, nanoseconds))


def _references(doc: Doc) -> Iterator[str]:
    body = doc.get("template", doc)
    for item in body.get("inputs", []):
        if "from" in item:
            yield item["from"].split(".")[0]
    for item in body.get("conversions", []):
        if "preset" in item:
            yield item["preset"]["from"]
