"""What reads what others wrote, each with well-formed examples of it. To refuse it in words is right."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from random import Random
from unittest.mock import patch

from a2c_spec.cli import run
from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Job
from a2c_spec.core.diagnostics import Diagnostic
from a2c_spec.core.drift import drift
from a2c_spec.core.importing import ImportHints, job_from
from a2c_spec.core.live import parse_job
from a2c_spec.core.observed import Observed
from a2c_spec.core.planner import plan_forget, plan_job
from a2c_spec.core.prepare import prepare
from a2c_spec.core.state import Phase
from a2c_spec.core.transitions import refreshed
from a2c_spec.engine.saved_plan import read
from a2c_spec.manifests.batch.tables import csv_rows, json_rows, yaml_rows
from a2c_spec.manifests.dump import as_manifest
from a2c_spec.manifests.expressions.limits import ExpressionError
from a2c_spec.manifests.expressions.template import render_late, render_text
from a2c_spec.manifests.load import load
from a2c_spec.manifests.load_options import LoadOptions
from a2c_spec.regular_files import opened
from a2c_spec.state.sqlite import SqliteStore
from a2c_spec.views.plan_json import plan_from
from a2c_spec.views.plan_markdown import markdown_of
from a2c_spec.views.plan_text import PlanView
from a2c_spec.views.style import Style
from tests.conftest import SkippedTime
from tests.core.planner.situations import fingerprint_secret, record_of
from tests.fuzz import mutations
from tests.fuzz.mutations import Mutate

ROOT = Path(__file__).parents[2]
Trial = Callable[[bytes], None]
"""Tries one input. Raises whatever the code under test raises."""


class Refused(Exception):
    """An input was refused in words, as it should be."""


class Broken(Exception):
    """An input did what none may do."""


@dataclass(frozen=True, slots=True)
class Target:
    """``prepared`` gives, in an empty folder that is the current one, well-formed inputs and the trial of one.

    ``seconds`` of processor time that an input may take.
    """

    name: str
    mutate: Mutate
    prepared: Callable[[Path], contextlib.AbstractContextManager[tuple[Sequence[bytes], Trial]]]
    seconds: float = 1.0


JOB = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
vars: {n: {type: integer, default: 3, minimum: 1}, title: {default: "Q3"}}
labels: {team: web}
inputs:
  - {id: page, source: "https://x.example/a.png", filename: "${{ vars.title | slug }}.png"}
  - {id: file, path: "a.txt", slide_duration: 2}
conversions:
  - {id: pdf, category: document, target: pdf, options: {pages: "1-${{ vars.n }}"}, metadata: {a: b}}
  - {id: jpg, category: image, target: jpg, options: {width: 64, quality: 80}}
outputs:
  - {from: pdf, filename: "${{ vars.title }}", save: dist/}
  - {from: jpg, filename: "${{ input.stem }}-${{ output.index }}", save: "dist/x/", on_conflict: rename}
lifecycle: {on_replace: delete, ignore: ["conversions.jpg.options.quality"]}
"""
PRESET = """\
apiVersion: a2c-spec/v1
kind: Preset
name: small
category: image
target: png
options: {width: 9, height: "${{ 3 * 3 }}"}
"""
BATCH = """\
apiVersion: a2c-spec/v1
kind: Batch
name: sums
for_each: {items: [{a: 1, b: "x"}, {a: 2, b: "y"}]}
key: ${{ each.a }}
template:
  inputs: [{id: src, path: "a.txt"}]
  conversions: [{id: sum, category: hash, target: "${{ 'md5' if each.a == 1 else 'sha1' }}"}]
  outputs: [{from: sum, filename: "${{ each.b }}", save: dist/}]
"""
MATRIX = BATCH.replace('{items: [{a: 1, b: "x"}, {a: 2, b: "y"}]}', "{matrix: {a: [1, 2], b: [x, y]}}")


