"""Requests are retried only where repeating is harmless, and neither key nor token travels where it should not."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable

import httpx
import pytest

from a2c_spec.api.http.replies import LARGEST_REPLY, LostAnswer, Refused
from a2c_spec.api.http.unpack import NotRead
from a2c_spec.core.events import Event
from a2c_spec.errors import AskedToWait, AuthError, NetworkError, QuotaError
from tests.api.wires import BASE, KEY, Clock, in_turn, wire_over

OK = httpx.Response(200, json={"id": "1"})


def again(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"message": "not now"}, headers=headers)


def test_a_429_is_waited_out_even_for_a_create() -> None:
    clock = Clock()
    wire = wire_over(in_turn(again(429), again(429), OK), clock)
    assert asyncio.run(wire.call("POST", "/jobs", body={})).status == 200
    assert clock.slept == [0.5, 1.0]


def test_retry_after_in_seconds_is_obeyed_by_this_request_and_all_others() -> None:
    clock = Clock()
    wire = wire_over(in_turn(again(429, **{"Retry-After": "7"}), OK), clock)
    asyncio.run(wire.call("GET", "/jobs"))
    assert clock.slept == [7.0]
    assert wire.limiter.resume_at == 1007
    assert wire.limiter.width < 8


def test_retry_after_as_a_date_is_read_by_the_clock_of_the_service() -> None:
    """Ours may be wrong by years."""
    clock = Clock()
    told = {"Date": "Mon, 23 Nov 2026 12:00:00 GMT", "Retry-After": "Mon, 23 Nov 2026 12:00:09 GMT"}
    asyncio.run(wire_over(in_turn(again(429, **told), OK), clock).call("GET", "/jobs"))
    assert clock.slept == [9.0]


def test_a_503_that_names_a_time_is_waited_out_by_a_read() -> None:
    clock = Clock()
    wire = wire_over(in_turn(again(503, **{"Retry-After": "7"}), OK), clock)
    asyncio.run(wire.call("GET", "/jobs"))
    assert clock.slept == [7.0]
    assert wire.limiter.resume_at == 1007


def test_a_pause_that_the_service_asks_for_is_told_once_for_all_requests() -> None:
    clock, told = Clock(), list[Event]()
    wire = wire_over(in_turn(), clock)
    wire.tell = told.append
    for pause, passed in (("60", 0), ("60", 61), ("60", 61), ("1", 0)):
        wire.throttle({"retry-after": pause}, 0)
        clock.now += passed
    assert told == [Event("note", "", text="the service is busy and asks to wait 60 s")] * 2


@pytest.mark.parametrize(("status", "method"), [(429, "POST"), (429, "GET"), (503, "GET")])
def test_a_pause_of_more_than_is_usual_is_an_error_at_once(status: int, method: str) -> None:
    clock = Clock()
    wire = wire_over(in_turn(again(status, **{"Retry-After": "400"})), clock)
    with pytest.raises(NetworkError, match=r"asks to wait 400 s, longer than the 120 s") as caught:
        asyncio.run(wire.call(method, "/jobs"))
    assert "try again after that time" in caught.value.hint
    assert not isinstance(caught.value, LostAnswer)
    assert (clock.slept, wire.limiter.resume_at) == ([], 0)


@pytest.mark.parametrize(
    ("pauses", "slept"), [(["400"], []), (["6"], []), (["3", "3"], [3.0]), (["2", "2", "2"], [2.0, 2.0])]
)
def test_the_time_that_the_user_gave_counts_while_the_service_asks_to_wait(
    pauses: list[str], slept: list[float]
) -> None:
    clock = Clock()
    wire = wire_over(in_turn(*(again(429, **{"Retry-After": pause}) for pause in pauses)), clock)
    wire.patience = 5.0
    with pytest.raises(
        AskedToWait, match=f"asks to wait {pauses[-1]} s; less is left of the 5 s that --timeout allows"
    ):
        asyncio.run(wire.call("POST", "/jobs"))
    assert clock.slept == slept


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_read_is_repeated_after_a_failure_of_the_service(status: int) -> None:
    clock = Clock()
    wire = wire_over(in_turn(again(status), OK), clock)
    assert asyncio.run(wire.call("GET", "/jobs/1")).status == 200


LOST = [again(500), again(503), httpx.ReadError("reset"), httpx.ReadTimeout("slow"), httpx.ConnectTimeout("gone")]


@pytest.mark.parametrize("trouble", LOST)
def test_a_create_is_never_repeated_when_it_may_have_taken_effect(trouble: httpx.Response | Exception) -> None:
    wire = wire_over(in_turn(trouble), Clock())
    with pytest.raises(LostAnswer):
        asyncio.run(wire.call("POST", "/jobs", body={}))


def test_a_create_that_never_left_is_repeated() -> None:
    wire = wire_over(in_turn(httpx.ConnectError("refused"), OK), Clock())
    assert asyncio.run(wire.call("POST", "/jobs", body={})).status == 200


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(302, headers={"Location": "https://elsewhere.example/"}),
        httpx.Response(200, html="<html>welcome to the hotel</html>"),
        httpx.Response(200, content=b'{"id": "1", "st'),
        httpx.Response(200, content=b"x" * (LARGEST_REPLY + 1)),
        httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip")),
    ],
    ids=["redirect", "proxy page", "cut JSON", "too large", "broken compression"],
)
def test_an_answer_that_cannot_be_read_leaves_a_create_undecided(answer: httpx.Response) -> None:
    wire = wire_over(in_turn(answer), Clock())
    with pytest.raises(LostAnswer):
        asyncio.run(wire.call("POST", "/jobs", body={}))


def test_an_answer_that_is_too_large_is_refused_even_if_it_is_json() -> None:
    body = b"[" + b" " * LARGEST_REPLY + b"]"
    wire = wire_over(in_turn(httpx.Response(200, content=body)), Clock())
    with pytest.raises(NetworkError, match="larger than"):
        asyncio.run(wire.call("GET", "/jobs"))


def test_a_redirect_of_the_api_is_not_followed_and_the_key_stays_here() -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(307, headers={"Location": "https://thief.example/v2/jobs"})

    with pytest.raises(NetworkError, match="redirects"):
        asyncio.run(wire_over(answer, Clock()).call("GET", "/jobs"))
    assert set(seen) == {"service.example"}


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthError), (403, AuthError), (402, QuotaError), (409, Refused), (404, Refused)]
)
def test_a_refusal_is_said_in_our_words(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        asyncio.run(wire_over(in_turn(again(status)), Clock()).call("PATCH", "/jobs/1", body={}))


def test_endless_429_ends_in_an_error_and_not_in_a_loop() -> None:
    with pytest.raises(NetworkError, match="429"):
        asyncio.run(wire_over(lambda _: again(429), Clock()).call("GET", "/jobs"))


def download(links: dict[str, httpx.Response], first: str, base: str = BASE) -> list[httpx.Request]:
    """The requests of a download with a password, each answered as its URL says."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return links[str(request.url)]

    async def play() -> None:
        async with wire_over(answer, Clock(), base=base).stream(first, {}, {"X-Password": "hush"}) as response:
            await response.aread()

    asyncio.run(play())
    return seen


