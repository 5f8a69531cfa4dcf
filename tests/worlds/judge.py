"""What rendered manifests ask for, worked out without the client: recipes, results, and where they belong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.worlds.recipes import NAMES_DECIDE, Recipe, Source, ending, remote_bytes, sha256, stem
from tests.worlds.service_model import category_of

Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """One conversion of one address. ``recipe`` is None when it cannot be run: an input is missing, or what it needs
    fails. ``path`` is where its one result goes, if the manifest tells it, ``likely`` where it goes unless it is
    renamed, ``free``: only the service knows its name; ``sure``: its bytes can be told."""

    address: str
    conversion: str
    recipe: Recipe | None
    path: str = ""
    sure: bool = True
    saved: bool = True
    likely: str = ""
    free: bool = False


@dataclass(slots=True)
class Judge:
    """Everything that a project asks for at one moment.

    ``held``: addresses that are not to run; ``waiting``: those that take results of such, which may have run before;
    ``guessed``: those whose inputs cannot be told; ``ignoring``: those of which something does not count, and
    what takes their results.
    """

    trees: Sequence[Doc]
    sources: Mapping[str, bytes]
    secrets: Mapping[str, str]
    pure: bool = True
    wishes: dict[tuple[str, str], Wish] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    guessed: set[str] = field(default_factory=set)
    ignoring: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        presets = {tree["name"]: tree for tree in self.trees if tree["kind"] == "Preset"}
        jobs = {tree["name"]: tree for tree in self.trees if tree["kind"] == "Job"}
        self.held = {name for name, tree in jobs.items() if tree.get("job", {}).get("process") is False}
        self.ignoring = {name for name, tree in jobs.items() if tree.get("lifecycle", {}).get("ignore")}
        left = dict(jobs)
        while left:
            ready = {name for name, tree in left.items() if not needs(tree) & left.keys()}
            for name in ready or set(left):
                self._take(left.pop(name), presets)

    def _take(self, tree: Doc, presets: Mapping[str, Doc]) -> None:
        job = tree.get("job", {})
        strict = job.get("fail_on_input_error", True)
        sources = [self._source(one) for one in tree.get("inputs", [])]
        sure = all(one is None or not one.name.startswith("*") for one in sources)
        if needs(tree) & (self.held | self.waiting):
            self.waiting.add(tree["name"])
        if needs(tree) & self.ignoring:
            self.ignoring.add(tree["name"])
            self.guessed.add(tree["name"])
        if any(not self._sure(one["from"]) for one in tree.get("inputs", []) if "from" in one):
            self.guessed.add(tree["name"])
        broken = any(one is None for one in sources)
        flags = (strict is not False, job.get("fail_on_conversion_error", True) is not False)
        whole = tuple(one for one in sources if one is not None)
        for item in tree.get("conversions", []):
            recipe = None if not whole or (broken and flags[0]) else _recipe(item, whole, presets, flags)
            found = self._wish(tree, item, recipe)
            named = self.pure and (sure or found.recipe is None or found.recipe.category not in NAMES_DECIDE)
            named = named and tree["name"] not in self.guessed
            self.wishes[tree["name"], item["id"]] = Wish(
                found.address,
                found.conversion,
                recipe,
                found.path,
                named and not broken,
                found.saved,
                found.likely,
                found.free,
            )

    def _wish(self, tree: Doc, item: Doc, recipe: Recipe | None) -> Wish:
        spec = next((one for one in tree.get("outputs", []) if one["from"] == item["id"]), None)
        name, folder = (spec or {}).get("filename", ""), (spec or {}).get("save", "")
        path = likely = ""
        if not self.pure and len(tree.get("inputs", [])) > 1:
            # the local API packs some results of several inputs, so that the ending is not known either
            return Wish(tree["name"], item["id"], recipe, saved=bool(folder), free=True)
        if spec and recipe and not name and "${{" not in folder and folder and not recipe.each_alone:
            base = stem(recipe.sources[0].name)
            name_here = f"{base}.{ending(recipe.category, recipe.target)}"
            likely = "" if base.startswith("*") else f"{folder.rstrip('/')}/{name_here}"
        if spec and recipe and name and folder and "${{" not in name + folder and not recipe.each_alone:
            targets = {one["id"]: one["target"] for one in tree["conversions"]}
            # one without a name is called like its input, which may be this name, too: equal names get numbers
            alike = [one for one in tree["outputs"] if one.get("filename", name) == name and one["save"] == folder]
            alike = [one for one in alike if targets.get(one["from"]) == item["target"]]
            path = f"{folder.rstrip('/')}/{name}.{ending(recipe.category, recipe.target)}" if len(alike) == 1 else ""
        free = (not name or "${{" in name) and len(tree.get("inputs", [])) > 1
        return Wish(tree["name"], item["id"], recipe, path, True, bool(folder), path or likely, free)

    def _source(self, one: Doc) -> Source | None:
        """What goes in; None when it cannot be had."""
        settings = {name: one[name] for name in ("slide_duration", "resize_handling") if name in one}
        secret = one.get("decrypt_password")
        reference = secret["secret"].removeprefix("env:") if isinstance(secret, Mapping) else ""
        password = self.secrets.get(reference, "") if reference else str(secret or "")
        if "path" in one:
            name = one.get("filename") or one["path"].rsplit("/", 1)[-1]
            return Source(sha256(self.sources.get(one["path"], b"")), name, password, settings)
        if "from" in one:
            address, _, conversion = one["from"].rpartition(".")
            made = self.made(address, conversion)
            if len(made) != 1:
                return None
            wish = self.wishes[address, conversion]
            here = wish.path.rsplit("/", 1)[-1] or "*" + wish.likely.rsplit("/", 1)[-1]  # as far as it can be told
            return Source(sha256(made[0]), one.get("filename") or here, password, settings)
        if "missing" in one["source"]:
            return None
        name = one.get("filename") or one["source"].rsplit("/", 1)[-1]
        return Source(sha256(remote_bytes(one["source"])), name, password, settings)

    def _sure(self, reference: str) -> bool:
        """Whether the bytes of a result that others take can be told."""
        address, _, conversion = reference.rpartition(".")
        wish = self.wishes.get((address, conversion))
        return wish is None or wish.sure

    def doomed(self, address: str) -> bool:
        """Whether the job as a whole ends as failed, or cannot be run."""
        mine = [one for one in self.wishes.values() if one.address == address]
        bad = [one for one in mine if one.recipe is None or one.recipe.fails]
        strict = any(one.recipe is None or one.recipe.flags[1] for one in mine)
        return bool(bad) and (strict or len(bad) == len(mine))

    def lacking(self, address: str) -> bool:
        """Whether something that the address asks for cannot be made."""
        mine = [one for one in self.wishes.values() if one.address == address]
        return any(one.recipe is None or one.recipe.fails for one in mine)

    def made(self, address: str, conversion: str) -> list[bytes]:
        """The results of one conversion once its job has run; none when it fails.

        Another conversion of its job may fail: what was made before, in a job that ended well, is still right. Whoever
        holds a job after its run keeps what it gave.
        """
        wish = self.wishes.get((address, conversion))
        if wish is None or wish.recipe is None or wish.recipe.fails:
            return []
        return [data for _, data in wish.recipe.results()]

    def addresses(self) -> set[str]:
        return {wish.address for wish in self.wishes.values()}

    def keys(self) -> Counter[tuple[str, str, str]]:
        """Every recipe that is wanted, by whom, and how often, as (loose key, key, address)."""
        known = [(one.address, one.recipe) for one in self.wishes.values() if one.recipe is not None]
        return Counter((recipe.loose, recipe.key, address) for address, recipe in known)


def needs(tree: Doc) -> set[str]:
    return {one["from"].rpartition(".")[0] for one in tree.get("inputs", []) if "from" in one}


def _recipe(item: Doc, sources: tuple[Source, ...], presets: Mapping[str, Doc], flags: tuple[bool, bool]) -> Recipe:
    category = item.get("category") or category_of(item["target"], "")
    preset = presets.get(item["preset"]["from"], {}).get("options", {}) if "preset" in item else None
    options, metadata = item.get("options", {}), item.get("metadata", {})
    return Recipe(sources, category, item["target"], options, metadata, preset, flags)


def digests(results: Iterable[bytes]) -> Counter[str]:
    return Counter(sha256(one) for one in results)
