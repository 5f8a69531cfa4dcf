"""Inputs from elsewhere: the web, other jobs, and what cannot be fetched."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.settings import Limits
from a2c_spec.local_api.worker.browser import find_browser
from tests.local_api.harness import Api, Start
from tests.local_api.servers import Answer, site


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
        done = api.convert({"type": "remote", "source": web.url + path})
    (entry,) = done["input"]
    assert (entry["filename"], entry["size"], entry["status"]) == (filename, 5, "ready")
    assert entry["checksum"] == hashlib.md5(b"hello").hexdigest()
    assert done["status"]["code"] == "completed"


def test_the_name_of_an_input_names_the_output(api_with: Start) -> None:
    api = api_with(fetch_private=True)
    with site(pages) as web:
        source = {"type": "remote", "source": f"{web.url}/moved", "filename": "mine"}
        done = api.convert(source, conversion=[{"target": "upper"}])
    assert done["output"][0]["filename"] == "mine.txt"


@pytest.mark.parametrize(
    ("path", "code"), [("/missing", 404), ("/locked", 401), ("/loop", 99), ("/to-a-file", 99), ("/big", 99)]
)
def test_a_remote_file_that_cannot_be_fetched_fails_the_job(api_with: Start, path: str, code: int) -> None:
    api = api_with(fetch_private=True, limits=Limits(upload_bytes=1000))
    with site(pages) as web:
        done = api.convert({"type": "remote", "source": web.url + path})
    assert done["status"]["code"] == "failed"
    (error,) = done["errors"]
    assert (error["source"], error["id_source"], error["code"]) == ("input", done["input"][0]["id"], code)


def test_this_machine_is_reached_only_with_fetch_private(api: Api) -> None:
    with site(pages) as web:
        done = api.convert({"type": "remote", "source": f"{web.url}/moved"})
        assert web.requests == []
    assert done["errors"][0]["code"] == 99
    assert "private network" in done["errors"][0]["message"]


def test_a_local_file_can_stand_in_for_a_url(api_with: Start, tmp_path: Path) -> None:
    file = tmp_path / "here.txt"
    file.write_text("hello")
    api = api_with(remote_files={"https://example.com/there.txt": file})
    done = api.convert({"type": "remote", "source": "https://example.com/there.txt"})
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
    done = api.convert(entry)
    assert done["status"]["code"] == "failed"
    assert word in done["errors"][0]["message"]
    assert done["errors"][0]["code"] in (99, 404)


def test_a_page_becomes_a_picture_where_a_browser_is_found(api_with: Start, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<h1>hello</h1>")
    api = api_with(remote_files={"https://example.com": page}, allow_browser=True)
    done = api.convert({"type": "remote", "source": "https://example.com", "engine": "screenshot"})
    if find_browser():
        assert done["status"]["code"] == "completed"
        assert done["input"][0]["filename"] == "example.com.png"
    else:
        assert "Chromium" in done["errors"][0]["message"]