def to(url: str) -> httpx.Response:
    return httpx.Response(302, headers={"Location": url})


def test_a_download_carries_no_key_and_loses_its_password_on_the_way_to_another_host() -> None:
    links = {"https://a.example/f": to("https://b.example/f"), "https://b.example/f": httpx.Response(200, content=b"x")}
    first, second = download(links, "https://a.example/f")
    assert first.headers["X-Password"] == "hush"
    assert "X-Password" not in second.headers
    assert not any(KEY in value for one in (first, second) for value in one.headers.values())


def test_a_download_keeps_its_password_within_one_host() -> None:
    links = {"https://a.example/f": to("/g"), "https://a.example/g": httpx.Response(200, content=b"x")}
    assert [one.headers.get("X-Password") for one in download(links, "https://a.example/f")] == ["hush", "hush"]


@pytest.mark.parametrize("first", ["https://a.example/f", "http://a.example/f"])
def test_a_download_never_leaves_tls(first: str) -> None:
    links = {first: to("http://a.example/g")}
    with pytest.raises(NetworkError, match="without TLS"):
        download(links, first)


SECRETS = ("sk-9Secr3tKeyOfTheAccount", "Down10adPassw0rd")
HOLDING = (
    "https://b.example/{}", "https://b.example/x-{}-y?z=1", "https://b.example/?q={}", "https://u:{}@b.example/x",
    "https://{}@b.example/x", "/{}", "//b.example/{}", "https://b.example/#{}", "https://{}.b.example/",
)  # fmt: skip
DISGUISED: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "base64": lambda one: base64.b64encode(one.encode()).decode().rstrip("="),
    "hex": lambda one: one.encode().hex(),
    "percent": lambda one: "".join(f"%{ord(letter):02x}" for letter in one),
}


