"""New inputs of a held job are read once, where no answer showed them; that is no reason to fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.core.desired import Input
from a2c_spec.core.foreign import UNSEEN
from a2c_spec.manifests.digests import measure
from tests.api.service import Bench, Service, job_of

SHOWN = {"settings": {"slide_duration": 5}}


def uploading(folder: Path, answer: Any, look: httpx.Response | None = None, *, process: bool = False) -> Bench:
    """A job of one file, how its upload is answered, and how the job is shown afterwards."""
    (folder / "a.txt").write_bytes(b"a")
    item = Input("a", "upload", path="a.txt", content=measure(folder / "a.txt"))

    def rule(service: Service, request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and request.url.path.endswith("/jobs"):
            body = json.loads(request.content)
            return httpx.Response(201, json=service.create(body) | {"server": "https://service.example/v2"})
        if "upload" in request.url.path:
            row = {"id": "in-1", "type": "upload", "filename": "a.txt", "options": {"slide_duration": 5}}
            service.jobs["job-1"]["input"].append(row)
            service.run(service.jobs["job-1"])
            return httpx.Response(200, json=answer)
        return look if request.method == "GET" else None

    return Bench(folder, Service(rule=rule), replace(job_of(process=process), inputs=(item,)))


IDS = {"id": {"job": "job-1", "input": "in-1"}, "completed": True}
ROW = {"id": "in-1", "type": "upload", "options": {"slide_duration": 5}}
REFUSED = httpx.Response(403, json={"message": "no"})

LOOKS: list[tuple[str, Any, Any, Mapping[str, Any], int]] = [
    ("ids alone", IDS, None, SHOWN, 1),
    ("the input", ROW, None, SHOWN, 0),
    ("the job cannot be read", IDS, REFUSED, UNSEEN, 1),
    ("the job is gone", IDS, httpx.Response(404, json={}), UNSEEN, 1),
]


@pytest.mark.parametrize(("name", "answer", "look", "echo", "reads"), LOOKS, ids=[row[0] for row in LOOKS])
def test_a_held_job_is_read_where_the_answer_to_an_upload_does_not_show_the_input(
    tmp_path: Path, name: str, answer: Any, look: Any, echo: Mapping[str, Any], reads: int
) -> None:
    bench = uploading(tmp_path, answer, look)
    record = bench.execute(bench.change())
    assert (record.phase, record.elements["inputs.a"].echo) == ("building", echo)
    assert bench.durable() == record
    assert sum(line.startswith("GET") for line in bench.service.requests) == reads


def test_inputs_that_a_create_shows_and_jobs_that_were_started_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "held").mkdir()
    held = Bench(tmp_path / "held", Service(), job_of(process=False))
    assert held.execute(held.change()).elements["inputs.in0"].echo == {"settings": {}}
    run = uploading(tmp_path, IDS, process=True)
    run.execute(run.change())
    assert [line for bench in (held, run) for line in bench.service.requests if line.startswith("GET")] == []
