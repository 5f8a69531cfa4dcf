"""Customer storage: read and written over FTP and S3."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from a2c_spec.local_api.storage.s3 import EMPTY, Signer
from tests.local_api.harness import Start
from tests.local_api.servers import Answer, ftp_server, site


def test_ftp_is_read_and_written(api_with: Start) -> None:
    api = api_with(fetch_private=True)
    with ftp_server("me", "geheim", {"in.txt": b"hello"}) as server:
        place = {"host": "127.0.0.1", "port": server.port}
        login = {"username": "me", "password": "geheim"}
        source = {"type": "cloud", "source": "ftp", "parameters": {**place, "file": "in.txt"}, "credentials": login}
        target = {"type": "ftp", "parameters": {**place, "file": "out.txt"}, "credentials": login}
        done = api.convert(source, conversion=[{"target": "upper", "output_target": [target]}])
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
        done = api.convert({"type": "cloud", **source}, conversion=[{"target": "upper", "output_target": [target]}])
        missing = {**source, "parameters": {**place, "file": "missing"}}
        failed = api.convert({"type": "cloud", **missing})
    assert done["status"]["code"] == "completed", done["errors"]
    method, path, headers, body = storage.requests[1]
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
