"""Worlds written by hand: one for each way that was once found in which a result is lost, wrong, or paid twice.

The numbers are those of the review that reported them; what has none was found by random worlds.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.worlds.known_hurts import HURTS
from tests.worlds.known_runs import RUNS
from tests.worlds.small import (
    APPLY,
    BETTER,
    CALM,
    CHAIN,
    DETACH,
    FAR_ONE,
    ONE,
    TWO,
    WORSE,
    batch,
    cancel_fails,
    ground,
    job,
    known,
    preset,
    with_preset,
)
from tests.worlds.worlds import Script

WRONG: Mapping[str, Script] = {
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
}

KNOWN: Mapping[str, Script] = {**WRONG, **HURTS, **RUNS}
"""All of them."""
