"""URLs that manifests and settings name."""

from __future__ import annotations

import pytest

from a2c_spec.manifests.urls import http_parts, is_plain_path, reached


@pytest.mark.parametrize(
    "url",
    ["https://a.test", "HTTP://a.test:81/x y?q#f", "https://u:p@a.test/é", "https://[::1]/cb", "https://bücher.test/"],
)
def test_what_names_a_host_is_a_url(url: str) -> None:
    assert http_parts(url)


@pytest.mark.parametrize(
    "url",
    [
        "", "a.test", "ftp://a.test", "https:", "https://", "https:///a", "https://[::1/cb", "https://a b/",
        "http://1.2.3.256/", "http://0177.0.0.1/", "https://xn--/", "https://xn--a.test/", "https://a.xn--zzzzzz9/",
        "https://a..b/", "https://a.test:99999/", "https://a.test:0/", "https://a.test:x/", "https://:81/", "https://a\\b/",
        f"https://{'a' * 64}/",
    ],
)  # fmt: skip
def test_what_names_none_is_no_url(url: str) -> None:
    assert http_parts(url) is None


PATHS = {"": True, "/": True, "/v2": True, "/v2/": True, "/a/v2": True, "/.v2": True, "/./v2": False, "/a/../v2": False}
PATHS |= dict.fromkeys(["//v2", "/v2//", "/v%32", "/.."], False)


@pytest.mark.parametrize(("path", "plain"), PATHS.items())
def test_a_plain_path_has_one_spelling(path: str, plain: bool) -> None:
    assert is_plain_path(path) is plain


HOSTS = {"A.Test.": "a.test", "127.1": "127.0.0.1", "0x7f.1": "127.0.0.1", "2130706433": "127.0.0.1", "::1": "::1"}
HOSTS |= {"1.2.3.4": "1.2.3.4", "999": "0.0.3.231", "1.2.3.4.5": "1.2.3.4.5", "256.1.1.1": "256.1.1.1"}


@pytest.mark.parametrize(("host", "name"), HOSTS.items())
def test_a_host_is_named_as_it_is_reached(host: str, name: str) -> None:
    assert reached(host) == name
