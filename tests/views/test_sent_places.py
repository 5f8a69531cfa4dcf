"""Where a plan has results, or word of them, sent."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.desired import Secret
from a2c_spec.core.plan import Change
from a2c_spec.views.sent_places import sent_places

FTP = {"type": "ftp", "parameters": {"host": "x.example", "file": "y.jpg"}, "credentials": {"password": "hunter2"}}
S3 = {"type": "amazons3", "parameters": {"bucket": "ours", "file": "y"}}


@pytest.mark.parametrize(
    ("body", "places"),
    [
        (
            {"process": True, "conversion": [{"target": "jpg", "output_target": [FTP]}]},
            ["sends results to ftp x.example"],
        ),
        (
            {"conversion": [{"output_target": [FTP, S3]}, {"output_target": [S3]}]},
            ["sends results to ftp x.example", "sends results to amazons3 ours"],
        ),
        ([{"target": "jpg", "output_target": [S3]}], ["sends results to amazons3 ours"]),
        ({"callback": "https://hook.example/x?key=hunter2"}, ["tells https://hook.example/x when it ends"]),
        ({"callback": Secret("env:A")}, ["tells a secret address when it ends"]),
        ({"callback": "", "conversion": [{"output_target": []}]}, []),
        ({"conversion": [{"output_target": [{"type": "gdrive"}]}]}, ["sends results to gdrive"]),
        ({"metadata": {"callback": "no"}}, []),
        (None, []),
    ],
)
def test_each_place_is_named_once_without_what_is_secret(body: Any, places: list[str]) -> None:
    found = [*sent_places(Change("a", "create", (), (Call("create_job", body=body),)))]
    assert found == places
    assert not any("hunter2" in place for place in found)
