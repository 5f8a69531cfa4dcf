"""Worlds written by hand: one for each defect that was found once, so that none of its kind can come back.

They begin with the smallest project that shows it; the numbers are those of the review that reported most of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.worlds.flavour import text_of
from tests.worlds.ground import HEAD, Doc, Ground
from tests.worlds.plots import Step
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


KNOWN: Mapping[str, Script] = {
    "A1 a cancel is refused": cancel_fails(cancel="409"),
    "A1 a cancel comes just too late": cancel_fails(cancel="ended"),
    "A1 a cancel fails": cancel_fails(("fault", "cancel", "500", 0, 6)),
    "A1 killed at a cancel": known(ground(ONE), WORSE, DETACH, BETTER, ("dies", "send DELETE", 1), APPLY, polls=12),
    "A2 what is needed fails": known(
        ground(*CHAIN), APPLY, WORSE, ("fault", "create", "fails", 0, 1), APPLY, CALM, APPLY
    ),
    "A2 what is needed is detached": known(ground(*CHAIN), APPLY, WORSE, DETACH, APPLY),
    "A2 what is needed takes too long": known(
        ground(*CHAIN), APPLY, WORSE, ("apply", "-y", "--timeout", "1"), APPLY, polls=12
    ),
    "A2 what is needed may not be replaced": known(
        ground(*CHAIN),
        APPLY,
        WORSE,
        ("lifecycle", 0, "prevent_replace", True),
        APPLY,
        ("lifecycle", 0, "prevent_replace", None),
        APPLY,
    ),
    "A2 a preset is refused": known(
        ground(preset(quality=1), with_preset(FAR_ONE)),
        APPLY,
        ("preset_option", "quality", 5),
        ("fault", "edit preset", "400", 0, 6),
        APPLY,
        CALM,
        APPLY,
    ),
    "A3 rows of a batch share a place": known(ground(batch("dist/"), batch__x__one=1, batch__y__one=2), APPLY),
    "A3 two jobs share a place": known(
        ground(*TWO), ("output_name", 0, "same"), ("output_name", 1, "same"), APPLY, APPLY
    ),
    "A4 two jobs change names": known(ground(*TWO), APPLY, ("swap_names", 0, 1), APPLY),
    "A4 names move on": known(ground(*TWO), APPLY, ("shift_names", 0, 1), APPLY),
    "A5 equal bytes under two names": known(
        ground(batch("dist/${{ each.stem }}/"), batch__apple=3, batch__pear=3), APPLY
    ),
    "A6 an input of an archive is renamed": known(
        ground(job("one", "in/a.txt", "in/b.txt", conversions=("archive/zip",))), APPLY, ("rename_source", 0, 1), APPLY
    ),
    "A6 a twin of an archive with other names": known(
        ground(
            job("one", "in/a.txt", conversions=("archive/zip",)),
            job("two", "in/b.txt", conversions=("archive/zip",)),
            in__b=0,
        ),
        ("part", "--target", 0),
        APPLY,
    ),
    "A7 a text becomes another text": known(
        ground(ONE), ("metadata", 0, "version", "1.10"), APPLY, ("metadata", 0, "version", "1.1"), APPLY
    ),
    "A7 a held job is told another text": known(
        ground(ONE | {"job": {"process": False}}),
        ("metadata", 0, "version", "007"),
        APPLY,
        ("metadata", 0, "version", "7"),
        ("field", 0, "process", None),
        APPLY,
    ),
    "A7 a text is not a number": known(
        ground(ONE), ("option", 0, "quality", "01"), APPLY, ("option", 0, "quality", 1), APPLY
    ),
    "A8 yesterday's run of somebody else": known(
        ground(FAR_ONE),
        ("colleague", 0, -1, "", 0),
        ("later", 23),
        ("fault", "create", "500", 0, 6),
        APPLY,
        CALM,
        APPLY,
    ),
    "A8 somebody else holds such a job": known(
        ground(FAR_ONE), ("colleague", 0, -1, "", 1), ("fault", "create", "unsent", 0, 6), APPLY, CALM, APPLY
    ),
    "A8 somebody else is just building such a job": known(
        ground(ONE),
        ("colleague", 0, 7, "answered POST /v2/jobs", 0),
        ("fault", "create", "unsent", 0, 6),
        APPLY,
        CALM,
        APPLY,
    ),
    "A9 other bytes come first": known(ground(ONE), ("fault", "upload", "rival", 0, 1), APPLY, APPLY),
    "A9 a file changes before its upload": known(ground(ONE), ("changed_meanwhile", 0, 7), APPLY),
    "A9 a file changes and the service takes what came": known(
        ground(ONE), ("changed_meanwhile", 0, 7), APPLY, takes_parts=True
    ),
    "A10 a lost create behind many others": known(
        ground(FAR_ONE), ("fault", "create", "lost", 0, 1), APPLY, CALM, APPLY, crowd=2100, list_order="oldest"
    ),
    "A10 the clock is two days off": known(
        ground(FAR_ONE), ("fault", "create", "lost", 0, 1), APPLY, CALM, APPLY, skew=-172800.0
    ),
    "A11 ignored content is sent": known(
        ground(ONE),
        ("lifecycle", 0, "ignore", True),
        APPLY,
        ("new_bytes", 0, 6),
        BETTER,
        APPLY,
        ("new_bytes", 0, 0),
        ("twin", 0, "twin"),
        ("lifecycle", 1, "ignore", None),
        APPLY,
    ),
    "A12 a partial result": known(
        ground(
            job("one", "in/a.txt", conversions=("image/webp", "image/png"), job={"fail_on_conversion_error": False})
        ),
        ("option", 1, "quality", 13),
        APPLY,
    ),
    "A12 a partial result is wanted whole": known(
        ground(
            job("one", "in/a.txt", conversions=("image/webp", "image/png"), job={"fail_on_conversion_error": False})
        ),
        ("option", 1, "quality", 13),
        ("part", "--target", 0),
        ("field", 0, "fail_on_conversion_error", None),
        APPLY,
    ),
    "B1 wait starts what was never made": known(ground(ONE), ("dies", "answered POST /v2/jobs", 1), ("wait",), APPLY),
    "B2 a saved plan from the cache": known(
        ground(ONE), APPLY, ("twin", 0, "twin"), ("save_plan",), ("drop_cache",), ("apply_plan",), APPLY
    ),
    "B3 a create is refused": known(
        ground(ONE),
        APPLY,
        ("twin", 0, "twin"),
        APPLY,
        ("option", 1, "quality", 9),
        ("fault", "create", "402", 0, 6),
        APPLY,
        CALM,
        APPLY,
    ),
    "B3 a create is refused after a cancel": known(
        ground(ONE), APPLY, WORSE, DETACH, BETTER, ("fault", "create", "400", 0, 6), APPLY, CALM, APPLY, polls=12
    ),
    "B4 a manifest goes and comes back": known(
        ground(FAR_ONE, job("two", "in/b.txt")), APPLY, ("remove", 0), ("apply",), ("bring_back", ""), APPLY
    ),
    "B4 a table is empty for once": known(
        ground(table(), ONE), APPLY, ("empty_table",), ("apply",), ("fill_table",), APPLY
    ),
    "B5 a manifest gets another name": known(
        ground(FAR_ONE | {"outputs": ONE["outputs"]}), APPLY, ("rename_manifest", 0, "renamed"), APPLY
    ),
    "B6 one job cannot be read": known(
        ground(*(job(f"j{n}", f"{FAR}?{n}") for n in range(3))),
        ("fault", "get", "500", 1, 5),
        APPLY,
        polls=4,
    ),
    "B7 one result may not be downloaded": known(
        ground(*(job(f"j{n}", f"{FAR}?{n}") for n in range(12))),
        ("fault", "download", "denied", 0, 1),
        ("apply", "-y", "--parallelism", "1"),
    ),
    "B8 a file lies where the service's name leads": known(ground(unnamed(ONE)), ("foreign", 0), APPLY),
    "B9 somebody else starts a held job": known(
        ground(FAR_ONE | {"job": {"process": False}}),
        APPLY,
        ("third", "start", 0),
        APPLY,
        ("field", 0, "process", None),
        APPLY,
    ),
    "B10 exclude what a target needs": known(ground(*CHAIN), APPLY, WORSE, ("without", 0)),
    "B11 replace what others took": known(ground(*CHAIN), APPLY, ("part", "--replace", 1), APPLY, impure=True),
    "B12 a result is gone although it is said to be there": known(
        ground(FAR_ONE), APPLY, ("later", 25), ("result", 0, "deleted"), APPLY, gone_says_enabled=True
    ),
    "B13 conversions are echoed in another order": known(
        ground(job("one", FAR, conversions=("image/webp", "image/webp"))), WORSE, APPLY, conversions_reversed=True
    ),
    "B13 inputs are echoed in another order": known(
        ground(job("one", "in/a.txt", "in/b.txt", job={"process": False})),
        APPLY,
        ("order", 0),
        APPLY,
        ("field", 0, "process", None),
        APPLY,
        inputs_reversed=True,
    ),
    "B14 somebody else edits a preset": known(
        ground(preset(quality=1), with_preset(FAR_ONE)),
        APPLY,
        ("third", "edit preset", 0),
        ("metadata", 0, "version", "2"),
        APPLY,
    ),
    "B15 a result over its own source": known(
        ground(job("one", "in/a.txt", conversions=("document/txt",))), ("over_source", 0), APPLY, APPLY
    ),
    "B16 bytes change, size and mtime do not": known(
        ground(ONE), APPLY, ("later", 1), APPLY, ("same_stamp", 0, 5), APPLY
    ),
    "B16 a result changes, size and mtime do not": known(
        ground(ONE), APPLY, ("later", 1), APPLY, ("result", 0, "quiet"), APPLY
    ),
    "B17 null says nothing": known(ground(FAR_ONE), APPLY, ("option", 0, "rotate", "null"), APPLY),
    "one of two conversions changes": known(
        ground(job("one", FAR, conversions=("image/webp", "image/png"))), APPLY, WORSE, APPLY
    ),
    "a conversion gets another id": known(ground(FAR_ONE), APPLY, ("rename_conversion", 0, "k"), APPLY),
    "a change is taken back": known(ground(FAR_ONE), WORSE, APPLY, BETTER, APPLY, WORSE, APPLY),
    "an archive holds the name of a result": known(
        ground(job("up", FAR), job("down", "up.c0", conversions=("archive/zip",))),
        APPLY,
        ("output_name", 0, "other"),
        APPLY,
    ),
    "a name that follows the name of a result": known(
        ground(
            job("up", FAR),
            unnamed(job("down", "up.c0")),
        ),
        APPLY,
        ("output_name", 0, "other"),
        APPLY,
    ),
    "a name with the stem of a result": known(
        ground(job("up", FAR), job("down", "up.c0")), ("output_name", 1, "x-${{ input.stem }}"), APPLY, APPLY
    ),
    "a held job that takes a result": known(
        ground(job("up", FAR), job("down", "up.c0", job={"process": False})), APPLY, APPLY
    ),
    "killed before a result is in its place, then changed": known(
        ground(ONE), WORSE, ("dies", "place", 1), BETTER, APPLY
    ),
    "outputs.json after a part was applied": known(ground(*TWO), APPLY, WORSE, ("part", "--exclude", 1), APPLY),
    "a service that takes no arrays": known(ground(job("one", "in/a.txt", "in/b.txt")), APPLY, arrays=False),
}
