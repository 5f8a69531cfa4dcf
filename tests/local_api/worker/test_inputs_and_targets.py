"""Inputs from elsewhere and results to elsewhere: the web, S3, FTP, and what cannot be had."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.settings import Limits
from a2c_spec.local_api.storage.address_rules import Unreachable, require_public_address
from a2c_spec.local_api.storage.s3 import EMPTY, Signer
from a2c_spec.local_api.worker.browser import find_browser
from tests.local_api.harness import Api
from tests.local_api.servers import Answer, ftp_server, site

Start = Callable[..., Api]


def convert(api: Api, *inputs: dict[str, Any], **fields: Any) -> Any:
    body = {"conversion": [{"target": "joined"}], **fields}
    return api.wait(api.job(process=True, input=list(inputs), **body))


def pages(_method: str, path: str, _number: int) -> Answer:
    answers: dict[str, Answer] = {
        "/a%20b.txt?x=1": (200, {}, b"hello"),
        "/named": (200, {"Content-Disposition": "attachment; filename*=UTF-8''gr%C3%BC%C3%9Fe.txt"}, b"hello"),
        "/moved": (302, {"Location": "/a%20b.txt?x=1"}, b""),
        "/loop": (302, {"Location": "/loop"}, b""),
        "/to-a-file": (302, {"Location": "file:///etc/passwd"}, b""),
        "/locked": (401, {}, b""),
        "/big": (200, {}, b"x" * 5000),
    }
    return answers.get(path, (404, {}, b""))


@pytest.mark.parametrize(
    ("path", "filename"),
    [("/a%20b.txt?x=1", "a b.txt"), ("/moved", "a b.txt"), ("/named", "grüße.txt")],
)
def test_a_remote_file_is_fetched_and_named(api_with: Start, path: str, filename: str) -> None:
    api = api_with(fetch_private=True)
    with site(pages) as web:
        done = convert(api, {"type": "remote", "source": web.url + path})
    (entry,) = done["input"]
    assert (entry["filename"], entry["size"], entry["status"]) == (filename, 5, "ready")
    assert entry["checksum"] == hashlib.md5(b"hello").hexdigest()
    assert done["status"]["code"] == "completed"


def test_the_name_given_to_an_input_names_the_result(api_with: Start) -> None:
    api = api_with(fetch_private=True)
    with site(pages) as web:
        source = {"type": "remote", "source": f"{web.url}/moved", "filename": "mine"}
        done = convert(api, source, conversion=[{"target": "upper"}])
    assert done["output"][0]["filename"] == "mine.txt"


@pytest.mark.parametrize(
    ("path", "code"), [("/missing", 404), ("/locked", 401), ("/loop", 99), ("/to-a-file", 99), ("/big", 99)]
)
def test_a_remote_file_that_cannot_be_had_fails_the_job(api_with: Start, path: str, code: int) -> None:
    api = api_with(fetch_private=True, limits=Limits(upload_bytes=1000))
    with site(pages) as web:
        done = convert(api, {"type": "remote", "source": web.url + path})
    assert done["status"]["code"] == "failed"
    (error,) = done["errors"]
    assert (error["source"], error["id_source"], error["code"]) == ("input", done["input"][0]["id"], code)


def test_this_machine_is_not_reached_unless_the_settings_say_so(api: Api) -> None:
    with site(pages) as web:
        done = convert(api, {"type": "remote", "source": f"{web.url}/moved"})
        assert web.asked == []
    assert done["errors"][0]["code"] == 99
    assert "private network" in done["errors"][0]["message"]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("100.64.0.1", False),
        ("93.184.215.14", True),
        ("2606:4700::1111", True),
    ],
)
def test_only_public_addresses_are_public(address: str, public: bool) -> None:
    if public:
        require_public_address(address)
    else:
        with pytest.raises(Unreachable):
            require_public_address(address)


def test_a_local_file_can_stand_in_for_a_url(api_with: Start, tmp_path: Path) -> None:
    file = tmp_path / "here.txt"
    file.write_text("hello")
    api = api_with(remote_files={"https://example.com/there.txt": file})
    done = convert(api, {"type": "remote", "source": "https://example.com/there.txt"})
    assert api("GET", done["output"][0]["uri"]).text == "hello"
    assert file.read_text() == "hello"


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"type": "remote", "source": "https://example.com/", "engine": "video"}, "video"),
        ({"type": "gdrive_picker", "source": "id", "credentials": {"token": "t"}}, "Google Drive"),
        ({"type": "cloud", "source": "googlecloud", "parameters": {"bucket": "b"}}, "googlecloud"),
        ({"type": "cloud", "source": "no-such-cloud"}, "no-such-cloud"),
        ({"type": "cloud", "source": "amazons3", "parameters": {"bucket": "b"}}, "parameters.file"),
        ({"type": "output", "source": "x"}, "output"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_fetched_is_accepted_and_fails_with_the_reason(api: Api, entry: Any, word: str) -> None:
    done = convert(api, entry)
    assert done["status"]["code"] == "failed"
    assert word in done["errors"][0]["message"]
    assert done["errors"][0]["code"] in (99, 404)


def test_a_page_becomes_a_picture_where_a_browser_is_found(api_with: Start, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<h1>hello</h1>")
    api = api_with(remote_files={"https://example.com": page})
    done = convert(api, {"type": "remote", "source": "https://example.com", "engine": "screenshot"})
    if find_browser():
        assert done["status"]["code"] == "completed"
        assert done["input"][0]["filename"] == "example.com.png"
    else:
        assert "Chromium" in done["errors"][0]["message"]


def test_ftp_is_read_and_written(api_with: Start) -> None:
    api = api_with(fetch_private=True)
    with ftp_server("me", "geheim", {"in.txt": b"hello"}) as server:
        place = {"host": "127.0.0.1", "port": server.port}
        login = {"username": "me", "password": "geheim"}
        source = {"type": "cloud", "source": "ftp", "parameters": {**place, "file": "in.txt"}, "credentials": login}
        target = {"type": "ftp", "parameters": {**place, "file": "out.txt"}, "credentials": login}
        done = convert(api, source, conversion=[{"target": "upper", "output_target": [target]}])
        assert server.files["out.txt"] == b"HELLO"
    assert (done["status"]["code"], done["output"]) == ("completed", [])
    (shown,) = done["conversion"][0]["output_target"]
    assert shown == {**target, "credentials": {}, "status": "completed"}
    assert done["input"][0]["credentials"] == {}
    assert "geheim" not in str(done)


def test_a_delivery_that_fails_fails_the_job(api_with: Start) -> None:
    api = api_with(fetch_private=True)
    with ftp_server("me", "geheim", {}) as server:
        parameters = {"host": "127.0.0.1", "port": server.port, "file": "out.txt"}
        target = {"type": "ftp", "parameters": parameters, "credentials": {"username": "me", "password": "wrong"}}
        done = api.run("hello", conversion=[{"target": "upper", "output_target": [target]}])
    assert done["status"]["code"] == "failed"
    assert done["errors"][0]["code"] == 401
    assert done["conversion"][0]["output_target"][0]["status"] == "failed"
    assert done["output"] == []


def test_s3_is_read_and_written_with_signed_requests(api_with: Start) -> None:
    api = api_with(fetch_private=True)

    def bucket(method: str, path: str, _number: int) -> Answer:
        return (200, {}, b"hello") if method == "PUT" or path == "/b/in%20file.txt" else (404, {}, b"")

    with site(bucket) as storage:
        keys = {"accesskeyid": "AKIA", "secretaccesskey": "geheim"}
        place = {"bucket": "b", "endpoint": storage.url}
        source = {"source": "amazons3", "parameters": {**place, "file": "in file.txt"}, "credentials": keys}
        target = {"type": "amazons3", "parameters": {**place, "file": "out.txt"}, "credentials": keys}
        done = convert(api, {"type": "cloud", **source}, conversion=[{"target": "upper", "output_target": [target]}])
        missing = {**source, "parameters": {**place, "file": "missing"}}
        failed = convert(api, {"type": "cloud", **missing})
    assert done["status"]["code"] == "completed", done["errors"]
    method, path, headers, body = storage.asked[1]
    assert (method, path, body) == ("PUT", "/b/out.txt", b"HELLO")
    assert headers["x-amz-content-sha256"] == hashlib.sha256(b"HELLO").hexdigest()
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIA/")
    assert failed["errors"][0]["code"] == 17


def test_the_signature_is_the_one_of_amazons_own_example() -> None:
    signer = Signer("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
    at = datetime(2013, 5, 24, tzinfo=UTC)
    headers = signer.headers("GET", "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J", EMPTY, at)
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    )