@pytest.mark.parametrize("form", DISGUISED)
@pytest.mark.parametrize("holding", HOLDING)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_download_is_redirected_to_no_address_that_holds_a_secret(secret: str, holding: str, form: str) -> None:
    """As no link in an answer may hold one; the address is not even looked up."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return to(holding.format(DISGUISED[form](secret)))

    async def play() -> None:
        wire = wire_over(answer, Clock())
        wire.hidden.learn(*SECRETS)
        async with wire.stream("https://a.example/f", {}, {}):
            pytest.fail("it was followed")

    with pytest.raises(NotRead, match="one that holds a secret under `Location`") as caught:
        asyncio.run(play())
    assert [str(one.url) for one in seen] == ["https://a.example/f"]
    assert secret not in str(caught.value)


def test_a_download_is_redirected_to_an_address_that_is_signed() -> None:
    signed = "https://b.example/f?X-Amz-Signature=feedfacecafebeef0123&X-Amz-Expires=60"
    links = {"https://a.example/f": to(signed), signed: httpx.Response(200, content=b"x")}
    assert len(download(links, "https://a.example/f")) == 2


def test_a_download_that_redirects_for_ever_is_given_up() -> None:
    with pytest.raises(NetworkError, match="redirects more than"):
        download({"https://a.example/f": to("https://a.example/f")}, "https://a.example/f")


def test_a_token_never_travels_without_tls_where_the_service_has_it() -> None:
    wire = wire_over(in_turn(OK), Clock())
    with pytest.raises(NetworkError, match="without TLS"):
        asyncio.run(wire.send(lambda: wire.http.build_request("POST", "http://www.example/upload"), repeatable=False))


@pytest.mark.parametrize(
    ("date", "skew"), [("Thu, 01 Jan 1970 00:20:00 GMT", 200.0), ("Thu, 01 Jan 1970 00:10:00 GMT", -400.0)]
)
def test_the_time_of_the_service_is_what_its_answers_say(date: str, skew: float) -> None:
    clock = Clock()
    wire = wire_over(in_turn(httpx.Response(200, json={}, headers={"Date": date})), clock)
    assert wire.service_time() == 1000.0
    asyncio.run(wire.call("GET", "/jobs/1"))
    assert (wire.skew, wire.service_time()) == (skew, 1000.0 + skew)
    clock.now += 5
    assert wire.service_time() == 1005.0 + skew


@pytest.mark.parametrize(
    "date", ["", "soon", "Thu, 99 Jan 1970 00:20:00 GMT", "1970-01-01", "Thu, 01 Jan 99999 00:00:00 GMT"]
)
def test_a_date_that_is_none_says_nothing_of_the_clock(date: str) -> None:
    wire = wire_over(in_turn(httpx.Response(200, json={}, headers={"Date": date} if date else {})), Clock())
    asyncio.run(wire.call("GET", "/jobs/1"))
    assert (wire.skew, wire.service_time()) == (None, 1000.0)


def test_an_answer_that_is_429_does_not_widen_the_limit() -> None:
    wire = wire_over(in_turn(again(429), again(429), OK), Clock())
    asyncio.run(wire.call("GET", "/jobs"))
    assert wire.limiter.width == 2.5, "halved twice from 8, then widened by one answer"


def test_a_service_that_cannot_be_reached_is_tried_three_times() -> None:
    wire = wire_over(in_turn(*[httpx.ConnectError("refused")] * 3), Clock())
    with pytest.raises(NetworkError, match=r"cannot reach https://service\.example/v2"):
        asyncio.run(wire.call("GET", "/jobs"))
    assert wire.count == {"GET": 3}


def test_a_proxy_that_refuses_proves_that_nothing_was_sent() -> None:
    refusal = httpx.ProxyError("407, message='Proxy Authentication Required', url='http://proxy:3128'")
    wire = wire_over(in_turn(*[refusal] * 3), Clock())
    with pytest.raises(NetworkError, match=r"it answers 407 Proxy Authentication Required$") as caught:
        asyncio.run(wire.call("POST", "/jobs", body={}))
    assert not isinstance(caught.value, LostAnswer)
    wire = wire_over(in_turn(again(407)), Clock())
    with pytest.raises(NetworkError, match="the proxy needs a user and a password") as caught:
        asyncio.run(wire.call("POST", "/jobs", body={}))
    assert not isinstance(caught.value, LostAnswer)


def test_failures_are_not_repeated_beyond_the_time_that_the_user_gave() -> None:
    clock = Clock()

    def answer(_request: httpx.Request) -> httpx.Response:
        clock.now += 60
        raise httpx.ReadTimeout("nothing came")

    wire = wire_over(answer, clock)
    with pytest.raises(NetworkError, match="cannot reach"):
        asyncio.run(wire.call("GET", "/jobs", patience=5.0))
    assert clock.now == 1060


def test_a_long_pause_is_told_of_the_usual_bound_where_the_user_gave_a_longer_one() -> None:
    wire = wire_over(in_turn(again(429, **{"Retry-After": "100000"})), Clock())
    wire.patience = 86_400.0
    with pytest.raises(NetworkError, match=r"longer than the 120 s"):
        asyncio.run(wire.call("GET", "/jobs"))
