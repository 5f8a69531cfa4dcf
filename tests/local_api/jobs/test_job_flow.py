"""The ordinary life of a job, as a client sees it."""

from __future__ import annotations

import base64
import hashlib

from tests.local_api.harness import KEY, Api


def test_a_staged_job_is_built_step_by_step_and_started_last(api: Api) -> None:
    job = api.job()
    assert job["status"]["code"] == "incomplete"
    api.ok("POST", f"/jobs/{job['id']}/conversions", json={"target": "upper", "category": "document"})
    api.upload(job, "hello", "greeting.txt")
    started = api.ok("PATCH", f"/jobs/{job['id']}", json={"process": True})
    assert started["status"]["code"] in ("ready", "running", "completed")
    done = api.wait(job)
    assert done["status"]["code"] == "completed"
    (output,) = done["output"]
    assert output["filename"] == "greeting.txt"
    assert output["checksum"] == hashlib.md5(b"HELLO").hexdigest()
    assert api("GET", output["uri"], key=None).content == b"HELLO"


def test_the_create_reply_has_the_keys_of_the_real_service_in_its_order(api: Api) -> None:
    job = api.job(conversion=[{"target": "upper", "options": {"width": 5}}])
    assert list(job) == [
        "id",
        "token",
        "type",
        "status",
        "errors",
        "warnings",
        "process",
        "fail_on_input_error",
        "fail_on_conversion_error",
        "conversion",
        "input",
        "output",
        "callback",
        "notify_status",
        "server",
        "spent",
        "created_at",
        "modified_at",
    ]
    assert (job["callback"], job["errors"], job["output"], job["spent"]) == ("", [], [], 0)
    (conversion,) = job["conversion"]
    assert conversion["category"] == "document"
    assert list(conversion["options"].items())[:1] == [("width", 5)]
    assert conversion["options"]["color"] == "red"
    assert conversion["options"]["slow"] is None
    assert conversion["metadata"] == {}
    assert conversion["output_target"] == []


def test_the_upload_reply_names_job_and_input_and_the_input_knows_its_bytes(api: Api) -> None:
    job = api.job()
    reply = api.upload(job, "one\ntwo", "x.txt")
    (entry,) = api.ok("GET", f"/jobs/{job['id']}/input")
    assert reply == {"id": {"job": job["id"], "input": entry["id"]}, "completed": True, "metadata": {"lines": 2}}
    assert (entry["type"], entry["size"], entry["filename"]) == ("upload", 7, "x.txt")
    assert entry["hash"] == entry["checksum"] == hashlib.md5(b"one\ntwo").hexdigest()
    assert entry["content_type"] == "text/plain"
    assert entry["parameters"] == []


def test_the_first_upload_starts_a_process_true_job_which_then_takes_no_more(api: Api) -> None:
    job = api.job(process=True, conversion=[{"target": "upper"}])
    assert job["status"]["code"] == "incomplete"
    api.upload(job)
    late = api("POST", f"{job['server']}/upload-file/{job['id']}", files={"file": ("b.txt", b"late")})
    assert late.status_code == 409
    assert api.wait(job)["status"]["code"] == "completed"


def test_an_inline_base64_job_is_one_call(api: Api) -> None:
    content = base64.b64encode(b"tiny").decode()
    body = {"input": [{"type": "base64", "source": content, "filename": "t.txt"}], "conversion": [{"target": "upper"}]}
    done = api.wait(api.ok("POST", "/jobs", json=body))
    assert [row["filename"] for row in done["output"]] == ["t.txt"]
    assert done["spent"] == 1


def test_several_base64_files_share_one_upload_call(api: Api) -> None:
    job = api.job(conversion=[{"target": "joined"}])
    files = [
        {"content": base64.b64encode(b"one").decode(), "filename": "1.txt"},
        {"content": "data:text/plain;base64," + base64.b64encode(b"two").decode()},
    ]
    replies = api.ok("POST", f"{job['server']}/upload-base64/{job['id']}", json=files)
    assert [row["completed"] for row in replies] == [True, True]
    assert [row["filename"] for row in api.ok("GET", f"/jobs/{job['id']}/input")] == ["1.txt", "output"]


def test_combined_output_follows_positions_not_arrival(api: Api) -> None:
    job = api.job(conversion=[{"target": "joined"}])
    ids = [api.upload(job, text, f"{text}.txt")["id"]["input"] for text in ("one", "two", "three")]
    order = [{"id": ids[0], "options": {"position": 3}}, {"id": ids[2], "options": {"position": 1}}]
    rows = api.ok("PATCH", f"/jobs/{job['id']}/input", json=order)
    assert {row["id"]: row.get("options", {}).get("position") for row in rows} == {ids[0]: 3, ids[1]: None, ids[2]: 1}
    api.ok("PATCH", f"/jobs/{job['id']}", json={"process": True})
    (output,) = api.wait(job)["output"]
    assert api("GET", output["uri"]).text == "three|two|one"
    assert output["source"]["input"] == [ids[2], ids[1], ids[0]]


def test_several_results_are_zipped_unless_multiple_outputs_are_allowed(api: Api) -> None:
    (packed,) = api.run("one", "two")["output"]
    assert packed["filename"].endswith(".zip")
    options = {"allow_multiple_outputs": True, "output_filename": "result"}
    single = api.run("one", "two", conversion=[{"target": "upper", "options": options}])
    assert [row["filename"] for row in single["output"]] == ["result.txt", "result-2.txt"]


def test_a_finished_job_is_listed_and_has_a_history(api: Api) -> None:
    job = api.run("hello")
    listed = api.ok("GET", "/jobs?status=completed")
    assert job["id"] in [row["id"] for row in listed]
    codes = [row["status"] for row in api.ok("GET", f"/jobs/{job['id']}/history")]
    assert codes[0] == "incomplete"
    assert codes[-1] == "completed"
    assert "running" in codes


def test_a_job_answers_to_its_token_without_a_key_and_to_nobody_else(api: Api) -> None:
    job = api.job()
    path = f"/jobs/{job['id']}"
    assert api("GET", path, key=None).status_code == 401
    assert api("GET", path, key=None).json() == {"message": "Invalid api key"}
    for name in ("X-Oc-Token", "X-Api2convert-Token"):
        assert api("GET", path, key=None, headers={name: job["token"]}).status_code == 200
    assert api("GET", path, key=None, headers={"X-Oc-Token": "wrong"}).status_code == 401
    assert api("GET", path, key=None, headers={"X-Api2convert-Api-Key": KEY}).status_code == 200
    assert api("GET", path, key="another").status_code == 404


def test_the_same_paths_answer_without_v2_as_on_the_older_host(api: Api) -> None:
    root = api.base.removesuffix("/v2")
    assert api("GET", f"{root}/statuses", key=None).json() == api("GET", "/statuses", key=None).json()


def test_the_catalog_and_the_statuses_need_no_key(api: Api) -> None:
    codes = {row["code"] for row in api.ok("GET", "/statuses", key=None)}
    assert {"incomplete", "queued", "ready", "downloading", "processing", "completed", "failed"} <= codes
    rows = api("GET", "/conversions?target=upper&category=document", key=None)
    assert rows.headers["X-Count"] == "1"
    (row,) = rows.json()
    assert (row["id"], row["target"]) == ("1", "upper")
    assert row["options"]["output_filename"]["type"] == "string"
    assert api.ok("GET", "/conversions?page=7") == []
