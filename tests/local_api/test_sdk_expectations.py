"""What the official SDK's unit tests expect of a server holds for the local API."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2c_spec.local_api.settings import Settings, Unknowns
from a2c_spec.local_api.simulation.faults import Fault
from tests.local_api.harness import KEY, Api, running
from tests.local_api.servers import site

sdk = pytest.importorskip("api2convert")

Start = Callable[..., tuple[Any, Api]]
CONVERSION = [{"target": "upper", "category": "document"}]


@pytest.fixture
def start() -> Iterator[Start]:
    """Makes a service with these settings; gives the SDK's client and a plain client of it."""
    with ExitStack() as stack:

        def started(retries: int = 0, **fields: Any) -> tuple[Any, Api]:
            api = stack.enter_context(running("served", Settings(api_keys=(KEY,), **fields)))
            made = sdk.Api2Convert(KEY, base_url=api.base, max_retries=retries, poll_interval=0.5)
            return stack.enter_context(made), api

        yield started


def answering(status: int, **more: Any) -> Fault:
    return Fault(do="status", status=status, path="/jobs/*", **more)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "ValidationError"),
        (401, "AuthenticationError"),
        (402, "PaymentRequiredError"),
        (403, "AuthenticationError"),
        (404, "NotFoundError"),
        (422, "ValidationError"),
        (503, "ServerError"),
    ],
)
def test_every_refusal_is_the_sdks_own_error(start: Start, status: int, error: str) -> None:
    client, _ = start(faults=(answering(status),))
    with pytest.raises(getattr(sdk, error)) as refusal:
        client.jobs.get("none")
    assert refusal.value.status_code == status
    assert refusal.value.body["message"] == str(refusal.value)


def test_retry_after_of_429_reaches_the_client(start: Start) -> None:
    client, _ = start(faults=(answering(429, retry_after="7"),))
    with pytest.raises(sdk.RateLimitError) as refusal:
        client.jobs.get("none")
    assert refusal.value.retry_after == 7


def test_refusals_become_the_right_exceptions_of_the_sdk(start: Start) -> None:
    client, api = start()
    with pytest.raises(sdk.NotFoundError):
        client.jobs.get("a/b c")  # one segment, however it is written
    with pytest.raises(sdk.ValidationError) as refusal:
        client.jobs.create({"process": False, "conversion": [{"target": "upper", "options": {"width": "wide"}}]})
    assert list(refusal.value.body["errors"]) == ["conversion.0.options.width"]
    with sdk.Api2Convert("0" * 32, base_url=api.base) as stranger, pytest.raises(sdk.AuthenticationError):
        stranger.jobs.list()


def test_idempotent_calls_are_repeated_after_a_failure(start: Start) -> None:
    client, api = start(retries=2, faults=(Fault(do="status", status=503, path="/statuses"), answering(429)))
    job = api.job(conversion=CONVERSION)
    assert client.jobs.get(job["id"]).status.code == "incomplete"
    assert len(api.ok("GET", "/_a2c/calls?method=GET&path=/jobs/*")) == 2


def test_jobs_are_listed_changed_and_canceled(start: Start) -> None:
    client, _ = start()
    job = client.jobs.create({"process": False, "conversion": CONVERSION})
    assert [row.id for row in client.jobs.list(status="incomplete", page=1)] == [job.id]
    assert client.jobs.list(status="completed", page=2) == []
    added = client.jobs.add_input(job.id, {"type": "remote", "source": "https://example.invalid/a.txt"})
    assert (added.type, added.source) == ("remote", "https://example.invalid/a.txt")
    assert client.jobs.update(job.id, {"notify_status": True}).id == job.id
    assert client.jobs.outputs(job.id) == []
    assert client.jobs.cancel(job.id) is None
    with pytest.raises(sdk.NotFoundError):
        client.jobs.get(job.id)


def test_presets_are_made_listed_changed_and_removed(start: Start) -> None:
    client, _ = start()
    made = client.presets.create({"name": "web", "target": "upper", "options": {"width": 5}})
    assert [row.id for row in client.presets.list(target="upper")] == [made.id]
    assert client.presets.list(target="joined") == []
    assert client.presets.update(made.id, {"name": "web2"}).name == "web2"
    assert client.presets.get(made.id).name == "web2"
    assert client.presets.delete(made.id) is None
    with pytest.raises(sdk.NotFoundError):
        client.presets.get(made.id)


