"""Expressions mean what Jinja means, stay typed, and can neither hang, nor grow, nor reach outside."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2c_spec.core.desired import Late
from a2c_spec.errors import InvalidError
from a2c_spec.manifests.expressions import j2
from a2c_spec.manifests.expressions.limits import ExpressionError
from a2c_spec.manifests.expressions.template import escape, render_late, render_text
from a2c_spec.manifests.yaml.reader import read_one

NAMES: dict[str, Any] = {
    "vars": {"q": "Q3", "n": 3, "f": 1.5, "l": [3, 1, 2], "m": {"k": "v"}, "t": True, "none": None, "s": "a b"},
    "env": {"HOME": "/h"},
}

# expression, value: the same as Jinja's own wherever Jinja has it
MEANINGS: list[tuple[str, Any]] = [
    ("vars.q", "Q3"),
    ("vars['q']", "Q3"),
    ("vars.n + 1", 4),
    ("vars.n * 2 - 1", 5),
    ("vars.n / 2", 1.5),
    ("vars.n // 2", 1),
    ("-vars.n % 2", 1),
    ("2 ** 3", 8),
    ("vars.q ~ '-' ~ vars.n", "Q3-3"),
    ("vars.l[0]", 3),
    ("vars.l[-1]", 2),
    ("vars.l[1:]", [1, 2]),
    ("vars.s[::-1]", "b a"),
    ("vars.m.k", "v"),
    ("[1, 'a', none]", [1, "a", None]),
    ("{'a': 1}['a']", 1),
    ("'x' if vars.t else 'y'", "x"),
    ("vars.n > 2 and vars.n < 4", True),
    ("not vars.t", False),
    ("1 < 2 < 3", True),
    ("'a' in vars.s", True),
    ("4 not in vars.l", True),
    ("vars.l | sort | join('-')", "1-2-3"),
    ("vars.l | length", 3),
    ("vars.l | first", 3),
    ("vars.s | upper", "A B"),
    ("vars.s.upper()", "A B"),
    ("vars.s | replace('a', 'c')", "c b"),
    ("vars.s.split(' ')", ["a", "b"]),
    ("vars.missing | default('d')", "d"),
    ("vars.missing is defined", False),
    ("vars.q is defined", True),
    ("vars.none is none", True),
    ("'7' | int + 1", 8),
    ("range(3) | list", [0, 1, 2]),
    ("'  a ' | trim", "a"),
    ("1.26 | round(1)", 1.3),
]
OURS: list[tuple[str, Any]] = [
    ("'a/b.tar.gz' | stem", "b.tar"),
    ("'a/b.png' | ext", "png"),
    ("'a/b.png' | basename", "b.png"),
    ("'a/b.png' | dirname", "a"),
    ("'Hé llo!' | slug", "h-llo"),
    ("7 | zfill(3)", "007"),
    ("vars.m | tojson", '{"k": "v"}'),
]


@pytest.mark.parametrize(("text", "value"), MEANINGS + OURS)
def test_an_expression_has_its_value_and_keeps_its_type(text: str, value: Any) -> None:
    result = render_text("${{ " + text + " }}", NAMES)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(("text", "value"), MEANINGS)
def test_jinja_itself_agrees(text: str, value: Any) -> None:
    compiled = jinja2.Environment(autoescape=False).compile_expression(text)
    assert compiled(**NAMES) == value


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


REFUSED = {
    "${{ vars.qq }}": "`vars` has no `qq`",
    "${{ nothing }}": "`nothing` is not defined here",
    "${{ vars.q": "`${{` is never closed",
    "${{ }}": "not an expression",
    "${{ 1 1 }}": "not an expression",
    "${{ ''.__class__ }}": "has no `__class__`",
    "${{ ''['__class__'] }}": "has no `__class__`",
    "${{ vars.__class__.__mro__ }}": "has no `__class__`",
    "${{ vars.q.format(vars) }}": "cannot be called",
    "${{ vars.q.upper.__globals__ }}": "has no `upper`",
    "${{ vars.q | attr('x') }}": "there is no filter `attr`",
    "${{ cycler(1) }}": "cannot be called",
    "${{ self }}": "`self` is not defined",
    "${{ now() }}": "cannot be called",
    "${{ 'a' * 10 ** 10 }}": "too large",
    "${{ [0] * 10 ** 10 }}": "too large",
    "${{ 'a' + 'b' * 10 ** 12 }}": "too large",
    "${{ 9 ** 9 ** 9 ** 9 ** 9 }}": "too large",
    "${{ 2 ** 100000000 }}": "too large",
    "${{ 1e308 * 1e308 }}": "not finite",
    "${{ (-1) ** 0.5 }}": "complex",
    "${{ range(10 ** 9) }}": "a range may hold",
    "${{ range(10 ** 99) }}": "does not fit",
    "${{ '%0999999999d' % 1 }}": "numbers are needed",
    "${{ 1 | zfill(10 ** 9) }}": "does not fit",
    "${{ 1 | round(10 ** 9) }}": "does not fit",
    "${{ 'a' | center(10 ** 9) }}": "there is no filter",
    "${{ 1 // 0 }}": "cannot compute",
    "a ${{ vars.l }}": "a list cannot be joined",
    "a ${{ vars.none }}": "null cannot be joined",
    "${{ " + "(" * 1000 + "1" + ")" * 1000 + " }}": "nested too deeply",
    "${{ " + "-" * 3000 + "1 }}": "nested too deeply",
    "${{ " + "1+" * 1900 + "1 }}": "nested too deeply",
    "${{ " + "9" * 3900 + " }}": "too large",
    "${{ " + "9" * 9000 + " }}": "longer than",
    "${{ 'aaaaaaaaaa'" + "|replace('a','aaaaaaaaaa')" * 12 + " }}": "too much text",
    "${{ range(9999)|join('x'*99999) }}": "too much text",
    "${{ " + "[" * 40 + "range(9999)" + ",range(9999)]" * 40 + " }}": "too much work",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: str(text)[:40])
def test_what_could_hang_or_reach_outside_is_refused_in_time(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ExpressionError) as caught:
        render_text(text, NAMES)
    assert time.process_time() - started < 2
    assert REFUSED[text] in caught.value.message


words = st.sampled_from(
    [
        "vars",
        ".q",
        ".n",
        ".l",
        "[0]",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "'a'",
        "1",
        "1e9",
        "10**9",
        "+",
        "-",
        "*",
        "**",
        "%",
        "~",
        "|",
        "join",
        "replace('a','aa')",
        "sort",
        "range(",
        ",",
        "if",
        "else",
        "not",
        "in",
        "is",
        "defined",
        ":",
        "tojson",
        "map('q')",
        ".__class__",
        "upper",
        "int",
        "split",
        " ",
        "}}",
        "${{",
        "{%",
        "{#",
        '"',
        "\n",
    ]
)


@given(st.lists(words, max_size=14).map("".join) | st.text(max_size=30))
@settings(max_examples=500, deadline=None)
def test_any_expression_gives_a_value_or_an_expression_error(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        render_text("${{ " + text + " }}", NAMES)


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
    late = render_text(text, {"vars": {"v": value, "n": -2}}, late=True)
    assert isinstance(late, Late)
    assert render_late(late, {"output": {"ext": "png", "index": 5}}) == f"{literal} {value}{value}png{literal} 3"


def test_late_text_says_what_is_missing() -> None:
    late = render_text("${{ output.idx }}", {}, late=True)
    with pytest.raises(InvalidError, match="has no `idx`"):
        render_late(late, {"output": {"index": 1}})


TEXT_BOMBS = {
    "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}": "too much",
    "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 60: "too much",
    "{% set a = [1] %}" + "{% set a = [a, a] %}" * 60 + "{{ a }}": "too much",
    "{% for a in range(9999) %}{{ 'x' * 99999 }}{% endfor %}": "too much text",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}": "macro",
    "{% include 'x' %}": "include",
    "{% import 'os' as os %}": "import",
    "{% extends 'x' %}": "extends",
    "{% if 1 %}" * 2000 + "{% endif %}" * 2000: "nested too deeply",
    "{{ x }}": "not defined",
}


@pytest.mark.parametrize("text", TEXT_BOMBS, ids=lambda text: str(text)[:40])
def test_text_templates_are_bounded_too(text: str) -> None:
    started = time.process_time()
    with pytest.raises(j2.Trouble) as caught:
        j2.expand(text, {})
    assert time.process_time() - started < 3
    assert TEXT_BOMBS[text] in caught.value.message


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
    except j2.Trouble as trouble:
        lines = (trouble.line - 1,)
    assert all(0 <= line <= last for line in lines)
