"""No expression can hang, grow without bound, reach outside, or put anything but a plain value into a manifest."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2c_spec.manifests.expressions import j2
from a2c_spec.manifests.expressions.limits import MAX_TEXT, Budget, ExpressionError, Unknown, weigh
from a2c_spec.manifests.expressions.parse import parse
from a2c_spec.manifests.expressions.sandbox import FAILURES, SANDBOX, Scope
from a2c_spec.manifests.expressions.template import render_text
from a2c_spec.manifests.load import FILE_STEPS

NAMES: dict[str, Any] = {
    "vars": {
        "q": "Q3",
        "n": 3,
        "l": [3, 1, 2],
        "m": {"k": "v"},
        "rows": [{"a": 1}, {"a": 2}],
        "big": "x" * 900_000,
        "many": list(range(50_000)),
        "unknown": Unknown(),
    },
}

LEAKS = {
    "''.__class__": "`this value` has no `__class__`",
    "''['__class__']": "`this value` has no `__class__`",
    "vars.__class__.__mro__": "`vars` has no `__class__`",
    "vars['__class__']": "`vars` has no `__class__`",
    "vars.l.__len__": "`vars.l` has no `__len__`",
    "vars.l.append": "`vars.l` has no `append`",
    "vars.l.append(1)": "`vars.l.append` cannot be called",
    "vars.m.update(vars.m)": "`vars.m.update` cannot be called",
    "vars.m.pop('k')": "`vars.m.pop` cannot be called",
    "vars.q.format(vars)": "`vars.q.format` cannot be called",
    "'{0.__class__}'.format(1)": "`this value.format` cannot be called",
    "'{0.__class__}'.format_map(vars)": "`this value.format_map` cannot be called",
    "'{0.__class__}' | format(1) ~ vars.q.format": "does not fit",
    "vars.q.upper": "`vars.q` has no `upper`",
    "vars.q.upper.__globals__": "`vars.q` has no `upper`",
    "vars.q.upper().__class__": "`this value` has no `__class__`",
    "vars.q.encode()": "`vars.q.encode` cannot be called",
    "vars.q.translate({})": "`vars.q.translate` cannot be called",
    "vars.q.join(vars.l)": "`vars.q.join` cannot be called",
    "vars.m.keys().mapping": "`this value` has no `mapping`",
    "range.__init__": "`range` is not defined",
    "range(1).__class__": "`this value` has no `__class__`",
    "range(3).start": "`this value` has no `start`",
    "vars.q | attr('__class__')": "there is no filter `attr`",
    "vars.l | map(attribute='__class__')": "has no `__class__`",
    "vars.l | map(attribute='__class__', default=1) | map('attr', 'x')": "there is no filter `attr`",
    "vars.l | map('attr', '__class__')": "there is no filter `attr`",
    "vars.l | map('map', 'attr')": "does not fit",
    "vars.rows | map(attribute='a.__class__.__mro__')": "has no `__class__`",
    "vars.rows | groupby('__class__')": "has no `__class__`",
    "(vars.rows | groupby('a'))[0]._fields": "has no `_fields`",
    "(vars.rows | groupby('a'))[0].__class__": "has no `__class__`",
    "(vars.rows | groupby('a'))[0].count": "has no `count`",
    "vars.rows | sort(attribute='__class__')": "has no `__class__`",
    "vars.rows | selectattr('__class__')": "has no `__class__`",
    "vars.rows | rejectattr('__class__', 'defined') | map(attribute='__doc__')": "has no `__doc__`",
    "vars.rows | unique(attribute='__class__')": "has no `__class__`",
    "vars.rows | sum(attribute='__class__')": "has no `__class__`",
    "vars.rows | min(attribute='__init__')": "has no `__init__`",
    "vars.rows | join(',', attribute='__class__')": "has no `__class__`",
    "vars.l | select('callable')": "there is no test `callable`",
    "vars.q is sameas vars.q": "there is no test `sameas`",
    "vars.q is filter": "there is no test `filter`",
    "cycler(1)": "`cycler` cannot be called",
    "cycler": "`cycler` is not defined",
    "lipsum()": "`lipsum` cannot be called",
    "lipsum.__globals__": "`lipsum` is not defined",
    "namespace(a=1)": "`namespace` cannot be called",
    "joiner()": "`joiner` cannot be called",
    "dict(a=1)": "`dict` cannot be called",
    "self": "`self` is not defined",
    "self.__init__": "`self` is not defined",
    "self._TemplateReference__context": "`self` is not defined",
    "context": "`context` is not defined",
    "environment": "`environment` is not defined",
    "caller()": "`caller` cannot be called",
    "varargs": "`varargs` is not defined",
    "kwargs": "`kwargs` is not defined",
    "loop": "`loop` is not defined",
    "super()": "`super` cannot be called",
    "gettext('a')": "`gettext` cannot be called",
    "_('a')": "`_` cannot be called",
    "__import__('os')": "`__import__` cannot be called",
    "__builtins__": "`__builtins__` is not defined",
    "now()": "`now` cannot be called",
    "open('/etc/passwd')": "`open` cannot be called",
    "vars()": "`vars` cannot be called",
    "vars.q()": "`vars.q` cannot be called",
    "(1)(2)": "`this value` cannot be called",
    "''['__cla' ~ 'ss__']": "`this value` has no `__class__`",
    "''['\\x5f\\x5fclass\\x5f\\x5f']": "`this value` has no `__class__`",
    "ｖars.q": "is not defined",
    "vars.ｑ": "`vars` has no `ｑ`",
    "vars.__ｃlass__": "`vars` has no",
    "ſelf": "is not defined",
    "vars.q | random": "there is no filter `random`",
    "vars.l | shuffle": "there is no filter `shuffle`",
    "vars.q | pprint": "there is no filter `pprint`",
    "vars.q | safe": "there is no filter `safe`",
    "vars.q | escape": "there is no filter `escape`",
    "vars.q | e": "there is no filter `e`",
    "vars.q | forceescape": "there is no filter",
    "vars.q | urlize": "there is no filter",
    "vars.q | striptags": "there is no filter",
    "vars.m | xmlattr": "there is no filter",
    "range(*vars.l)": "`*` and `**` arguments are not available",
    "vars.q | replace(*vars.l)": "`*` and `**` arguments are not available",
    "vars.q | default(**vars.m)": "`*` and `**` arguments are not available",
    "1 %}": "never closed",
}
TOO_LONG = (
    "vars.big | trim('b' * 900000 ~ 'a')", "vars.big.strip('b' * 900000 ~ 'a')",
    "vars.big.rstrip('b' * 900000 ~ 'a')", "vars.big.lstrip('b' * 900000 ~ 'a')",
    "(['a' * 9999] * 99) | map('trim', 'b' * 99999 ~ 'a')", "vars.big | sort", "vars.big | groupby('a')",
    "vars.big | unique", "vars.big | max", "vars.big | min", "vars.big | title", "vars.big | urlencode",
    "vars.big | slug", "('.' * 900000) | ext", "('.' * 900000) | stem", "('%' * 900000) % 1",
    "('%' * 900000) | format(1)", "(['a' * 90000] * 9999) | select('lower')", "vars.big | join",
    "(['a' * 90000] * 9999) | map('wordcount')", "(['a' * 9000] * 99) | map('wordwrap', 1)",
)  # fmt: skip  # a table
"""What would take long for each character, or for each pair of two texts."""

GROWTH = {
    "'a' * 10 ** 9": "too large",
    "'a' * 10 ** 10": "too large",
    "10 ** 9 * 'a'": "too large",
    "[0] * 10 ** 10": "too large",
    "(0,) * 10 ** 10": "too large",
    "'a' + 'b' * 10 ** 12": "too large",
    "vars.big + vars.big": "output limit of 1000000 characters",
    "vars.big ~ vars.big": "output limit of 1000000 characters",
    "([vars.big] * 9999) | string": "exceeds the",
    "[vars.big, vars.big] ~ ''": "output limit of 1000000 characters",
    "[vars.big, vars.big] | upper": "output limit of 1000000 characters",
    "[vars.big, vars.big] | tojson": "output limit of 1000000 characters",
    "[vars.big, vars.big] | join": "output limit of 1000000 characters",
    "vars.big | urlencode | urlencode | replace('x', '%%') | urlencode": "exceeds the",
    "9 ** 9 ** 9 ** 9 ** 9": "too large",
    "2 ** 100000000": "too large",
    "(2 ** 1000) ** 1000": "too large",
    "2 ** 1000 * 2 ** 1000": "too large",
    "[2 ** 1000, 2 ** 1000] | sum * 2 ** 100": "too large",
    "('9' * 1000) | int": "too large",
    "1e308 * 1e308": "not finite",
    "1e999": "not finite",
    "'inf' | float": "not finite",
    "'nan' | float": "not finite",
    "[1e308, 1e308] | sum": "not finite",
    "(-1) ** 0.5": "complex",
    "1 // 0": "cannot compute",
    "range(10 ** 9)": "a range may hold",
    "range(10 ** 99)": "`range` does not fit",
    "([range(9999)] * 9999) | tojson": "evaluation limit of 200000 steps",
    "([([([0] * 9999)] * 9999)] * 9999) | string": "evaluation limit of 200000 steps",
    "([([([0] * 9999)] * 9999)] * 9999) == ([([([0] * 9999)] * 9999)] * 9999)": "evaluation limit of 200000 steps",
    "([([([0] * 9999)] * 9999)] * 9999) | sort": "evaluation limit of 200000 steps",
    "[" * 9 + "1" + "] * 9" + "] * 9" * 8: "evaluation limit of 200000 steps",
    "'%0999999999d' % 1": "a width is at most 1000",
    "'%*d' % (999999999, 1)": "a width is at most 1000",
    "'%.999999999f' % 1": "a width is at most 1000",
    "'%0999999999d' | format(1)": "does not fit",
    "('%(q)s' * 9999) % {'q': vars.big}": "output limit of",
    "('%s' * 9999) % ((vars.big,) * 9999)": "exceeds the",
    "1 | zfill(10 ** 9)": "a width is at most 1000",
    "'1'.zfill(10 ** 9)": "a width is at most 1000",
    "1 | round(10 ** 9)": "`round` keeps at most 100 digits",
    "1 | round(10 ** 9, 'floor')": "`round` keeps at most 100 digits",
    "'a' | center(10 ** 9)": "a width is at most 1000",
    "'a' | center(width=10 ** 9)": "a width is at most 1000",
    "'a\\nb' | indent(10 ** 9)": "output limit",
    "('a\\n' * 9999) | indent(vars.big)": "output limit",
    "('a\\n' * 9999) | indent(-99999999) ~ vars.big ~ vars.big": "output limit",
    "vars.big | wordwrap(1)": "at most 10000 characters",
    "('a ' * 4999) | wordwrap(1, wrapstring=vars.big)": "output limit",
    "[1] | batch(10 ** 9, 'x')": "rows are counted from 1 to 10000",
    "[1] | batch(linecount=10 ** 9)": "rows are counted from 1 to 10000",
    "[1] | slice(10 ** 9, 'x')": "rows are counted from 1 to 10000",
    "{'a': 1} | tojson(indent=10 ** 9)": "indents by at most 16",
    "'aaaaaaaaaa'" + "|replace('a','aaaaaaaaaa')" * 12: "output limit",
    "'aaaaaaaaaa'" + ".replace('a','aaaaaaaaaa')" * 12: "output limit",
    "'aaaaaaaaaa'" + "|list|join('aaaaaaaaaa')" * 12: "more than 100000 items",
    "vars.big | replace('', vars.big)": "output limit",
    "range(9999)|join('x'*99999)": "output limit",
    "range(9999) | map('replace', '', vars.big)": "exceeds the",
    "range(9999) | map('center', 1000) | join": "evaluation limit",
    "vars.many | select('in', vars.many)": "evaluation limit of 200000 steps",
    "range(0, 9999 * (2 ** 61 - 1), 2 ** 61 - 1) | unique": "evaluation limit of 200000 steps",
    "vars.big | list": "exceeds the",
    "vars.big | map('upper')": "exceeds the",
    "vars.big.split('x')": "more than 100000 items",
    **dict.fromkeys(TOO_LONG, "evaluation limit of 200000 steps"),
    "[" * 40 + "range(9999)" + ",range(9999)]" * 40: "evaluation limit of 200000 steps",
    "(" * 1000 + "1" + ")" * 1000: "nested too deeply",
    "[" * 1000 + "1" + "]" * 1000: "nested too deeply",
    "-" * 3000 + "1": "nested too deeply",
    "not " * 900 + "1": "nested too deeply",
    "1+" * 1900 + "1": "nested too deeply",
    "1 if 1 else " * 300 + "1": "nested too deeply",
    "vars" + ".a" * 1900: "nested too deeply",
    "'a'" + "|upper" * 600: "nested too deeply",
    "9" * 3900: "too large",
    "9" * 9000: "longer than",
    "(" * 10_000: "longer than",
    "0x" + "f" * 3000: "too large",
}
NOT_PLAIN = {
    "vars.unknown": "",
    "vars.m if vars.unknown else 1": "",
    "vars | values | last": "",
    "vars": "",
    "{1: 'a', '1': 'b'}": "two keys of a mapping are the same text",
    "{none: 1}": "null cannot be joined",
    "{(1, 2): 1}": "a mapping cannot be joined",
    "[1, vars.missing]": "`vars` has no `missing`",
    "vars.rows | map(attribute='b')": "has no `b`",
    "[] | first": "No first item",
    "[] | min": "No aggregated item",
    "'a' if false": "`if` needs an `else` here",
    "[vars.missing] | tojson": "`vars` has no `missing`",
    "[nan]": "`nan` is not defined",
}
REFUSED = {**LEAKS, **GROWTH, **NOT_PLAIN}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: str(text)[:50])
def test_what_could_hang_grow_or_reach_outside_is_refused_in_time(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ExpressionError) as caught:
        render_text("${{ " + text + " }}", NAMES)
    assert time.process_time() - started < 2
    assert REFUSED[text] in caught.value.message
    assert " at 0x" not in caught.value.message


def test_one_expression_stays_one() -> None:
    assert render_text("${{ 1 }}{% set x = 1 %}${{ 1 }}{{ 2 }}", NAMES) == "1{% set x = 1 %}1{{ 2 }}"


@pytest.mark.parametrize("text", [
    "vars.l | sort | list", "vars.l | sum(start=[])", "vars.rows | sum(start=vars.l, attribute='l')",
    "vars.l | indent", "vars.l | reverse", "vars.l + [1]", "[vars.l] | sum(start=vars.l)", "vars.l | map('indent')",
    "vars.l | batch(2, vars.l)",
])  # fmt: skip  # a table
def test_no_expression_changes_what_it_is_given(text: str) -> None:
    names = {"vars": {"l": [3, 1, 2], "rows": [{"l": [1]}]}}
    with contextlib.suppress(ExpressionError):
        parse(text).value(names)
    assert names == {"vars": {"l": [3, 1, 2], "rows": [{"l": [1]}]}}


def test_text_is_never_escaped_nor_marked() -> None:
    names = {"vars": {"h": "<b>&'\""}}
    for text in (
        "vars.h",
        "vars.h ~ ''",
        "[vars.h] | join",
        "'%s' % vars.h",
        "vars.h | replace('x', 'y')",
        "vars.h | trim",
    ):
        value = parse(text).value(names)
        assert (type(value), value) == (str, "<b>&'\"")
    assert parse("[vars.h] | tojson").value(names) == '["<b>&\'\\""]'


words = st.sampled_from(
    [
        "vars",
        ".q",
        ".n",
        ".l",
        ".rows",
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
        ":",
        "defined",
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
        "map(attribute='a')",
        "groupby('a')",
        "format(1)",
        "'%s'",
        "batch(2)",
        ".items()",
        ".get('q')",
        "self",
        "first",
    ]
)


@given(st.lists(words, max_size=14).map("".join) | st.text(max_size=30))
@settings(max_examples=700, deadline=None)
def test_any_expression_gives_a_plain_value_or_an_expression_error(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        value = render_text("${{ " + text + " }}", NAMES)
        assert type(value) in (str, int, float, bool, type(None), list, dict)


def test_work_is_counted_over_all_expressions_of_a_budget() -> None:
    budget = Budget(steps=1_000)
    render_text("${{ vars.q }}" * 10, NAMES, budget=budget)
    with pytest.raises(ExpressionError, match="evaluation limit of 1000 steps"):
        render_text("${{ vars.q }}" * 10, NAMES, budget=budget)


def test_text_is_counted_over_all_expressions_of_a_budget() -> None:
    budget = Budget(size=3 * MAX_TEXT)
    for _ in range(3):
        render_text("${{ vars.big ~ '' }}", NAMES, budget=budget)
    with pytest.raises(ExpressionError, match="output limit of 3000000 characters"):
        render_text("${{ vars.big ~ '' }}", NAMES, budget=budget)


TEXT_BOMBS = {
    "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}": "evaluation limit",
    "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}": "evaluation limit",
    "{% for a in range(9999) %}{% for b in range(9999) if false %}{% endfor %}{% endfor %}": "evaluation limit",
    "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 60: "output limit",
    "{% set a = [1] %}" + "{% set a = [a, a] %}" * 60 + "{{ a }}": "evaluation limit",
    "{% set a = [1] %}" + "{% set a = [a, a] %}" * 60 + "{% if a == a %}{% endif %}": "evaluation limit",
    "{% set a = 9 %}" + "{% set a = a * a %}" * 60: "too large",
    "{% for a in range(9999) %}{{ 'x' * 99999 }}{% endfor %}": "output limit",
    "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}": "recursive",
    "{% for a in [1] %}{{ loop }}{% endfor %}": "`LoopContext` cannot stand in a manifest",
    "{% for a in [1] %}{{ loop.__class__ }}{% endfor %}": "has no `__class__`",
    "{% for a in [1] %}{{ loop._iterable }}{% endfor %}": "has no `_iterable`",
    "{% for a in [1] %}{{ loop.cycle(1) }}{% endfor %}": "cannot be called",
    "{% for a in 3 %}{% endfor %}": "`for` needs a list",
    "{% for a, b in [1] %}{% endfor %}": "cannot compute",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}": "macro",
    "{% call x() %}{% endcall %}": "callblock",
    "{% filter upper %}a{% endfilter %}": "filterblock",
    "{% block a %}{% endblock %}": "block",
    "{% set a %}b{% endset %}": "assignblock",
    "{% set a.b = 1 %}": "nsref",
    "{% include 'x' %}": "include",
    "{% import 'os' as os %}": "import",
    "{% extends 'x' %}": "extends",
    "{% do 1 %}": "not a template",
    "{% with a = 1 %}{% endwith %}": "with",
    "{% autoescape true %}{% endautoescape %}": "not available in templates",
    "{% if 1 %}" * 2000 + "{% endif %}" * 2000: "nested too deeply",
    "{% for a in [1] %}" * 25 + "{% endfor %}" * 25: "nested too deeply",
    "{{ 1 }}" * 30_000: "evaluation limit",
    "{{ x }}": "not defined",
    "{{ self }}": "not defined",
}


@pytest.mark.parametrize("text", TEXT_BOMBS, ids=lambda text: str(text)[:40])
def test_text_templates_are_bounded_too(text: str) -> None:
    started = time.process_time()
    with pytest.raises(j2.TemplateError) as caught:
        j2.expand(text, {})
    assert time.process_time() - started < 6
    assert TEXT_BOMBS[text] in caught.value.message
    assert caught.value.line == 1


KINDS = ("c", "C", " ", "a ", "\u0130", "\ufb03", "\U0001f600", "9", ".", "/", "\n", "%")
ARGUMENTS: tuple[tuple[Any, ...], ...] = ((), ("c",), ("c" * 50_000,), ("d" * 49_999 + "c",), (1,), (["c"],))


def _unit() -> float:
    """Seconds of processor for the step that all others are measured by: one item of a list is looked at."""
    items = list(range(20_000))
    return min(_timed(lambda: weigh(items, Budget(steps=10**9))) for _ in range(5)) / len(items)


def _timed(work: Callable[[], object]) -> float:
    started = time.process_time()
    with contextlib.suppress(*FAILURES):
        work()
    return time.process_time() - started


def _step(function: Callable[..., object], text: str, values: tuple[Any, ...]) -> float:
    """Seconds of processor for each step that was counted; 0 for what is over at once."""
    budget = Budget(steps=10**9, size=10**12)
    took = _timed(lambda: function(Scope({}, budget), text, *values))
    steps = budget.max_steps - budget.steps + (budget.max_size - budget.size) // 20
    return took / max(steps, 1) if took > 0.002 else 0


@pytest.mark.parametrize("kind", ["filters", "tests", "methods"])
def test_whatever_is_called_with_a_long_text_costs_what_it_takes(kind: str) -> None:
    """No step takes much longer than another one; one that was counted too cheaply took thousands of times as long."""
    slow, unit = {}, _unit()
    for name, function in getattr(SANDBOX, kind).items():
        for letters, values in product(KINDS, ARGUMENTS):
            text = (letters * 50_000)[: 4_000 if letters == "9" else 50_000]
            times = (_step(function, text, values) / unit for _ in range(4))  # a pause is no cost: the shortest counts
            if all(one > 60 for one in times):
                slow[name, letters, str(values)[:20]] = _step(function, text, values) / unit
    assert slow == {}


ONE_BY_ONE = {
    "map('length')": "['']", "map('upper')": "['a']", "map('max')": "[[1]]", "map('sort')": "[[1]]",
    "map('tojson')": "[1]", "map(attribute='a', default=1)": "[{}]", "select('eq', 1)": "[1]", "reject('odd')": "[1]",
    "selectattr('a', 'eq', 1)": "[{'a': 1}]", "map('groupby', 0)": "[[[1]]]", "sort": "['a']", "groupby(0)": "[[1]]",
}  # fmt: skip


@pytest.mark.parametrize("done", ONE_BY_ONE)
def test_what_is_done_with_each_item_costs_what_it_takes(done: str) -> None:
    """A step takes about the same time, however it is spent, so that a whole file ends soon."""
    text, budget = f"${{{{ ({ONE_BY_ONE[done]} * 9000) | {done} | list | length }}}}", Budget(steps=FILE_STEPS)
    render_text(text, {}, budget=budget)
    steps = FILE_STEPS - budget.steps
    assert steps > 9000 * (4 if "attribute" in done else 5)
    unit = _unit()
    took = min(_timed(lambda: render_text(text, {}, budget=budget)) for _ in range(4))  # a pause is no cost
    assert took / steps < 10 * unit


def test_lists_are_added_in_time_that_grows_with_their_length() -> None:
    budget = Budget(steps=FILE_STEPS)
    started = time.process_time()
    for _ in range(10):
        assert render_text("${{ ([[1] * 100] * 1000) | sum(start=[]) | length }}", {}, budget=budget) == 100_000
    assert time.process_time() - started < 1
    rows = {"vars": {"rows": [{"l": [1, 2]}, {"l": [3]}]}}
    assert render_text("${{ vars.rows | sum('l', [0]) }}", rows) == [0, 1, 2, 3]
    with pytest.raises(ExpressionError, match="`sum` does not fit"):
        render_text("${{ ['ab'] | sum(start=[]) }}", {})
