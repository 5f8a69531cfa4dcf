"""Single steps that may happen in a world, picked at random."""

from __future__ import annotations

import random
from typing import Any

Step = tuple[Any, ...]
"""The name of a function in ``edits`` or ``deeds``, and its arguments."""

APPLY: Step = ("apply", "-y")
MEDDLING = (
    *("start", "edit", "edit more", "set inputs", "cancel", "delete", "rename", "drop outputs", "drop inputs"),
    "edit preset",
)
MOMENTS = ("send POST", "answered POST", "send PATCH", "answered PATCH", "send DELETE", "answered DELETE", "place", "")
BESIDE = ("apply -y", "apply -y", "plan", "status", "verify", "drift", "wait", "state list")
"""Commands that somebody may start in a project where an apply runs."""


def number(chance: random.Random) -> int:
    return chance.randrange(12)


def edit(chance: random.Random) -> Step:
    """One change of what is asked for."""
    n = number(chance)
    choices: list[Step] = [
        ("option", n, "quality", chance.choice((1, 2, 3, 4, "01", "1", None))),
        ("option", n, "width", chance.choice((10, 20, 40))),
        ("metadata", n, "version", chance.choice(("1.1", "1.10", "7", "007", ""))),
        ("new_bytes", n, chance.randrange(8)),
        ("rename_source", n, chance.randrange(3)),
        ("order", n),
        ("shuffle_conversions", n),
        ("output_name", n, chance.choice(("name", "other", None))),
        ("save", n, chance.choice(("dist/more/", "dist/"))),
        ("swap_names", n, number(chance)),
        ("add_conversion", n, *chance.choice((("image", "png"), ("document", "txt"), ("archive", "zip")))),
        ("drop_conversion", n),
        ("rename_conversion", n, chance.choice(("k", "m"))),
        ("conversion_back",),
        ("add_input", n, f"in/more{chance.randrange(2)}.txt", chance.randrange(8)),
        ("drop_input", n),
        ("twin", n, "twin"),
        ("remove", n),
        ("bring_back", chance.choice(("", "again"))),
        ("rename_manifest", n, "renamed"),
        ("exchange", n, number(chance)),
        ("split", n, "part"),
        ("row_file", chance.choice(("new.txt", "x/one.txt", "two.txt")), chance.choice((-1, 0, 7))),
        ("empty_table",),
        ("fill_table",),
        ("field", n, "process", chance.choice((False, None))),
        ("field", n, "fail_on_conversion_error", chance.choice((False, None))),
        ("preset_option", "quality", chance.choice((1, 5, 6))),
        ("secret", f"pass {chance.randrange(3)}"),
        ("input_name", n, chance.choice(("called.txt", "named.txt"))),
    ]
    return chance.choice(choices)


def random_step(chance: random.Random) -> Step:
    """Anything that can happen."""
    n = number(chance)
    choices: list[tuple[float, Step]] = [
        (8, edit(chance)),
        (5, APPLY),
        (1, ("apply",)),
        (1, ("apply", "-y", "--detach")),
        (1, ("apply", "-y", "--timeout", "1")),
        (1, ("plan",)),
        (1, ("part", chance.choice(("--target", "--exclude", "--replace")), n)),
        (1, ("without", n)),
        (1, ("wait",)),
        (1, ("look", chance.choice(("drift", "status", "verify")))),
        (2, ("dies", chance.choice(MOMENTS), chance.randint(1, 4))),
        (1, ("result", n, chance.choice(("deleted", "altered", "touched", "quiet")))),
        (0.5, ("foreign", n)),
        (2, random_fault(chance)),
        (1, ("later", chance.choice((0.5, 5, 23, 25)))),
        (1, ("colleague", n, chance.choice((-1, 3)), "", 0)),
        (1, ("third", chance.choice(MEDDLING), n)),
        (0.5, ("same_stamp", n, chance.randrange(8))),
        (0.4, ("beside", chance.choice(BESIDE), chance.choice(("", "", "send POST", "place")), chance.randint(1, 4))),
        (0.5, ("lifecycle", n, "ignore", chance.choice((True, None)))),
        (0.5, ("lifecycle", n, "on_replace", chance.choice(("delete", None)))),
    ]
    return chance.choices([step for _, step in choices], [weight for weight, _ in choices])[0]


def random_fault(chance: random.Random) -> Step:
    """TemplateError for some call."""
    call = chance.choice(("create", "create", "upload", "start", "cancel", "get", "list", "download", "rename", "edit"))
    kinds = ["lost", "unsent", "429", "500"]
    kinds += ["500 after", "400", "402", "fails"] if call in ("create", "upload", "start") else []
    kinds += ["denied"] if call == "download" else []
    return ("fault", call, chance.choice(kinds), chance.choice((0, 0, 1)), chance.choice((1, 1, 2, 6)))
