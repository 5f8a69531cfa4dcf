"""``python -m tests.local_api.conformance``: schemathesis invents requests after the published document, and judges.

Run by itself, as it needs schemathesis (``pip install schemathesis``) and takes a while: ``--examples`` per operation.
"""

from __future__ import annotations

import argparse
import copy
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from a2c_spec.local_api.parity.visit import ENDED, PICTURE
from a2c_spec.testing import Service, Settings, Unknowns, serving
from tests.local_api.harness import KEY
from tests.local_api.sdk_source import document_of, unpacked

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Answers that the document leaves out, though its own texts, the guide or its sister endpoints have them.
LEFT_OUT = ("400", "401", "402", "404", "409", "413", "429")
METHODS = ("get", "post", "patch", "put", "delete")
HEADERS = {"X-Oc-Api-Key": KEY}
OURS = {"category": "image", "target": "jpg"}


def operations(document: Any) -> Iterator[tuple[str, Any]]:
    """Every operation of the document with its method."""
    for methods in document["paths"].values():
        yield from ((method, operation) for method, operation in methods.items() if method in METHODS)


def corrected(document: Any, ids: dict[str, list[str]]) -> Any:
    """The document with its omissions corrected, and with ids of things that exist as examples."""
    found = copy.deepcopy(document)
    for _, operation in operations(found):
        for code in LEFT_OUT:
            operation["responses"].setdefault(code, {"description": "left out"})
        rows = [row for row in operation.get("parameters", []) if row["in"] != "header"]  # the key is always sent
        operation["parameters"] = [_meeting(row, ids) for row in rows]
    for schema in found["components"]["schemas"].values():
        _correct_schema(schema)
    return _without_formats(found)


def _meeting(parameter: Any, ids: dict[str, list[str]]) -> Any:
    known = ids.get(parameter.get("name", ""))
    return {**parameter, "schema": {"type": "string", "enum": known}} if known else parameter


def _correct_schema(schema: Any) -> None:
    """Remove defaults that are not of their own type, and allow an empty map as a list, as PHP writes it."""
    for name, part in schema.get("properties", {}).items():
        if part.get("type") == "object" and part.get("default") == []:
            del part["default"]
        if name == "parameters" and part.get("type") == "object":
            schema["properties"][name] = {"anyOf": [part, {"type": "array", "maxItems": 0}]}


def _without_formats(value: Any) -> Any:
    """Remove the format date-time, because the API writes times without a zone."""
    if isinstance(value, dict):
        return {name: _without_formats(part) for name, part in value.items() if (name, part) != ("format", "date-time")}
    return [_without_formats(part) for part in value] if isinstance(value, list) else value


def with_things(service: Service) -> dict[str, list[str]]:
    """Ids by the names of path parameters: of a job that has not started, of a finished job, and of no job."""
    with httpx.Client(base_url=service.url, headers=HEADERS, timeout=30) as http:
        jobs = [_job(http), _done(http, _job(http))]
        preset = http.post("/presets", json={"name": "p", "target": "jpg", "options": {}}).raise_for_status().json()
    files = [entry["id"] for job in jobs for entry in (*job["input"], *job["output"])]
    today = jobs[0]["created_at"].partition("T")[0]
    return {
        "job_id": [*(job["id"] for job in jobs), "none"],
        "conversion_id": [*(job["conversion"][0]["id"] for job in jobs), "none"],
        "file_id": [*files, "none"],
        "preset_id": [preset["id"], "none"],
        "day": [today, "today"],
        "month": [today[:7], "13"],
        "year": [today[:4], "MMXXVI"],
    }


def _job(http: httpx.Client) -> Any:
    """A job with an upload that has not started."""
    job = http.post("/jobs", json={"process": False, "conversion": [OURS]}).raise_for_status().json()
    http.post(f"{job['server']}/upload-file/{job['id']}", files={"file": ("a.png", PICTURE)}).raise_for_status()
    return http.get(f"/jobs/{job['id']}").json()


def _done(http: httpx.Client, job: Any) -> Any:
    http.patch(f"/jobs/{job['id']}", json={"process": True}).raise_for_status()
    while job["status"]["code"] not in ENDED:
        time.sleep(0.1)
        job = http.get(f"/jobs/{job['id']}").json()
    return job


def judge(document: Any, *, examples: int, seconds: int, seed: int) -> int:
    """Run schemathesis on all operations but those that delete, then on those; returns its exit code."""
    settings = Settings(api_keys=(KEY,), unknowns=Unknowns(contracts="array"))  # as the document has it
    with serving(settings) as service, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "openapi.json"
        path.write_text(json.dumps(corrected(document, with_things(service))))
        limits = [f"--max-examples={examples}", f"--max-time={seconds}", f"--seed={seed}", "--phases=coverage,fuzzing"]
        common = [str(path), f"--url={service.url}", "--header", f"X-Oc-Api-Key:{KEY}", f"--checks={CHECKS}", *limits]
        codes = [
            subprocess.run([sys.executable, "-m", "schemathesis.cli", "run", *common, *chosen], check=False).returncode
            for chosen in (["--exclude-method=DELETE"], ["--include-method=DELETE"])
        ]
    return max(codes)


def main(arguments: list[str]) -> int:
    """Get the document and run schemathesis."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        document = document_of(unpacked(Path(folder)))
    return judge(document, examples=given.examples, seconds=given.seconds, seed=given.seed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
