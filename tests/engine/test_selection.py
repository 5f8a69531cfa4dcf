"""Which addresses a command is about: globs, labels, and what a target needs."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from a2c_spec.core.desired import Conversion, Job, Preset
from a2c_spec.engine.selection import EVERYTHING, Selection, matches, selection_of
from a2c_spec.errors import UsageError
from tests.engine.projects import WEBP, job

WEB = {"team": "web", "size": ""}

LABELS = [
    (("team=web",), True),
    (("team=print",), False),
    (("team",), True),
    (("nobody",), False),
    (("nobody=",), False),
    (("size=",), True),
    (("team=",), False),
    (("team", "size"), True),
    (("team", "nobody"), False),
]

GLOBS = [
    ("a", "a", True),
    ("a", "ab", False),
    ("a*", "ab", True),
    ("A", "a", False),
    ('b["x.png"]', 'b["x.png"]', True),
    ("b[*]", 'b["x.png"]', True),
    ("b[ab]", "ba", False),
    ("b?", "b1", True),
]

SELECTIONS = [
    (EVERYTHING, ["base", "middle", "top", "alone"]),
    (Selection(target=("base",)), ["base"]),
    (Selection(target=("top",)), ["base", "middle", "top"]),
    (Selection(target=("top",), exclude=("middle",)), ["top"]),
    (Selection(target=("top",), exclude=("base",)), ["middle", "top"]),
    (Selection(exclude=("b*",)), ["middle", "top", "alone"]),
    (Selection(selector=("team=web",)), ["top"]),
    (Selection(selector=("team=print",)), ["alone"]),
    (Selection(target=("*",), selector=("team=web",)), ["base", "middle", "top"]),
    (Selection(replace=("top",)), ["base", "middle", "top", "alone"]),
]

JOBS = (
    job("base"),
    job("middle", "base"),
    job("top", "middle", labels={"team": "web"}),
    job("alone", labels={"team": "print"}),
)


@pytest.mark.parametrize(("selector", "taken"), LABELS)
def test_a_label_is_asked_for_by_name_or_by_value(selector: tuple[str, ...], taken: bool) -> None:
    assert Selection(selector=selector).takes("a", WEB) is taken


@pytest.mark.parametrize(("glob", "address", "met"), GLOBS)
def test_a_glob_meets_whole_addresses_and_a_bracket_stands_for_itself(glob: str, address: str, met: bool) -> None:
    assert matches(address, [glob]) is met
    assert matches(address, ["nothing", glob]) is met
    assert not matches(address, [])


@pytest.mark.parametrize(("chosen", "addresses"), SELECTIONS)
def test_targets_bring_what_they_need_and_labels_and_exclusions_leave_out(
    chosen: Selection, addresses: list[str]
) -> None:
    assert [one.address for one in chosen.jobs(JOBS)] == addresses


def test_what_a_target_needs_may_stand_in_no_manifest_that_is_read() -> None:
    assert [one.address for one in Selection(target=("top",)).jobs(JOBS[2:])] == ["top"]


@pytest.mark.parametrize("flag", ["target", "replace", "exclude"])
@pytest.mark.parametrize(
    ("glob", "hint"),
    [
        ("nope", "there are: base, middle, top, alone"),
        ("n*", "there are: base, middle, top, alone"),
        ("midle", "did you mean middle?"),
    ],
)
def test_a_glob_that_means_nothing_is_a_mistake_that_names_what_there_is(flag: str, glob: str, hint: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"no address matches {glob!r}")) as error:
        Selection(**{flag: ("top", glob)}).items(JOBS)
    assert error.value.hint == hint


def test_at_most_eight_addresses_are_named() -> None:
    with pytest.raises(UsageError) as error:
        Selection(target=("x",)).check({name: {} for name in "abcdefghij"})
    assert error.value.hint == "there are: a, b, c, d, e, f, g, h and 2 more"


def test_what_is_only_recorded_may_be_excluded_and_is_no_target() -> None:
    assert Selection(exclude=("gone*",)).items(JOBS, recorded=["gone#2"]) == JOBS
    with pytest.raises(UsageError, match="no address matches 'gone'"):
        Selection(target=("gone",), exclude=("base",)).items(JOBS, recorded=["gone"])


@pytest.mark.parametrize("flag", ["target", "replace", "exclude"])
def test_a_batch_without_a_row_may_be_meant(flag: str) -> None:
    Selection(**{flag: ("rows[*]",)}).items(JOBS, empty=["rows"])
    with pytest.raises(UsageError, match="no address matches"):
        Selection(**{flag: ("other[*]",)}).items(JOBS, empty=["rows"])


UNMET = [
    (("team=wep",), "no manifest has the label 'team=wep'", "did you mean team=web?"),
    (("team=web", "size"), "no manifest has the label 'size'", "there are: team"),
    (("taem",), "no manifest has the label 'taem'", "did you mean team?"),
    (("team=web", "team=print"), "no manifest has all of the labels team=web, team=print", "there are: team=web, "),
]


@pytest.mark.parametrize(("selector", "said", "hint"), UNMET)
def test_labels_that_no_manifest_has_are_a_mistake_that_names_those_there_are(
    selector: tuple[str, ...], said: str, hint: str
) -> None:
    with pytest.raises(UsageError) as error:
        Selection(selector=selector).items(JOBS)
    assert (error.value.message, error.value.hint.startswith(hint)) == (said, True)
    Selection(selector=selector).items(JOBS, empty=["rows"])  # whose labels are not known


def test_presets_are_selected_by_address_and_label() -> None:
    small, large = (Preset(name, name, "jpg", labels={"size": name}) for name in ("small", "large"))
    assert Selection(target=("small",)).presets([small, large]) == (small,)
    assert Selection(selector=("size=large",)).presets([small, large]) == (large,)


NAMED = [
    (Selection(target=("small",)), ["small"]),
    (Selection(target=("by",)), ["small", "by"]),
    (Selection(target=("top",)), ["small", "by", "top"]),
    (Selection(target=("by",), exclude=("small",)), ["by"]),
    (Selection(target=("base",)), ["base"]),
    (Selection(exclude=("by", "top")), ["small", "large", "base"]),
]


@pytest.mark.parametrize(("chosen", "addresses"), NAMED)
def test_targets_bring_the_presets_that_they_and_what_they_need_name(chosen: Selection, addresses: list[str]) -> None:
    small, large = (Preset(name, name, "jpg") for name in ("small", "large"))
    by = job("by", conversions=(replace(WEBP, preset_from="small"),))
    items: list[Job | Preset] = [small, by, large, job("base"), job("top", "by")]
    assert [one.address for one in chosen.items(items)] == addresses


@pytest.mark.parametrize(
    ("chosen", "partial"),
    [
        (EVERYTHING, False),
        (Selection(replace=("a",)), False),
        (Selection(target=("a",)), True),
        (Selection(exclude=("a",)), True),
        (Selection(selector=("a",)), True),
    ],
)
def test_whatever_leaves_something_out_makes_a_plan_partial(chosen: Selection, partial: bool) -> None:
    assert chosen.partial is partial


def test_a_selection_takes_its_own_flags_and_leaves_the_others() -> None:
    given = {"target": ("a",), "exclude": ["b"], "selector": (), "replace": ("c",), "yes": True}
    assert selection_of(given) == Selection(("a",), ("b",), (), ("c",))
    assert given == {"yes": True}
    assert selection_of({}) == EVERYTHING


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Selection(replace=("a*",)), {"png", "jpg"}),
        (Selection(replace=("ab.png",)), {"png"}),
        (Selection(replace=("a*.png", "other")), {"png"}),
        (Selection(replace=("ab.*", "ab.p*")), set()),
        (Selection(replace=("*.jpg",)), {"jpg"}),
        (Selection(replace=("b",)), set()),
        (Selection(target=("a*",)), set()),
    ],
)
def test_only_what_is_named_is_replaced(chosen: Selection, expected: set[str]) -> None:
    job = Job("ab", conversions=(Conversion("png", "png"), Conversion("jpg", "jpg")))
    assert chosen.replaces(job) == expected


def test_a_conversion_is_named_only_to_run_it_again() -> None:
    known: dict[str, dict[str, str]] = {"a": {}, "b": {}}
    Selection(replace=("a.png",)).check(known, conversions=["a.png", "b.png"])
    with pytest.raises(UsageError, match=r"no address matches 'a\.png'"):
        Selection(exclude=("a.png",)).check(known, conversions=["a.png"])
    known["a.png"] = {}
    with pytest.raises(UsageError, match=r"--replace a\.png means an address, and a conversion of a"):
        Selection(replace=("a.png",)).check(known, conversions=["a.png", "b.png"])
    Selection(replace=("a.png",), exclude=("a",)).check(known, conversions=["a.png", "b.png"])
    with pytest.raises(UsageError, match="means only what is left out"):
        Selection(replace=("a.*",), exclude=("a.png",)).check(known, conversions=["a.jpg"])
    del known["a.png"]
    with pytest.raises(UsageError, match="means only what is left out"):
        Selection(replace=("a.png",), exclude=("a",)).check(known, conversions=["a.png", "b.png"])


def test_a_preset_is_never_run_again() -> None:
    known: dict[str, dict[str, str]] = {"look-1": {}, "job": {}}
    chosen = Selection(replace=("look*",))
    with pytest.raises(UsageError, match="means only presets, which are never run"):
        chosen.check(known, conversions=["job.pdf"])
    chosen.check({**known, "look-2": {}}, conversions=["job.pdf", "look-2.pdf"])
