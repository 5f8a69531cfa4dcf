"""Secrets are hidden where people look, and are not in the store any more once their job has ended."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from a2c_spec.local_api.jobs.secret_values import digested, is_secret, is_word, masked, masked_text
from a2c_spec.local_api.jobs.store import Store
from a2c_spec.local_api.settings import Settings, Unknowns
from tests.local_api.harness import Api, Start, running
from tests.local_api.servers import ftp_server

SECRETS = {
    name: f"{name}-SeCrEt" for name in ("listed", "own", "option", "opens", "login", "target", "changed", "token")
}


@pytest.mark.parametrize(
    "name",
    ["password", "user_password", "downloadPasswords", "decrypt-password", "X-Amz-Security-Token", "apikey", "apiKey",
     "key", "secretaccesskey", "client_secret", "passphrase", "PWD", "credentials", "accessToken", "Private Key"],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["width", "monkey", "keywords", "author", "tokenize", "passwordless_mode", "signature", ""]
)
def test_names_of_anything_else(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:geheim@host/x", "https://***@host/x"),
        ("ftp://me@host/x", "ftp://***@host/x"),
        ("https://a:b@c:d@host/@x", "https://***@host/@x"),
        ("see https://me:geheim@host and http://you:too@host", "see https://***@host and http://***@host"),
        ("https://h/?a=1&token=geheim&X-Amz-Signature=geheim#access_token=geheim", "https://h/?a=1&token=***&X-Amz-Signature=***#access_token=***"),
        ("https://h/?pass%77ord=geheim&sig=", "https://h/?pass%77ord=***&sig="),
        ("me@host.example, 1 < 2", "me@host.example, 1 < 2"),
    ],
)  # fmt: skip
def test_secrets_of_urls_are_masked(text: str, shown: str) -> None:
    assert masked_text(text) == shown
    assert masked({"a": [text]}) == {"a": [shown]}


def test_a_password_is_known_again_by_its_digest_only() -> None:
    first, second = digested("geheim"), digested("geheim")
    assert first != second
    assert [is_word(first, word) for word in ("geheim", "Geheim", "", "\ud800")] == [True, False, False, False]


def everything(api: Api, port: int, **more: Any) -> Any:
    """A job with a secret in every place that has one."""
    place = {"host": "127.0.0.1", "port": port}
    source = {"type": "cloud", "source": "ftp", "parameters": {**place, "file": "in.txt"}}
    locked = {"username": "me", "password": SECRETS["login"]}
    target = {"type": "ftp", "parameters": {**place, "file": "x", "token": SECRETS["token"]}, "credentials": locked}
    options = {"download_password": f"{SECRETS['option']},{SECRETS['own']}", "user_password": SECRETS["opens"]}
    job = api.job(
        input=[{**source, "credentials": locked}],
        conversion=[
            {"target": "upper", "category": "document", "options": options, "metadata": {"secret": SECRETS["opens"]}},
            {"target": "joined", "output_target": [target]},
        ],
        download_passwords=[SECRETS["listed"]],
        **more,
    )
    file = {"file": ("a.txt", f"LOCKED:{SECRETS['opens']}:hello")}
    data = {"decrypt_password": SECRETS["opens"]}
    headers = {"X-Oc-Token": job["token"]}
    url = f"{job['server']}/upload-file/{job['id']}"
    assert api("POST", url, key=None, headers=headers, files=file, data=data).status_code == 200
    return job


def found(folder: Path) -> set[str]:
    """The names of the secrets that are in any file of the store, in whatever page of it."""
    texts = [path.read_bytes() for path in folder.glob("store.db*")]
    return {name for name, text in SECRETS.items() if any(text.encode() in one for one in texts)}


@pytest.mark.parametrize("end", ["finished", "failed", "canceled"])
def test_no_secret_is_in_the_store_once_the_job_has_ended(way: str, tmp_path: Path, end: str) -> None:
    login = SECRETS["login"] if end == "finished" else "another"
    settings = Settings(
        data_dir=tmp_path, fetch_private=True, unknowns=Unknowns(unknown_options="ignore", passwords_after_start=True)
    )
    with running(way, settings) as api, ftp_server("me", login, {"in.txt": b"hello"}) as server:
        job = everything(api, server.port)
        assert {"listed", "option", "login", "opens", "token"} <= found(tmp_path)
        if end == "canceled":
            slow = {"target": "upper", "options": {"slow": 1}}
            api.ok("POST", f"/jobs/{job['id']}/conversions", json=slow)
        api.ok("PATCH", f"/jobs/{job['id']}", json={"process": True})
        if end == "canceled":
            api.ok("DELETE", f"/jobs/{job['id']}")
            assert api("GET", f"/jobs/{job['id']}").status_code == 404
        else:
            done = api.wait(job)
            assert done["status"]["code"] == {"finished": "completed"}.get(end, end), done
            passwords_still_work(api, done)
        assert found(tmp_path) == set()
    assert found(tmp_path) == set()


def test_who_reads_that_a_job_ended_finds_the_log_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, rows = Store(tmp_path / "store.db"), Store.rows

    def slow(self: Store, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        time.sleep(0.2 if "checkpoint" in sql else 0)
        return rows(self, sql, *values)

    def end() -> None:
        with store.transaction():
            store.set_value("has ended", 1)
            store.empty_log()

    store.set_value(SECRETS["login"], 1)
    assert found(tmp_path) == {"login"}
    store.rows("DELETE FROM numbers")
    monkeypatch.setattr(Store, "rows", slow)
    ending = threading.Thread(target=end)
    ending.start()
    while not store.value("has ended"):
        time.sleep(0.001)
    assert found(tmp_path) == set()
    ending.join()
    store.close()


def passwords_still_work(api: Api, done: Any) -> None:
    api.ok("PATCH", f"/jobs/{done['id']}", json={"download_passwords": [SECRETS["changed"]]})
    for output in done["output"]:
        api.ok("PATCH", f"/jobs/{done['id']}/output/{output['id']}", json={"download_password": SECRETS["token"]})
        words = {"changed": 200, "token": 200, "option": 200, "own": 200, "listed": 401, "opens": 401}
        for name, status in words.items():
            headers = {"X-Oc-Download-Password": SECRETS[name]}
            assert api("GET", output["uri"], headers=headers).status_code == status, name
        assert api("GET", output["uri"]).status_code == 401


def test_a_store_of_an_earlier_version_loses_them_when_it_is_opened(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with running("in process", settings) as api:
        done = api.run("hello", download_passwords=[SECRETS["listed"]])
    with sqlite3.connect(tmp_path / "store.db") as database:
        (text,) = database.execute("SELECT document FROM jobs").fetchone()
        tree = {**json.loads(text), "download_passwords": [SECRETS["listed"]]}
        for entry in tree["conversions"]:
            entry["options"] = {"user_password": SECRETS["opens"]}
            del entry["passwords"]
        database.execute("UPDATE jobs SET document = ?", (json.dumps(tree),))
        database.execute("PRAGMA user_version = 0")
    database.close()
    assert found(tmp_path) == {"listed", "opens"}
    for _ in range(2):  # the second time, nothing is done
        with running("in process", settings) as api:
            headers = {"X-Oc-Download-Password": SECRETS["listed"]}
            assert api("GET", done["output"][0]["uri"], headers=headers).status_code == 200
            api.ok("POST", "/_a2c/reset") if _ else None
            assert found(tmp_path) == set()


def test_pages_and_the_call_log_show_no_secret(api_with: Start) -> None:
    rows: list[Any] = []
    api = api_with(unknowns=Unknowns(unknown_options="ignore"), on_call=rows.append)
    job = everything(api, 9, callback=f"https://me:{SECRETS['login']}@host.example/?token={SECRETS['token']}")
    remote = {"type": "remote", "source": f"https://me:{SECRETS['login']}@host.example/?token={SECRETS['token']}"}
    api.ok("POST", f"/jobs/{job['id']}/input", json=remote)
    api("GET", f"/jobs?token={SECRETS['token']}&page=1")
    root = api.base.removesuffix("/v2")
    texts = [api("GET", f"{root}/_a2c/{path}").text for path in ("", f"jobs/{job['id']}", "calls")]
    assert "host.example" in texts[1]
    assert "page=1" in texts[2]
    for text in (*texts, json.dumps(rows)):
        assert [name for name, secret in SECRETS.items() if secret in text] == []
        assert job["token"] not in text
