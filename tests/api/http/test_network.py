"""Proxies and certificates as machines name them: what can be used is used, and what cannot is named."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from a2c_spec.api.http.concurrency import Limiter
from a2c_spec.api.http.network import open_client, proxies, trusted, without_proxy
from a2c_spec.api.http.redaction import Redaction
from a2c_spec.api.http.transport import Wire
from a2c_spec.errors import NetworkError, UsageError
from tests.api.http.raw_server import raw_server
from tests.api.wires import Clock, wire_over

HOST = "10.1.2.3"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *map(str.lower, VARIABLES), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("", []),
        (" , ;", []),
        ("example.com", ["all://*example.com"]),
        (".example.com,*.test", ["all://*.example.com", "all://*.test"]),
        ("localhost 127.0.0.1:8080", ["all://localhost", "all://127.0.0.1:8080"]),
        ("[::1],[::1]:80", ["all://[::1]", "all://[::1]:80"]),
        ("10.0.0.0/8", [f"all://{HOST}"]),
        ("10.1.2.3", [f"all://{HOST}"]),
        ("192.168.0.0/16,fe80::/10,fd00::/8,169.254/16", []),
        ('"example.com"', ["all://*example.com"]),
        ("http://example.com:81/", ["all://*example.com:81"]),
        ("foo:bar,%zz:x,/,..,[fe80::1%25eth0]:x,\udcff", []),
        ("a,*", ["all://*a", "all://"]),
    ],
)
def test_what_is_reached_without_a_proxy_in_every_form_that_tools_write(text: str, patterns: list[str]) -> None:
    assert list(without_proxy(text, HOST)) == patterns


def test_a_range_of_addresses_may_hold_one_of_the_sixth_kind() -> None:
    assert list(without_proxy("fd00::/8", "fd00::7")) == ["all://[fd00::7]"]


@pytest.mark.parametrize(
    ("environ", "through"),
    [
        ({}, False),
        ({"HTTPS_PROXY": "http://127.0.0.1:1"}, True),
        ({"https_proxy": "127.0.0.1:1"}, True),
        ({"ALL_PROXY": '"http://127.0.0.1:1" '}, True),
        ({"HTTP_PROXY": "http://127.0.0.1:1"}, False),
        ({"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "*"}, False),
        ({"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "10.0.0.0/8"}, False),
        ({"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "[::1],fe80::/10"}, True),
    ],
)
def test_the_proxy_of_the_environment_is_used_unless_the_service_is_left_out(
    environ: Mapping[str, str], through: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    client = open_client(4, HOST, environ)
    try:
        used = client._transport_for_url(httpx.URL(f"https://{HOST}/v2"))
        assert (type(used).__name__ == "ThroughProxy") is through
    finally:
        asyncio.run(client.aclose())


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("socks5://127.0.0.1:1", "HTTPS_PROXY names a proxy of the kind socks5"),
        ("ftp://secret@x", "HTTPS_PROXY names a proxy of the kind ftp"),
        ("http://user:secret@[::1", "HTTPS_PROXY is not the address of a proxy"),
        ("http://user:secret@host:abc", "HTTPS_PROXY is not the address of a proxy"),
        ("http://", "HTTPS_PROXY is not the address of a proxy"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_without_its_password_by_who_wants_it(
    proxy: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    client = open_client(4, HOST, {"HTTPS_PROXY": proxy})
    with pytest.raises(NetworkError) as caught:
        asyncio.run(client.get(f"https://{HOST}/v2"))
    assert caught.value.message.startswith(said)
    assert "secret" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.filterwarnings("ignore:.*is deprecated")
def test_a_proxy_that_is_out_of_reach_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"HTTP_PROXY": "http://user:secret@127.0.0.1:9"}
    monkeypatch.setenv("HTTP_PROXY", environ["HTTP_PROXY"])
    clock = Clock()
    wire = wire_over(lambda _request: httpx.Response(200), clock, base="http://service.example/v2")
    wire.open_http = lambda: open_client(4, "service.example", environ)

    async def called() -> None:
        try:
            await wire.call("GET", "/jobs")
        finally:
            await wire.close()

    with pytest.raises(
        NetworkError, match=r"through the proxy 127\.0\.0\.1:9 \(HTTP_PROXY\): connection ref"
    ) as caught:
        asyncio.run(called())
    assert "NO_PROXY" in caught.value.hint
    assert "secret" not in caught.value.message


def test_where_a_proxy_comes_from_is_told_by_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "host:3128")
    assert proxies({"https_proxy": "host:3128"}) == {"https": ("https_proxy", "http://host:3128")}
    assert proxies({})["https"][0] == "the proxy of the system"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("SSL_CERT_FILE", "missing"), ("SSL_CERT_FILE", "folder"), ("SSL_CERT_FILE", "text"), ("SSL_CERT_DIR", "missing"),
     ("SSL_CERT_DIR", "text")],
)  # fmt: skip
def test_certificates_that_cannot_be_read_are_named(name: str, kind: str, tmp_path: Path) -> None:
    place = {"missing": tmp_path / "none", "folder": tmp_path, "text": tmp_path / "text"}[kind]
    (tmp_path / "text").write_text("no certificate")
    with pytest.raises(UsageError) as caught:
        trusted({name: str(place)})
    assert caught.value.message.startswith(f"{name} is {place}, which cannot be used: ")


def test_a_folder_of_certificates_and_none_at_all_are_fine(tmp_path: Path) -> None:
    assert trusted({"SSL_CERT_DIR": f"{tmp_path}:/nowhere", "SSL_CERT_FILE": ""})
    assert trusted({}).get_ca_certs()


ADDRESSES = (
    "http://[::1", "http://127.0.0.1:%zz/", "http://127.0.0.1:99999/", "http://127.0.0.1:-1/", "http://xn--\udcff.com/",
    "http://xn--a.com/", "http://xn--zzzzzz99999/", f"http://{'a' * 70}.com/", f"http://{'a.' * 200}com/", "http://a\x00b/",
    "http://a\nb/", "http://ａ.ｂ:80:80/", "http://\u202e.com/", "http://.../", "http://", "http:///x", "x", "", "//x",
    "http://user:p\x00w@[::1", "ftp://a.example/", "file:///etc/passwd", "http://é" + "é" * 90 + ".com", "http://1e999/",
    "http://127.0.0.1:1/" + "x" * 70_000, "http://[fe80::1%25eth0]:1/", "http://[::ffff:999.1.1.1]/", "data:,x",
)  # fmt: skip
"""What a service may name as the place of its uploads or results."""


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda one: ascii(one[:30]))
def test_whatever_a_service_names_as_an_address_ends_in_words(address: str) -> None:
    async def uploads_and_downloads() -> list[str]:
        clock, http = Clock(), open_client(2, "127.0.0.1", {})
        wire = Wire(
            lambda: http, "http://127.0.0.1:1/v2", "key", Limiter(2, clock, clock.sleep), clock.sleep, lambda: 0.0
        )
        said = []
        try:
            await wire.send(
                lambda: http.build_request("POST", f"{address}/upload-file/x", content=b"x"), repeatable=False
            )
        except NetworkError as error:
            said.append(error.message)
        try:
            async with wire.stream(address, {}, {}):
                pass
        except (NetworkError, httpx.RequestError) as error:  # which a download tries again
            said.append(str(error))
        await http.aclose()
        return said

    assert len(asyncio.run(uploads_and_downloads())) == 2


@pytest.mark.parametrize(
    "target", ["http://[::1", "http://127.0.0.1:99999/", "http://xn--a.com/", f"http://{'a' * 70}.com/", "\x80"]
)
def test_so_does_wherever_a_download_is_redirected_to(target: str) -> None:
    async def redirected(url: str) -> None:
        clock, http = Clock(), open_client(2, "127.0.0.1", {})
        wire = Wire(lambda: http, url, "key", Limiter(2, clock, clock.sleep), clock.sleep, lambda: 0.0)
        try:
            async with wire.stream(f"{url}/x", {}, {}) as response:
                assert response.status_code == 404
        except (NetworkError, httpx.RequestError):
            pass
        finally:
            await http.aclose()

    answer = f"HTTP/1.1 302 F\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    with raw_server(lambda path: [answer] if path == "/x" else [b"HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n"]) as url:
        asyncio.run(redirected(url))


@pytest.mark.parametrize("user", ["user:p%40ss-word", "user", ":p%40ss-word"])
def test_a_user_and_a_password_in_an_address_go_to_its_host_as_a_header(user: str) -> None:
    """As browsers do; not to the host that it redirects to, and nowhere in words."""
    heads: list[str] = []

    def served(path: str) -> list[bytes]:
        heads.append(path)
        return [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"]

    async def downloaded(url: str) -> Redaction:
        clock, http = Clock(), open_client(2, "127.0.0.1", {})
        wire = Wire(lambda: http, url, "key", Limiter(2, clock, clock.sleep), clock.sleep, lambda: 0.0)
        with_user = url.replace("//", f"//{user}@")
        request = wire._built(lambda: http.build_request("GET", f"{with_user}/x"))
        assert (request.url, request.headers["authorization"][:6]) == (httpx.URL(f"{url}/x"), "Basic ")
        async with wire.stream(f"{with_user}/x", {}, {}) as response:
            assert await response.aread() == b"{}"
        assert (await wire.send(lambda: http.build_request("POST", f"{with_user}/y"), repeatable=False)).status == 200
        await http.aclose()
        return wire.hidden

    with raw_server(served) as url:
        hidden = asyncio.run(downloaded(url))
    assert heads == ["/x", "/y"]
    assert "word" not in user or "word" not in hidden.text("said p%40ss-word and p@ss-word")
