"""Facts that only a job that runs can show; one picture of one pixel is converted."""

from __future__ import annotations

from a2c_spec.local_api.parity.visit import CONVERSION, Visit, read, shape, status
from a2c_spec.local_api.parity.without_credits import Facts

UNSEEN = "(not seen)"
LIBRARIES = {"queued", "pending", "downloading", "processing"}


def run(ask: Visit) -> Facts:
    """From the first upload to the download."""
    job = ask.job(process=True, conversion=[CONVERSION], download_passwords=["one"])
    path = f"/jobs/{job['id']}"
    yield "a job told to run, without inputs, is", job["status"]["code"]
    ask.upload(job)
    code = (read(ask("GET", path)) or {})["status"]["code"]
    yield "the first upload starts it", str(code != "incomplete")
    yield "another input then", status(ask("POST", f"{path}/conversions", json=CONVERSION))
    if code == "incomplete":
        ask("PATCH", path, json={"process": True})
    job, seen = ask.ended(job)
    yield "under way it is called", _vocabulary({code, *seen})
    yield "it ends as", f"{job['status']['code']} {job['status'].get('info')}"
    yield "credits spent", str(job.get("spent"))
    yield "changing it then", status(ask("PATCH", path, json={"callback": ""}))
    yield "changing its passwords then", status(ask("PATCH", path, json={"download_passwords": ["two"]}))
    if job.get("output"):
        yield from _output(ask, path, job["output"][0])
    yield "deleting a finished job", status(ask("DELETE", path))


def _vocabulary(seen: set[str]) -> str:
    under_way = seen - {"incomplete", "completed", "failed", "canceled", "created"}
    if not under_way:
        return UNSEEN
    return "queued, downloading, processing" if under_way & LIBRARIES else "ready, running"


def _output(ask: Visit, path: str, output: dict[str, object]) -> Facts:
    uri = str(output.get("uri"))
    yield "the fields of an output", shape(output)
    yield "it names what it is made of", f"{shape(output.get('source'))}"
    yield "its type", f"{output.get('content_type')} {output.get('status')}"
    yield "its checksum has", f"{len(str(output.get('checksum')))} characters"
    yield "its address ends with the file's name", str(uri.endswith(".jpg"))
    yield "a download without the password", str(ask("GET", uri, headers={}).status_code)
    password = {"X-Oc-Download-Password": "one"}
    yield "a download", str(ask("GET", uri, headers=password).status_code)
    yield "a part of it", str(ask("GET", uri, headers={**password, "Range": "bytes=0-1"}).status_code)
    yield "renaming it", status(ask("PATCH", f"{path}/output/{output['id']}", json={"filename": "renamed"}))
    yield "removing it", status(ask("DELETE", f"{path}/output/{output['id']}"))
