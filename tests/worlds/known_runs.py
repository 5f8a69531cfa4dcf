"""Worlds written by hand: what random worlds found in runs per conversion, presets and names that hang on others."""

from __future__ import annotations

from collections.abc import Mapping

from tests.worlds.small import (
    APPLY,
    BETTER,
    CHAIN,
    DETACH,
    FAR,
    FAR_ONE,
    ONE,
    WORSE,
    ground,
    job,
    known,
    preset,
    unnamed,
    with_preset,
)
from tests.worlds.steps import Step
from tests.worlds.worlds import Script

ALIKE = unnamed(job("one", "in/a.txt", conversions=("document/txt", "document/txt")))
"""Two results that would have one name."""

LOCKED = ONE | {
    "inputs": [{"id": "i0", "path": "in/a.txt", "decrypt_password": {"secret": "env:A2C_VAR_WORLD_PASSWORD"}}]
}
STEM = "x-${{ input.stem }}"
HELD = ONE | {"job": {"process": False}}
START: Step = ("field", 0, "process", None)
HOLD: Step = ("field", 0, "process", False)

RUNS: Mapping[str, Script] = {
    "the old job cannot be deleted while the new one starts": known(
        ground(LOCKED | {"lifecycle": {"on_replace": "delete"}}), APPLY, BETTER, APPLY, remove="409"
    ),
    "other bytes come first, and no checksum tells": known(
        ground(ONE), ("fault", "upload", "rival", 0, 1), APPLY, checksums="missing"
    ),
    "a preset gets another name": known(
        ground(preset(quality=1), with_preset(FAR_ONE)), APPLY, ("rename_manifest", 0, "renamed"), APPLY
    ),
    "a manifest of which a part is in the cache gets another name": known(
        ground(job("one", "in/a.txt", conversions=("document/txt", "document/txt"))),
        ("output_name", 0, STEM),
        APPLY,
        ("rename_manifest", 0, "renamed"),
        APPLY,
    ),
    "content is ignored, and one of two conversions changes": known(
        ground(job("one", "in/a.txt", conversions=("image/webp", "image/png"))),
        APPLY,
        ("lifecycle", 0, "ignore", True),
        ("new_bytes", 0, 6),
        WORSE,
        APPLY,
        APPLY,
    ),
    "one of two alike is run again and not waited for": known(ground(ALIKE), APPLY, WORSE, DETACH, APPLY),
    "a change of one of two alike is taken back": known(
        ground(ALIKE), APPLY, WORSE, APPLY, BETTER, APPLY, WORSE, APPLY
    ),
    "what takes a result gets another name, and the result changes": known(
        ground(job("up", FAR), job("down", "up.c0")),
        ("output_name", 1, STEM),
        APPLY,
        ("rename_manifest", 1, "renamed"),
        WORSE,
        APPLY,
    ),
    "what others take is held and changed": known(ground(*CHAIN), APPLY, HOLD, WORSE, APPLY, BETTER, APPLY),
    "what others take is held after its run": known(ground(*CHAIN), APPLY, HOLD, APPLY),
    "two results of equal bytes change names": known(
        ground(ONE), ("twin", 0, "twin"), APPLY, ("swap_names", 0, 1), APPLY
    ),
    "a result after which another is named is missing": known(
        ground(unnamed(job("up", "in/a.txt")), job("down", "up.c0")),
        ("output_name", 1, STEM),
        APPLY,
        ("result", 1, "deleted"),
        APPLY,
        APPLY,
    ),
    "bytes that an earlier job held cannot be taken": known(ground(ONE), APPLY, BETTER, APPLY, input_id="refused"),
    "a held job is told the text of its number": known(
        ground(HELD), ("option", 0, "quality", 1), APPLY, ("option", 0, "quality", "1"), START, APPLY
    ),
    "somebody starts a held job, then its number becomes text": known(
        ground(HELD), ("option", 0, "quality", 1), APPLY, ("third", "start", 0), ("option", 0, "quality", "1"), APPLY
    ),
    "somebody starts a held job, then its conversion gets another id": known(
        ground(HELD), APPLY, ("third", "start", 0), ("rename_conversion", 0, "m"), APPLY
    ),
    "a number and a text that is not quite its text": known(
        ground(unnamed(job("one", FAR, conversions=("image/png", "image/png")))),
        ("option", 0, "quality", 1),
        ("option", 1, "quality", "01"),
        APPLY,
    ),
    "a number and its text": known(
        ground(unnamed(job("one", FAR, conversions=("image/png", "image/png")))),
        ("option", 0, "quality", 1),
        ("option", 1, "quality", "1"),
        APPLY,
    ),
    "content of one of two equal inputs of a held job is ignored": known(
        ground(job("one", "in/a.txt", "in/a.txt", job={"process": False})),
        ("lifecycle", 0, "ignore", True),
        APPLY,
        ("new_bytes", 0, 6),
        APPLY,
        APPLY,
    ),
    "an input whose content is ignored is sent anew": known(
        ground(HELD),
        ("lifecycle", 0, "ignore", True),
        APPLY,
        ("new_bytes", 0, 6),
        ("input_name", 0, "other.txt"),
        APPLY,
        APPLY,
    ),
    "somebody deletes a job that gave a part": known(
        ground(job("one", FAR, conversions=("image/webp", "image/png"), job={"fail_on_conversion_error": False})),
        ("option", 1, "quality", 13),
        APPLY,
        ("third", "delete", 0),
        APPLY,
    ),
    "two alike whose names only the service knows": known(
        ground(unnamed(job("one", "in/a.txt", "in/b.txt", conversions=("image/webp", "image/webp")))),
        APPLY,
        WORSE,
        APPLY,
    ),
    "two alike whose names only the service knows, side by side": known(
        ground(unnamed(job("one", "in/a.txt", "in/b.txt", conversions=("image/webp", "image/webp")))),
        APPLY,
        APPLY,
        WORSE,
        APPLY,
        APPLY,
    ),
    "somebody starts a held job, then its result gets another name": known(
        ground(HELD), APPLY, ("third", "start", 0), ("output_name", 0, None), START, APPLY
    ),
    "the create that changes one of two is lost, and only the service knows a name": known(
        ground(unnamed(job("one", "in/a.txt", "in/b.txt", conversions=("image/webp", "image/png")))),
        APPLY,
        BETTER,
        ("fault", "create", "500 after", 0, 1),
        APPLY,
    ),
    "two runs wait for what fails": known(
        ground(*CHAIN), APPLY, ("add_conversion", 1, "document", "txt"), ("option", 0, "quality", 13), APPLY
    ),
    "two jobs change all that they ask for": known(
        ground(job("one", FAR), job("two", FAR, conversions=("image/png",))), APPLY, ("exchange", 0, 1), APPLY
    ),
    "a held job and a finished one change all that they ask for": known(
        ground(job("one", FAR), job("two", FAR, conversions=("image/png",), job={"process": False})),
        APPLY,
        ("exchange", 0, 1),
        APPLY,
    ),
    "a conversion goes into a manifest of its own": known(
        ground(job("one", FAR, conversions=("image/webp", "image/png"))), APPLY, ("split", 0, "part"), APPLY
    ),
    "a name is taken back after another one made more": known(
        ground(job("one", FAR)),
        APPLY,
        WORSE,
        APPLY,
        ("rename_manifest", 0, "other"),
        APPLY,
        ("rename_manifest", 0, "one"),
        APPLY,
    ),
    "a conversion is taken out, its sibling is downloaded again, and it comes back": known(
        ground(job("one", "in/a.txt", conversions=("image/webp", "archive/zip"))),
        APPLY,
        ("drop_conversion", 1),
        ("result", 0, "deleted"),
        APPLY,
        ("conversion_back",),
        APPLY,
    ),
    "one of two alike fails, and another job takes its result": known(
        ground(unnamed(job("up", FAR, FAR, conversions=("image/webp", "image/webp"))), job("down", "up.c0")),
        APPLY,
        WORSE,
        ("fault", "create", "fails", 0, 1),
        APPLY,
    ),
    "somebody starts a held job, then a conversion is added": known(
        ground(HELD), APPLY, ("third", "start", 0), ("add_conversion", 0, "image", "png"), START, APPLY
    ),
    "a file changes at its upload, and the service makes a part of what came": known(
        ground(ONE), APPLY, ("add_conversion", 0, "document", "txt"), ("changed_meanwhile", 0, 7), takes_parts=True
    ),
    "the service shows what it no longer gives, and that for a day": known(
        ground(FAR_ONE), APPLY, ("later", 2), ("result", 0, "deleted"), outputs_last=3600.0, gone_says_enabled=True
    ),
    "a result that the service named lies where another is to lie": known(
        ground(job("one", "in/a.txt"), unnamed(job("two", "one.c0", "in/b.txt", save="dist/"))),
        APPLY,
        ("save", 0, "dist/"),
    ),
    "an earlier result is taken back while a newer run of its job is made again": known(
        ground(
            job("up", FAR, conversions=("image/png", "document/pdf")),
            job("down", "up.c0", conversions=("document/txt", "archive/zip"), job={"fail_on_conversion_error": False}),
        ),
        APPLY,
        ("add_conversion", 0, "document", "txt"),
        ("field", 0, "fail_on_conversion_error", False),
        ("option", 4, "quality", 13),
        APPLY,
        ("field", 0, "fail_on_conversion_error", None),
        APPLY,
    ),
    "a person leaves a source behind, and changes it": known(
        ground(job("one", "in/b.txt")), APPLY, ("rename_source", 0, 1), ("result", 1, "quiet"), APPLY
    ),
    "one of two alike is run again and not waited for, and another job takes its result": known(
        ground(unnamed(job("up", FAR, "in/a.txt", conversions=("image/webp", "image/webp"))), job("down", "up.c0")),
        APPLY,
        WORSE,
        DETACH,
        APPLY,
    ),
    "two of one recipe lack one of two results, which are in the cache": known(
        ground(job("one", "in/a.txt", conversions=("archive/zip", "archive/zip"))),
        ("option", 1, "quality", 2),
        ("twin", 0, "twin"),
        APPLY,
        ("result", 0, "deleted"),
        ("result", 1, "deleted"),
        ("later", 25),
        APPLY,
    ),
    "what took a result is taken away, on a service whose runs differ": known(
        ground(*CHAIN), APPLY, ("remove", 1), APPLY, impure=True
    ),
    "killed while results come from the cache, and the change is taken back": known(
        ground(
            job("one", "in/a.txt", conversions=("image/webp", "image/png")),
            job("two", "in/b.txt", conversions=("image/webp", "image/png")),
        ),
        ("input_name", 0, "same.txt"),
        ("input_name", 1, "same.txt"),
        APPLY,
        ("new_bytes", 0, 1),
        ("dies", "record done", 2),
        ("new_bytes", 0, 0),
        APPLY,
    ),
    "one of two results is held, the one before is deleted, and its sibling comes back": known(
        ground(job("one", "in/a.txt", conversions=("image/png", "document/txt"))),
        APPLY,
        HOLD,
        ("drop_conversion", 0),
        WORSE,
        APPLY,
        ("result", 0, "deleted"),
        ("conversion_back",),
    ),
    "a file is in the way, and another one has the place beside it": known(
        ground(job("one", "in/a.txt", conversions=("image/png",))),
        ("foreign", 0),
        ("add_conversion", 0, "image", "png"),
    ),
    "what is held lost its result, which can be had nowhere": known(
        ground(ONE), APPLY, HOLD, ("result", 0, "deleted"), APPLY, APPLY, downloads=1
    ),
}
