"""A preset is made once, also when the answer is lost, and its id is recorded."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.api.client import Client
from a2c_spec.api.http.replies import LostAnswer
from a2c_spec.api.presets import Presets
from a2c_spec.api.upload import Uploads
from a2c_spec.core.calls import Body, Call
from a2c_spec.core.events import ignore
from a2c_spec.core.plan import Change
from a2c_spec.core.state import PRESET, JobRecord
from a2c_spec.state.sqlite import SqliteStore
from tests.api.wires import Answer, Clock, in_turn, wire_over

BODY: dict[str, Body] = {"name": "web", "target": "jpg", "options": {"quality": 80}}
CREATE = Call("create_preset", body=BODY, creates=(PRESET,))
CHANGE = Change("web", "create", ("not applied yet",), (CREATE,), fingerprint="f", basis={PRESET: {"name": "web"}})
FOUND = {"id": "p-2", "name": "web", "target": "jpg", "options": {"quality": 80, "strip": None}}


def apply(answer: Answer, folder: Path, change: Change = CHANGE, record: JobRecord | None = None) -> JobRecord:
    """Carries a change out; what is recorded must be what was returned."""
    store = SqliteStore(folder / "state.db", "host")
    client = Client(wire_over(answer, Clock()), Uploads(folder), lambda _: "", lambda _: "")
    try:
        done = asyncio.run(Presets(client, store, ignore).carry_out(change, record or JobRecord("web", "host")))
        assert store.get("web") == done
    finally:
        store.close()
    return done


def test_a_new_preset_is_recorded_with_its_id(tmp_path: Path) -> None:
    done = apply(in_turn(httpx.Response(201, json={"id": "p-1"})), tmp_path)
    assert (done.job_id, done.phase, done.fingerprint) == ("p-1", "done", "f")
    assert (done.elements[PRESET].api_id, done.elements[PRESET].sent) == ("p-1", {"name": "web"})


def test_a_preset_whose_answer_was_lost_is_found_by_its_content(tmp_path: Path) -> None:
    others: list[dict[str, Any]] = [
        {**FOUND, "id": "other-target", "target": "png"},
        {**FOUND, "id": "other-name", "name": "print"},
        {**FOUND, "id": "other-options", "options": {"quality": 81}},
    ]
    done = apply(in_turn(httpx.ReadError("reset"), httpx.Response(200, json=[*others, FOUND])), tmp_path)
    assert done.job_id == "p-2"


def test_a_preset_that_was_not_made_is_an_answer_that_was_lost(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", "host")
    client = Client(
        wire_over(in_turn(httpx.ReadError("reset"), httpx.Response(200, json=[])), Clock()),
        Uploads(tmp_path),
        lambda _: "",
        lambda _: "",
    )
    with pytest.raises(LostAnswer):
        asyncio.run(Presets(client, store, ignore).carry_out(CHANGE, JobRecord("web", "host")))
    assert store.get("web") is None
    store.close()


def test_a_changed_preset_keeps_its_id_and_a_deleted_one_has_none(tmp_path: Path) -> None:
    known = JobRecord("web", "host", "done", "p-1")
    patch = Change("web", "update", (), (Call("patch_preset", "p-1", BODY),), basis={PRESET: {}})
    assert apply(in_turn(httpx.Response(200, json={})), tmp_path, patch, known).job_id == "p-1"
    delete = Change("web", "replace", (), (Call("delete_preset", "p-1"),), basis={PRESET: {}})
    gone = apply(in_turn(httpx.Response(404, json={})), tmp_path, delete, known)
    assert (gone.job_id, dict(gone.elements)) == ("", {})


def test_what_a_preset_holds_is_not_known_until_a_change_of_it_was_answered(tmp_path: Path) -> None:
    known = JobRecord("web", "host", "done", "p-1", fingerprint="before")
    patch = Change("web", "update", (), (Call("patch_preset", "p-1", BODY),), fingerprint="after", basis={PRESET: {}})
    assert apply(in_turn(httpx.Response(200, json={})), tmp_path, patch, known).fingerprint == "after"
    store = SqliteStore(tmp_path / "lost.db", "host")
    client = Client(
        wire_over(in_turn(httpx.ReadError("reset")), Clock()), Uploads(tmp_path), lambda _: "", lambda _: ""
    )
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever ends it
        asyncio.run(Presets(client, store, ignore).carry_out(patch, known))
    now = store.get("web")
    store.close()
    assert now is not None
    assert (now.job_id, now.fingerprint) == ("p-1", "")
