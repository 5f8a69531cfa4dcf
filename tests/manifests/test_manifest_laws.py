"""Laws of loading: what is rendered loads as the same, places and order do not matter, nothing ever fails untold."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from subprocess import run
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from referencing import Registry, Resource

from a2c_spec.core.desired import Conversion, Input, Job, Late, Lifecycle, Output, Preset, Secret
from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.manifests.dump import as_manifest
from a2c_spec.manifests.load import load
from a2c_spec.manifests.load_options import LoadOptions
from a2c_spec.manifests.schema import published
from a2c_spec.manifests.yaml.reader import read_one
from a2c_spec.manifests.yaml.tree import plain

SCHEMAS = ("job", "batch", "preset", "project", "manifest")

texts = st.text(st.sampled_from("ab1 ${}'\"\\:-#é😀\n"), min_size=1, max_size=8)
ids = st.text(st.sampled_from("abAB01_-"), min_size=1, max_size=6).filter(lambda text: text[0] not in "_-")
secrets = st.sampled_from([Secret("env:A"), Secret("file:x"), Secret("cmd:pass ${{ x }}")])
scalars = st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(0, 1) | texts | secrets
leaves = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(ids, inner, max_size=3),
    max_leaves=6,
)
maps = st.dictionaries(texts.filter(lambda key: key != "secret"), leaves, max_size=3)
passwords = st.none() | secrets | texts
labels = st.dictionaries(ids, texts, max_size=2)
names = st.sampled_from(["a", "b.c-d_e", 'thumbs["a/b.png"]', 'thumbs["${{ x }} \\" ]"]'])

inputs = st.builds(
    Input,
    id=ids,
    type=st.sampled_from(["remote", "gdrive_picker", "input_id", "output"]),
    source=texts,
    filename=st.just("") | texts,
    options=maps,
    parameters=maps,
    decrypt_password=passwords,
    settings=st.fixed_dictionaries(
        {}, optional={"slide_duration": st.floats(0.1, 120), "resize_handling": st.just("stretch")}
    ),
) | st.builds(Input, id=ids, type=st.just("from"), source=st.sampled_from(["a.pdf", 'b["x.y"].pdf']))
clouds = st.builds(
    Input, id=ids, type=st.just("cloud"), source=st.just("ftp"), parameters=maps, credentials=maps, content_type=texts
)
conversions = st.builds(
    Conversion,
    id=ids,
    target=texts,
    category=st.just("") | texts,
    options=maps,
    metadata=maps,
    output_target=st.lists(st.fixed_dictionaries({"type": st.just("ftp"), "parameters": maps}), max_size=1).map(tuple),
    preset_from=st.just("") | texts,
)
fields: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={
        "fail_on_input_error": st.booleans(),
        "callback": st.just("") | texts,
        "download_passwords": st.lists(secrets | texts, max_size=2).map(tuple),
    },
)


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    some = tuple(draw(st.lists(inputs | clouds, min_size=1, max_size=3, unique_by=lambda item: item.id)))
    made = tuple(draw(st.lists(conversions, min_size=1, max_size=2, unique_by=lambda item: item.id)))
    late: str | Late = Late("x-${{ output.index }}", {})
    output = Output(
        conversion=made[0].id,
        input=draw(st.sampled_from(["", some[0].id] if len(some) == 1 else [""])),  # one file is made of several
        filename=draw(st.sampled_from(["", "name.pdf", "$ {{", "${{ 1 }}", late])),
        save=draw(st.sampled_from(["", "dist/", "./", "a/${{ b }}/", late])),
        on_conflict=draw(st.sampled_from(["error", "rename"])),
        download_password=draw(passwords),
    )
    lifecycle = Lifecycle(
        (f"inputs.{some[0].id}.content",),
        draw(st.sampled_from(["keep", "delete"])),
        draw(st.booleans()),
        on_rename=draw(st.sampled_from(["keep", "remove"])),
    )
    rest = tuple(Output(item.id, save="dist/") for item in made[1:] if not item.output_target)
    return Job(draw(names), draw(st.booleans()), draw(fields), some, made, (output, *rest), lifecycle, draw(labels))


presets = st.builds(
    Preset,
    address=st.sampled_from(["a", "web-1"]),
    name=texts,
    target=texts,
    category=st.just("") | texts,
    scope=st.sampled_from(["private", "public"]),
    options=maps,
    labels=labels,
)


def _loaded(text: str, folder: Path) -> tuple[list[Any], list[Diagnostic]]:
    file = folder / "manifest.yaml"
    file.write_text(text, encoding="utf-8")
    items = list(load([file], LoadOptions(folder)))
    return [item for item in items if not isinstance(item, Diagnostic)], [
        item for item in items if isinstance(item, Diagnostic) and item.severity == "error"
    ]


fast = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(jobs() | presets)
@fast
def test_what_is_rendered_loads_as_the_same(tmp_path: Path, item: Job | Preset) -> None:
    text = yaml.safe_dump(as_manifest(item), allow_unicode=True, sort_keys=False)
    assert _loaded(text, tmp_path) == ([item], [])


@given(jobs(), st.randoms(use_true_random=False), st.booleans())
@fast
def test_the_order_of_keys_and_the_style_do_not_matter(tmp_path: Path, job: Job, chance: Any, flow: bool) -> None:
    def shuffled(tree: Any) -> Any:
        if isinstance(tree, Mapping):
            return {key: shuffled(tree[key]) for key in chance.sample(list(tree), len(tree))}
        return [shuffled(item) for item in tree] if isinstance(tree, list) else tree

    text = "# a comment\n" + yaml.safe_dump(shuffled(as_manifest(job)), default_flow_style=flow, sort_keys=False)
    assert _loaded(text, tmp_path) == ([job], [])


@given(jobs())
@fast
def test_what_is_rendered_is_valid_by_the_published_schema(job: Job) -> None:
    _validator("manifest").validate(as_manifest(job))


def _validator(name: str) -> Any:
    resources = [(f"{one}.schema.json", Resource.from_contents(published.load_schema(one))) for one in SCHEMAS]
    return jsonschema.Draft7Validator(published.load_schema(name), registry=Registry().with_resources(resources))


VALIDATORS = {name: _validator(name) for name in ("job", "batch", "preset", "project")}
keys = st.sampled_from(
    [
        "apiVersion",
        "kind",
        "name",
        "labels",
        "vars",
        "env",
        "job",
        "inputs",
        "conversions",
        "outputs",
        "lifecycle",
        "x-y",
        "id",
        "type",
        "path",
        "source",
        "from",
        "content",
        "options",
        "parameters",
        "credentials",
        "slide_duration",
        "resize_handling",
        "target",
        "preset",
        "output_target",
        "conversion",
        "save",
        "on_conflict",
        "ignore",
        "default",
        "for_each",
        "glob",
        "csv",
        "items",
        "matrix",
        "key",
        "group",
        "by",
        "template",
        "pattern",
        "minimum",
        "cache",
        "process",
        "download_passwords",
        "secret",
        "scope",
        "title",
        "defaults",
        "environments",
        "state",
        "url",
        "pin",
    ]
)
atoms = st.sampled_from(
    [
        "a2c-spec/v1",
        "Job",
        "a",
        "A b",
        "",
        "${{ x }}",
        "cloud",
        "upload",
        "amazons3",
        "ftp",
        "stretch",
        "env:A",
        "each",
        "keep",
        0,
        1,
        0.1,
        500,
        1.0,
        True,
        False,
        None,
        "private",
        "string",
        "error",
        "x" * 101,
    ]
)
trees = st.recursive(
    atoms, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5), max_leaves=12
)


@st.composite
def _edited(draw: st.DrawFn) -> Any:
    """A valid manifest in which a few places were overwritten at random."""
    tree = as_manifest(draw(jobs()))
    for _ in range(draw(st.integers(0, 3))):
        spot: Any = tree
        while True:
            inside = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
            if not inside:
                break
            key = draw(st.sampled_from(inside))
            if not isinstance(spot[key], (dict, list)) or draw(st.booleans()):
                spot[key] = draw(trees)
                break
            spot = spot[key]
        if isinstance(spot, dict) and draw(st.booleans()):
            spot[draw(keys)] = draw(trees)
    return tree


@given(st.sampled_from(sorted(VALIDATORS)), _edited() | trees)
@settings(fast, max_examples=250)
def test_our_checker_accepts_exactly_what_the_published_schema_accepts(name: str, tree: Any) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True)
    root, problems = read_one(text.encode(), "f")
    if problems or plain(root) != tree or not isinstance(root, dict):
        return  # YAML 1.1 and 1.2 disagree about it
    found = published.check(name, root, root.mark, rendered=False)  # type: ignore[attr-defined]  # it is a MapNode
    assert bool(found) == (not VALIDATORS[name].is_valid(tree)), found


@given(st.sampled_from(["Job", "Batch", "Preset"]), st.dictionaries(keys, trees, max_size=8) | _edited())
@settings(fast, max_examples=120)
def test_any_manifest_gives_values_or_diagnostics(tmp_path: Path, kind: str, tree: dict[str, Any]) -> None:
    whole = {**tree, "apiVersion": "a2c-spec/v1", "kind": kind, "name": "a"}
    kept, problems = _loaded(yaml.safe_dump(whole, allow_unicode=True), tmp_path)
    assert kept or problems or kind == "Batch"


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_valid_and_describe_every_property(name: str) -> None:
    tree = published.load_schema(name)
    jsonschema.Draft7Validator.check_schema(tree)
    missing: list[str] = []

    def walk(part: Any, where: str) -> None:
        if isinstance(part, dict):
            for key, inner in part.get("properties", {}).items() if isinstance(part.get("properties"), dict) else ():
                if not where.endswith(("/if", "/then")) and "description" not in _resolved(inner, name):
                    missing.append(f"{where}/{key}")
            for key, inner in part.items():
                walk(inner, f"{where}/{key}")
        elif isinstance(part, list):
            for number, inner in enumerate(part):
                walk(inner, f"{where}/{number}")

    walk(tree, "")
    assert missing == []


def _resolved(part: Any, base: str) -> Any:
    while isinstance(part, dict) and "$ref" in part and "description" not in part:
        file, _, pointer = part["$ref"].partition("#")
        part = published.load_schema(file.removesuffix(".schema.json") or base)
        for step in pointer.split("/")[1:]:
            part = part[step]
    return part


def test_loading_needs_neither_the_network_nor_the_local_api() -> None:
    unwanted = ("httpx", "rich", "jsonschema", "a2c_spec.local_api")
    code = f"import sys, a2c_spec.manifests.load; print([name for name in {unwanted} if name in sys.modules])"
    assert run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"


def test_a_hundred_thousand_rows_stay_rows(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id\n" + "\n".join(f"row-{n}" for n in range(3000)))
    (tmp_path / "manifest.yaml").write_text(
        "apiVersion: a2c-spec/v1\nkind: Batch\nname: many\nfor_each: {csv: rows.csv}\nkey: ${{ each.id }}\n"
        "template:\n  inputs: [{id: a, source: 'https://example.com/${{ each.id }}'}]\n"
        "  conversions: [{id: c, target: png}]\n"
    )
    items = load([tmp_path / "manifest.yaml"], LoadOptions(tmp_path))
    first = next(items)
    assert isinstance(first, Job)
    assert first.address == 'many["row-0"]'
    assert sum(1 for _ in items) == 2999


def test_a_template_has_a_largest_size(tmp_path: Path) -> None:
    file = tmp_path / "large.yaml.j2"
    problems = []
    for size in (900_000, 1024 * 1024 + 1):
        file.write_text("kind: none\n" + "#" * (size - 11))
        problems += list(load([file], LoadOptions(tmp_path)))
    messages = [problem.message for problem in problems if isinstance(problem, Diagnostic)]
    assert messages == ["`none` is not a kind of manifest", "the file has more than 1048576 bytes"]


def test_a_batch_reports_a_hundred_problems_and_counts_the_others(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id\n" + "a,b\n" * 120)
    kept, problems = _loaded(
        "apiVersion: a2c-spec/v1\nkind: Batch\nname: many\nfor_each: {csv: rows.csv}\nkey: ${{ each.id }}\n"
        "template: {inputs: [{id: a, source: x}], conversions: [{id: c, target: png}]}\n",
        tmp_path,
    )
    assert (kept, len(problems)) == ([], 101)
    assert problems[-1].message == "the rows of this batch have 20 more problems"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf8_is_told_with_its_bytes_unless_it_is_left_out(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_text("x")
    text = (
        "apiVersion: a2c-spec/v1\nkind: Batch\nname: many\n"
        "for_each: {glob: {pattern: '*.png', exclude: ['EXCLUDED']}}\n"
        "template: {inputs: [{id: a, path: '${{ each.path }}'}], conversions: [{id: c, target: jpg}]}\n"
    )
    _, problems = _loaded(text, tmp_path)
    assert [one.message for one in problems] == ["the name of caf\\xe9.png is not UTF-8"]
    assert _loaded(text.replace("EXCLUDED", "caf*"), tmp_path) == ([], [])


def test_a_file_of_costly_expressions_ends_in_time(tmp_path: Path) -> None:
    costly = "\n".join(f"  a{n}: '${{{{ range(9999) | sum }}}}'" for n in range(20_000))
    text = f"apiVersion: a2c-spec/v1\nkind: Preset\nname: a\ntarget: png\noptions:\n{costly}\n"
    started = time.process_time()
    kept, problems = _loaded(text, tmp_path)
    assert time.process_time() - started < 10
    assert not kept
    assert "exceeds the evaluation limit of 5000000 steps" in problems[-1].message
