"""What may be changed before and after the start of a job, and what each change does."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.local_api.settings import Unknowns
from tests.local_api.harness import Api, Start

CHANGES: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"callback": ""}),
    ("PATCH", "", {"process": True}),
    ("PATCH", "", {"download_passwords": ["x"]}),
    ("POST", "/input", {"type": "remote", "source": "https://example.com/a.txt"}),
    ("POST", "/conversions", {"target": "upper"}),
    ("PATCH", "/input", []),
    ("PATCH", "/input/{input}", {"credentials": {"decrypt_password": "x"}}),
    ("PATCH", "/conversions/{conversion}", {"options": {"width": 1}}),
    ("DELETE", "/input/{input}", None),
    ("DELETE", "/conversions/{conversion}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES, ids=lambda value: str(value)[:30])
def test_a_started_job_refuses_every_change_with_409(api: Api, method: str, path: str, body: Any) -> None:
    job = api.run("hello")
    names = {"input": job["input"][0]["id"], "conversion": job["conversion"][0]["id"]}
    answer = api(method, f"/jobs/{job['id']}{path.format(**names)}", json=body)
    assert answer.status_code == 409
    assert set(answer.json()) == {"message"}


UNKNOWN = "8daae6d1-26e0-11e5-b2a1-0800273b325b"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/jobs/{u}"),
        ("PATCH", "/jobs/{u}"),
        ("DELETE", "/jobs/{u}"),
        ("GET", "/jobs/{u}/history"),
        ("GET", "/jobs/{job}/input/{u}"),
        ("PATCH", "/jobs/{job}/input/{u}"),
        ("DELETE", "/jobs/{job}/input/{u}"),
        ("GET", "/jobs/{job}/conversions/{u}"),
        ("PATCH", "/jobs/{job}/conversions/{u}"),
        ("DELETE", "/jobs/{job}/conversions/{u}"),
        ("GET", "/jobs/{job}/output/{u}"),
        ("PATCH", "/jobs/{job}/output/{u}"),
        ("DELETE", "/jobs/{job}/output/{u}"),
        ("GET", "/presets/{u}"),
        ("GET", "/no-such-path"),
    ],
)
def test_what_does_not_exist_is_404(api: Api, method: str, path: str) -> None:
    job = api.job()
    answer = api(method, path.format(job=job["id"], u=UNKNOWN), json={} if method == "PATCH" else None)
    assert answer.status_code == 404
    assert "message" in answer.json()


def test_a_wrong_method_is_405(api: Api) -> None:
    assert api("PUT", "/jobs", json={}).status_code == 405


def test_options_merge_key_by_key_and_null_removes(api: Api) -> None:
    job = api.job(conversion=[{"target": "upper", "options": {"width": 5, "color": "blue"}}])
    path = f"/jobs/{job['id']}/conversions/{job['conversion'][0]['id']}"
    changed = api.ok("PATCH", path, json={"options": {"width": None, "slow": 1}, "metadata": {"title": "T", "x": ""}})
    assert (changed["options"]["width"], changed["options"]["color"], changed["options"]["slow"]) == (None, "blue", 1)
    assert changed["metadata"] == {"title": "T", "x": ""}
    assert api.ok("PATCH", path, json={"metadata": {"title": None}})["metadata"] == {"x": ""}
    assert api("PATCH", path, json={"target": "joined"}).status_code == 400
    assert api("PATCH", path, json={"options": {"width": 0}}).json()["errors"] == {
        "options.width": ["The value must be between 1 and 1000"]
    }


def test_job_fields_can_be_changed_and_the_same_call_can_start_it(api: Api) -> None:
    job = api.job(conversion=[{"target": "upper"}])
    api.upload(job)
    body = {"fail_on_input_error": False, "notify_status": True, "process": True}
    changed = api.ok("PATCH", f"/jobs/{job['id']}", json=body)
    assert (changed["fail_on_input_error"], changed["notify_status"], changed["process"]) == (False, True, True)
    assert api.wait(job)["status"]["code"] == "completed"


def test_download_passwords_are_never_shown(api: Api) -> None:
    job = api.job(download_passwords=["geheim"])
    changed = api("PATCH", f"/jobs/{job['id']}", json={"download_passwords": ["geheim", "zwei"]})
    assert changed.status_code == 200
    assert "geheim" not in changed.text
    assert "download_passwords" not in changed.json()


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([(0, 0)], 400),
        ([(0, 4)], 400),
        ([(0, 2), (1, 2)], 400),
        ([(0, "1")], 400),
        ([(0, True)], 400),
        ([(0, 1), (0, 2)], 400),
        ([(None, 1)], 404),
        ([(0, 3), (1, 1), (2, 2)], 200),
    ],
)
def test_a_reorder_is_all_or_nothing(api: Api, rows: list[tuple[Any, Any]], status: int) -> None:
    job = api.job()
    ids = [api.upload(job, text, f"{text}.txt")["id"]["input"] for text in "abc"]
    body = [{"id": UNKNOWN if at is None else ids[at], "options": {"position": place}} for at, place in rows]
    assert api("PATCH", f"/jobs/{job['id']}/input", json=body).status_code == status
    positions = [row.get("options", {}).get("position") for row in api.ok("GET", f"/jobs/{job['id']}/input")]
    assert positions == ([3, 1, 2] if status == 200 else [None, None, None])


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"slide_duration": 0.1, "resize_handling": "stretch"}, 200),
        ({"slide_duration": 0.05}, 400),
        ({"slide_duration": 121}, 400),
        ({"slide_duration": "2"}, 400),
        ({"resize_handling": "crop"}, 400),
        ({"screen_width": 5}, 400),
    ],
)
def test_slide_duration_and_resize_handling_have_bounds(api: Api, options: dict[str, Any], status: int) -> None:
    job = api.job()
    entry = api.upload(job)["id"]["input"]
    answer = api("PATCH", f"/jobs/{job['id']}/input", json=[{"id": entry, "options": options}])
    assert answer.status_code == status
    if status == 200:
        assert answer.json()[0]["options"] == options


def test_removing_an_input_closes_the_gap_and_a_new_one_lands_last(api: Api) -> None:
    job = api.job(conversion=[{"target": "joined"}])
    ids = [api.upload(job, text, f"{text}.txt")["id"]["input"] for text in "abc"]
    api.ok("PATCH", f"/jobs/{job['id']}/input", json=[{"id": ids[2], "options": {"position": 1}}])
    assert api("DELETE", f"/jobs/{job['id']}/input/{ids[0]}").status_code == 204
    api.upload(job, "d", "d.txt")
    api.ok("PATCH", f"/jobs/{job['id']}", json={"process": True})
    assert api("GET", api.wait(job)["output"][0]["uri"]).text == "c|b|d"


def test_a_password_is_checked_at_once_when_the_file_is_here(api: Api) -> None:
    job = api.job(conversion=[{"target": "upper"}])
    entry = api.upload(job, "LOCKED:sesame:inside", "l.txt")["id"]["input"]
    path = f"/jobs/{job['id']}/input/{entry}"
    assert api.ok("GET", path)["metadata"]["password_protected"] is True
    wrong = api("PATCH", path, json={"credentials": {"decrypt_password": "salami"}})
    assert wrong.status_code == 400
    assert "salami" not in wrong.text
    right = api("PATCH", path, json={"credentials": {"decrypt_password": "sesame"}})
    assert right.status_code == 200
    assert "sesame" not in right.text
    assert api("PATCH", path, json={"filename": "x"}).status_code == 400
    assert api.ok("PATCH", path, json={"parameters": {"delete_after_use": True}})["parameters"] == {
        "delete_after_use": True
    }
    api.ok("PATCH", f"/jobs/{job['id']}", json={"process": True})
    assert api("GET", api.wait(job)["output"][0]["uri"]).text == "INSIDE"


def test_an_upload_may_have_a_password_field(api: Api) -> None:
    job = api.job(process=True, conversion=[{"target": "upper"}])
    api.upload(job, "LOCKED:sesame:inside", "l.txt", data={"decrypt_password": "sesame"})
    done = api.wait(job)
    assert done["status"]["code"] == "completed"
    assert "sesame" not in str(done)


def test_arrays_of_inputs_and_conversions_are_answered_with_arrays(api: Api) -> None:
    job = api.job()
    rows = [{"type": "remote", "source": f"https://example.com/{name}", "engine": "file"} for name in "ab"]
    added = api.ok("POST", f"/jobs/{job['id']}/input", json=rows)
    assert [row["source"] for row in added] == ["https://example.com/a", "https://example.com/b"]
    assert added[0]["engine"] == "file"
    assert (added[0]["filename"], added[0]["size"], added[0]["hash"], added[0]["metadata"]) == ("", 0, "", {})
    both = api.ok("POST", f"/jobs/{job['id']}/conversions", json=[{"target": "upper"}, {"target": "joined"}])
    assert [row["target"] for row in both] == ["upper", "joined"]


def test_a_service_may_refuse_arrays(api_with: Start) -> None:
    api = api_with(unknowns=Unknowns(arrays=False))
    job = api.job()
    assert api("POST", f"/jobs/{job['id']}/conversions", json=[{"target": "upper"}]).status_code == 400
    assert api("POST", f"/jobs/{job['id']}/conversions", json={"target": "upper"}).status_code == 201


def test_a_running_job_can_be_deleted(api: Api) -> None:
    staged = api.job()
    assert api("DELETE", f"/jobs/{staged['id']}").status_code == 204
    assert api("GET", f"/jobs/{staged['id']}").status_code == 404
    running = api.job(process=True, conversion=[{"target": "upper", "options": {"slow": 0.3}}])
    api.upload(running)
    assert api("DELETE", f"/jobs/{running['id']}").status_code == 204
    assert api("GET", f"/jobs/{running['id']}").status_code == 404
    finished = api.run("hello")
    assert api("DELETE", f"/jobs/{finished['id']}").status_code == 204
    assert api("GET", finished["output"][0]["uri"]).status_code == 404


def test_a_deleted_job_may_stay_visible_as_canceled(api_with: Start) -> None:
    api = api_with(unknowns=Unknowns(after_delete="canceled", delete_finished=409))
    job = api.job()
    assert api("DELETE", f"/jobs/{job['id']}").status_code == 204
    assert api.ok("GET", f"/jobs/{job['id']}")["status"]["code"] == "canceled"
    assert api("DELETE", f"/jobs/{job['id']}").status_code == 409


def test_failures_fail_the_job_or_become_warnings(api: Api) -> None:
    multiple = [{"target": "upper", "options": {"allow_multiple_outputs": True}}, {"target": "joined"}]
    strict = api.run("BROKEN", conversion=multiple)
    assert strict["status"]["code"] == "failed"
    (error,) = strict["errors"]
    assert (error["source"], error["code"]) == ("input", 415)
    assert error["id_source"] == strict["input"][0]["id"]
    hopeless = api.run("BROKEN", conversion=multiple, fail_on_input_error=False, fail_on_conversion_error=False)
    assert hopeless["status"]["code"] == "failed"
    assert len(hopeless["errors"]) == 2


def test_an_input_that_cannot_be_fetched_can_become_a_warning(api: Api) -> None:
    for tolerant, status in ((False, "completed"), (True, "failed")):
        job = api.job(fail_on_input_error=tolerant, conversion=[{"target": "joined"}])
        api.upload(job, "here", "h.txt")
        api.ok("POST", f"/jobs/{job['id']}/input", json={"type": "input_id", "source": UNKNOWN})
        api.ok("PATCH", f"/jobs/{job['id']}", json={"process": True})
        done = api.wait(job)
        assert done["status"]["code"] == status
        (trouble,) = done["errors"] or done["warnings"]
        assert (trouble["source"], trouble["code"]) == ("input", 404)
        assert [row["status"] for row in done["input"]] == ["ready", "failed"]
        assert bool(done["warnings"]) is (status == "completed")


def test_a_conversion_may_warn(api: Api) -> None:
    done = api.run("hello", conversion=[{"target": "upper", "options": {"warn": True}}])
    assert [row["message"] for row in done["warnings"]] == ["This could be better"]
    assert done["warnings"][0]["id_source"] == done["conversion"][0]["id"]


def test_inputs_of_earlier_jobs_and_their_outputs_can_be_used_again(api: Api) -> None:
    first = api.run("hello")
    rows = [
        {"type": "input_id", "source": first["input"][0]["id"], "filename": "again"},
        {"type": "output", "source": first["output"][0]["id"]},
    ]
    done = api.wait(api.job(process=True, input=rows, conversion=[{"target": "joined"}]))
    assert api("GET", done["output"][0]["uri"]).text == "hello|HELLO"
    stranger = api.ok("POST", "/jobs", key="someone-else", json={"input": rows, "conversion": [{"target": "joined"}]})
    path = f"/jobs/{stranger['id']}"
    while (job := api.ok("GET", path, key="someone-else"))["status"]["code"] not in ("failed", "completed"):
        pass
    assert job["errors"][0]["code"] == 404


def test_the_threshold_packs_many_results_again(api: Api) -> None:
    options = {"allow_multiple_outputs": True, "allow_multiple_outputs_threshold": 3}
    for copies, count in ((3, 3), (4, 1)):
        conversion = {"target": "copies", "options": {**options, "copies": copies}}
        done = api.run("x", conversion=[conversion])
        assert len(done["output"]) == count
