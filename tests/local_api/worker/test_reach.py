"""Where a job can make this service connect to: only to addresses that were checked, whoever connects, and however."""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage import address_rules
from a2c_spec.local_api.worker.checking_proxy import checking_proxy
from tests.local_api.harness import Api, Start
from tests.local_api.servers import Answer, Site, ftp_server, site

PUBLIC, PRIVATE = "127.0.0.2", "127.0.0.1"
"""Both are of this machine; for these tests, the first counts as public."""
Names = Callable[[str], list[str]]
BROWSER = """
import json, os, sys, urllib.request
from pathlib import Path
flags = dict(arg.partition("=")[::2] for arg in sys.argv[1:])
proxy = urllib.request.ProxyHandler({"http": flags["--proxy-server"], "https": flags["--proxy-server"]})
found = []
for url in (sys.argv[-1], *json.loads(Path(__file__).with_name("more.json").read_text())):
    try:
        found.append(urllib.request.build_opener(proxy).open(url, timeout=5).read().decode())
    except OSError as error:
        found.append(str(getattr(error, "code", error)))
text = json.dumps({"found": found, "environment": dict(os.environ), "flags": sys.argv[1:-1]})
target = next((value for name, value in flags.items() if name in ("--screenshot", "--print-to-pdf")), "")
Path(target).write_text(text) if target else print(text)
"""


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names, and the addresses that one look-up after the other gives; the last one stays."""
    told: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if isinstance(host, str) and host in told:
            host = told[host].pop(0) if len(told[host]) > 1 else told[host][0]
        return real(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(address_rules, "_is_public", lambda address: str(address) == PUBLIC)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return told


def hello(_method: str, path: str, _number: int) -> Answer:
    return (302, {"Location": "/end"}, b"") if path == "/start" else (200, {}, b"hello")


@contextmanager
def sites() -> Iterator[tuple[Site, Site]]:
    """One site on the public address, and one on the other, on the same port."""
    with site(hello, PUBLIC) as public, site(lambda *_: (200, {}, b"INTERNAL"), PRIVATE, port_of(public)) as private:
        yield public, private


def port_of(one: Site) -> int:
    return urlsplit(one.url).port or 0


def fetched(api: Api, **entry: Any) -> Any:
    done = api.convert({"type": "remote", **entry})
    texts = [api("GET", output["uri"]).text for output in done["output"]]
    return texts[0] if texts else done["errors"][0]["message"]


LOOK_UPS = [[PUBLIC], [PUBLIC, PRIVATE], [PUBLIC, PUBLIC, PRIVATE], [PRIVATE]]


@pytest.mark.parametrize("answers", LOOK_UPS, ids=str)
def test_an_input_comes_from_an_address_that_was_checked(
    api_with: Start, names: dict[str, list[str]], answers: list[str]
) -> None:
    names["host.example"] = [*answers]
    with sites() as (public, private):
        said = fetched(api_with(), source=f"http://host.example:{port_of(public)}/a.txt")
        assert private.requests == []
    assert said == "hello" if answers[:2] in ([PUBLIC], [PUBLIC, PUBLIC]) else "private network" in said
    assert all(headers["host"] == f"host.example:{port_of(public)}" for _, _, headers, _ in public.requests)


def test_the_address_is_checked_again_after_a_redirect(api_with: Start, names: dict[str, list[str]]) -> None:
    names["host.example"], names["inside.example"] = [PUBLIC], [PRIVATE]
    with site(lambda *_: (200, {}, b"INTERNAL"), PRIVATE) as private:
        there = {"Location": f"http://inside.example:{port_of(private)}/"}
        with site(lambda *_: (307, there, b""), PUBLIC) as public:
            said = fetched(api_with(), source=f"http://host.example:{port_of(public)}/")
        assert private.requests == []
    assert "private network" in said


@pytest.mark.parametrize("answers", LOOK_UPS[:3], ids=str)
def test_a_storage_and_a_callback_are_at_addresses_that_were_checked(
    api_with: Start, names: dict[str, list[str]], answers: list[str]
) -> None:
    with sites() as (public, private):
        port, keys = port_of(public), {"accesskeyid": "AKIA", "secretaccesskey": "geheim"}
        place = {"bucket": "b", "file": "a", "endpoint": f"http://host.example:{port}"}
        source = {"type": "cloud", "source": "amazons3", "parameters": place, "credentials": keys}
        target = {"type": "amazons3", "parameters": place, "credentials": keys}
        api = api_with()
        names["host.example"] = [*answers]
        api.convert(source)
        names["host.example"] = [*answers]
        api.run("x", conversion=[{"target": "upper", "output_target": [target]}])
        names["host.example"] = [*answers]
        api.run("x", callback=f"http://host.example:{port}/")
        time.sleep(0.2)
        assert private.requests == []
        assert bool(public.requests) == (answers[:2] != [PUBLIC, PRIVATE])


def test_an_ftp_server_is_at_an_address_that_was_checked(api_with: Start, names: dict[str, list[str]]) -> None:
    names["host.example"] = [PUBLIC, PRIVATE]
    with ftp_server("me", "geheim", {"in.txt": b"INTERNAL"}) as server:
        place = {"host": "host.example", "port": server.port, "file": "in.txt"}
        login = {"username": "me", "password": "geheim"}
        done = api_with().convert({"type": "cloud", "source": "ftp", "parameters": place, "credentials": login})
    assert "cannot be reached" in done["errors"][0]["message"]


# Pages in a browser


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that opens URLs as it is told, through the proxy that it is given; ``more.json`` names further ones."""
    program = tmp_path / "browser"
    program.write_text(f"#!{sys.executable}\n{BROWSER}")
    program.chmod(0o755)
    (tmp_path / "more.json").write_text("[]")
    monkeypatch.delenv("A2C_BROWSER", raising=False)
    monkeypatch.setenv("API2CONVERT_API_KEY", "SeCrEt")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("a2c_spec.local_api.worker.browser.NAMES", ("browser",))
    return program


