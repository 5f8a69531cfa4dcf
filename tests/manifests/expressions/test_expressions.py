"""Expressions in scalars and in text templates: types, joined text, late names, and what is said of mistakes."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2c_spec.core.desired import Late
from a2c_spec.errors import InvalidError
from a2c_spec.manifests.expressions import j2
from a2c_spec.manifests.expressions.limits import ExpressionError
from a2c_spec.manifests.expressions.parse import parse
from a2c_spec.manifests.expressions.template import escape, render_late, render_text
from a2c_spec.manifests.yaml.reader import read_one

NAMES: dict[str, Any] = {
    "vars": {"q": "Q3", "n": 3, "f": 1.5, "l": [3, 1, 2], "m": {"k": "v"}, "t": True, "none": None, "s": "a b"},
    "env": {"HOME": "/h"},
}


@pytest.mark.parametrize(("text", "value"), [
    ("vars.n + 1", 4),
    ("vars.t", True),
    ("vars.none", None),
    ("vars.f * 2", 3.0),
    ("vars.l", [3, 1, 2]),
    ("vars.l | map('string')", ["3", "1", "2"]),
    ("vars.m.items()", [["k", "v"]]),
    ("(1, 2)", [1, 2]),
    ("1, 2", [1, 2]),
    ("-1", -1),
    ("range(3)", [0, 1, 2]),
    ("{1: {true: 2}}", {"1": {"true": 2}}),
    ("vars.l | select('>', 9) | length", 0),
    ("'yes' if vars.l | select('>', 9) else 'no'", "no"),
])  # fmt: skip  # a table
def test_a_scalar_that_is_one_expression_keeps_its_type(text: str, value: Any) -> None:
    result = render_text("${{" + text + "}}", NAMES)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(("text", "message", "hint"), [
    ("vars.qq", "`vars` has no `qq`", "did you mean `q`?"),
    ("vars.m['kk']", "`vars.m` has no `kk`", "did you mean `k`?"),
    ("vras.q", "`vras` is not defined here", "did you mean `vars`?"),
    ("other", "`other` is not defined here", "known: env, vars"),
    ("vars.l[7]", "`vars.l` has no item 7", "it has 3"),
    ("vars.q.upper ~ ''", "`vars.q` has no `upper`", "write `upper()`"),
    ("vars.m.items", "`vars.m` has no `items`", "write `items()`"),
    ("vars.q.uper()", "`vars.q.uper` cannot be called", "did you mean `upper`?"),
    ("vars.missing.x | default('d')", "`vars` has no `missing`", ""),
    ("vars.q | uper", "there is no filter `uper`", "did you mean `upper`?"),
    ("vars.l | map('uper')", "there is no filter `uper`", "did you mean `upper`?"),
    ("vars.n is od", "there is no test `od`", "did you mean `odd`?"),
    ("vars.l | select('od')", "there is no test `od`", "did you mean `odd`?"),
    ("vars.q + 1", "cannot compute this", "`~` joins anything into text"),
    ("vars.l | truncate(1)", "`truncate` does not fit this value or these arguments", ""),
    ("vars.q | replace", "`replace` does not fit this value or these arguments", ""),
    ("vars.q < 1", "cannot compute this", ""),
    ("vars.q[1:'a']", "a slice needs whole numbers", ""),
    ("vars.m[1:]", "only text and lists can be sliced", ""),
    ("", "not an expression", ""),
    ("1 1", "not an expression", ""),
])  # fmt: skip  # a table
def test_what_is_wrong_is_said_with_the_nearest_name(text: str, message: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        render_text("${{ " + text + " }}", NAMES)
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize("text", ["a ${{ vars.l }}", "a ${{ vars.none }}", "a ${{ vars.m }}"])
def test_only_what_reads_as_text_is_joined_into_text(text: str) -> None:
    with pytest.raises(ExpressionError, match="cannot be joined into text"):
        render_text(text, NAMES)


def test_an_expression_is_compiled_once_however_often_it_is_evaluated() -> None:
    text = "${{ each.n * 2 }}"
    before = parse.cache_info().misses
    assert [render_text(text, {"each": {"n": n}}) for n in range(1_000)] == [2 * n for n in range(1_000)]
    assert parse.cache_info().misses <= before + 1


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a-${{ vars.q }}-b", "a-Q3-b"),
        ("${{ vars.t }}/${{ vars.f }}", "true/1.5"),
        ("$${{ vars.q }}", "${{ vars.q }}"),
        ("x$${{ a }}${{ vars.q }}", "x${{ a }}Q3"),
        ("${{ '}}' }}", "}}"),
        ("${{ {'a': {'b': 1}} }}", {"a": {"b": 1}}),
        ("$ {{ vars.q }}", "$ {{ vars.q }}"),
    ],
)
def test_text_is_joined_and_dollars_are_kept(text: str, result: Any) -> None:
    assert render_text(text, NAMES) == result


@given(st.text(st.sampled_from("${} a'\"\\"), max_size=12))
@settings(max_examples=300, deadline=None)
def test_escaped_text_renders_to_itself(text: str) -> None:
    assert render_text(escape(text), {}) == text


@given(st.text(st.sampled_from("${} a'\"\\é😀\n"), max_size=10), st.text(st.sampled_from("${} b'"), max_size=8))
@settings(max_examples=300, deadline=None)
def test_late_text_is_what_it_would_have_been_had_all_been_known(value: str, literal: str) -> None:
    text = (
        escape(literal) + " ${{ vars.v }}${{ vars.v ~ output.ext }}" + escape(literal) + " ${{ output.index + vars.n }}"
    )
    late = render_text(text, {"vars": {"v": value, "n": -2}}, deferrable=True)
    assert isinstance(late, Late)
    assert render_late(late, {"output": {"ext": "png", "index": 5}}) == f"{literal} {value}{value}png{literal} 3"


def test_late_text_says_what_is_missing() -> None:
    late = render_text("${{ 1 / output.index }}", {}, deferrable=True)
    with pytest.raises(InvalidError, match="division by zero"):
        render_late(late, {"output": {"index": 0}})


@pytest.mark.parametrize("text", ["${{ output.idx }}", "x-${{ input.stm | upper }}"])
def test_late_text_names_only_what_results_and_inputs_have(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"`(output|input)` has no `(idx|stm)`"):
        render_text(text, {}, deferrable=True)


def test_late_text_keeps_values_of_every_kind() -> None:
    values = {"l": [1, None, "é'"], "m": {"k": -1.5}, "none": None, "t": False}
    text = "${{ output.size + vars.l[0] }} ${{ vars.l[1] is none and output.size }} ${{ vars.m.k }}"
    text += " ${{ vars.t or output.size }}"
    late = render_text(text, {"vars": values}, deferrable=True)
    assert render_late(late, {"output": {"size": 1}}) == "2 1 -1.5 1"


@pytest.mark.parametrize(("text", "expanded"), [
    ("{% for a in vars.l if a > 1 %}{{ loop.index }}{{ a }} {% endfor %}", "13 22 "),
    ("{% for a in [] %}x{% else %}none{% endfor %}", "none"),
    ("{% for k, v in vars.m.items() %}{{ k }}: {{ v }}{% endfor %}", '"k": "v"'),
    ("{% for k in vars.m %}{{ k }}{% endfor %}", '"k"'),
    ("{% set a = 1 %}{% if vars.t %}{% set a = 2 %}{% endif %}{{ a }}", "2"),
    ("{% for n in range(2) %}{% set a = n %}{% endfor %}{{ a is defined }}", "false"),
    ("{% for a in vars.l %}{{ loop.previtem | default('-') }}{{ '' if loop.last else '' }}{% endfor %}", '"-"""3""1""'),
    ("{{ vars.q | default('x', true) }}{# no #}${{ vars.q }}", '"Q3"${{ vars.q }}'),
    ("{{ [vars.q, none, 1.5, {'a': true}] }}", '["Q3", null, 1.5, {"a": true}]'),
])  # fmt: skip  # a table
def test_text_templates_mean_what_they_mean_in_jinja(text: str, expanded: str) -> None:
    assert j2.expand(text, NAMES).text == expanded


