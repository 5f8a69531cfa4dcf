"""Plots: short sequences of steps that often bring about trouble."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from tests.worlds.steps import APPLY, Step, edit
from tests.worlds.steps import number as _n

Plot = Callable[[random.Random], list[Step]]


def cancel(chance: random.Random) -> list[Step]:
    """A running job is replaced, and its cancel does not go well."""
    trouble: list[Step] = chance.choice(
        [
            [("fault", "cancel", "500", 0, 6)],
            [("fault", "cancel", "lost", 0, 1)],
            [("dies", chance.choice(("send DELETE", "answered DELETE")), 1)],
            [],
        ]
    )
    change: Step = ("option", _n(chance), "quality", 5)
    begin: Step = chance.choice([("apply", "-y", "--detach"), ("apply", "-y", "--timeout", "1")])
    return [("option", _n(chance), "quality", 4), begin, change, *trouble, APPLY, ("calm",), APPLY]


def edges(chance: random.Random) -> list[Step]:
    """Something that others need changes, and its new run does not go well."""
    change: Step = chance.choice(
        [("option", 0, "quality", 6), ("new_bytes", _n(chance), 6), ("option", _n(chance), "quality", 6)]
    )
    return chance.choice(
        [
            [change, ("fault", chance.choice(("create", "upload")), "fails", 0, 1), APPLY, ("calm",), APPLY],
            [change, ("apply", "-y", "--detach"), APPLY],
            [change, ("apply", "-y", "--timeout", "1"), APPLY],
            [
                change,
                ("lifecycle", 0, "prevent_replace", True),
                APPLY,
                ("lifecycle", 0, "prevent_replace", None),
                APPLY,
            ],
            [("part", "--replace", 0), APPLY],
            [change, ("without", _n(chance)), APPLY],
        ]
    )


def preset(chance: random.Random) -> list[Step]:
    """A preset changes, and the service does not take the change, or somebody else changes it."""
    change: Step = ("preset_option", "quality", 5)
    return chance.choice(
        [
            [change, ("fault", "edit preset", chance.choice(("400", "500", "lost")), 0, 6), APPLY, ("calm",), APPLY],
            [("third", chance.choice(("edit preset", "delete preset")), 0), edit(chance), APPLY],
            [change, APPLY],
        ]
    )


def two_names(chance: random.Random) -> list[Step]:
    """Results of several jobs change their names."""
    one, two = chance.sample(range(4), 2)
    return [(chance.choice(("swap_names", "shift_names")), one, two), APPLY]


def collide(chance: random.Random) -> list[Step]:
    """Results of several jobs want one place."""
    return [("save", _n(chance), "dist/"), ("output_name", _n(chance), "same"), APPLY, APPLY]


def lost_create(chance: random.Random) -> list[Step]:
    """A create whose answer, or request, is lost, beside jobs of others that look alike."""
    fault: Step = ("fault", "create", chance.choice(("lost", "unsent", "500", "500 after")), 0, 1)
    before: list[Step] = chance.choice(
        [
            [("colleague", _n(chance), -1, "", 0), ("later", chance.choice((0.01, 1, 23)))],
            [("colleague", _n(chance), -1, "", 1)],
            [("colleague", 0, 7, "answered POST /v2/jobs", 0)],
            [],
        ]
    )
    change: list[Step] = [("option", _n(chance), "quality", 7)]
    return [*change, *before, fault, APPLY, ("calm",), APPLY]


def rival(chance: random.Random) -> list[Step]:
    """Other bytes get into a job than those that were meant."""
    return [
        ("option", _n(chance), "quality", 8),
        chance.choice([("fault", "upload", "rival", 0, 1), ("changed_meanwhile", _n(chance), 7)]),
        APPLY,
        ("calm",),
        APPLY,
    ]


def names(chance: random.Random) -> list[Step]:
    """An input gets another name."""
    return [("twin", _n(chance), "twin"), ("rename_source", _n(chance), 1), APPLY]


def numbers(chance: random.Random) -> list[Step]:
    """A text that looks like a number becomes another such text."""
    n = _n(chance)
    first, second = chance.choice(
        (("1.10", "1.1"), ("007", "7"), ("10.0", "10"), ("9007199254740993", "9007199254740992"))
    )
    name, step = chance.choice((("version", "metadata"), ("quality", "option")))
    return [(step, n, name, first), APPLY, (step, n, name, second), APPLY]


def rows(chance: random.Random) -> list[Step]:
    """The rows of a batch go and come; some hold the same bytes."""
    return chance.choice(
        [
            [("empty_table",), APPLY, ("fill_table",), APPLY],
            [("row_file", "x/same.txt", 0), ("row_file", "y/other.txt", 0), APPLY, APPLY],
            [("row_file", "one.txt", 5), ("row_file", "z/one.txt", 6), APPLY, APPLY],
        ]
    )


def partial(chance: random.Random) -> list[Step]:
    """One of several conversions fails, and the job may end all the same."""
    n = _n(chance)
    return [
        ("add_conversion", n, "document", "txt"),
        ("field", n, "fail_on_conversion_error", False),
        ("option", n + chance.randrange(2), "quality", 13),
        APPLY,
        chance.choice(
            [("field", n, "fail_on_conversion_error", None), ("twin", 0, "twin"), ("option", n, "quality", 2)]
        ),
        APPLY,
    ]


def refused(chance: random.Random) -> list[Step]:
    """A re-run whose create is refused, of a job that came from the cache, or that was being replaced."""
    begin: list[Step] = [("twin", _n(chance), "twin"), APPLY]
    kind = chance.choice(("402", "400"))
    return [*begin, ("option", _n(chance), "quality", 9), ("fault", "create", kind, 0, 6), APPLY, ("calm",), APPLY]


def gone(chance: random.Random) -> list[Step]:
    """Manifests go and come back, or get another name."""
    n = _n(chance)
    return chance.choice(
        [
            [("remove", n), ("apply",), ("bring_back", ""), APPLY],
            [("remove", n), ("apply",), ("bring_back", "again"), APPLY],
            [("rename_manifest", n, "renamed"), APPLY],
            [("rename_conversion", n, "k"), APPLY],
        ]
    )


def elsewhere(chance: random.Random) -> list[Step]:
    """What one manifest asks for, another one asks for later; some of it is taken back."""
    n, m = _n(chance), _n(chance)
    wider: Step = ("option", n, "quality", 4)
    return chance.choice(
        [
            [APPLY, ("exchange", n, m), APPLY],
            [APPLY, ("exchange", n, m), ("exchange", m, n + 1), APPLY],
            [APPLY, ("exchange", n, m), ("part", chance.choice(("--target", "--exclude")), n), APPLY],
            [wider, ("apply", "-y", "--detach"), ("exchange", n, m), APPLY],
            [("add_conversion", n, "image", "png"), ("apply", "-y", "--detach"), ("split", n, "part"), APPLY],
            [("add_conversion", n, "image", "png"), APPLY, ("split", n, "part"), ("part", "--target", m), APPLY],
            [wider, APPLY, ("rename_manifest", n, "renamed"), APPLY, ("rename_manifest", n, "back"), APPLY],
            [APPLY, ("rename_manifest", n, "renamed"), APPLY, wider, APPLY, ("rename_manifest", n, "job0"), APPLY],
            [("add_conversion", n, "image", "png"), APPLY, ("split", n, "part"), APPLY],
            [("add_conversion", n, "image", "png"), APPLY, ("split", n, "part"), ("exchange", n, m), APPLY],
            [APPLY, ("twin", n, "twin"), ("remove", n), ("drop_cache",), APPLY],
        ]
    )


def held(chance: random.Random) -> list[Step]:
    """A held job, on which others work, too."""
    n = _n(chance)
    return [
        ("field", n, "process", False),
        APPLY,
        ("third", chance.choice(("start", "start", "edit", "set inputs", "delete")), 0),
        chance.choice([APPLY, ("plan",), edit(chance)]),
        APPLY,
        ("field", n, "process", None),
        chance.choice([APPLY, APPLY, _edited_at_start(chance)]),
        APPLY,
    ]


def _edited_at_start(chance: random.Random) -> Step:
    what = chance.choice(("edit", "edit more", "set inputs", "start", "delete"))
    return ("meddled_meanwhile", what, 0, chance.choice(("send PATCH", "send POST")), chance.randint(1, 2))


def exclude(chance: random.Random) -> list[Step]:
    """Parts of the project are left out."""
    return [edit(chance), ("without", _n(chance)), ("part", "--exclude", _n(chance)), APPLY]


def waiting(chance: random.Random) -> list[Step]:
    """Somebody waits for what was begun and perhaps never made."""
    return [
        ("option", _n(chance), "quality", 10),
        ("dies", chance.choice(("send POST", "answered POST")), 1),
        ("wait",),
        APPLY,
    ]


def kept_plan(chance: random.Random) -> list[Step]:
    """A saved plan is applied after something else happened."""
    between: Step = chance.choice([edit(chance), ("drop_cache",), ("result", 0, "deleted"), ("later", 25)])
    return [("twin", _n(chance), "twin"), ("save_plan",), between, ("apply_plan",), APPLY]


def ignoring(chance: random.Random) -> list[Step]:
    """Changed content is not to count, but a run sends it."""
    n = _n(chance)
    return [
        ("lifecycle", n, "ignore", True),
        APPLY,
        ("new_bytes", n, 6),
        ("option", n, "quality", 11),
        APPLY,
        ("new_bytes", n, 0),
        ("twin", n, "twin"),
        APPLY,
    ]


def lasting(chance: random.Random) -> list[Step]:
    """Results are lost here after the service has forgotten them."""
    return [("later", chance.choice((2, 25))), ("result", _n(chance), "deleted"), APPLY, APPLY]


def there_and_back(chance: random.Random) -> list[Step]:
    """A change is taken back; what was made in between may be gone."""
    n = _n(chance)
    first, second = chance.choice(
        [
            (("option", n, "quality", 1), ("option", n, "quality", 3)),
            (("metadata", n, "version", "7"), ("metadata", n, "version", "007")),
            (("new_bytes", n, 0), ("new_bytes", n, 6)),
            (("preset_option", "quality", 1), ("preset_option", "quality", 3)),
            (("output_name", n, "name"), ("output_name", n, "other")),
        ]
    )
    between: list[Step] = chance.choice([[], [], [_meddling(chance)], [("later", chance.choice((2, 25)))]])
    return [first, APPLY, second, APPLY, *between, first, APPLY]


def _meddling(chance: random.Random) -> Step:
    what = ("delete", "drop outputs", "drop inputs", "rename", "edit preset", "delete preset")
    return ("third", chance.choice(what), _n(chance))


def divided(chance: random.Random) -> list[Step]:
    """Conversions of one manifest come, go, change and get other names one by one."""
    n = _n(chance)
    choices: list[Step] = [
        ("option", n, "quality", chance.choice((1, 3, 4))),
        ("option", n + 1, "quality", chance.choice((1, 3, 4))),
        ("add_conversion", n, *chance.choice((("image", "png"), ("document", "txt")))),
        ("drop_conversion", n),
        ("conversion_back",),
        ("rename_conversion", n, chance.choice(("k", "m"))),
        ("shuffle_conversions", n),
        ("field", n, "process", chance.choice((False, None))),
        ("result", n, "deleted"),
        _meddling(chance),
    ]
    steps: list[Step] = []
    for one in chance.sample(choices, 4):
        steps += [one, APPLY] if chance.random() < 0.7 else [one]
    return [*steps, ("conversion_back",), APPLY]


def kept_bytes(chance: random.Random) -> list[Step]:
    """Bytes that an earlier job was sent are wanted again; they may be gone, or of another job."""
    n = _n(chance)
    away: list[Step] = chance.choice([[("third", "drop inputs", n)], [("third", "delete", n)], [("later", 2)], []])
    change: Step = chance.choice(
        [("option", n, "quality", 7), ("secret", "pass 2"), ("order", n), ("add_conversion", n, "image", "png")]
    )
    fault: list[Step] = chance.choice([[], [("fault", "create", chance.choice(("400", "lost", "500 after")), 0, 1)]])
    return [APPLY, *away, change, *fault, APPLY, ("calm",), APPLY]


PLOTS: Mapping[str, Plot] = {
    "cancel": cancel,
    "edges": edges,
    "preset": preset,
    "two names": two_names,
    "collide": collide,
    "lost create": lost_create,
    "rival": rival,
    "names": names,
    "numbers": numbers,
    "rows": rows,
    "partial": partial,
    "refused": refused,
    "gone": gone,
    "elsewhere": elsewhere,
    "held": held,
    "exclude": exclude,
    "waiting": waiting,
    "kept plan": kept_plan,
    "ignoring": ignoring,
    "lasting": lasting,
    "there and back": there_and_back,
    "divided": divided,
    "kept bytes": kept_bytes,
}