@pytest.mark.parametrize("engine", ["website", "screenshot", "screenshot_pdf"])
def test_a_page_reaches_only_addresses_that_were_checked(
    api_with: Start, names: dict[str, list[str]], browser: Path, engine: str
) -> None:
    names["host.example"] = [PUBLIC]
    with sites() as (public, private):
        inside = [f"http://{host}:{port_of(private)}/" for host in (PRIVATE, "localhost", "127.1", "[::1]")]
        there = f"http://host.example:{port_of(public)}/start"
        browser.with_name("more.json").write_text(json.dumps([*inside, private.url.replace("http", "https")]))
        told = json.loads(fetched(api_with(allow_browser=True), source=there, engine=engine))
        assert private.requests == []
    assert told["found"][:5] == ["hello", "403", "403", "403", "403"]
    assert "403" in told["found"][5]
    assert "SeCrEt" not in str(told["environment"])
    assert set(told["environment"]) - {"LC_CTYPE"} == {
        *("PATH", "LANG", "HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
    }
    assert "--proxy-bypass-list=<-loopback>" in told["flags"]
    assert not Path(told["environment"]["HOME"]).exists()


def test_a_page_is_opened_only_where_that_is_allowed(
    api_with: Start, names: dict[str, list[str]], browser: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names["host.example"] = [PUBLIC]
    with site(hello, PUBLIC) as public:
        entry = {"source": f"http://host.example:{port_of(public)}/", "engine": "website"}
        said = fetched(api_with(), **entry)
        assert public.requests == []
        assert "--allow-browser" in said
        monkeypatch.setenv("A2C_BROWSER", str(browser))
        assert json.loads(fetched(api_with(), **entry))["found"] == ["hello"]


def spoken(port: int, *requests: str) -> bytes:
    """What the proxy says to these bytes."""
    with socket.create_connection(("127.0.0.1", port), 5) as line:
        for text in requests:
            line.sendall(text.replace("\n", "\r\n").encode())
        heard = b""
        while piece := line.recv(4096):
            heard += piece
        return heard


def test_the_proxy_passes_on_what_it_checked_and_nothing_else(names: dict[str, list[str]]) -> None:
    names["host.example"] = [PUBLIC]
    with sites() as (public, private), checking_proxy(Settings()) as port:
        there, here = (f"{host}:{port_of(public)}" for host in ("host.example", PRIVATE))
        token = base64.b64encode(b"a:b").decode()
        plain = spoken(
            port, f"GET http://{there}/x?y#z HTTP/1.1\nHost: {there}\nProxy-Authorization: Basic {token}\n\n"
        )
        assert plain.endswith(b"hello")
        assert public.requests[0][1:3] == ("/x?y", {"host": there, "connection": "close"})
        assert spoken(port, f"CONNECT {there} HTTP/1.1\n\n", "GET / HTTP/1.0\n\n").endswith(b"hello")
        for said, status in {
            f"CONNECT {here} HTTP/1.1\n\n": b"403",
            f"GET http://{here}/ HTTP/1.1\nHost: {there}\n\n": b"403",
            f"GET http://{there}@{here}/ HTTP/1.1\nHost: {there}\n\n": b"403",
            f"GET / HTTP/1.1\nHost: {there}\n\n": b"400",
            f"GET https://{there}/ HTTP/1.1\nHost: {there}\n\n": b"400",
            "GET file:///etc/passwd HTTP/1.1\n\n": b"400",
            "CONNECT host.example HTTP/1.1\n\n": b"400",
            "CONNECT host.example:99999 HTTP/1.1\n\n": b"502",
            "nothing\n\n": b"400",
        }.items():
            assert spoken(port, said).partition(b"\r\n")[0].split()[1:2] == [status], said
        assert private.requests == []
    with pytest.raises(ConnectionRefusedError):
        spoken(port, "GET / HTTP/1.1\n\n")