def _files(pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(ROOT.glob(pattern))]


@contextlib.contextmanager
def manifests(folder: Path) -> Iterator[tuple[Sequence[bytes], Trial]]:
    """Whole manifests, checked and planned by the command."""
    (folder / "a.txt").write_text("a")
    corpus = [text.encode() for text in (JOB, PRESET, BATCH, MATRIX, f"{PRESET}---\n{JOB}")] + _files("examples/*.yaml")

    def trial(data: bytes) -> None:
        name = "job.yaml.j2" if b"{%" in data else "job.yaml"
        (folder / name).write_bytes(data)
        verb = ("validate",) if zlib.crc32(data) % 2 else ("plan", "--offline", "-v")
        command((*verb, name))

    yield corpus, trial


def command(args: Sequence[str]) -> None:
    """Runs a command in this process; raises Refused where it says that its input is wrong."""
    said = StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = run(args, SkippedTime().runtime())
    if "internal error" in said.getvalue():
        raise Broken(said.getvalue()[-2000:])
    if code:
        raise Refused(said.getvalue()[-200:])


@contextlib.contextmanager
def settings(folder: Path) -> Iterator[tuple[Sequence[bytes], Trial]]:
    """The settings of a project."""
    (folder / "a.txt").write_text("a")
    (folder / "job.yaml").write_text(JOB)
    corpus = [
        b"defaults: {parallelism: 4, on_conflict: rename, timeout: 30, max_credits: 5, fail_fast: true}\n"
        b"budget: {per_run: 5, per_day: 9}\nmanifests: ['*.yaml']\nstate: st/a.db\ncache: {url: c, max_bytes: 10}\n"
        b"environments:\n  prod: {defaults: {base_url: 'https://api.example/v2'}, vars: {title: x}}\n",
    ]

    def trial(data: bytes) -> None:
        (folder / "a2c.yaml").write_bytes(data)
        command(("config",) if zlib.crc32(data) % 2 else ("plan", "--offline"))

    yield corpus, trial


NAMES = {
    "vars": {"q": "Q3", "n": 3, "l": [3, 1, 2], "m": {"k": "v"}, "rows": [{"a": 1}, {"a": 2}], "u": "a-b c"},
    "each": {"a": 1},
}
EXPRESSIONS = (
    "${{ vars.q | lower | slug }}-${{ vars.n + 1 }}",
    "${{ vars.l | sort | join(',') }}",
    "${{ vars.rows | map(attribute='a') | list | length }}",
    "${{ 'a' if vars.n > 2 and vars.q != 'x' else vars.m.k }}",
    "${{ vars.missing | default('x', true) ~ vars.m['k'] }}",
    "${{ vars.l[0:2] | sum * 2 ** 3 // 4 % 5 }}",
    "${{ range(3) | list | tojson }} ${{ vars.u | replace('-', '_') | truncate(3) }}",
    "${{ [1, 'a', none, true, {'x': 1.5}] | tojson }}",
    "${{ vars.l is defined and vars.n is odd and 'Q' in vars.q }}",
    "a ${{ '}}' ~ \"{{\" }} b $${{ not }} ${{ (1, 2) | first }}",
)


@contextlib.contextmanager
def expressions(_folder: Path) -> Iterator[tuple[Sequence[bytes], Trial]]:
    """Texts with expressions."""

    def trial(data: bytes) -> None:
        try:
            render_text(data.decode(errors="replace"), NAMES, deferrable=zlib.crc32(data) % 2 > 0)
        except ExpressionError as error:
            raise Refused(str(error)) from None

    yield [text.encode() for text in EXPRESSIONS], trial


