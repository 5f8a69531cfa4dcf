"""The published OpenAPI document: every path is answered, and every answer matches its schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.local_api.harness import Api, Start
from tests.local_api.sdk_source import document_of

# Where the real service is known to differ from its own document, and we follow the service.
KNOWN = {
    ("parameters", "[] is not of type 'object'"): "an empty map is an empty array, as PHP writes it",
}


@pytest.fixture(scope="session")
def document(sdk_source: Path) -> Any:
    """The document that is part of the official SDK."""
    return document_of(sdk_source)


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield method.upper(), path, operation


def test_every_path_and_method_is_answered(api: Api, document: Any) -> None:
    job = api.run("hello")
    names = {
        "job_id": job["id"],
        "conversion_id": job["conversion"][0]["id"],
        "preset_id": "none",
        "day": "2026-01-01",
        "month": "2026-01",
        "year": "2026",
        "filter": "all",
    }
    asked = 0
    for method, path, operation in sorted(operations(document), key=lambda row: (row[0] == "DELETE", -len(row[1]))):
        part = "output" if "/output" in path else "input"
        url = path.format(**names, file_id=job[part][0]["id"])
        answer = api(method, url, json={} if method in ("POST", "PATCH") else None)
        known = {int(code) for code in operation["responses"]} | {400, 409}
        assert answer.status_code in known, (method, path, answer.status_code)
        assert "no such endpoint" not in answer.text
        asked += 1
    assert asked == 34


def tour(api: Api) -> None:
    """Requests whose answers have every kind of object."""
    preset = api.ok("POST", "/presets", json={"name": "p", "target": "upper", "options": {}, "scope": "public"})
    api.ok("PATCH", f"/presets/{preset['id']}", json={"name": "q"})
    api.ok("GET", f"/presets/{preset['id']}")
    target = {"type": "ftp", "parameters": {"host": "x"}, "credentials": {"password": "y"}}
    staged = api.job(limits={"job": {}}, conversion=[{"target": "upper", "output_target": [target]}])
    path = f"/jobs/{staged['id']}"
    entry = api.ok("POST", f"{path}/input", json={"type": "remote", "source": "https://a.example/", "engine": "file"})
    api.ok("PATCH", f"{path}/input", json=[{"id": entry["id"], "options": {"position": 1}}])
    api.ok("PATCH", f"{path}/input/{entry['id']}", json={"credentials": {"decrypt_password": "x"}})
    api.ok("PATCH", f"{path}/conversions/{staged['conversion'][0]['id']}", json={"options": {"width": 5}})
    api.ok("POST", f"{path}/conversions", json={"target": "joined"})
    api.ok("PATCH", path, json={"notify_status": True})
    done = api.run("hello", conversion=[{"target": "upper", "options": {"warn": True}}])
    api.run("BROKEN")
    path = f"/jobs/{done['id']}"
    api.ok("PATCH", f"{path}/output/{done['output'][0]['id']}", json={"filename": "x"})
    api.ok("PATCH", f"{path}/output", json={"download_password": "x"})
    for part in ("", "/input", "/output", "/conversions", "/history", "/threads"):
        api.ok("GET", path + part)
    for row, part in (
        (done["input"][0], "input"),
        (done["output"][0], "output"),
        (done["conversion"][0], "conversions"),
    ):
        api.ok("GET", f"{path}/{part}/{row['id']}")
    for name in ("/jobs", "/statuses", "/conversions", "/presets", "/stats/year/2026/all"):
        api.ok("GET", name)
    for bad in ("/jobs/none", "/stats/day/none/all"):
        api("GET", bad)
    api("POST", "/jobs", json={"process": 5})
    api("GET", "/jobs", key=None)


def test_every_answer_fits_the_published_schema(api_with: Start, document: Any) -> None:
    api = api_with()
    answers: list[httpx.Response] = []
    api.http.event_hooks["response"].append(answers.append)
    tour(api)
    problems = [text for answer in answers for text in problems_of(document, answer, api.base)]
    assert problems == []
    assert len(answers) > 30


def problems_of(document: Any, answer: httpx.Response, base: str) -> Iterator[str]:
    answer.read()
    path = str(answer.request.url).removeprefix(base).split("?")[0]
    operation = operation_of(document, answer.request.method, path)
    if operation is None or not answer.content:
        return
    response = operation["responses"].get(str(answer.status_code))
    content = (response or {}).get("content", {}).get("application/json")
    if content is None:
        return
    for error in Draft202012Validator({**document, **content["schema"]}).iter_errors(answer.json()):
        field = next((str(part) for part in reversed(error.absolute_path) if isinstance(part, str)), "")
        if (field, error.message) not in KNOWN:
            yield f"{answer.request.method} {path} {answer.status_code} {error.json_path}: {error.message[:200]}"


def operation_of(document: Any, method: str, path: str) -> Any:
    for verb, template, operation in operations(document):
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if verb == method and re.fullmatch(pattern, path):
            return operation
    return None
