"""Whether addresses that a plan leaves out still ask for what they have is read from all manifests of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2c_spec.engine.left_out import having_what_is_paid, jobs_of
from tests.engine.planning import done, named, plan, put
from tests.engine.projects import job, record, session_in

MANIFEST = """apiVersion: a2c-spec/v1
kind: Job
name: {name}
inputs: [{{id: cover, path: cover.png}}]
conversions: [{{id: webp, target: webp, category: image}}]
"""


def test_only_runs_outside_of_the_plan_with_a_recipe_that_is_paid_for_count(tmp_path: Path) -> None:
    with session_in(tmp_path) as session:
        steps = plan(session, job("new"))
        put(session, done(session, job("old"), "cover"), record(named("other", conversions=()), phase="done"))
        found = having_what_is_paid(session, {"new": steps}, ())
        assert [run.address for run in found] == ["old"]
        assert having_what_is_paid(session, {"new": steps}, ("old",)) == []
        assert having_what_is_paid(session, {"new": steps, "old": []}, ()) == []


BROKEN = "apiVersion: a2c-spec/v1\nkind: Job\nname: [\n"
READ = [
    ({"a": MANIFEST}, {"a": "a", "b": None}),
    ({"a": MANIFEST, "broken": BROKEN}, {"a": "a"}),
    ({}, {}),
]


@pytest.mark.parametrize(("files", "expected"), READ, ids=["all", "some cannot be read", "none"])
def test_what_is_known_of_addresses(files: dict[str, str], expected: dict[str, str | None], tmp_path: Path) -> None:
    (tmp_path / "cover.png").write_bytes(b"abc")
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text.format(name=name) if text is MANIFEST else text)
    with session_in(tmp_path, manifests=("elsewhere.yaml",)) as session:
        found = jobs_of(session.project, [record(job("a")), record(job("b"))])
    assert {address: one and one.address for address, one in found.items()} == expected
