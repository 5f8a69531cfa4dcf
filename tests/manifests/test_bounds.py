"""Small files cannot make a command run for long, or take much memory: each of these took minutes, or gigabytes.

The bounds are about ten times what it takes on a slow machine.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from a2c_spec.core.live import CATALOG_ROWS
from a2c_spec.manifests import load
from a2c_spec.manifests.batch import tables
from a2c_spec.manifests.yaml.reader import read
from tests.conftest import Command

HEAD = "apiVersion: a2c-spec/v1\nkind: Job\nname: m\ninputs: [{id: i, path: a.txt}]\n"
CONVERSIONS = "conversions: [{id: c, category: hash, target: md5}]\n"
BATCH = """
apiVersion: a2c-spec/v1
kind: Batch
name: m
for_each: {%s: {path: t}}
key: "${{ each.c1 }}"
template:
  inputs: [{id: i, path: a.txt}]
  conversions: [{id: c, category: hash, target: md5}]
"""
MATRIX = """
apiVersion: a2c-spec/v1
kind: Batch
name: m
for_each: {{matrix: {{a: [0,1,2,3,4,5,6,7,8,9], b: [0,1,2,3,4,5,6,7,8,9], c: [0,1,2,3,4,5,6,7,8,9]}}}}
{how}
template:
  inputs: [{{id: i, path: a.txt, filename: "{input}.txt"}}]
  conversions: [{{id: c, category: hash, target: md5, metadata: {{title: "{title}"}}}}]
