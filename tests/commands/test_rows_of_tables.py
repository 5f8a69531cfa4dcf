"""What is said of the rows of a table leads on: a byte is named with its place, and a hint can be followed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import Command

BATCH = """\
apiVersion: a2c-spec/v1
kind: Batch
name: m
for_each: {{{rows}}}
key: "${{{{ each.{key} }}}}"
template:
  inputs: [{{id: i, path: src/cover.png}}]
  conversions: [{{id: c, target: jpg}}]
  outputs: [{{from: c, filename: p, save: {save}}}]
"""
ROWS = [
    ("csv: t.csv", "name", "t.csv", b"name\na\nb\n"),
    ("json: t.json", "n", "t.json", b'[{"n": 1}, {"n": 2}]'),
    ("matrix: {size: [1, 2]}", "size", "t", b""),
    ('glob: "src/s*.png"', "path", "t", b""),
]


@pytest.mark.parametrize(("rows", "key", "name", "content"), ROWS)
def test_the_way_out_of_two_results_on_one_path_works_for_every_batch(
    rows: str, key: str, name: str, content: bytes, project: Path, a2c: Command
) -> None:
    (project / name).write_bytes(content)
    (project / "src/s2.png").write_bytes((project / "src/cover.png").read_bytes())
    (project / "m.yaml").write_text(BATCH.format(rows=rows, key=key, save="dist/"))
    refused = a2c("validate", "m.yaml")
    assert (refused.code, "would both write dist/p.jpg" in refused.out + refused.err) == (5, True), refused
    hint = re.search(r'in a batch, for example save: ("[^"]+")', refused.out + refused.err)
    assert hint is not None
    (project / "m.yaml").write_text(BATCH.format(rows=rows, key=key, save=hint[1]))
    assert a2c("validate", "m.yaml").code == 0


TABLES = [
    ("csv: t.csv", "t.csv", "name\na\né".encode() + b"b\xe9\n", "t.csv:3:3"),
    ("csv: t.csv", "t.csv", "\ufeffn".encode() + b"\xe9", "t.csv:1:2"),
    ("csv: t.csv", "t.csv", b"\xff\xfen\x00", "t.csv:1:1"),
    ("json: t.json", "t.json", b'[\n  {"name": "\xe9"}]', "t.json:2:13"),
    ("json: t.jsonl", "t.jsonl", b'{"name": 1}\n{"name": "\xc3"}\n', "t.jsonl:2:11"),
    ("yaml: t.yaml", "t.yaml", b"- name: a\n- name: \xe9\n", "t.yaml:2:9"),
]


@pytest.mark.parametrize(("rows", "name", "content", "place"), TABLES)
def test_a_byte_of_a_table_that_is_not_utf_8_is_told_with_its_place(
    rows: str, name: str, content: bytes, place: str, project: Path, a2c: Command
) -> None:
    (project / name).write_bytes(content)
    (project / "m.yaml").write_text(BATCH.format(rows=rows, key="name", save="dist/"))
    refused = a2c("validate", "m.yaml")
    told = f"{place}: error: this byte is not UTF-8\n    save it as UTF-8"
    assert (refused.code, told in refused.out + refused.err) == (5, True), refused