@contextlib.contextmanager
def tables(folder: Path) -> Iterator[tuple[Sequence[bytes], Trial]]:
    """Tables of batches: CSV, JSON, JSON lines and YAML."""
    corpus = [
        b'name,file,n\n"a, b",x.png,1\nc,"y ""z""",2\n',
        b"a;b\r\n1;2\r\n",
        b'[{"name": "a", "n": 1}, {"name": "b", "n": 2.5e3}, null, "x"]',
        b'{"name": "a"}\n{"name": "b", "m": {"k": [1]}}\n\n"x"\n',
        b"- {name: a, n: 1}\n- name: b\n  l: [1, 2]\n- &x {k: v}\n- *x\n",
    ]
    kinds = (("t.csv", csv_rows), ("t.json", json_rows), ("t.jsonl", json_rows), ("t.yaml", yaml_rows))

    def trial(data: bytes) -> None:
        name, rows = kinds[zlib.crc32(data) % len(kinds)]
        (folder / name).write_bytes(data)
        with opened(folder / name) as file:
            found = list(rows(file, name, {"delimiter": ";"} if data.count(b";") > 2 else {}))
        if any(isinstance(row, Diagnostic) for row in found):
            raise Refused(name)

    yield corpus, trial


@contextlib.contextmanager
def plan_files(folder: Path) -> Iterator[tuple[Sequence[bytes], Trial]]:
    """Saved plans, shown in every form."""
    (folder / "a.txt").write_text("a")
    for name, text in (("job", JOB), ("batch", BATCH), ("preset", PRESET)):
        (folder / f"{name}.yaml").write_text(text)
    command(("plan", "--local", "-o", "p.a2cplan.json"))
    made = (folder / "p.a2cplan.json").read_bytes()

    def trial(data: bytes) -> None:
        file = folder / "q.a2cplan.json"
        file.write_bytes(data)
        saved = read(file)
        plan = plan_from(saved.plan)
        markdown_of(plan, 2000)
        PlanView(Style(False), verbose=True, explain=True).text(plan)

    yield [made], trial


@contextlib.contextmanager
def state_files(folder: Path) -> Iterator[tuple[Sequence[bytes], Trial]]:
    """Records of a state, and the file that they are in."""
    file = folder / "state.db"
    jobs = list(_jobs(folder))
    store = SqliteStore(file, "local")
    asyncio.run(_put(store, jobs))
    with sqlite3.connect(file) as db:
        texts = [row[0].encode() for row in db.execute("SELECT data FROM job")]
    whole = file.read_bytes()

    def trial(data: bytes) -> None:
        if zlib.crc32(data) % 4:
            file.write_bytes(whole)
            with contextlib.closing(sqlite3.connect(file)) as db, db:
                db.execute("UPDATE job SET data = ?", (data.decode(errors="replace"),))
        else:
            file.write_bytes(mutations.noise(Random(data), [whole]))
        command(("state", "list", "--local", "--json", "--state", "state.db"))
        command(("plan", "--local", "--offline", "--state", "state.db"))

    yield texts, trial


async def _put(store: SqliteStore, jobs: Sequence[Job]) -> None:
    phases: tuple[Phase, ...] = ("done", "started", "building")
    records = [
        record_of(prepare(job, fingerprint_secret, PlannerOptions()), phases[n % 3]) for n, job in enumerate(jobs)
    ]
    await store.put(*(replace(record, realm="local") for record in records))
    store.close()


def _jobs(folder: Path) -> Iterator[Job]:
    (folder / "a.txt").write_text("a")
    for name, text in (("job", JOB), ("batch", BATCH)):
        path = folder / f"{name}.yaml"
        path.write_text(text)
        for item in load([str(path)], LoadOptions(root=folder, environ=os.environ)):
            if isinstance(item, Job):
                yield item


SIMPLE = """\
apiVersion: a2c-spec/v1
kind: Job
name: one
inputs: [{id: file, path: a.txt}]
conversions: [{id: md5, category: hash, target: md5}, {id: sha, category: hash, target: sha1}]
outputs: [{from: md5, filename: sum, save: dist/}, {from: sha, save: dist/}]
---
apiVersion: a2c-spec/v1
kind: Job
name: two
inputs: [{id: before, from: one.md5}]
conversions: [{id: zip, category: archive, target: zip}]
outputs: [{from: zip, filename: all, save: dist/}]
"""