"""
DEAR = "${{ range(9999) | map('abs') | sum }}"
ROWS = "the expressions of the rows so far exceed the evaluation limit of"


def matrix(how: str = "", title: str = "x", name: str = "x") -> str:
    """A thousand rows."""
    return MATRIX.format(how=how, title=title, input=name)


MAP = ", ".join(f"k{number:050d}: 1" for number in range(1000))


def flow(many: int, entry: Callable[[int], str]) -> str:
    return ", ".join(map(entry, range(many)))


def metadata(many: int, entry: Callable[[int], str]) -> str:
    return f"conversions: [{{id: c, category: hash, target: md5, metadata: {{{flow(many, entry)}}}}}]\n"


def variables(many: int, pattern: str) -> str:
    rest = "".join(f"  v{n}: {{type: string, default: *d, pattern: '{pattern}{n}'}}\n" for n in range(many))
    return f"vars:\n  v: {{type: string, default: &d {'a' * 9000}}}\n{rest}"


def options(many: int, value: str) -> str:
    return f"conversions: [{{id: c, category: x, target: y, options: {{{flow(many, lambda n: f'o{n}: {value}')}}}}}]\n"


SMALL: dict[str, tuple[dict[str, str], str]] = {
    "aliases of one long text": (
        {"m.yaml": HEAD + f"x-a: &a {'x' * 500_000}\n" + metadata(400, lambda n: f"k{n}: *a")},
        "aliases expand to more than",
    ),
    "aliases of a mapping with long keys": (
        {"m.yaml": HEAD + f"x-a: &a\n  ? {'x' * 500_000}\n  : 1\n" + metadata(400, lambda n: f"k{n}: *a")},
        "aliases expand to more than",
    ),
    "aliases as keys": (
        {"m.yaml": HEAD + f"x-a: &a {'x' * 500_000}\n" + metadata(400, lambda n: f"k{n}: {{*a : 1}}")},
        "aliases expand to more than",
    ),
    "patterns of variables": ({"m.yaml": HEAD + variables(300, "(a?){900}b") + CONVERSIONS}, "take too long"),
    "names that nearly exist": (
        {
            "m.yaml": HEAD
            + f"vars: {{m: {{type: map, default: {{{MAP}}}}}}}\n"
            + metadata(2000, lambda n: f'k{n}: "${{{{ vars.m.k{n:049d} }}}}"')
        },
        "has no `k0",
    ),
    "names that nearly exist, and have a default": (
        {
            "m.yaml": HEAD
            + f"vars: {{m: {{type: map, default: {{{MAP}}}}}}}\n"
            + metadata(2000, lambda n: f'k{n}: "${{{{ vars.m.k{n:049d} | default(1) }}}}"')
        },
        "",
    ),
    "names in a template that nearly exist": (
        {
            "m.yaml.j2": f"vars: {{m: {{type: map, default: {{{MAP}}}}}}}\n---\n{HEAD}{CONVERSIONS}"
            + "{% for i in range(9000) %}{% if vars.m['k' ~ i] is defined %}1{% endif %}{% endfor %}\n"
        },
        "",
    ),
    "a table with many columns": (
        {"t": f"{','.join(f'c{n}' for n in range(20_000))}\n{','.join('1' * 20_000)}\n", "m.yaml": BATCH % "csv"},
        "",
    ),
    "a pattern of many parts": (
        {"m.yaml": (BATCH % "glob").replace("{path: t}", "'" + "**/*/" * 3000 + "*.txt'")},
        "has more than 100 parts",
    ),
    "many patterns to leave out": (
        {
            "m.yaml": (BATCH % "glob")
            .replace("{path: t}", f"{{pattern: '**/*.txt', exclude: [{flow(900, lambda n: '**/' * 50 + f'x{n}')}]}}")
            .replace("each.c1", "each.name")
        },
        "",
    ),
    "a table with a deep row": ({"t": "[" + "[" * 900 + "]" * 900 + "]", "m.yaml": BATCH % "json"}, "m.yaml:"),
    "a table of deep rows": ({"t": '[{"c1": ' + "[" * 400 + "]" * 400 + "}]", "m.yaml": BATCH % "json"}, ""),
    "a catalog with many rows of one target": (
        {"m.yaml": HEAD + CONVERSIONS, "a2c.catalog.json": json.dumps([{"target": "md5"}] * (CATALOG_ROWS + 1))},
        "a2c.catalog.json has more than 20000 targets",
    ),
    "a catalog with dear patterns": (
        {
            "m.yaml": HEAD + f"x-a: &a {'a' * 9000}\n" + options(300, "*a"),
            "a2c.catalog.json": json.dumps(
                [
                    {
                        "category": "x",
                        "target": "y",
                        "options": {f"o{n}": {"type": "string", "pattern": f"(a?){{900}}b{n}?$"} for n in range(300)},
                    }
                ]
            ),
        },
        "",
    ),
    "a catalog with many names": (
        {
            "m.yaml": HEAD + options(3000, "1"),
            "a2c.catalog.json": json.dumps(
                [{"category": "x", "target": "y", "options": {f"p{n:050d}": {} for n in range(3000)}}]
            ),
        },
        "has no option `o0`",
    ),
    "a table of nested lists": (
        {"m.yaml": BATCH % "json", "t": "[" * 90_000},
        "t:1:2: error: this row is not valid JSON: it is nested too deeply",
    ),
    "a table with a long number": (
        {"m.yaml": BATCH % "json", "t": f'[{{"c1": {"9" * 9000}}}]'},
        "t:1:2: error: this row is not valid JSON: it holds a number that is too long",
    ),
    "a matrix with a dear expression": (
        {"m.yaml": matrix(title=DEAR)},
        f"m.yaml:8:3: error: {ROWS}",
    ),
    "one with a dear key": (
        {"m.yaml": matrix(f'key: "{DEAR}-${{{{ each.a }}}}"')},
        f"m.yaml:6:6: error: {ROWS}",
    ),
    "one with a key that always fails": (
        {"m.yaml": matrix("key: \"${{ (range(9999) | map('abs') | sum) ~ each.a.b }}\"")},
        ROWS,
    ),
    "one that is grouped by a dear expression": (
        {"m.yaml": matrix(f'group: {{by: "{DEAR}-${{{{ each.a }}}}"}}')},
        ROWS,
    ),
    "one with a dear expression in each input": (
        {"m.yaml": matrix("group: all", name=f"{DEAR}-${{{{ each.a }}}}")},
        ROWS,
    ),
}


@pytest.mark.parametrize("what", SMALL)
def test_a_small_project_is_checked_soon(what: str, project: Path, a2c: Command) -> None:
    files, told = SMALL[what]
    assert sum(map(len, files.values())) < 2_000_000
    (project / "a.txt").write_text("a")
    for name, text in files.items():
        (project / name).write_text(text)
    started = time.process_time()
    ran = a2c("validate", next(name for name in files if name.startswith("m.")))
    assert time.process_time() - started < 30
    assert ran.code in (0, 5), ran.err
    assert "internal error" not in ran.err
    assert told in ran.out + ran.err, (ran.out + ran.err)[:2000]
    assert len(ran.out) < 10_000_000


def test_aliases_take_no_memory() -> None:
    text = f"a: &a {'x' * 1_000_000}\nb: [{', '.join(['*a'] * 9)}]\nc: [{', '.join(['*a'] * 9)}]\n"
    tracemalloc.start()
    try:
        told = [str(item) for item in read(text.encode(), "f.yaml")]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert told == ["f.yaml:3:5: error: aliases expand to more than 100000 values, or 10000000 characters"]
    assert peak < 50_000_000


@pytest.mark.parametrize("kind", ["csv", "json", "yaml"])
def test_a_table_that_is_too_large_is_not_read(
    kind: str, project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_TABLE", 1000)
    (project / "a.txt").write_text("a")
    (project / "m.yaml").write_text(BATCH % kind)
    (project / "t").write_text("c1\n" * 1000)
    ran = a2c("validate", "m.yaml")
    assert ran.code == 5
    assert "has more than 1000 bytes" in ran.out


RICH = """\
apiVersion: a2c-spec/v1
kind: Batch
name: m
for_each: {csv: t.csv}
key: "${{ each.sku | lower }}"
template:
  inputs: [{id: i, path: a.txt, filename: "${{ each.sku | slug }}.txt"}]
  conversions:
    - id: c
      category: hash
      target: "${{ 'md5' if each.price | float > 10 else 'sha256' }}"
      metadata:
        title: "${{ each.title | trim | title }} (${{ each.lang | upper }})"
        tags: "${{ each.tags | replace(', ', ';') | lower }}"
        first: "${{ each.sku.split('-') | last | int }}"
        more: "${{ each.title | default('none') | truncate(20) }}"
  outputs: [{from: c, save: "dist/${{ each.lang }}/${{ each.sku | lower }}/"}]
"""


@pytest.mark.parametrize("by", ['key: "${{ each.sku | lower }}"', 'group: {by: "${{ each.sku | lower }}"}'])
def test_a_table_of_any_length_may_have_ten_usual_expressions_in_each_row(
    by: str, project: Path, a2c: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row brings what it needs: nothing is taken from what its file may do."""
    monkeypatch.setattr(load, "FILE_STEPS", 0)
    monkeypatch.setattr(load, "FILE_TEXT", 0)
    (project / "a.txt").write_text("a")
    rows = (f'SKU-{n},The long title of the product {n},de,{n % 90}.5,"one, two, three"\n' for n in range(300))
    (project / "t.csv").write_text("sku,title,lang,price,tags\n" + "".join(rows))
    (project / "m.yaml").write_text(RICH.replace('key: "${{ each.sku | lower }}"', by))
    ran = a2c("validate", "m.yaml")
    assert (ran.code, ran.err) == (0, "valid: 300 jobs\n"), ran.out