@pytest.mark.parametrize(("text", "line"), [
    ("a\n{{ x }}\n", 2),
    ("a\n{{ 1 +\n x }}\n", 2),
    ("a\n\n{% if x %}{% endif %}", 3),
    ("a\n{% for a in [1, 2] %}\n{{ a }}\n{% set b = 1 // (a - 2) %}\n{% endfor %}", 4),
    ("a\n{% for a in [1] %}\n{{ a }}\n{{ a | no }}\n{% endfor %}", 4),
    ("a\n{% set b = vars.l | map('no') %}", 2),
    ("a\n{{ vars.q.x() }}", 2),
    ("a\n{{ [vars.no] }}", 2),
])  # fmt: skip  # a table
def test_what_is_wrong_with_a_text_template_is_told_at_its_line(text: str, line: int) -> None:
    with pytest.raises(j2.TemplateError) as caught:
        j2.expand(text, NAMES)
    assert caught.value.line == line


@given(st.text(st.characters(codec="utf-8"), max_size=20))
@settings(max_examples=300, deadline=None)
def test_a_value_never_breaks_out_of_a_text_template(value: str) -> None:
    expanded = j2.expand("a: {{ vars.v }}\nb: [{{ vars.v }}, {{ {'k': vars.v} }}]\n", {"vars": {"v": value}})
    root, problems = read_one(expanded.text.encode(), "f")
    assert not problems
    assert [render_text(text, {}) for text in (root["a"], root["b"][0], root["b"][1]["k"])] == [value] * 3


@pytest.mark.parametrize("text", ["${{ " + "\\'" * 500_000, "${{ '" * 200_000, "${{ 1 }}" * 200_000, "${{{" * 200_000])
def test_finding_the_end_of_an_expression_takes_no_time(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ExpressionError):
        render_text(text, NAMES)
    assert time.process_time() - started < 2


text_pieces = st.sampled_from(
    [
        "{% for a in vars.l %}",
        "{% endfor %}",
        "{% if vars.t %}",
        "{% else %}",
        "{% endif %}",
        "{% set a = 1 %}",
        "{{ a }}",
        "{{ vars.l }}",
        "{{ loop.index }}",
        "{# x #}",
        "{% raw %}",
        "{% endraw %}",
        "\n",
        "a: ",
        "---\n",
        "vars:\n",
        "$",
        "${{ x }}",
        "$${{",
        "{{",
        "}}",
        "{%",
        "%}",
        "{%- set b, c = vars.l -%}",
        "{% for a, b in vars.m.items() %}",
        "'",
    ]
)


@given(st.lists(text_pieces, max_size=12).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_template_gives_text_or_says_where_it_is_wrong(text: str) -> None:
    last = text.count("\n")
    lines: tuple[int, ...] = ()
    try:
        expanded = j2.expand(text, NAMES)
        lines = expanded.lines
        assert len(lines) == expanded.text.count("\n") + 1
    except j2.TemplateError as trouble:
        lines = (trouble.line - 1,)
    assert all(0 <= line <= last for line in lines)
