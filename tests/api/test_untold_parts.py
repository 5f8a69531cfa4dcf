"""Parts that an answer does not tell apart are read, then made anew one by one; never are they taken for each other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.core.desired import Conversion, Input, Job, Output, Secret
from a2c_spec.core.plan import Change
from a2c_spec.core.state import JobRecord
from a2c_spec.errors import Conflict, QuotaError
from a2c_spec.manifests.digests import measure
from tests.api.service import Bench, Service, job_of

Rows = list[dict[str, Any]]
SIZES = {"wide": 800, "narrow": 80}


def two_sizes(*, process: bool, **more: Any) -> Job:
    """A job with one remote input and two conversions that differ in an option."""
    conversions = tuple(Conversion(name, "png", "image", {"width": width, **more}) for name, width in SIZES.items())
    outputs = tuple(Output(one.id, save="dist/", filename=one.id) for one in conversions)
    return replace(job_of(process=process), conversions=conversions, outputs=outputs)


@dataclass
class Parts(Service):
    """A service whose answers show the conversions as ``shows`` has them; parts can be deleted, ids are never reused.

    A result holds the options that its conversion really has.
    """

    shows: Callable[[str, Rows], Rows] = lambda _method, rows: rows
    made: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        parts = request.url.path.removeprefix("/v2/").split("/")
        if len(parts) == 4 and request.method == "DELETE":
            self.requests.append(f"DELETE {parts[2]}")
            job, key = self.jobs[parts[1]], parts[2].removesuffix("s")
            job[key] = [row for row in job[key] if row["id"] != parts[3]]
            return httpx.Response(204)
        return super().__call__(request)

    def answer(self, method: str, parts: list[str], content: bytes) -> httpx.Response:
        reply = super().answer(method, parts, content)
        for job in self.jobs.values():
            self._rename(job)
        data = json.loads(reply.content) if reply.content[:1] in (b"{", b"[") else None
        if isinstance(data, dict) and data.get("id") in self.jobs:
            stored = self.jobs[data["id"]]
            data = {**data, "input": stored["input"], "output": stored["output"]}
            data["conversion"] = self.shows(method, stored["conversion"])
            return httpx.Response(reply.status_code, json=data)
        if method == "POST" and len(parts) == 3:
            rows = self.jobs[parts[1]][parts[2].removesuffix("s")]
            count = len(data) if isinstance(data, list) else 1
            return httpx.Response(201, json=[{"id": row["id"]} for row in rows[-count:]])
        return reply

    def _rename(self, job: dict[str, Any]) -> None:
        """Every part has an id of its own, and every conversion a result."""
        for key in ("input", "conversion"):
            for row in job[key]:
                if not row["id"].startswith("p"):
                    self.made += 1
                    row["id"] = f"p{self.made}"
        if job["output"]:
            job["output"] = [
                {
                    "id": f"out-{row['id']}",
                    "uri": "https://service.example/results/0",
                    "filename": f"{row['options']['width']}.png",
                    "size": 10,
                    "source": {"conversion": row["id"], "input": [one["id"] for one in job["input"]]},
                }
                for row in job["conversion"]
            ]


def bare(_method: str, rows: Rows) -> Rows:
    """The conversions without their options, in another order."""
    return [{**row, "options": []} for row in rows[::-1]]


def bare_at_first(method: str, rows: Rows) -> Rows:
    """Only the answer to a create leaves the options out."""
    return bare(method, rows) if method == "POST" else rows[::-1]


def widths(bench: Bench, record: JobRecord) -> dict[str, int]:
    """The width that the service has for the conversion of each name."""
    job = bench.service.jobs[record.job_id]
    here = {row["id"]: row["options"]["width"] for row in job["conversion"]}
    return {name: here[record.elements[f"conversions.{name}"].api_id] for name in SIZES}


@pytest.mark.parametrize("process", [True, False])
def test_a_create_whose_answer_leaves_the_options_out_is_read_once(tmp_path: Path, process: bool) -> None:
    bench = Bench(tmp_path, Parts(shows=bare_at_first), two_sizes(process=process))
    record = bench.execute(bench.change())
    assert widths(bench, record) == SIZES
    assert bench.service.requests == ["POST /jobs", "GET /jobs/job-1"]


def test_what_is_held_and_never_told_is_made_anew_one_by_one_before_it_runs(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Parts(shows=bare), two_sizes(process=False))
    record = bench.execute(bench.change())
    assert widths(bench, record) == SIZES
    assert sorted(bench.service.requests[2:]) == [*["DELETE conversions"] * 2, *["POST /jobs/job-1/conversions"] * 2]
    assert [name for name, one in record.elements.items() if not one.api_id] == []
    assert replanned(bench, record)[0].calls == ()


def replanned(bench: Bench, record: JobRecord | None, *, paid_again_allowed: bool = True) -> tuple[Change, JobRecord]:
    assert record is not None
    return asyncio.run(bench.executor.replan(bench.task(paid_again_allowed=paid_again_allowed), record))


def test_killed_between_making_anew_the_rest_is_still_not_known(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Parts(shows=bare), two_sizes(process=False))

    def refuse(_service: Service, request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/conversions") and b"800" not in request.content:
            return httpx.Response(402, json={})
        return None

    bench.service.rule = refuse
    with pytest.raises(QuotaError):
        bench.execute(bench.change())
    bench.service.rule = lambda _service, _request: None
    record = bench.execute(*replanned(bench, bench.durable()))
    assert widths(bench, record) == SIZES
    assert len(bench.service.jobs["job-1"]["conversion"]) == 2


def test_results_that_nobody_can_tell_apart_are_not_saved_and_never_paid_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Parts(shows=bare), two_sizes(process=True))
    with pytest.raises(Conflict, match="which result is of which of wide, narrow"):
        bench.deliver(bench.change())
    record = bench.durable()
    assert record is not None
    assert (record.phase, record.files) == ("completed", ())
    change, record = replanned(bench, record, paid_again_allowed=False)
    assert "which result is of which of wide, narrow; put these" in change.problem
    with pytest.raises(Conflict, match="does not tell"):
        bench.deliver(change, record, bench.task(paid_again_allowed=False))
    assert bench.service.requests.count("POST /jobs") == 1


def test_conversions_that_differ_only_in_secrets_travel_in_calls_of_their_own(tmp_path: Path) -> None:
    made = tuple(Conversion(f"c{n}", "pdf", "document", {"password": Secret(f"env:P{n // 2}")}) for n in range(4))
    other = Conversion("png", "png", "image")
    job = replace(job_of(), conversions=(*made, other), outputs=())
    bench = Bench(tmp_path, Service(), job)
    calls = bench.change().calls
    assert [call.kind for call in calls] == ["create_job", "add_conversions", "patch_job"]
    assert calls[0].creates == ("job", "inputs.in0", "conversions.c0", "conversions.c1", "conversions.png")
    assert calls[1].creates == ("conversions.c2", "conversions.c3")
    assert [call.starts for call in calls] == [False, False, True]


def two_files(folder: Path, reply: Callable[[int], dict[str, Any]]) -> Bench:
    """A held job of two small files with settings, whose uploads are answered by ids in another order."""
    inputs = []
    for n in range(2):
        (folder / f"{n}.txt").write_bytes(b"%d" % n)
        content = measure(folder / f"{n}.txt")
        inputs.append(Input(f"in{n}", "upload", path=f"{n}.txt", content=content, settings={"slide_duration": n + 1.0}))
    bench = Bench(folder, Service(), replace(job_of(process=False), inputs=tuple(inputs)))

    def rule(service: Service, request: httpx.Request) -> httpx.Response | None:
        if "upload-base64" not in request.url.path:
            return None
        job = service.jobs["job-1"]
        for n, item in enumerate(inputs):
            assert item.content is not None
            row = {"id": f"i{n}", "type": "upload", "filename": item.path, "checksum": item.content.md5}
            job["input"].append(row)
        return httpx.Response(200, json=[reply(n) for n in (1, 0)])

    bench.service.rule = rule
    create = bench.service.create

    def with_server(body: dict[str, Any]) -> dict[str, Any]:
        job = create(body)
        job["server"] = "https://service.example/v2"
        return job

    bench.service.create = with_server  # type: ignore[method-assign]
    return bench


def test_ids_alone_are_confirmed_by_a_read_before_a_later_call_names_one(tmp_path: Path) -> None:
    bench = two_files(tmp_path, lambda n: {"id": {"job": "job-1", "input": f"i{n}"}, "completed": True})
    record = bench.execute(bench.change())
    assert [record.elements[f"inputs.in{n}"].api_id for n in range(2)] == ["i0", "i1"]
    kinds = [call.split(" ")[0] for call in bench.service.requests]
    assert kinds == ["POST", "POST", "GET", "PATCH"]


def test_rows_that_tell_the_checksums_need_no_read(tmp_path: Path) -> None:
    md5 = {0: "cfcd208495d565ef66e7dff9f98764da", 1: "c4ca4238a0b923820dcc509a6f75849b"}
    bench = two_files(tmp_path, lambda n: {"id": f"i{n}", "checksum": md5[n]})
    record = bench.execute(bench.change())
    assert [record.elements[f"inputs.in{n}"].api_id for n in range(2)] == ["i0", "i1"]
    assert "GET" not in {call.split(" ")[0] for call in bench.service.requests}
