"""Every filter, test and method that expressions may use, each with a line of documentation and an example.

Those that Jinja has are Jinja's own, with all their arguments. A reference can be generated from the three tables.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable
from typing import Any

from jinja2 import tests
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.filters import do_sum, make_attrgetter
from jinja2.utils import pass_environment

from a2c_spec.manifests.expressions.function_limits import (
    Function,
    check_indent,
    check_join,
    check_replace,
    check_round,
    check_rows,
    check_trim,
    check_unique,
    check_width,
    check_wrap,
    text_only,
)
from a2c_spec.manifests.expressions.limits import MAX_ITEMS, ExpressionError, check_printf

JINJA_TESTS: dict[str, Any] = dict(tests.TESTS)


@pass_environment
def _sum(environment: Any, iterable: Any, attribute: Any = None, start: Any = 0) -> Any:
    if isinstance(start, str):
        raise TypeError("texts are joined with `join`")
    if not isinstance(start, list | tuple):
        return do_sum(environment, iterable, attribute, start)
    rows = iterable if attribute is None else map(make_attrgetter(environment, attribute), iterable)
    total = list(start)  # as adding lists one by one, which copies all before each time
    for row in rows:
        if not isinstance(row, list | tuple):
            raise TypeError("only lists are added to a list")
        total += row
        if len(total) > MAX_ITEMS:
            break
    return total


def _tojson(value: Any, indent: int | None = None) -> str:
    if indent is not None and not 0 <= indent <= 16:
        raise ExpressionError("`tojson` indents by at most 16")
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False, indent=indent)


def _slug(value: Any) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text_only(value).lower()).strip("-")


def _basename(value: Any) -> str:
    return posixpath.basename(text_only(value))


def _dirname(value: Any) -> str:
    return posixpath.dirname(text_only(value))


def _ext(value: Any) -> str:
    return posixpath.splitext(text_only(value))[1].removeprefix(".")


def _stem(value: Any) -> str:
    return posixpath.splitext(_basename(value))[0]


def _of(kind: type, name: str) -> Callable[..., Any]:
    method = getattr(kind, name)

    def call(value: Any, /, *values: Any, **named: Any) -> Any:
        result = method(value, *values, **named)
        return list(result) if name in ("keys", "values", "items") else result

    return call


def _jinja(name: str, *rest: Any) -> tuple[str, Function]:
    return name, Function(JINJA_FILTERS[name], *rest)


def _test(name: str, meaning: str, example: str, value: bool, looks_at: str = "one") -> tuple[str, Function]:
    return name, Function(JINJA_TESTS[name], meaning, example, value, looks_at)


OURS: dict[str, Function] = {
    "basename": Function(_basename, "the last part of a path", "'a/b.png' | basename", "b.png"),
    "dirname": Function(_dirname, "a path without its last part", "'a/b.png' | dirname", "a"),
    "endswith": Function(_of(str, "endswith"), "whether a text ends with another", "'a.png' | endswith('.png')", True),
    "ext": Function(_ext, "the extension of a path, without the dot", "'a/b.png' | ext", "png"),
    "keys": Function(_of(dict, "keys"), "the keys of a mapping", "{'a': 1} | keys", ["a"], "each"),
    "removeprefix": Function(_of(str, "removeprefix"), "the text without this beginning",
                             "'v1.2' | removeprefix('v')", "1.2"),
    "removesuffix": Function(_of(str, "removesuffix"), "the text without this end",
                             "'a.draft' | removesuffix('.draft')", "a"),
    "slug": Function(_slug, "lower-case letters, digits and dashes only",
                     "'Annual Report (2)' | slug", "annual-report-2"),
    "split": Function(_of(str, "split"), "the parts of a text between separators", "'a,b' | split(',')", ["a", "b"]),
    "startswith": Function(_of(str, "startswith"), "whether a text starts with another", "'a' | startswith('a')", True),
    "stem": Function(_stem, "the last part of a path, without its extension", "'a/b.tar.gz' | stem", "b.tar"),
    "tojson": Function(_tojson, "as JSON; unlike Jinja's, not escaped for HTML", "{'a': '<'} | tojson", '{"a": "<"}'),
    "values": Function(_of(dict, "values"), "the values of a mapping", "{'a': 1} | values", [1], "each"),
    "zfill": Function(lambda value, width: str(value).zfill(width),
                      "padded with zeros on the left", "7 | zfill(3)", "007", "text", check_width),
}  # fmt: skip  # a table
"""The filters that Jinja does not have, and `tojson`, which differs."""

FILTERS: dict[str, Function] = dict([
    _jinja("abs", "the number without its sign", "-3 | abs", 3),
    _jinja("batch", "a list in rows of so many items", "[1, 2, 3] | batch(2)", [[1, 2], [3]], "each", check_rows),
    _jinja("capitalize", "first letter upper case, the rest lower case", "'aB' | capitalize", "Ab"),
    _jinja("center", "padded with spaces on both sides", "'a' | center(3)", " a ", "text", check_width),
    _jinja("count", "how many items or characters", "'abc' | count", 3, "one"),
    _jinja("d", "the same as `default`", "vars.nothing | d('x')", "x", "one"),
    _jinja("default", "another value for what is not defined, or with `true` empty", "'' | default('x', true)", "x",
           "one"),
    _jinja("dictsort", "the pairs of a mapping, sorted by key", "{'b': 1, 'a': 2} | dictsort", [["a", 2], ["b", 1]],
           "items"),
    _jinja("first", "the first item", "[3, 1] | first", 3, "one"),
    _jinja("float", "as a number with a fraction; 0.0 for what is none", "'1.5' | float", 1.5),
    _jinja("format", "printf-style formatting", "'%03d' | format(7)", "007", "text", check_printf),
    _jinja("groupby", "items with the same attribute together", "[{'k': 1}] | groupby('k') | map('first')", [1],
           "items"),
    _jinja("indent", "every line but the first indented", "'a\\nb' | indent(2)", "a\n  b", "text", check_indent),
    _jinja("int", "as a whole number; 0 for what is none", "'42' | int", 42),
    _jinja("items", "the pairs of a mapping", "{'a': 1} | items", [["a", 1]], "each"),
    _jinja("join", "the items as one text", "[1, 2] | join('-')", "1-2", "text", check_join),
    _jinja("last", "the last item", "[3, 1] | last", 1, "one"),
    _jinja("length", "how many items or characters", "[1, 2] | length", 2, "one"),
    _jinja("list", "as a list", "range(3) | list", [0, 1, 2], "each"),
    _jinja("lower", "lower case", "'aB' | lower", "ab"),
    _jinja("map", "a filter, or an attribute, of each item", "['a', 'b'] | map('upper')", ["A", "B"], "within"),
    _jinja("max", "the largest item", "[1, 3, 2] | max", 3, "items"),
    _jinja("min", "the smallest item", "[3, 1, 2] | min", 1, "items"),
    _jinja("reject", "the items that do not pass a test", "[1, 2, 3] | reject('odd')", [2], "within"),
    _jinja("rejectattr", "the items whose attribute does not pass a test",
           "[{'a': 1}, {'a': 2}] | rejectattr('a', 'odd')", [{"a": 2}], "within"),
    _jinja("replace", "one text in place of another", "'a b' | replace(' ', '-')", "a-b", "text", check_replace),
    _jinja("reverse", "backwards", "[1, 2] | reverse", [2, 1], "each"),
    _jinja("round", "rounded to so many digits", "1.26 | round(1)", 1.3, "text", check_round),
    _jinja("select", "the items that pass a test", "[1, 2, 3] | select('odd')", [1, 3], "within"),
    _jinja("selectattr", "the items whose attribute passes a test",
           "[{'a': 1}, {'a': 2}] | selectattr('a', 'eq', 1)", [{"a": 1}], "within"),
    _jinja("slice", "a list in so many columns", "[1, 2, 3] | slice(2)", [[1, 2], [3]], "each", check_rows),
    _jinja("sort", "sorted", "['b', 'A'] | sort", ["A", "b"], "items"),
    _jinja("string", "as text", "1.5 | string", "1.5"),
    ("sum", Function(_sum, "the sum of the items", "[1, 2] | sum", 3, "items")),
    _jinja("title", "every word capitalized", "'a report' | title", "A Report"),
    _jinja("trim", "without spaces, or these characters, at both ends", "' a ' | trim", "a", "text", check_trim),
    _jinja("truncate", "cut to a length, at a word unless the second argument is true",
           "'foo bar baz qux' | truncate(9)", "foo..."),
    _jinja("unique", "every item once", "[1, 2, 1] | unique", [1, 2], "items", check_unique),
    _jinja("upper", "upper case", "'aB' | upper", "AB"),
    _jinja("urlencode", "quoted for a URL", "'a b' | urlencode", "a%20b"),
    _jinja("wordcount", "how many words", "'a report' | wordcount", 2),
    _jinja("wordwrap", "in lines of so many characters", "'aa bb' | wordwrap(2)", "aa\nbb", "text", check_wrap),
]) | OURS  # fmt: skip  # a table

TESTS: dict[str, Function] = dict([
    _test("boolean", "true or false", "true is boolean", True),
    _test("defined", "whether a name or key exists", "vars.nothing is defined", False),
    _test("divisibleby", "whether a number is a multiple of another", "9 is divisibleby 3", True),
    _test("eq", "equal", "1 is eq 1", True, "all"),
    _test("even", "an even number", "2 is even", True),
    _test("false", "false, and not only empty", "0 is false", False),
    _test("float", "a number with a fraction", "1.0 is float", True),
    _test("ge", "at least", "1 is ge 1", True, "all"),
    _test("gt", "more than", "1 is gt 1", False, "all"),
    _test("in", "whether a list, text or mapping holds a value", "1 is in [1, 2]", True, "all"),
    _test("integer", "a whole number", "1 is integer", True),
    _test("iterable", "a list, a text or a mapping", "[1] is iterable", True),
    _test("le", "at most", "1 is le 1", True, "all"),
    _test("lower", "lower-case text", "'a' is lower", True, "text"),
    _test("lt", "less than", "1 is lt 1", False, "all"),
    _test("mapping", "a mapping", "{} is mapping", True),
    _test("ne", "not equal", "1 is ne 1", False, "all"),
    _test("none", "null", "none is none", True),
    _test("number", "a number; true and false count as 1 and 0", "1.5 is number", True),
    _test("odd", "an odd number", "3 is odd", True),
    _test("sequence", "a list, a text or a mapping", "[1] is sequence", True),
    _test("string", "text", "'a' is string", True),
    _test("true", "true, and not only something", "1 is true", False),
    _test("undefined", "whether a name or key does not exist", "vars.nothing is undefined", True),
    _test("upper", "upper-case text", "'A' is upper", True, "text"),
])  # fmt: skip  # a table
ALIASES = {
    "==": "eq", "equalto": "eq", "!=": "ne", ">": "gt", "greaterthan": "gt", ">=": "ge", "<": "lt", "lessthan": "lt",
    "<=": "le",
}  # fmt: skip  # a table
"""Other names of some tests, for ``select('>', 1)`` and its like."""

TESTS |= {alias: TESTS[name] for alias, name in ALIASES.items()}

METHODS: dict[str, Function] = {
    "capitalize": Function(_of(str, "capitalize"), "first letter upper case", "'aB'.capitalize()", "Ab"),
    "endswith": Function(_of(str, "endswith"), "whether a text ends with another", "'a.png'.endswith('.png')", True),
    "get": Function(_of(dict, "get"), "the value of a key, or another value", "{'a': 1}.get('b', 2)", 2, "each"),
    "items": Function(_of(dict, "items"), "the pairs of a mapping", "{'a': 1}.items()", [["a", 1]], "each"),
    "keys": Function(_of(dict, "keys"), "the keys of a mapping", "{'a': 1}.keys()", ["a"], "each"),
    "lower": Function(_of(str, "lower"), "lower case", "'aB'.lower()", "ab"),
    "lstrip": Function(
        _of(str, "lstrip"), "without spaces at the beginning", "' a '.lstrip()", "a ", "text", check_trim
    ),
    "removeprefix": Function(_of(str, "removeprefix"), "without this beginning", "'v1'.removeprefix('v')", "1"),
    "removesuffix": Function(_of(str, "removesuffix"), "without this end", "'a.x'.removesuffix('.x')", "a"),
    "replace": Function(
        _of(str, "replace"), "one text in place of another", "'a b'.replace(' ', '-')", "a-b", "text", check_replace
    ),
    "rsplit": Function(_of(str, "rsplit"), "split, from the right", "'a.b.c'.rsplit('.', 1)", ["a.b", "c"]),
    "rstrip": Function(_of(str, "rstrip"), "without spaces at the end", "' a '.rstrip()", " a", "text", check_trim),
    "split": Function(_of(str, "split"), "the parts between separators", "'a,b'.split(',')", ["a", "b"]),
    "startswith": Function(_of(str, "startswith"), "whether a text begins with another", "'ab'.startswith('a')", True),
    "strip": Function(_of(str, "strip"), "without spaces at both ends", "' a '.strip()", "a", "text", check_trim),
    "title": Function(_of(str, "title"), "every word capitalized", "'a report'.title()", "A Report"),
    "upper": Function(_of(str, "upper"), "upper case", "'aB'.upper()", "AB"),
    "values": Function(_of(dict, "values"), "the values of a mapping", "{'a': 1}.values()", [1], "each"),
    "zfill": Function(_of(str, "zfill"), "padded with zeros", "'7'.zfill(3)", "007", "text", check_width),
}
