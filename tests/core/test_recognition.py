"""Which part of an answer is which part that was sent is decided by what is told, and left open where nothing tells."""

from __future__ import annotations

from itertools import permutations
from random import Random
from typing import Any

import pytest

from a2c_spec.core.calls import Ref
from a2c_spec.core.live import LiveConversion, LiveInput
from a2c_spec.core.recognition import (
    alike,
    conversion_may_be,
    covered,
    input_may_be,
    sent_conversion,
    sent_input,
    shown_form,
    tell_apart,
)

KINDS = "ab"


def certain(sent: list[str], live: int, edges: set[tuple[str, int]]) -> dict[int, int] | None:
    """By trying everything: what every pairing agrees on, as far as it matters; None where there is no pairing."""
    every = [
        dict(enumerate(order))
        for order in permutations(range(live), len(sent))
        if all((kind, n) in edges for kind, n in zip(sent, order, strict=True))
    ]
    if not every:
        return None
    may_be = {kind: [{pairs[s] for s in range(len(sent)) if sent[s] == kind} for pairs in every] for kind in sent}
    return {s: 1 for s, kind in enumerate(sent) if all(one == may_be[kind][0] for one in may_be[kind])}


@pytest.mark.parametrize("seed", range(300))
def test_a_part_is_told_only_if_every_possible_pairing_agrees(seed: int) -> None:
    chance = Random(seed)
    sent = [chance.choice("abc") for _ in range(chance.randint(1, 4))]
    live = len(sent) + chance.choice((0, 0, 1))
    edges = {(kind, n) for kind in "abc" for n in range(live) if chance.random() < 0.6}
    told = tell_apart([{"kind": kind} for kind in sent], live, lambda s, n: (sent[s], n) in edges)
    known = certain(sent, live, edges)
    if known is not None:
        assert told.keys() <= known.keys()
        if live == len(sent) and len(known) == len(sent):
            assert len(told) == len(sent), "all that is certain is told, where all of it is"
    assert all((sent[s], n) in edges for s, n in told.items())
    assert len({*told.values()}) == len(told)
    assert covered(len(sent), live, lambda s, n: (sent[s], n) in edges) is (known is not None)


def test_an_answer_that_contradicts_itself_tells_nothing_of_those_it_concerns() -> None:
    sent = [{"x": 1}, {"x": 2}, {"x": 3}]
    edges = {(0, 0), (1, 0), (2, 2)}
    assert tell_apart(sent, 3, lambda s, n: (s, n) in edges) == {2: 2}


def test_a_thousand_that_are_alike_take_no_deep_recursion() -> None:
    assert covered(1200, 1200, lambda _s, _n: True)


MAY_BE: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"type": "remote", "source": "u"}, {"type": "remote", "source": "u"}, True),
    ({"type": "remote", "source": "u"}, {}, True),
    ({"type": "remote", "source": "u"}, {"source": "v"}, False),
    ({"source": "u"}, {"type": "cloud", "source": "u"}, False),
    ({"type": "upload"}, {"type": "upload", "source": "a.txt"}, True),
    ({"type": "upload", "checksum": "1"}, {"type": "upload", "checksum": "2"}, False),
    ({"type": "upload", "checksum": "1"}, {"type": "upload"}, True),
    ({"type": "upload", "filename": "a", "checksum": "1"}, {"type": "base64", "filename": "a", "checksum": "1"}, True),
    ({"type": "upload", "filename": "a", "checksum": "1"}, {"type": "base64", "filename": "b", "checksum": "1"}, False),
    ({"type": "upload"}, {"type": "remote"}, False),
    ({"filename": "a"}, {"type": "remote", "filename": "a.png"}, True),
    ({"filename": "a"}, {"type": "remote", "filename": "b.png"}, False),
    ({}, {"type": "remote", "filename": "b.png"}, True),
    ({"engine": "auto"}, {"engine": "file"}, True),
    ({"engine": "website"}, {"engine": "file"}, False),
    ({"parameters": {"x": 1}}, {"parameters": {"x": "1"}}, True),
    ({"parameters": {"x": {"$secret": "s"}}}, {"parameters": {"x": "1"}}, True),
    ({"options": {"x": 1}}, {"options": {"x": 2}}, False),
]


@pytest.mark.parametrize(("part", "told", "may"), MAY_BE)
def test_only_what_is_told_can_speak_against_an_input(part: dict[str, Any], told: dict[str, Any], may: bool) -> None:
    assert input_may_be(part, LiveInput("i", **told)) is may


TARGET = {"type": "amazons3", "parameters": {"bucket": "b"}}
CONVERSIONS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"target": "png"}, {"target": "png", "category": "image"}, True),
    ({"target": "png"}, {"target": "jpg"}, False),
    ({"target": "png", "category": "image"}, {"target": "png", "category": "document"}, False),
    ({"target": "png", "metadata": {"a": 1}}, {"target": "png", "metadata": {"a": 2}}, False),
    ({"target": "png", "metadata": {"a": 1}}, {"target": "png"}, True),
    ({"target": "png", "output_target": (TARGET,)}, {"target": "png", "output_target": (TARGET,)}, True),
    ({"target": "png"}, {"target": "png", "output_target": (TARGET,)}, False),
    ({"target": "png", "output_target": (TARGET,)}, {"target": "png"}, True),
]


@pytest.mark.parametrize(("part", "told", "may"), CONVERSIONS)
def test_only_what_is_told_can_speak_against_a_conversion(
    part: dict[str, Any], told: dict[str, Any], may: bool
) -> None:
    assert conversion_may_be(part, LiveConversion("c", **told)) is may


def test_what_was_recorded_of_a_result_or_preset_of_another_manifest_is_told_by_the_id_under_which_it_went() -> None:
    result = {"identity": {"type": "output", "source": "up.c0", "upstream": "d"}}
    assert input_may_be(sent_input(result), LiveInput("i", "output", "out-7"))
    assert not input_may_be(sent_input(result | {"wire_source": "out-8"}), LiveInput("i", "output", "out-7"))
    assert input_may_be(sent_input(result | {"checksum": "m"}), LiveInput("i", "upload", "x.png", checksum="m"))
    assert not input_may_be(sent_input(result | {"checksum": "m"}), LiveInput("i", "upload", "x.png", checksum="n"))
    look = {"target": "png", "options": {}, "preset": "look"}
    shown = LiveConversion("c", "png", options={"preset": "p-1"})
    assert conversion_may_be(sent_conversion(look), shown)
    assert conversion_may_be(sent_conversion(look | {"wire_preset": "p-1"}), shown)
    assert not conversion_may_be(sent_conversion(look | {"wire_preset": "p-2"}), shown)
    other = sent_conversion(look | {"preset": "other"})
    assert len(alike([sent_conversion(look), sent_conversion(look), other])) == 2


def test_secrets_make_parts_different_and_do_not_show() -> None:
    one, two = ({"target": "pdf", "options": {"password": {"$secret": mark}}} for mark in "ab")
    assert alike([one, two, one]) == [[0, 2], [1]]
    assert shown_form(one) == shown_form(two)
    assert shown_form(one) == shown_form({"target": "pdf"})
    assert shown_form(one) != shown_form({"target": "png"})
    presets = [shown_form({"target": "png", "options": {"preset": Ref(f"preset:{name}")}}) for name in "ab"]
    assert presets[0] != presets[1]
