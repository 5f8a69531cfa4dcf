"""References to other manifests, found in the state: the id of a result, the id of a preset."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.engine.connection import ReferenceResolver
from a2c_spec.errors import SpecError
from tests.engine.projects import session_in

FILES = (
    SavedFile("", 1, "", "out-1", "webp"),
    SavedFile("", 1, "", "out-2", "pdf"),
    SavedFile("", 1, "", "out-3", "pdf"),
)
RECORDS = (
    JobRecord('b["x.png"]', "local", "done", "job-1", files=FILES),
    JobRecord("small", "local", "done", "preset-1"),
    JobRecord("planned", "local"),
)


def resolved(root: Path, name: str) -> str:
    with session_in(root) as session:
        for one in RECORDS:
            asyncio.run(session.store.put(one))
        return ReferenceResolver(session.store)(name)


@pytest.mark.parametrize(("name", "found"), [('from:b["x.png"].webp', "out-1"), ("preset:small", "preset-1")])
def test_a_reference_is_an_id_of_the_service(name: str, found: str, tmp_path: Path) -> None:
    assert resolved(tmp_path, name) == found


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ('from:b["x.png"].pdf', "yields 2 results, and an input must be exactly one result"),
        ('from:b["x.png"].png', "has no result yet"),
        ("from:nowhere.pdf", "nowhere has no result yet"),
        ("preset:nowhere", "the preset nowhere does not exist on the service yet"),
        ("preset:planned", "the preset planned does not exist on the service yet"),
    ],
)
def test_what_has_no_id_is_an_error(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as error:
        resolved(tmp_path, name)
    assert said in error.value.message
