"""Which job takes results of which, drawn."""

from __future__ import annotations

import re

from a2c_spec.views.graph import dot, mermaid

EDGES = {"base": [], 'top["a"]': ["base", "elsewhere"]}


def test_mermaid_arrows_go_from_what_is_made_to_what_takes_it_and_only_between_nodes() -> None:
    assert mermaid(EDGES).splitlines() == [
        "flowchart LR",
        '  n0["base"]',
        '  n1["top[#quot;a#quot;]"]',
        "  n0 --> n1",
    ]


def test_dot_quotes_addresses_and_draws_what_stands_elsewhere_too() -> None:
    assert dot(EDGES).splitlines() == [
        "digraph jobs {",
        "  rankdir=LR;",
        '  "base";',
        '  "top[\\"a\\"]";',
        '  "base" -> "top[\\"a\\"]";',
        '  "elsewhere" -> "top[\\"a\\"]";',
        "}",
    ]


def test_a_backslash_stays_one() -> None:
    assert '"a\\\\b"' in dot({"a\\b": []})


def test_no_jobs_are_a_drawing_of_nothing() -> None:
    assert mermaid({}) == "flowchart LR"
    assert dot({}) == "digraph jobs {\n  rankdir=LR;\n}"


def test_an_address_is_only_text_in_a_drawing() -> None:
    hostile = '%%{init: {}}%% <b> `x` "]; n9["\n```\u202e'
    shown = mermaid({hostile: []}).splitlines()
    assert shown[0] == "flowchart LR"
    assert re.fullmatch(r'  n0\["([\w .,:/()\[\]-]|#(\d+|quot);)*"\]', shown[1])
    assert len(shown) == 2
    assert len(dot({hostile: []}).splitlines()) == 4
