"""Worlds written by hand: one for each way that was once found in which a user is hurt.

The numbers are those of the review that reported them; what has none was found by random worlds.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.worlds.small import (
    APPLY,
    BETTER,
    CALM,
    CHAIN,
    DETACH,
    FAR,
    FAR_ONE,
    ONE,
    TWO,
    WORSE,
    elsewhere,
    ground,
    job,
    known,
    preset,
    table,
    unnamed,
    with_preset,
)
from tests.worlds.worlds import Script

HURTS: Mapping[str, Script] = {
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
        ground(table(), ONE), APPLY, ("empty_table",), ("apply",), APPLY, ("fill_table",), APPLY
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
    "F19 somebody else edits what a held job leaves out": known(
        ground(job("one", "in/a.txt", job={"process": False})),
        APPLY,
        ("third", "edit more", 0),
        ("field", 0, "process", None),
        APPLY,
        expanded=True,
    ),
    "somebody else sets what the inputs of a held job leave unset": known(
        ground(job("one", "in/a.txt", FAR, job={"process": False})),
        APPLY,
        ("third", "set inputs", 0),
        ("field", 0, "process", None),
        APPLY,
    ),
    "somebody else sets what an input leaves unset that no answer showed": known(
        ground(job("one", "in/a.txt", job={"process": False})),
        ("dies", "answered POST /v2/dl", 1),
        ("third", "set inputs", 0),
        APPLY,
        ("field", 0, "process", None),
        APPLY,
    ),
    "the service shows defaults of inputs": known(
        ground(job("one", "in/a.txt", FAR, job={"process": False})),
        APPLY,
        ("third", "set inputs", 0),
        APPLY,
        APPLY,
        ("field", 0, "process", None),
        APPLY,
        input_defaults=True,
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
    "a conversion that others take gets another id": known(ground(*CHAIN), APPLY, ("rename_conversion", 0, "k"), APPLY),
    "a conversion gets another id, and the person has changed its file": known(
        ground(FAR_ONE), APPLY, ("later", 1), APPLY, ("rename_conversion", 0, "k"), ("result", 0, "quiet"), APPLY
    ),
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
    "the cache does not ask for the password": known(
        ground(
            ONE
            | {
                "inputs": [
                    {"id": "i0", "path": "in/a.txt", "decrypt_password": {"secret": "env:A2C_VAR_WORLD_PASSWORD"}}
                ]
            }
        ),
        APPLY,
        ("twin", 0, "twin"),
        ("password", 1, None),
        APPLY,
    ),
    "four conversions, three alike, echoed in another order": known(
        ground(
            preset(quality=1),
            with_preset(job("one", "in/a.txt", conversions=("image/webp",) * 3)),
        ),
        ("add_conversion", 0, "document", "txt"),
        APPLY,
        conversions_reversed=True,
    ),
    "a name changes after somebody deleted the job": known(
        ground(FAR_ONE), APPLY, ("third", "delete", 0), ("output_name", 0, "other"), APPLY, APPLY
    ),
    "bytes change, size and mtime do not, and an option changes": known(
        ground(ONE), APPLY, ("later", 1), APPLY, ("same_stamp", 0, 5), BETTER, APPLY
    ),
    "something beside what others take changes": known(
        ground(job("up", FAR, conversions=("image/webp", "image/png")), job("down", "up.c0")),
        APPLY,
        ("option", 1, "quality", 3),
        APPLY,
    ),
    "a result may be downloaded only once": known(ground(FAR_ONE), APPLY, ("result", 0, "deleted"), APPLY, downloads=1),
    "outputs cannot be renamed": known(ground(FAR_ONE), APPLY, ("output_name", 0, "other"), APPLY, rename=False),
    "the order of conversions changes and others pay": known(
        ground(job("up", FAR, conversions=("image/webp", "image/png")), job("down", "up.c0")),
        APPLY,
        ("shuffle_conversions", 0),
        APPLY,
    ),
    "somebody deletes a preset": known(
        ground(preset(quality=1), with_preset(FAR_ONE)), APPLY, ("third", "delete preset", 0), BETTER, APPLY
    ),
    "a conversion is taken out": known(
        ground(job("one", FAR, conversions=("image/webp", "image/png"))), APPLY, ("drop_conversion", 0), APPLY
    ),
    "what others take comes back from the cache": known(
        ground(job("up", "in/a.txt"), job("down", "up.c0")),
        APPLY,
        ("new_bytes", 0, 6),
        APPLY,
        ("new_bytes", 0, 0),
        APPLY,
    ),
    "outputs.json after a part was applied": known(ground(*TWO), APPLY, WORSE, ("part", "--exclude", 1), APPLY),
    "a manifest comes back as another one": known(
        ground(ONE, job("two", FAR)), APPLY, ("remove", 1), ("apply",), ("bring_back", "again"), APPLY
    ),
    "somebody renames a result that has to come again": known(
        ground(unnamed(FAR_ONE)), APPLY, ("third", "rename", 0), ("result", 0, "deleted"), APPLY
    ),
    "two first applies at once, the state elsewhere": known(elsewhere(*TWO), ("beside", "apply -y", "", 1), APPLY),
    "a plan beside a first apply, the state elsewhere": known(elsewhere(*TWO), ("beside", "plan", "", 1), APPLY),
    "a service that takes no arrays": known(ground(job("one", "in/a.txt", "in/b.txt")), APPLY, arrays=False),
}
