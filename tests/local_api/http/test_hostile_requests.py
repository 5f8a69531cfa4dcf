"""Hostile requests are refused with a 4xx status, and the service goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.settings import Limits
from a2c_spec.local_api.storage.blobs import safe_name
from tests.local_api.harness import Api

BODIES: dict[str, bytes] = {
    "empty": b"",
    "blank": b"  \n",
    "not JSON": b"{",
    "a string": b'"x"',
    "a number": b"1",
    "an array": b"[1,2]",
    "null": b"null",
    "bottomless": b"[" * 100_000,
    "bottomless objects": b'{"a":' * 50_000,
    "NaN": b'{"process": NaN}',
    "infinite": b'{"limits": {"x": 1e999}}',
    "endless integer": b'{"limits": {"x": ' + b"9" * 5000 + b"}}",
    "lone surrogate": b'{"limits": {"x": "\\ud800"}}',
    "not UTF-8": b'{"callback": "\xff\xfe"}',
    "wrong type of flag": b'{"process": "yes"}',
    "callback to a file": b'{"callback": "file:///etc/passwd"}',
    "inputs as text": b'{"input": "x"}',
    "inputs of numbers": b'{"input": [1]}',
    "unknown type": b'{"input": [{"type": "magic", "source": "x"}]}',
    "upload inline": b'{"input": [{"type": "upload", "source": "x"}]}',
    "local file": b'{"input": [{"type": "remote", "source": "file:///etc/passwd"}]}',
    "no source": b'{"input": [{"type": "remote"}]}',
    "source not text": b'{"input": [{"type": "remote", "source": {"a": 1}}]}',
    "unknown engine": b'{"input": [{"type": "remote", "source": "https://a.example", "engine": "warp"}]}',
    "not base64": b'{"input": [{"type": "base64", "source": "***"}]}',
    "no target": b'{"conversion": [{}]}',
    "unknown target": b'{"conversion": [{"target": "this-is-not-a-real-target"}]}',
    "target of a wrong category": b'{"conversion": [{"target": "joined", "category": "audio"}]}',
    "target not text": b'{"conversion": [{"target": ["upper"]}]}',
    "unknown option": b'{"conversion": [{"target": "upper", "options": {"wdith": 1}}]}',
    "option out of range": b'{"conversion": [{"target": "upper", "options": {"width": 100000}}]}',
    "option of a wrong type": b'{"conversion": [{"target": "upper", "options": {"width": "wide"}}]}',
    "a flag for a number": b'{"conversion": [{"target": "upper", "options": {"width": true}}]}',
    "option not listed": b'{"conversion": [{"target": "upper", "options": {"color": "green"}}]}',
    "options not an object": b'{"conversion": [{"target": "upper", "options": [1]}]}',
    "unknown preset": b'{"conversion": [{"target": "upper", "options": {"preset": "nope"}}]}',
    "passwords not text": b'{"download_passwords": [1]}',
    "passwords of control characters": b'{"download_passwords": ["a\\u0007"]}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_bad_job_is_refused_with_a_reason(in_process: Api, body: bytes) -> None:
    answer = in_process("POST", "/jobs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) <= {"code", "message", "errors"}
    assert isinstance(answer.json()["code"], int)


def test_an_empty_body_has_the_code_of_the_real_service(api: Api) -> None:
    assert api("POST", "/jobs", content=b"").json() == {"code": 8, "message": "The JSON body is empty"}


def test_every_problem_is_reported_at_once_by_dotted_name_and_without_values(api: Api) -> None:
    secret = "hunter2-hunter2"
    body = {
        "process": 1,
        "input": [
            {"type": "remote", "source": "https://a.example"},
            {"type": "cloud", "source": "amazons3", "credentials": secret},
        ],
        "conversion": [{"target": "upper", "options": {"width": secret}}],
    }
    answer = api("POST", "/jobs", json=body)
    assert set(answer.json()["errors"]) == {"process", "input.1.credentials", "conversion.0.options.width"}
    assert secret not in answer.text


@pytest.mark.parametrize(
    "path", ["/jobs/{id}/input", "/jobs/{id}/conversions", "/jobs/{id}/input/{input}", "/jobs/{id}"]
)
@pytest.mark.parametrize(
    "body", [b"{", b'"x"', b"[[]]", b"[" * 50_000, b'{"credentials": 5, "options": 5, "process": 5}']
)
def test_bad_bodies_on_the_parts_of_a_job_are_refused_too(in_process: Api, path: str, body: bytes) -> None:
    job = in_process.job()
    entry = in_process.upload(job)["id"]["input"]
    for method in ("POST", "PATCH"):
        answer = in_process(method, path.format(id=job["id"], input=entry), content=body)
        assert 400 <= answer.status_code < 500, answer.text


def form(*parts: bytes, end: bytes = b"--b--\r\n") -> bytes:
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end


FILE = b'Content-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello'
FORMS: dict[str, tuple[str, bytes]] = {
    "no boundary": ("multipart/form-data", form(FILE)),
    "not a form": ("application/json", b"{}"),
    "no type": ("", form(FILE)),
    "endless boundary": ("multipart/form-data; boundary=" + "b" * 10_000, form(FILE)),
    "empty": ("multipart/form-data; boundary=b", b""),
    "garbage": ("multipart/form-data; boundary=b", b"garbage" * 100),
    "cut": ("multipart/form-data; boundary=b", form(FILE, end=b"")),
    "cut after the file": ("multipart/form-data; boundary=b", form(FILE, end=b"--b\r\n")),
    "cut in a second part": ("multipart/form-data; boundary=b", form(FILE, end=b"--b\r\nContent-Disposition: fo")),
    "no file": ("multipart/form-data; boundary=b", form(b'Content-Disposition: form-data; name="x"\r\n\r\ny')),
    "wrong field": ("multipart/form-data; boundary=b", form(FILE.replace(b'"file"', b'"upload"'))),
    "two files": ("multipart/form-data; boundary=b", form(FILE, FILE)),
    "no disposition": ("multipart/form-data; boundary=b", form(b"Content-Type: text/plain\r\n\r\nhello")),
    "endless header": ("multipart/form-data; boundary=b", form(b"X-Long: " + b"x" * 100_000 + b"\r\n\r\nhello")),
    "endless field": (
        "multipart/form-data; boundary=b",
        form(b'Content-Disposition: form-data; name="decrypt_password"\r\n\r\n' + b"x" * 100_000),
    ),
    "many fields": (
        "multipart/form-data; boundary=b",
        form(*(b'Content-Disposition: form-data; name="f%d"\r\n\r\nx' % number for number in range(1000))),
    ),
}


@pytest.mark.parametrize(("content_type", "body"), FORMS.values(), ids=FORMS.keys())
def test_a_malformed_upload_is_refused_and_leaves_nothing(in_process: Api, content_type: str, body: bytes) -> None:
    job = in_process.job()
    headers = {"Content-Type": content_type} if content_type else {}
    answer = in_process("POST", f"{job['server']}/upload-file/{job['id']}", content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert in_process.ok("GET", f"/jobs/{job['id']}/input") == []
    folder = in_process.app.service.blobs.root / job["id"]
    assert not any(path.is_file() for path in folder.rglob("*"))


NAMES = {
    "../../etc/passwd": "passwd",
    "..\\..\\boot.ini": "boot.ini",
    "/absolute/path.txt": "path.txt",
    "nul\x00byte.txt": "nul_byte.txt",
    "line\nbreak.txt": "line_break.txt",
    "..": "output",
    "": "output",
    " . ": "output",
    "a" * 300 + ".pdf": "a" * 196 + ".pdf",
    "ümläut 文書.pdf": "ümläut 文書.pdf",
    'quo"te.txt': "quo_te.txt",
    "." + "x" * 500: "x" * 200,
}


@pytest.mark.parametrize(("name", "plain"), NAMES.items())
def test_a_name_from_outside_becomes_a_plain_file_name(name: str, plain: str) -> None:
    assert safe_name(name) == plain


def test_the_name_of_an_upload_cannot_leave_the_store(api: Api, tmp_path: Path) -> None:
    job = api.job(conversion=[{"target": "upper"}])
    api.upload(job, "hello", f"../../../../../..{tmp_path}/evil.txt")
    api.ok("PATCH", f"/jobs/{job['id']}", json={"process": True})
    assert api.wait(job)["output"][0]["filename"] == "evil.txt"
    assert list(tmp_path.iterdir()) == []


def test_a_json_body_beyond_the_limit_is_413(api_with: Callable[..., Api]) -> None:
    api = api_with(limits=Limits(json_bytes=1000, base64_bytes=1000))
    body = json.dumps({"limits": {"x": "y" * 2000}})
    assert api("POST", "/jobs", content=body).status_code == 413
    job = api.job()
    answer = api("POST", f"{job['server']}/upload-base64/{job['id']}", content=body)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"content": 5}', b'{"content": "%%%"}', b'{"content": "data:x,y"}', b"[1]"]
)
def test_bad_base64_uploads_are_refused(in_process: Api, body: bytes) -> None:
    job = in_process.job()
    assert in_process("POST", f"{job['server']}/upload-base64/{job['id']}", content=body).status_code == 400


@pytest.mark.parametrize("path", ["/jobs/%00", "/jobs/..%2F..%2Fetc", "/jobs/%FF%FE", "/jobs/" + "x" * 5000])
def test_strange_ids_are_just_not_found(in_process: Api, path: str) -> None:
    assert in_process("GET", path).status_code == 404


@pytest.mark.parametrize("key", ["\x7f", "ключ", "'; DROP TABLE jobs; --"])
def test_strange_keys_are_just_wrong(in_process: Api, key: str) -> None:
    headers: Any = {"X-Oc-Api-Key": key.encode()}
    assert in_process("GET", "/jobs", key=None, headers=headers).status_code in (401, 400)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Encoding": "gzip"}, {"Content-Encoding": "identity, br"}, {"Content-Encoding": "x"},
        {"Content-Type": "application/json; charset=utf-16"}, {"Content-Type": 'application/json;charset="utf-7"'},
    ],
    ids=str,
)  # fmt: skip  # a table
def test_a_body_is_what_its_headers_say(shared: Api, headers: dict[str, str]) -> None:
    """A proxy that believes them reads another body."""
    answer = shared("POST", "/jobs", content=b'{"process": false}', headers=headers)
    assert answer.status_code == 400
    if "Content-Encoding" in headers:
        job = shared.job()
        files, token = {"file": ("a.txt", "x")}, {"X-Oc-Token": job["token"], **headers}
        sent = shared("POST", f"{job['server']}/upload-file/{job['id']}", key=None, headers=token, files=files)
        assert sent.status_code == 400


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=UTF-8", 'text/x; charset="utf-8"'])
def test_usual_headers_are_taken(shared: Api, kind: str) -> None:
    headers = {"Content-Type": kind, "Content-Encoding": "identity"}
    assert shared("POST", "/jobs", content=b'{"process": false}', headers=headers).status_code == 201
