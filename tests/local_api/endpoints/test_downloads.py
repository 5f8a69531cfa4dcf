"""Downloads: passwords, counters, expiry, ranges, names."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from a2c_spec.local_api.settings import Limits
from tests.local_api.harness import Api, Start


def test_a_password_opens_every_output_under_either_header_or_as_a_cookie(api: Api) -> None:
    options = {"download_password": "two, three"}
    done = api.run("hello", download_passwords=["one"], conversion=[{"target": "upper", "options": options}])
    uri = done["output"][0]["uri"]
    assert api("GET", uri).status_code == 401
    api.ok("PATCH", f"/jobs/{done['id']}/output/{done['output'][0]['id']}", json={"download_password": "four"})
    tries: list[tuple[dict[str, str], int]] = [
        ({"X-Oc-Download-Password": "one"}, 200),
        ({"X-Api2convert-Download-Password": "two"}, 200),
        ({"X-Oc-Download-Password": "four"}, 200),
        ({"Cookie": "x-oc-download-password=four"}, 200),
        ({"X-Oc-Download-Password": "five"}, 401),
        ({}, 401),
    ]
    for headers, status in tries:
        assert api("GET", uri, key=None, headers=headers).status_code == status, headers


def test_downloads_are_counted_and_the_eleventh_is_too_many(api: Api) -> None:
    done = api.run("hello")
    uri = done["output"][0]["uri"]
    assert api("HEAD", uri).status_code == 200
    assert api("GET", uri, headers={"Range": "bytes=2-"}).content == b"LLO"
    assert [api("GET", uri).status_code for _ in range(11)] == [200] * 10 + [410]
    (output,) = api.ok("GET", f"/jobs/{done['id']}/output")
    assert (output["downloads_counter"], output["status"]) == (10, "overuse")


@pytest.mark.parametrize(
    ("wanted", "status", "content", "told"),
    [
        ("bytes=0-1", 206, b"01", "bytes 0-1/10"),
        ("bytes=8-", 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=5-100", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_parts_of_a_file_can_be_asked_for(api: Api, wanted: str, status: int, content: Any, told: Any) -> None:
    uri = api.run("0123456789")["output"][0]["uri"]
    answer = api("GET", uri, headers={"Range": wanted})
    assert answer.status_code == status
    assert content is None or answer.content == content
    assert answer.headers.get("content-range") == told


def test_a_range_of_a_file_that_changed_is_the_whole_file(api: Api) -> None:
    uri = api.run("0123456789")["output"][0]["uri"]
    etag = api("HEAD", uri).headers["etag"]
    for condition, status in ((etag, 206), ('"other"', 200)):
        answer = api("GET", uri, headers={"Range": "bytes=5-", "If-Range": condition})
        assert answer.status_code == status


def test_head_says_name_type_and_size_and_base64_is_text(api: Api) -> None:
    job = api.job(conversion=[{"target": "upper", "options": {"output_filename": "Größe 1"}}])
    api.upload(job, "0123456789")
    api.ok("PATCH", f"/jobs/{job['id']}", json={"process": True})
    uri = api.wait(job)["output"][0]["uri"]
    head = api("HEAD", uri)
    assert head.headers["content-length"] == "10"
    assert head.headers["content-disposition"].endswith("filename*=UTF-8''Gr%C3%B6%C3%9Fe%201.txt")
    encoded = api("GET", uri, params={"encoding": "base64"})
    assert base64.b64decode(encoded.text) == b"0123456789"


def test_an_output_can_be_renamed_without_its_extension_and_all_of_them_protected_at_once(api: Api) -> None:
    done = api.run("hello", conversion=[{"target": "upper"}, {"target": "joined"}])
    path, first = f"/jobs/{done['id']}/output", done["output"][0]
    renamed = api.ok("PATCH", f"{path}/{first['id']}", json={"filename": "../new name"})
    assert renamed["filename"] == "new name.txt"
    assert renamed["uri"].endswith("/new%20name.txt")
    assert api("GET", renamed["uri"]).status_code == 200
    both = api.ok("PATCH", path, json={"download_password": "x"})
    assert [api("GET", row["uri"]).status_code for row in both] == [401, 401]
    for bad in ({"filename": ""}, {"filename": 5}, {"uri": "x"}):
        assert api("PATCH", path, json=bad).status_code == 400


def test_a_deleted_output_is_gone(api: Api) -> None:
    done = api.run("hello", conversion=[{"target": "upper"}, {"target": "joined"}])
    first = done["output"][0]
    path = f"/jobs/{done['id']}/output"
    assert api("DELETE", f"{path}/{first['id']}").status_code == 204
    assert api("GET", f"{path}/{first['id']}").status_code == 404
    assert api("GET", first["uri"]).status_code == 410
    assert len(api.ok("GET", path)) == 1


def test_outputs_are_listed_by_conversion_and_by_input(api: Api) -> None:
    several = {"allow_multiple_outputs": True}
    done = api.run("a", "b", conversion=[{"target": "upper", "options": several}, {"target": "joined"}])
    path, (upper, joined), (first, _) = f"/jobs/{done['id']}/output", done["conversion"], done["input"]
    assert [row["source"]["conversion"] for row in done["output"]] == [upper["id"], upper["id"], joined["id"]]
    assert len(api.ok("GET", f"{path}?conversion_id={upper['id']}")) == 2
    assert len(api.ok("GET", f"{path}?input_id={first['id']}")) == 2
    assert len(api.ok("GET", f"{path}?input_id={first['id']}&conversion_id={joined['id']}")) == 1


def test_the_number_of_downloads_and_their_lifetime_can_be_set(api_with: Start) -> None:
    api = api_with(limits=Limits(downloads=1, output_lifetime=10))
    uri = api.run("hello")["output"][0]["uri"]
    assert [api("GET", uri).status_code for _ in range(2)] == [200, 410]
