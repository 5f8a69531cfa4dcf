"""What the failure of a request proves."""

from __future__ import annotations

import socket

import httpx
import pytest

from a2c_spec.api.http.request_failures import (
    address_of_none,
    check_usable,
    explained,
    met_while_reading,
    proves_unsent,
)
from a2c_spec.errors import InvalidError, NetworkError


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "unsent"),
    [
        (httpx.ConnectError("no"), True),
        (httpx.ProxyError("no"), True),
        (httpx.ConnectTimeout("late"), False),
        (httpx.ReadError("broken"), False),
        (caused(httpx.ReadError("no"), ConnectionRefusedError()), True),
        (caused(httpx.ReadError("no"), socket.gaierror()), True),
        (caused(httpx.ReadError("no"), ConnectionResetError()), False),
    ],
    ids=repr,
)
def test_only_what_never_connected_was_not_sent(error: Exception, unsent: bool) -> None:
    assert proves_unsent(error) is unsent


def test_our_own_error_is_found_behind_that_of_the_client() -> None:
    ours = InvalidError("the file changed")
    assert met_while_reading(caused(httpx.WriteError("broken"), caused(OSError(), ours))) is ours
    assert met_while_reading(caused(httpx.WriteError("broken"), OSError())) is None


def test_an_address_that_is_none_is_the_fault_of_the_service() -> None:
    assert isinstance(address_of_none("why"), NetworkError)


def test_what_was_handled_before_the_request_is_not_its_failure() -> None:
    before = InvalidError("an answer was lost")
    assert met_while_reading(caused(httpx.ReadError("broken"), before), before) is None


@pytest.mark.parametrize(
    "error",
    [httpx.InvalidURL("x"), UnicodeError("label too long"), ValueError("a newline"), OverflowError("port")],
    ids=repr,
)
def test_whatever_is_made_of_an_address_is_said_in_words(error: Exception) -> None:
    with pytest.raises(NetworkError, match="address that cannot be used"), explained(str):
        raise error
    with pytest.raises(httpx.LocalProtocolError), explained(str, sent=True):
        raise error
    with pytest.raises(InvalidError), explained(str):
        raise InvalidError("the file changed")


UNUSABLE = (
    "file:///etc/passwd", "//127.0.0.1:1/x", "unix:///x", "ftp://host/x", "http://127.0.0.1:0/x", "http:///x", "x", "",
    "http://127.0.0.1:99999/", "http://[fe80::1%25eth0]/", "gopher://h/", "data:text/plain,x", "http://a b/",
)  # fmt: skip  # a table


@pytest.mark.parametrize("address", UNUSABLE)
def test_to_what_is_no_address_nothing_is_sent(address: str) -> None:
    with pytest.raises(NetworkError, match="address that cannot be used"), explained(str):
        check_usable(httpx.URL(address))


@pytest.mark.parametrize("address", ["http://h/", "HTTPS://h:8443/x?y", "http://[::1]:1/", "https://user:word@h/"])
def test_to_what_is_one_something_may_be(address: str) -> None:
    check_usable(httpx.URL(address))
