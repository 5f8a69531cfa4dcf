"""An expression means exactly what Jinja means: every one here is also evaluated by Jinja itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from functools import wraps
from typing import Any

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2c_spec.manifests.expressions.functions import ALIASES, FILTERS, METHODS, OURS, TESTS
from a2c_spec.manifests.expressions.limits import ExpressionError
from a2c_spec.manifests.expressions.parse import parse

NAMES: dict[str, Any] = {
    "vars": {
        "q": "Q3",
        "n": 3,
        "f": 1.5,
        "l": [3, 1, 2],
        "m": {"k": "v", "b": "w"},
        "t": True,
        "none": None,
        "s": "a b",
        "empty": "",
        "words": ["b", "A", "c", "a"],
        "rows": [{"dir": "x", "n": 2}, {"dir": "y", "n": 1}, {"dir": "x", "n": 3}],
    },
    "env": {"HOME": "/h"},
}
JINJA = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined, optimized=False)


def _as_list(name: str) -> Callable[..., Any]:
    """A filter of Jinja whose generator is gone through at once: the one difference there is."""
    original = JINJA.filters[name]

    @wraps(original)
    def call(*values: Any, **named: Any) -> Any:
        result = original(*values, **named)
        return list(result) if isinstance(result, Iterator) else result

    return call


JINJA.filters |= {
    name: _as_list(name)
    for name in ("batch", "items", "map", "reject", "rejectattr", "reverse", "select", "selectattr", "slice", "unique")
}


def _by_jinja(text: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python finds `1[1:]` odd
        return _normal(JINJA.compile_expression(text, undefined_to_none=False)(**NAMES))


def _normal(value: Any) -> Any:
    """``value`` with everything that can be gone through as a list."""
    if isinstance(value, jinja2.Undefined):
        str(value)  # raises
    if isinstance(value, Mapping):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, range, Iterator, KeysView, ValuesView, ItemsView)):
        return [_normal(item) for item in value]
    return value


EXPRESSIONS = """
vars.q
vars['q']
vars.l[0]
vars.l[-1]
vars.l.0
vars.l[1:]
vars.l[::2]
vars.l[::-1]
vars.s[::-1]
vars.s[:1] ~ vars.s[-1:]
vars.m.k
vars.rows[0].dir
vars.rows[0]['n'] + 1
vars.n + 1
vars.n * 2 - 1
vars.n / 2
vars.n // 2
-vars.n % 2
+vars.n
2 ** 3
2 ** -1
-2 ** 2
7 % 3
1.5 * 2
true + 1
[1] + [2]
(1, 2) + (3,)
[0] * 3
'ab' * 2
3 * 'a'
'a' + 'b'
'%s-%03d' % ('a', 7)
'%d%%' % 50
'%(k)s' % vars.m
vars.q ~ '-' ~ vars.n
vars.t ~ ''
vars.none ~ ''
1.50 ~ ''
vars.l ~ ''
[1, 'a', none]
(1, 2)
{'a': 1}['a']
{'a': {'b': [1]}}
'x' if vars.t else 'y'
'x' if vars.n > 5 else 'y' if vars.n > 2 else 'z'
vars.n > 2 and vars.n < 4
vars.empty or 'fallback'
vars.none and 1
not vars.t
not vars.empty
1 < 2 < 3
3 > 2 > 2
1 == 1.0
'a' != 'b'
'a' in vars.s
'k' in vars.m
4 not in vars.l
vars.l == [3, 1, 2]
[1, 2] < [1, 3]
vars.q | lower
vars.q | upper | lower
vars.s | title
vars.s | capitalize
vars.s | replace('a', 'c')
'aaa' | replace('a', 'b', 2)
vars.s | length
vars.l | count
vars.l | first
vars.l | last
vars.l | sort
vars.l | sort(reverse=true)
vars.words | sort
vars.words | sort(case_sensitive=true)
vars.rows | sort(attribute='n') | map(attribute='n')
vars.rows | sort(attribute='dir,n') | map(attribute='n') | join
vars.l | sort | join('-')
vars.rows | join(', ', attribute='dir')
vars.l | sum
vars.rows | sum('n')
vars.rows | sum(attribute='n', start=10)
[[1], [2]] | sum(start=[])
vars.l | min
vars.l | max
vars.words | min
vars.rows | max(attribute='n')
[] | min | default(0)
[] | first | default('none')
vars.words | unique
vars.words | unique(case_sensitive=true)
vars.rows | unique(attribute='dir') | map(attribute='n')
vars.l | reverse
vars.s | reverse
vars.s | list
vars.l | map('string')
vars.words | map('upper') | join
vars.words | map('replace', 'a', 'b')
vars.rows | map(attribute='dir')
vars.rows | map(attribute='no', default='d')
vars.l | select('odd')
vars.l | select('>', 1)
vars.l | select
vars.l | reject('odd')
vars.rows | selectattr('dir', 'eq', 'x') | map(attribute='n')
vars.rows | selectattr('n') | length
vars.rows | rejectattr('n', 'in', [1, 2])
vars.rows | groupby('dir') | map('first')
(vars.rows | groupby('dir'))[0].grouper
(vars.rows | groupby('dir'))[0].list | length
vars.l | batch(2)
vars.l | batch(2, 'x')
vars.l | slice(2)
vars.l | slice(2, 'x')
vars.m | dictsort
vars.m | dictsort(reverse=true)
vars.m | dictsort(by='value')
vars.m | items
vars.m.items()
vars.m.keys()
vars.m.values()
vars.m.get('k')
vars.m.get('no', 'd')
vars.missing | default('d')
vars.missing | d('d')
missing | default('d')
vars.empty | default('d')
vars.empty | default('d', true)
vars.empty | default('d', boolean=true)
vars.none | default('d')
vars.none | default('d', true)
vars.missing | default
vars.missing is defined
vars.q is defined
vars.missing is undefined
vars.none is none
vars.q is string
vars.n is number
vars.t is number
vars.n is integer
vars.f is float
vars.t is boolean
vars.t is true
vars.l is sequence
vars.s is sequence
vars.m is mapping
vars.l is iterable
vars.n is odd
vars.n is not even
vars.n is divisibleby 3
vars.n is divisibleby(2)
vars.n is gt 2
vars.n is ge(3)
vars.q is in ['Q3']
vars.q is upper
vars.q is lower
'7' | int + 1
'x' | int
'x' | int(5)
'0x1f' | int(base=16)
'1.9' | int
'1.5' | float
'x' | float
'x' | float(2.5)
1.26 | round(1)
1.5 | round
1.21 | round(1, 'ceil')
1.29 | round(1, 'floor')
-3 | abs
range(3)
range(1, 7, 3) | list
range(5)[2]
2 in range(3)
'  a ' | trim
'xax' | trim('x')
'foo bar baz qux' | truncate(8)
'foo bar baz qux' | truncate(9, true)
'foo bar baz qux' | truncate(9, false, '', 0)
'foo bar' | truncate(5)
'a b/c?d' | urlencode
{'a': 'b c'} | urlencode
'one two' | wordcount
'aa bb cc' | wordwrap(5)
'aa bb cc' | wordwrap(5, wrapstring='|')
'a' | center(5)
'a\\nb' | indent(2)
'a\\nb' | indent('> ', first=true)
'%s, %s' | format('a', 1)
'%(a)s' | format(a=1)
1.5 | string
vars.l | string
vars.s.upper()
vars.s.split(' ')
vars.s.split()
'a-b-c'.rsplit('-', 1)
vars.s.replace('a', 'c')
vars.q.startswith('Q')
vars.q.endswith(('3', '4'))
vars.q.removeprefix('Q')
vars.q.removesuffix('3')
' a '.strip()
' a '.lstrip() ~ '.'
' a '.rstrip() ~ '.'
'7'.zfill(3)
'a report'.title()
'aB'.capitalize()
'\\u00e9\\U0001f600' | upper
'é' < 'z'
"it's" ~ 'a "b"'
1_000 + 0x10 + 0b11 + 0o7
1e3
""".strip().splitlines()


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_has_the_value_that_jinja_gives_it(text: str) -> None:
    value, expected = parse(text).value(NAMES), _by_jinja(text)
    assert value == expected
    assert repr(value) == repr(expected)  # the same types, too


ROWS = [("|", FILTERS), ("is", TESTS), (".", METHODS)]
DOCUMENTED = [(name, function) for _kind, table in ROWS for name, function in table.items() if name not in ALIASES]


@pytest.mark.parametrize(("name", "function"), DOCUMENTED, ids=lambda value: value if isinstance(value, str) else "")
def test_every_function_is_documented_by_an_example_that_is_true(name: str, function: Any) -> None:
    assert function.meaning
    assert name in function.example
    assert parse(function.example).value(NAMES) == function.value


@pytest.mark.parametrize(("name", "function"), DOCUMENTED, ids=lambda value: value if isinstance(value, str) else "")
def test_the_examples_of_what_jinja_has_hold_for_jinja_itself(name: str, function: Any) -> None:
    if OURS.get(name) is not function:
        assert _by_jinja(function.example) == function.value


@pytest.mark.parametrize("alias", ALIASES)
def test_other_names_of_tests_are_those_of_jinja(alias: str) -> None:
    text = f"[0, 1, 2] | select('{alias}', 1)"
    assert parse(text).value(NAMES) == _by_jinja(text)
    assert JINJA.tests[alias] is JINJA.tests[ALIASES[alias]] is TESTS[alias].call


def test_a_column_is_never_hidden_by_a_method() -> None:
    names = {"each": {"items": "i", "keys": "k", "values": "v", "count": 1, "get": "g", "__class__": "c"}}
    for column, value in names["each"].items():
        assert parse(f"each.{column}").value(names) == value
        assert parse(f"each['{column}']").value(names) == value
    assert parse("each.keys() | length").value(names) == 6


atoms = st.sampled_from(
    [
        "vars.q",
        "vars.n",
        "vars.f",
        "vars.l",
        "vars.m",
        "vars.t",
        "vars.none",
        "vars.s",
        "vars.empty",
        "vars.words",
        "vars.rows",
        "vars.missing",
        "1",
        "0",
        "-2",
        "1.5",
        "'a'",
        "'A b'",
        "''",
        "true",
        "none",
        "[]",
        "[1, 'a']",
        "{}",
    ]
)
texts = sorted(set(FILTERS) - set(OURS) - {"items"})
applied = st.sampled_from([*texts, "join('-')", "default('d', true)", "truncate(3, true, '')", "replace('a', 'b')"])
tested = st.sampled_from([*sorted(set(TESTS) - set(ALIASES)), "in [1, 'a']", "divisibleby 2", "eq 'a'", "gt 1"])
operators = st.sampled_from("+|-|*|/|//|%|**|~|==|!=|<|<=|>|>=|in|not in|and|or".split("|"))  # noqa: SIM905 - shorter


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, applied).map(lambda parts: f"({parts[0]} | {parts[1]})"),
        st.tuples(inner, st.sampled_from(["is", "is not"]), tested).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
        st.tuples(inner, st.sampled_from(["[0]", "[-1]", "[1:]", ".k", "['b']"])).map("".join),
        st.tuples(inner, inner).map(lambda parts: f"[{', '.join(parts)}]"),
        inner.map(lambda part: f"(not {part})"),
    )


@given(st.recursive(atoms, _larger, max_leaves=5))
@settings(max_examples=1500, deadline=None)
def test_no_expression_means_anything_else_than_in_jinja(text: str) -> None:
    """We may refuse what Jinja has a value for, but only for what is not plain, finite and small."""
    try:
        value = parse(text).value(NAMES)
    except ExpressionError as error:
        _check_refusal(text, error)
    else:
        assert repr(value) == repr(_by_jinja(text))


# too large, not plain, what the optimizer of Jinja takes for undefined (`1[1:]`), and what is missing inside a list
REASONS = ("too large", "not finite", "complex", "only text and lists can be sliced", " has no ")


def _check_refusal(text: str, error: ExpressionError) -> None:
    try:
        expected = _by_jinja(text)
    except Exception:  # whatever it is, Jinja has no value either
        return
    reason = next((reason for reason in REASONS if reason in error.message), "")
    assert reason, f"{text}: {error.message}, in Jinja {expected!r}"
