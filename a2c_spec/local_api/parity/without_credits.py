"""Facts that cost no credits: they are seen on jobs that never start."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from a2c_spec.local_api.parity.visit import CONVERSION, TOKEN, Visit, read, shape, status

Facts = Iterator[tuple[str, str]]
PAGE = "https://example-files.online-convert.com/raster%20image/png/example.png"  # named, but never fetched


def jobs(ask: Visit) -> Facts:
    """Creating and reading."""
    answer = ask("POST", "/jobs", json={"process": False})
    job: dict[str, Any] = read(answer) or {}
    yield "a new job is answered with", status(answer)
    yield "the fields of a job", shape(job)
    yield "its status", f"{shape(job.get('status'))} {job['status']['code']}"
    yield "an unset callback reads as", repr(job.get("callback"))
    yield "times look like", re.sub(r"\d", "0", str(job.get("created_at")))
    yield "a token has", f"{len(job['token'])} characters"
    yield "reading it", status(ask("GET", f"/jobs/{job['id']}"))
    yield "reading it with its token alone", status(ask("GET", f"/jobs/{job['id']}", headers={TOKEN: job["token"]}))
    newer = {"X-Api2convert-Token": job["token"]}
    yield "and under the newer header name", status(ask("GET", f"/jobs/{job['id']}", headers=newer))
    for part in ("input", "output", "conversions", "history", "threads"):
        found = ask("GET", f"/jobs/{job['id']}/{part}")
        counted = "with X-Count" if "x-count" in found.headers else "without X-Count"
        yield f"GET .../{part} of an empty job", f"{status(found)} {shape(read(found))} {counted}"


def changes(ask: Visit) -> Facts:
    """Job-level fields."""
    job = ask.job(download_passwords=["one"])
    path = f"/jobs/{job['id']}"
    yield "download_passwords are shown", str("download_passwords" in job)
    yield "changing them before the start", status(ask("PATCH", path, json={"download_passwords": ["two"]}))
    set_to = read(ask("PATCH", path, json={"callback": "https://example.com/"}))
    yield "a callback that was set", repr((set_to or {}).get("callback"))
    yield "removing it with an empty string", status(ask("PATCH", path, json={"callback": ""}))
    yield "removing it with null", status(ask("PATCH", path, json={"callback": None}))
    yield "a field nobody knows", status(ask("PATCH", path, json={"surely_unknown": 1}))
    yield "a flag that is no boolean", status(ask("PATCH", path, json={"notify_status": "perhaps"}))
    yield "starting a job without anything", _start(ask, path)


def _start(ask: Visit, path: str) -> str:
    answer = ask("PATCH", path, json={"process": True})
    body = read(answer)
    code = body["status"]["code"] if answer.is_success and isinstance(body, dict) else ""
    return f"{status(answer)} {code}".strip()


def inputs(ask: Visit) -> Facts:
    """Uploads, order, positions."""
    job = ask.job(conversion=[CONVERSION])
    path = f"/jobs/{job['id']}"
    answer = ask.upload(job, "a.png")
    yield "an upload is answered with", f"{status(answer)} {shape(read(answer))}"
    yield "an upload with a wrong token", status(ask.upload(job, "x.png", token="0" * 32))
    ask.upload(job, "b.png")
    found = read(ask("GET", path)) or {}
    yield "a staged job with all its parts is", found["status"]["code"]
    first, second = found["input"][:2]
    yield "the fields of an uploaded input", shape(first)
    yield "its size, type and checksum", f"{first['size']} {first['content_type']} {first['checksum']}"
    yield "parameters that were not given", repr(first.get("parameters"))
    swap = [{"id": first["id"], "options": {"position": 2}}, {"id": second["id"], "options": {"position": 1}}]
    answer = ask("PATCH", f"{path}/input", json=swap)
    yield "changing the order", f"{status(answer)} {shape(read(answer))}"
    listed = read(ask("GET", f"{path}/input")) or []
    yield "then inputs are listed", "as added" if [row["id"] for row in listed[:1]] == [first["id"]] else "as placed"
    yield "positions are shown", str([(row.get("options") or {}).get("position") for row in listed])
    yield "two inputs at one position", status(ask("PATCH", f"{path}/input", json=[swap[0], {**swap[1], **_at(2)}]))
    yield "a position that is not there", status(ask("PATCH", f"{path}/input", json=[{**swap[0], **_at(9)}]))
    password = {"credentials": {"decrypt_password": "x"}}
    yield "a password nobody needs", status(ask("PATCH", f"{path}/input/{first['id']}", json=password))
    yield "removing an input", status(ask("DELETE", f"{path}/input/{first['id']}"))
    yield "reading it then", status(ask("GET", f"{path}/input/{first['id']}"))


def _at(position: int) -> dict[str, Any]:
    return {"options": {"position": position}}


def additions(ask: Visit) -> Facts:
    """Inputs and conversions by reference, singly and several at a time."""
    placed = [{"type": "remote", "source": PAGE, **_at(2)}, {"type": "remote", "source": PAGE, **_at(1)}]
    inline = ask.job(input=placed)
    yield "positions given at creation", str([(row.get("options") or {}).get("position") for row in inline["input"]])
    job = ask.job()
    remote = {"type": "remote", "source": PAGE}
    for name, part, row in (("inputs", "input", remote), ("conversions", "conversions", CONVERSION)):
        answer = ask("POST", f"/jobs/{job['id']}/{part}", json=row)
        yield f"adding to {name}", f"{status(answer)} {shape(read(answer))}"
        answer = ask("POST", f"/jobs/{job['id']}/{part}", json=[row, row])
        yield f"adding several {name} at a time", f"{status(answer)} {shape(read(answer))}"


def conversions(ask: Visit) -> Facts:
    """Options and what is refused."""
    job = ask.job(conversion=[{**CONVERSION, "options": {"width": 10}, "metadata": {"title": "x"}}])
    entry = job["conversion"][0]
    path = f"/jobs/{job['id']}/conversions/{entry['id']}"
    yield "the fields of a conversion", shape({name: value for name, value in entry.items() if name != "options"})
    yield "options that were not set are shown", str(len(entry["options"]) > 1 and None in entry["options"].values())
    changed = read(ask("PATCH", path, json={"options": {"height": 5}})) or {}
    yield "a change of one option keeps the others", str((changed.get("options") or {}).get("width") == 10)
    changed = read(ask("PATCH", path, json={"options": {"width": None}})) or {}
    yield "an option set to null becomes", repr((changed.get("options") or {}).get("width"))
    yield "another target", status(ask("PATCH", path, json={"target": "png"}))
    yield "an option out of range", status(ask("PATCH", path, json={"options": {"width": -1}}))
    yield "an option nobody knows", status(ask("PATCH", path, json={"options": {"surely_unknown": 1}}))
    yield "removing a conversion", status(ask("DELETE", path))
    answer = ask("POST", "/jobs", json={"process": False, "conversion": [{"target": "surely-unknown"}]})
    yield "a target nobody knows", status(answer)
    yield "a preset nobody has", status(ask("POST", "/jobs", json=_with_preset()))


def _with_preset() -> dict[str, Any]:
    return {"process": False, "conversion": [{**CONVERSION, "options": {"preset": "surely-unknown"}}]}


def refusals(ask: Visit) -> Facts:
    """What goes wrong on purpose."""
    kind = ask.with_key(**{"Content-Type": "application/json"})
    answer = ask("POST", "/jobs", headers=kind, content=b"")
    yield "a job out of an empty body", f"{status(answer)} code {(read(answer) or {}).get('code')}"
    yield "a job out of broken JSON", status(ask("POST", "/jobs", headers=kind, content=b'{"process"'))
    yield "a job out of a list", status(ask("POST", "/jobs", json=[]))
    nobody = str(uuid.UUID(int=0))
    yield "a job that is not there", status(ask("GET", f"/jobs/{nobody}"))
    yield "jobs without a key", status(ask("GET", "/jobs", headers={}))
    for name in ("X-Oc-Api-Key", "X-Api2convert-Api-Key"):
        yield f"jobs with a wrong {name}", status(ask("GET", "/jobs", headers={name: "0" * 32}))
    once = ask.with_key(**{"Idempotency-Key": str(uuid.uuid4())})
    made = [read(ask("POST", "/jobs", headers=once, json={"process": False})) or {} for _ in range(2)]
    yield "two creations with one Idempotency-Key make", f"{len({row.get('id') for row in made})} jobs"


def removal(ask: Visit) -> Facts:
    """DELETE."""
    path = f"/jobs/{ask.job()['id']}"
    yield "deleting a job", status(ask("DELETE", path))
    answer = ask("GET", path)
    yield "reading it then", status(answer) + (f" {answer.json()['status']['code']}" if answer.is_success else "")
    yield "deleting it again", status(ask("DELETE", path))


def public(ask: Visit) -> Facts:
    """What needs no key."""
    found = ask("GET", "/statuses", headers={})
    rows = read(found) or []
    yield "the fields of a status", f"{status(found)} {shape(rows)}"
    yield "the statuses there are", " ".join(sorted(row["code"] for row in rows))
    found = ask("GET", "/conversions?category=image&target=png", headers={})
    yield "the fields of a catalog entry", f"{status(found)} {shape(read(found))}"
    yield "catalog entries for image/png", f"{len(read(found) or [])}"
    counted = {True: "with X-Count", False: "without X-Count"}["x-count" in found.headers]
    yield "the catalog comes", counted
    past = ask("GET", "/conversions?page=9999", headers={})
    yield "a page past the end of the catalog", f"{status(past)} {shape(read(past))}"


SCENARIOS: dict[str, Callable[[Visit], Facts]] = {
    "jobs": jobs,
    "changes": changes,
    "inputs": inputs,
    "additions": additions,
    "conversions": conversions,
    "refusals": refusals,
    "removal": removal,
    "public": public,
}
