"""The reader refuses what would surprise, in time, and never fails in any other way than with a diagnostic."""

from __future__ import annotations

import json
import time

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.manifests.yaml import reader as yaml_reader
from a2c_spec.manifests.yaml.reader import Document, read, read_one
from a2c_spec.manifests.yaml.tree import MapNode, SeqNode, Tree, plain

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
pieces = st.sampled_from(
    [
        "a",
        "b: ",
        ": ",
        "- ",
        "\n",
        "  ",
        "\t",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&x ",
        "*x",
        "<<: ",
        "|",
        ">",
        "'",
        '"',
        "#",
        "---\n",
        "...\n",
        "!!str ",
        "!t ",
        "? ",
        "%YAML 1.2\n",
        "\u2028",
        "\ufeff",
        "012",
        "1e5",
        ".inf",
        "~",
        "\\x",
        "\r",
    ]
)


def _problem(text: str) -> str:
    found = [str(item) for item in read(text.encode(), "f") if isinstance(item, Diagnostic)]
    return found[0] if found else ""


@given(values)
@settings(max_examples=150, deadline=None)
def test_json_is_read_as_json(value: Tree) -> None:
    text = json.dumps(value, ensure_ascii=True).replace("\\ud", "\\\\ud")  # YAML has no surrogate pairs
    root, problems = read_one(text.encode(), "f")
    assert not problems
    assert plain(root) == json.loads(text)


@given(st.lists(pieces, max_size=30).map("".join) | st.text(max_size=60))
@example("&x [*x]")
@example("? {a: b}\n: c")
@settings(max_examples=400, deadline=None)
def test_any_text_gives_documents_or_diagnostics(text: str) -> None:
    for item in read(text.encode(errors="surrogatepass"), "f"):
        assert isinstance(item, (Document, Diagnostic))


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_documents_or_diagnostics(data: bytes) -> None:
    for item in read(data, "f"):
        assert isinstance(item, (Document, Diagnostic))


@given(st.lists(pieces.filter(lambda piece: piece != "\ufeff"), max_size=20).map("".join))
@settings(max_examples=200, deadline=None)
def test_the_pure_parser_reads_the_same(text: str) -> None:
    fast = [item for item in read(text.encode(), "f") if isinstance(item, Document)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", False)
        slow = [item for item in read(text.encode(), "f") if isinstance(item, Document)]
    for one, other in zip(fast, slow, strict=False):
        assert plain(one.root) == plain(other.root)


def test_a_whole_number_of_more_than_a_hundred_digits_is_read_as_a_float() -> None:
    root, problems = read_one(f"a: 1{'0' * 99}\nb: 1{'0' * 100}\n".encode(), "f")
    assert not problems
    assert [type(value) for value in root.values()] == [int, float]


MISTAKES = {
    "a: b: c": "1: a `key: value` is not allowed here",
    "a: ? b": "1: a key that starts with `?` is not allowed here",
    "a: [1, 2\nb: 3": "2: a `,` or `]` is missing",
    "a: {b: 1\nc: 3": "2: a `,` or `}` is missing",
    "a: 'b": "1: a quote is not closed",
    'a: "b\n---\n': "2: a quote is not closed",
    'a: "\\d"': "1: unknown backslash sequence",
    'a: "\\x1"': "1: this backslash sequence is not complete",
    "\ta: 1": "1: a tab is used where only spaces are allowed",
    "a:\n\t- 1": "2: a tab is used where only spaces are allowed",
    "a: @b": "1: an unquoted value cannot start with `@`",
    "a: `b`": "1: an unquoted value cannot start with a backquote",
    "a: %b": "1: an unquoted value cannot start with `%`",
    "%b: 1": "1: an unquoted line cannot start with `%`",
    "a: *.png": "1: an unquoted value cannot start with `*`",
    "a: **/*.png": "1: an unquoted value cannot start with `*`",
    "a: &": "1: an unquoted value cannot start with `&`",
    "a: | b": "1: the text after `|` or `>` must start on the next line",
    "a: >20": "1: the text after `|` or `>` must start on the next line",
    "a: !b c": "1: the tag `!b` is not supported",
    "a: !!python/none c": "1: the tag `!!python/none` is not supported",
    "a: !b!c d": "1: tags such as `!x` are not supported",
    "a: !<b": "1: tags such as `!x` are not supported",
    "a: - b": "1: a list item (`- `) is not allowed here",
    "a: ]": "1: a value is expected here",
    "%YAML 2.0\n---\na": "1: this YAML version is not supported",
    "a: 1\n...\nb: 1\n]": "3: there is text after the end of the document",
}


@pytest.mark.parametrize("fast", [True, False], ids=["libyaml", "pure"])
@pytest.mark.parametrize("text", MISTAKES)
def test_common_mistakes_are_told_in_our_words(text: str, fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", fast)
    problem = next(item for item in read(text.encode(), "f") if isinstance(item, Diagnostic))
    assert f"{problem.position.line}: {problem.message}" == MISTAKES[text]


def test_every_value_remembers_its_place() -> None:
    root, _ = read_one(b"a: 1\nb:\n  - x\n  - {c: y}\n", "f")
    assert isinstance(root, MapNode)
    row = root["b"]
    assert isinstance(row, SeqNode)
    assert (root.marks["a"].line, root.marks["a"].column) == (0, 3)
    assert (row.marks[1].line, row.marks[1].column) == (3, 4)
    assert (row[1].key_marks["c"].line, row[1].key_marks["c"].column) == (3, 5)


def _aliases(width: int, depth: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, depth)]
    return "\n".join(lines)


BOMBS = {
    "aliases": (_aliases(9, 9), "aliases expand to more than"),
    "merges": ("a: &a {x: 1}\n" + "".join(f"b{n}: &b{n} {{<<: *a}}\n" for n in range(5)) + _aliases(9, 9), "aliases"),
    "brackets": ("[" * 100_000, "nested more than"),
    "brackets below a key": ("a:\n  - b: " + "[" * 2_000, "nested more than"),
    "brackets that are closed": ("[" * 2_000 + "]" * 2_000, "nested more than"),
    "brackets in lines": ("[\n" * 2_000, "nested more than"),
    "braces": ("{a: " * 100_000, "nested more than"),
    "braces and brackets": ("{a: [" * 50_000, "nested more than"),
    "dashes": ("- " * 100_000, "nested more than"),
    "indents": ("".join(f"{' ' * n}a:\n" for n in range(1000)), "nested more than"),
    "digits": ("a: " + "9" * 1_000_000, ""),
    "exponent": ("a: 1e" + "9" * 1000, "too large"),
    "size": ("a" * (yaml_reader.MAX_BYTES + 1), "more than"),
    "question marks": ("? " * 50_000, ""),
    "quotes": ('"' + "a" * 1_000_000, "a quote is not closed"),
    "anchors": ("".join(f"&a{n} " for n in range(1000)) + "x", ""),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_defused_in_time(name: str) -> None:
    text, expected = BOMBS[name]
    started = time.process_time()
    problems = [item for item in read(text.encode(), "f") if isinstance(item, Diagnostic)]
    problems += [found for item in read(text.encode(), "f") if isinstance(item, Document) for found in item.problems]
    assert time.process_time() - started < 4
    assert any(expected in problem.message for problem in problems) or not expected
