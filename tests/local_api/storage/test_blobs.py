"""Of the files of a service none leads to another one: no name of a store, no link on the way to a file."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.blobs import Blobs, Sink
from a2c_spec.local_api.storage.private_folder import NotPrivate
from tests.local_api.harness import Api, running

SECRET = "TOPSECRET"


def outside(tmp_path: Path) -> Path:
    (tmp_path / "outside/work").mkdir(parents=True)
    for name in ("secret", "file"):
        (tmp_path / "outside" / name).write_text(SECRET)
    return tmp_path / "outside"


NAMES = (
    "../outside/secret", "job/../../outside/secret", "/etc/passwd", "job/..", "job/.", "..", "../..", "job", "job/",
    "/file", "job//file", "job/a/b", "job/a\\b", "job/a\0b", "./file", "job/" + "a" * 201,
)  # fmt: skip  # a table


@pytest.mark.parametrize("blob", NAMES)
def test_no_name_leads_elsewhere(tmp_path: Path, blob: str) -> None:
    outside(tmp_path)
    (tmp_path / "files/job").mkdir(parents=True)
    blobs = Blobs(tmp_path / "files")
    job, _, file = blob.partition("/")
    for use in (blobs.path, blobs.drop, lambda _: blobs.place(job, file)):
        with pytest.raises(NotPrivate):
            use(blob)
    if job != "job":
        with pytest.raises(NotPrivate):
            blobs.drop_job(job)
        with pytest.raises(NotPrivate):
            blobs.workdir(job, "w")
    assert (tmp_path / "outside/secret").read_text() == SECRET


def put_link(blobs: Blobs, place: str, target: Path) -> None:
    path = blobs.root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_is_neither_read_nor_written(tmp_path: Path, kind: str) -> None:
    blobs, secret = Blobs(tmp_path / "files"), outside(tmp_path) / "secret"
    (blobs.root / "job").mkdir(parents=True)
    {"link": lambda at: at.symlink_to(secret), "pipe": os.mkfifo, "folder": Path.mkdir}[kind](blobs.root / "job/file")
    for use in (blobs.path, blobs.drop, lambda _: blobs.place("job", "file")):
        with pytest.raises(NotPrivate, match="is a link, or what else"):
            use("job/file")
    if kind == "link":
        with pytest.raises(OSError, match=r"symbolic links"):
            Sink(blobs.root / "job/file")
    assert secret.read_text() == SECRET


@pytest.mark.parametrize("place", ["job", "job/work", "job/work/w"])
def test_no_link_on_the_way_is_followed(tmp_path: Path, place: str) -> None:
    blobs, other = Blobs(tmp_path / "files"), outside(tmp_path)
    put_link(blobs, place, other)
    before = sorted(other.rglob("*"))
    with pytest.raises(NotPrivate):
        blobs.workdir("job", "w")
    if place == "job":
        for use in (blobs.path, blobs.drop, lambda _: blobs.place("job", "file")):
            with pytest.raises(NotPrivate):
                use("job/file")
        with pytest.raises(NotPrivate):
            blobs.drop_job("job")
    assert sorted(other.rglob("*")) == before


def changed(store: Path, change: Any) -> None:
    with closing(sqlite3.connect(store)) as db, db:
        for job, text in db.execute("SELECT id, document FROM jobs").fetchall():
            document = json.loads(text)
            change(document)
            db.execute("UPDATE jobs SET document = ? WHERE id = ?", (json.dumps(document), job))


def job_again(api: Api, before: Any, kind: str) -> Any:
    source = before["input" if kind == "input_id" else "output"][0]["id"]
    return api.convert({"type": kind, "source": source}, conversion=[{"target": "upper"}])


@pytest.mark.parametrize("how", ["link", "name", "folder"])
@pytest.mark.parametrize("kind", ["input_id", "output"])
def test_a_stored_file_that_leads_elsewhere_is_in_no_result(way: str, tmp_path: Path, kind: str, how: str) -> None:
    """The store and its files may have been committed by somebody else."""
    settings, secret = Settings(data_dir=tmp_path / "data"), outside(tmp_path) / "secret"
    with running(way, settings) as api:
        before = api.run("hello")
    folder = tmp_path / "data/files" / before["id"]
    for name in [row["id"] for row in (*before["input"], *before["output"])]:
        if how == "link":
            (folder / name).unlink()
            (folder / name).symlink_to(secret)
        elif how == "folder":
            (tmp_path / "outside" / name).write_text(SECRET)
    if how == "folder":
        shutil.rmtree(folder)
        folder.symlink_to(tmp_path / "outside")
    if how == "name":

        def elsewhere(document: Any) -> None:
            for row in (*document["inputs"], *document["outputs"]):
                row["blob"] = "../../outside/secret"

        changed(tmp_path / "data/store.db", elsewhere)
    with running(way, settings) as api:
        after = job_again(api, before, kind)
        assert after["status"]["code"] == "failed", after
        assert SECRET not in json.dumps(after)
    found = [path for path in (tmp_path / "data/files").rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in found if SECRET in path.read_text(errors="replace") and folder not in path.parents]