def test_the_catalog_statistics_and_contracts_are_read(start: Start) -> None:
    client, api = start()
    assert [row["target"] for row in client.conversions.list(category="operation", target="same")] == ["same"]
    done = api.run("hello")
    day = done["created_at"].partition("T")[0]
    for found in (client.stats.day(day), client.stats.month(day[:7], filter="single"), client.stats.year(day[:4])):
        assert "job_counter" in json.dumps(found)
    with pytest.raises(sdk.ValidationError):
        client.stats.day(day, filter="my-key")
    with pytest.raises(sdk.NotFoundError):
        client.stats.day(day, filter="a/../b")
    assert "contracts" in client.contracts.get()


@pytest.mark.parametrize("reply", ["ids", "input"])
def test_uploads_work_with_either_reply(start: Start, reply: Any, tmp_path: Path) -> None:
    client, api = start(unknowns=Unknowns(upload_reply=reply))
    path = tmp_path / "note.txt"
    path.write_text("hello")
    job = client.jobs.create({"process": False, "conversion": CONVERSION})
    client.jobs.upload(job, path, filename="other.txt")
    with pytest.raises(sdk.ValidationError):
        client.jobs.upload(job, path, filename="")  # a part without a name is a field, not a file
    assert [row["filename"] for row in api.ok("GET", f"/jobs/{job.id}/input")] == ["other.txt"]
    client.jobs.update(job.id, {"process": True})
    assert len(client.jobs.wait(job.id).output) == 1


def test_cloud_parts_are_read_back_without_their_credentials(start: Start) -> None:
    client, _ = start()
    target = {"type": "ftp", "parameters": {"host": "ftp.example.com", "file": "/a"}, "credentials": {"password": "p"}}
    source = sdk.CloudInput.amazon_s3("bucket", "in/photo.png", "AKIA", "SECRET")
    job = client.jobs.create({"process": False, "conversion": [{"target": "upper", "output_target": [target]}]})
    client.jobs.add_input(job.id, source)
    found = client.jobs.get(job.id)
    assert "SECRET" not in repr(found)
    assert found.input[0].source == "amazons3"
    assert found.input[0].parameters == {"bucket": "bucket", "file": "in/photo.png"}
    assert found.conversion[0].output_targets[0].type == "ftp"


def test_the_sdk_never_follows_a_redirect_with_its_key(start: Start) -> None:
    with site(lambda *_: (200, {}, b"{}")) as elsewhere:
        client, _ = start(faults=(Fault(do="redirect", path="/jobs/*", to=f"{elsewhere.url}/steal"),))
        with pytest.raises(sdk.Api2ConvertError):
            client.jobs.get("none")
    assert elsewhere.requests == []


def test_signed_callbacks_are_what_the_sdk_verifies(start: Start) -> None:
    with site(lambda *_: (200, {}, b"")) as receiver:
        _, api = start(callback_secret="whsec", fetch_private=True)
        done = api.run("hello", callback=f"{receiver.url}/hook")
        wait_for(lambda: bool(receiver.requests))
    _, _, headers, body = receiver.requests[0]
    event = sdk.WebhookVerifier().construct_event(body.decode(), headers["x-oc-signature"], "whsec")
    assert (event.job.id, event.job.is_completed()) == (done["id"], True)
    with pytest.raises(sdk.SignatureVerificationError):
        sdk.WebhookVerifier().construct_event(body.decode() + " ", headers["x-oc-signature"], "whsec")


def wait_for(happened: Callable[[], bool]) -> None:
    for _ in range(100):
        if happened():
            return
        time.sleep(0.05)


def test_a_download_that_breaks_off_leaves_no_file(start: Start, tmp_path: Path) -> None:
    client, api = start(faults=(Fault(do="truncate", path="*/download-file/*", size=1, times=None),))
    done = api.run("hello")
    with pytest.raises((sdk.Api2ConvertError, httpx.HTTPError)):
        client.download(sdk.Job.from_dict(done).output[0]).save(str(tmp_path / "x.txt"))
    assert not (tmp_path / "x.txt").exists()