def applied(url: str, key: str) -> None:
    """Applies, changes, applies and clears up a small project in the current folder, at a service."""
    Path("a.txt").write_text("a")
    Path("job.yaml").write_text(SIMPLE)
    given = {"API2CONVERT_BASE_URL": url, "API2CONVERT_API_KEY": key}
    refused = 0
    with patch.dict(os.environ, given):
        for args in (
            ("apply", "--timeout", "2"),
            ("plan",),
            ("apply", "-y", "--timeout", "2"),
            ("status",),
            ("drift",),
            ("destroy", "--all", "-y"),
        ):
            try:
                command(args)
            except Refused:
                refused += 1
    if refused:
        raise Refused(str(refused))


MD5 = "0cc175b9c0f1b6a831c399e269772661"
PDF, JPG = {"target": "pdf", "category": "document"}, {"target": "jpg", "category": "image"}
LIVE = {
    "id": "job-1",
    "token": "t",
    "type": "job",
    "status": {"code": "completed", "info": "fine"},
    "errors": [{"source": "input", "code": 6037, "message": "no", "details": {"a": 1}, "id_source": "i"}],
    "warnings": [{"message": "odd"}],
    "process": True,
    "fail_on_input_error": True,
    "conversion": [
        {"id": "c0", **PDF, "options": {"pages": "1-3"}, "metadata": {"a": "b"}},
        {"id": "c1", **JPG, "options": {"width": 64, "quality": 80}, "output_target": []},
    ],
    "input": [
        {"id": "i0", "type": "remote", "source": "https://x.example/a.png", "filename": "q3.png", "size": 3},
        {"id": "i1", "type": "upload", "source": "a.txt", "filename": "a.txt", "checksum": MD5},
    ],
    "output": [
        {"id": "o0", "source": {"conversion": "c0", "input": ["i0"]}, "filename": "Q3.pdf", "uri": "https://x/d/o0",
         "size": 7, "status": "enabled", "checksum": MD5, "created_at": "2026-11-27T10:00:00"},
        {"id": "o1", "source": {"conversion": "c1", "input": ["i1"]}, "filename": "a.jpg", "uri": "https://x/d/o1"},
    ],
    "callback": "",
    "notify_status": False,
    "server": "https://x/dl/web1",
    "spent": 2,
    "created_at": "2026-11-27T10:00:00",
    "modified_at": "2026-11-27T10:00:00",
}  # fmt: skip


@contextlib.contextmanager
def answers(folder: Path) -> Iterator[tuple[Sequence[bytes], Trial]]:
    """What the service says of a job, read, compared, planned with, imported and told."""
    job = next(_jobs(folder))
    desired = prepare(job, fingerprint_secret, PlannerOptions())
    records = [record_of(desired, phase) for phase in ("building", "started", "completed", "done")]

    def trial(data: bytes) -> None:
        try:
            tree = json.loads(data)
        except ValueError:
            return
        if not isinstance(tree, dict):
            return
        live = parse_job(tree)
        as_manifest(job_from(live, "one", ImportHints()))
        for record in records:
            plan_job(desired, record, Observed(render_late, live))
            plan_forget(refreshed(record, live), live=live)
            drift(record, live, {}, gone=False)

    yield (
        [json.dumps(LIVE | {"status": {"code": code}}).encode() for code in ("incomplete", "running", "completed")],
        trial,
    )


TARGETS = (
    Target("manifests", mutations.text, manifests),
    Target("settings", mutations.text, settings),
    Target("expressions", mutations.text, expressions),
    Target("tables", mutations.text, tables),
    Target("plan files", mutations.tree, plan_files),
    Target("state files", mutations.tree, state_files),
    Target("answers", mutations.tree, answers),
)
