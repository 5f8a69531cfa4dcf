"""Uploads in chunks."""

from __future__ import annotations

import hashlib

import httpx
import pytest

from tests.local_api.harness import Api

CONTENT = bytes(range(256)) * 40


def send_chunk(
    api: Api, job: dict[str, str], start: int, end: int, *, name: str = "u-1", total: int = 0
) -> httpx.Response:
    headers = {"X-Oc-Upload-Uuid": name, "Content-Range": f"bytes {start}-{end}/{total or len(CONTENT)}"}
    files = {"file": ("big.txt", CONTENT[start : end + 1])}
    return api("POST", f"{job['server']}/upload-file/{job['id']}", headers=headers, files=files)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (0, 0, 1, 1, 2)], ids=["in order", "mixed", "repeated"])
def test_chunks_make_one_input_in_any_order(api: Api, order: tuple[int, ...]) -> None:
    job = api.job()
    bounds = [(0, 4095), (4096, 8191), (8192, len(CONTENT) - 1)]
    replies = [send_chunk(api, job, *bounds[at]).json() for at in order]
    assert [row["completed"] for row in replies] == [False] * (len(order) - 1) + [True]
    (entry,) = api.ok("GET", f"/jobs/{job['id']}/input")
    assert (entry["size"], entry["checksum"]) == (len(CONTENT), hashlib.md5(CONTENT).hexdigest())
    assert replies[-1]["id"]["input"] == entry["id"]
    assert entry["filename"] == "big.txt"


def test_two_uploads_in_chunks_do_not_mix(api: Api) -> None:
    job = api.job()
    send_chunk(api, job, 0, 99, name="a", total=200)
    assert send_chunk(api, job, 0, 99, name="b", total=100).json()["completed"] is True
    assert send_chunk(api, job, 100, 199, name="a", total=200).json()["completed"] is True
    assert [row["size"] for row in api.ok("GET", f"/jobs/{job['id']}/input")] == [100, 200]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": "bytes 0-9/100"},
        {"Content-Range": "bytes 9-0/100", "X-Oc-Upload-Uuid": "u"},
        {"Content-Range": "bytes 0-100/100", "X-Oc-Upload-Uuid": "u"},
        {"Content-Range": "0-9/100", "X-Oc-Upload-Uuid": "u"},
        {"Content-Range": "bytes 0-9/100", "X-Oc-Upload-Uuid": "u"},
    ],
    ids=["no name", "backwards", "beyond the end", "no unit", "other size than announced"],
)
def test_invalid_chunks_are_refused(api: Api, headers: dict[str, str]) -> None:
    job = api.job()
    files = {"file": ("big.txt", b"four")}
    answer = api("POST", f"{job['server']}/upload-file/{job['id']}", headers=headers, files=files)
    assert answer.status_code == 400


def test_uploads_need_the_token_or_the_key(api: Api) -> None:
    job = api.job()
    files = {"file": ("a.txt", b"hello")}
    url = f"{job['server']}/upload-file/{job['id']}"
    assert api("POST", url, files=files, key=None).status_code == 401
    assert api("POST", url, files=files, key=None, headers={"X-Oc-Token": "wrong"}).status_code == 401
    assert api("POST", url, files=files).status_code == 200
    assert api("POST", url, files=files, key="stranger").status_code == 404
