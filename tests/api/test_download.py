"""Results come home whole or not at all, under names that cannot leave their folder."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2c_spec.api.download import PASSWORD_HEADER, Download, Downloads, Fetched, ResultGone
from a2c_spec.api.part_files import part_of
from a2c_spec.core.desired import Job, Output
from a2c_spec.core.file_names import SIGNS, confined, safe_name
from a2c_spec.core.live import LiveJob, LiveOutput
from a2c_spec.core.result_paths import place
from a2c_spec.errors import IntegrityError, NetworkError, ResultLocked, SpecError
from a2c_spec.manifests.expressions.template import render_late
from tests.api.wires import Answer, Clock, in_turn, wire_over

BYTES = bytes(range(256)) * 40
MD5 = hashlib.md5(BYTES).hexdigest()
OUTPUT = LiveOutput("out-1", filename="a.bin", uri="https://dl.example/a.bin", size=len(BYTES), checksum=MD5)


class Cut(httpx.AsyncByteStream):
    """A body whose connection breaks after so many bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self):  # type: ignore[no-untyped-def]  # an async generator
        yield self.content
        raise httpx.ReadError("the connection broke")


def fetch(answer: Answer, target: Path, output: LiveOutput = OUTPUT, password: str = "") -> Fetched:
    """Downloads to ``target``."""
    clock = Clock()
    downloads = Downloads(wire_over(answer, clock), clock.sleep, lambda: 0.0)

    told: list[Fetched] = []

    async def before_rename(fetched: Fetched) -> None:
        assert part_of(target, "pack", output.id).exists()
        told.append(fetched)

    fetched = asyncio.run(
        downloads.fetch(Download("pack", output, target, lambda _done: None, before_rename), password)
    )
    assert told == [fetched]
    return fetched


def serving(content: bytes, seen: list[str | None]) -> Callable[[httpx.Request], httpx.Response]:
    """Honours Range, and notes what was asked; the first answer breaks off half way."""

    def answer(request: httpx.Request) -> httpx.Response:
        wanted = request.headers.get("range")
        seen.append(wanted)
        if wanted is None and len(seen) == 1:
            return httpx.Response(200, stream=Cut(content[: len(content) // 2]))
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        return httpx.Response(206 if wanted else 200, content=content[start:], headers=headers)

    return answer


def test_a_broken_download_goes_on_where_it_broke(tmp_path: Path) -> None:
    seen: list[str | None] = []
    fetched = fetch(serving(BYTES, seen), tmp_path / "dist" / "a.bin")
    assert seen == [None, f"bytes={len(BYTES) // 2}-"]
    assert (tmp_path / "dist" / "a.bin").read_bytes() == BYTES
    assert fetched == Fetched(len(BYTES), hashlib.sha256(BYTES).hexdigest())
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["a.bin"]


def test_a_later_apply_goes_on_with_what_an_earlier_one_left(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    part_of(target, "pack", OUTPUT.id).write_bytes(BYTES[:100])
    seen: list[str | None] = [None]
    fetch(serving(BYTES, seen), target)
    assert seen == [None, "bytes=100-"]


UNKNOWN = LiveOutput("out-1", filename="a.bin", uri="https://dl.example/a.bin")
"""A result of which the service tells neither size nor checksum."""


def test_a_range_that_was_not_asked_for_is_not_appended_even_where_nothing_else_would_tell(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    part_of(target, "pack", UNKNOWN.id).write_bytes(BYTES[:100])
    whole = httpx.Response(206, content=BYTES, headers={"Content-Range": f"bytes 0-{len(BYTES) - 1}/{len(BYTES)}"})
    fetch(in_turn(whole, httpx.Response(200, content=BYTES)), target, UNKNOWN)
    assert target.read_bytes() == BYTES


def test_a_body_that_ends_too_soon_is_resumed_and_not_counted_as_wrong(tmp_path: Path) -> None:
    third, size = len(BYTES) // 3, len(BYTES)
    cuts = [(0, third), (third, 2 * third), (2 * third, size)]

    def part(start: int, end: int) -> httpx.Response:
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{size}"} if start else {}
        return httpx.Response(206 if start else 200, content=BYTES[start:end], headers=headers)

    fetch(in_turn(*(part(*cut) for cut in cuts)), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BYTES


def test_a_body_of_another_size_is_wrong_also_without_a_checksum(tmp_path: Path) -> None:
    sized = LiveOutput("out-1", filename="a.bin", uri="https://dl.example/a.bin", size=10)
    with pytest.raises(IntegrityError, match="got 11 of 10 bytes, twice"):
        fetch(lambda _: httpx.Response(200, content=b"x" * 11), tmp_path / "a.bin", sized)


def test_a_part_that_the_service_cannot_continue_is_downloaded_anew(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    part_of(target, "pack", OUTPUT.id).write_bytes(BYTES[:100])
    fetch(lambda request: httpx.Response(416 if "range" in request.headers else 200, content=BYTES), target)
    assert target.read_bytes() == BYTES


@pytest.mark.parametrize("status", [304, 400, 418])
def test_an_answer_that_no_attempt_can_change_is_not_asked_for_again(tmp_path: Path, status: int) -> None:
    with pytest.raises(NetworkError, match=f"the service answered {status}"):
        fetch(in_turn(httpx.Response(status)), tmp_path / "a.bin")


@pytest.mark.parametrize(
    ("header", "until"), [({"Retry-After": "3"}, 1003), ({"Retry-After": "0"}, 1000), ({}, 1000.5)]
)
def test_a_download_that_is_throttled_makes_every_request_wait(
    header: dict[str, str], until: float, tmp_path: Path
) -> None:
    clock = Clock()
    wire = wire_over(in_turn(httpx.Response(429, headers=header), httpx.Response(200, content=BYTES)), clock)

    async def nothing(_fetched: Fetched) -> None:
        pass

    download = Download("pack", OUTPUT, tmp_path / "a.bin", lambda _done: None, nothing)
    asyncio.run(Downloads(wire, clock.sleep, lambda: 0.0).fetch(download, ""))
    assert wire.limiter.resume_at == until


def test_a_disk_that_is_full_leaves_nothing_and_is_named(tmp_path: Path) -> None:
    async def full(_fetched: Fetched) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    clock = Clock()
    wire = wire_over(in_turn(httpx.Response(200, content=BYTES)), clock)
    download = Download("pack", OUTPUT, tmp_path / "a.bin", lambda _done: None, full)
    with pytest.raises(SpecError, match=r"cannot write .*a\.bin: the disk is full") as caught:
        asyncio.run(Downloads(wire, clock.sleep, lambda: 0.0).fetch(download, ""))
    assert "free disk space" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_two_results_of_one_name_have_parts_of_their_own(tmp_path: Path) -> None:
    other = LiveOutput("out-2", filename="a.bin")
    assert part_of(tmp_path / "a.bin", "pack", OUTPUT.id) != part_of(tmp_path / "a.bin", "pack", other.id)


def test_what_was_already_here_in_full_is_not_asked_for_again(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    part_of(target, "pack", OUTPUT.id).write_bytes(BYTES)
    fetch(in_turn(), target)
    assert target.read_bytes() == BYTES


@pytest.mark.parametrize(
    "odd",
    [
        httpx.Response(206, content=BYTES, headers={"Content-Range": f"bytes 0-{len(BYTES) - 1}/{len(BYTES)}"}),
        httpx.Response(206, content=BYTES[100:]),
        httpx.Response(416),
        httpx.Response(503),
        httpx.Response(429, headers={"Retry-After": "3"}),
    ],
    ids=["another range", "no range said", "416", "503", "429"],
)
def test_an_odd_answer_to_a_range_is_not_believed(tmp_path: Path, odd: httpx.Response) -> None:
    target = tmp_path / "a.bin"
    part_of(target, "pack", OUTPUT.id).write_bytes(BYTES[:100])
    fetch(in_turn(odd, httpx.Response(200, content=BYTES)), target)
    assert target.read_bytes() == BYTES


@pytest.mark.parametrize("wrong", [BYTES[:-1] + b"!", BYTES + b"more", b"<html>sign in</html>"])
def test_wrong_bytes_never_get_their_final_name(tmp_path: Path, wrong: bytes) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"what stood there before")
    with pytest.raises((IntegrityError, NetworkError)):
        fetch(lambda _: httpx.Response(200, content=wrong), target)
    assert target.read_bytes() == b"what stood there before"


def test_wrong_bytes_are_downloaded_again_once(tmp_path: Path) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, content=BYTES[:-1] + b"!")

    with pytest.raises(IntegrityError, match="the checksum is wrong, twice"):
        fetch(answer, tmp_path / "a.bin")
    assert [request.headers.get("range") for request in requests] == [None, None]


def test_a_download_that_keeps_failing_is_given_up_and_leaves_what_it_has(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    with pytest.raises(NetworkError, match="keeps failing: the service answered 503") as caught:
        fetch(lambda _: httpx.Response(503), target)
    assert "resume" in caught.value.hint


def test_a_body_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    sent = []

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]  # an async generator
            while True:
                sent.append(1)
                yield b"x" * 4096

    with pytest.raises(IntegrityError):
        fetch(lambda _: httpx.Response(200, stream=Endless()), tmp_path / "a.bin")
    assert len(sent) < 20


@pytest.mark.parametrize("status", [404, 410])
def test_a_result_that_is_gone_is_said_to_be_gone(tmp_path: Path, status: int) -> None:
    with pytest.raises(ResultGone):
        fetch(lambda _: httpx.Response(status), tmp_path / "a.bin")


def test_a_password_travels_in_its_header_and_a_wrong_one_is_said(tmp_path: Path) -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers[PASSWORD_HEADER])
        return httpx.Response(401)

    with pytest.raises(ResultLocked, match="another password"):
        fetch(answer, tmp_path / "a.bin", password="hush")
    assert seen == ["hush"]


@pytest.mark.parametrize("uri", ["", "nonsense", "ftp://a.example/x", "file:///etc/passwd", "https://[", "http://a/x"])
def test_a_link_that_is_none_is_an_error_in_our_words(tmp_path: Path, uri: str) -> None:
    with pytest.raises(NetworkError):
        fetch(lambda _: httpx.Response(500), tmp_path / "a.bin", LiveOutput("1", filename="a.bin", uri=uri))


NASTY = [
    "/etc/passwd",
    "../../.bashrc",
    "..",
    ".",
    "",
    "con",
    "NUL.txt",
    "lpt1.pdf",
    "a\x00b.pdf",
    "C:\\windows\\x.dll",
    "..\\..\\x",
    "x" * 300 + ".pdf",
    "é" * 300 + ".pdf",
    "name. . .",
    "a:b|c?.pdf",
    "\u202egnp.exe",
    "a" + "." * 300,
    "." * 300 + "pdf",
    ".part",
    "a\x9b2Jb\u2028c\x85d\u202egpj.gif",
    "\u2066x\u2069\u200b\ufeff.\u2029",
]


@pytest.mark.parametrize("name", NASTY)
def test_a_hostile_name_becomes_one_harmless_segment(name: str) -> None:
    harmless(safe_name(name))


@given(st.text(max_size=400))
def test_any_name_becomes_one_harmless_segment(name: str) -> None:
    harmless(safe_name(name))


@given(st.text(max_size=100))
def test_any_folder_stays_below_the_root(folder: str) -> None:
    parts = confined(folder).split("/")
    assert not {"..", "."} & set(parts)
    assert "\x00" not in folder or "\x00" not in confined(folder)
    assert not confined(folder).startswith("/")


def harmless(name: str) -> None:
    """One path segment that every system takes."""
    assert name not in ("", ".", "..")
    assert len(name.encode()) <= 255
    assert not set(name) & set('/\\\x00:|?*<>"')
    assert not re.search(f"[{SIGNS}]", name), "nor does it do anything where it is shown"
    assert name.split(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


def test_names_that_differ_in_case_alone_get_different_files() -> None:
    job = Job("a", conversions=(), outputs=(Output("sum", save="dist"),))
    outputs = tuple(LiveOutput(str(n), "c", filename=name) for n, name in enumerate(["A.txt", "a.TXT", "a.txt"]))
    placed = place(job, LiveJob("1", "completed", outputs=outputs), {"c": "conversions.sum"}, render_late)
    assert len({one.path.casefold() for one in placed}) == 3


PAGE = b"\xef\xbb\xbf\n<!-- hello -->\n<!DOCTYPE html><html><body>Log in</body></html>"
HTML = {"Content-Type": "text/html; charset=UTF-8"}


@pytest.mark.parametrize(
    ("output", "name", "content", "headers", "taken"),
    [
        (UNKNOWN, "a.bin", PAGE, HTML, False),
        (replace(UNKNOWN, content_type="application/pdf"), "a.bin", b"<HTML>", HTML, False),
        (replace(UNKNOWN, content_type="text/html"), "a.bin", PAGE, HTML, True),
        (replace(UNKNOWN, content_type="application/xhtml+xml"), "a.bin", PAGE, HTML, True),
        (replace(UNKNOWN, filename="a.HTM"), "a.bin", PAGE, HTML, True),
        (replace(UNKNOWN, filename="a"), "a.html", PAGE, HTML, True),
        (replace(UNKNOWN, size=len(PAGE)), "a.bin", PAGE, HTML, True),
        (replace(UNKNOWN, checksum=hashlib.md5(PAGE).hexdigest()), "a.bin", PAGE, HTML, True),
        (UNKNOWN, "a.bin", PAGE, {}, True),
        (UNKNOWN, "a.bin", PAGE, {"Content-Type": "application/octet-stream"}, True),
        (UNKNOWN, "a.bin", BYTES, HTML, True),
        (UNKNOWN, "a.bin", b"<svg xmlns=''></svg>", HTML, True),
        (UNKNOWN, "a.bin", b"", HTML, True),
        (UNKNOWN, "a.bin", b"<!-- -->" * 500 + b"x", HTML, True),  # read in no time
    ],
)
def test_a_page_that_is_not_the_result_is_not_taken(
    tmp_path: Path, output: LiveOutput, name: str, content: bytes, headers: dict[str, str], taken: bool
) -> None:
    """A service that calls everything a page is believed where the bytes are none."""
    target = tmp_path / name
    with nullcontext() if taken else pytest.raises(NetworkError, match="the answer is a web page"):
        fetch(lambda _: httpx.Response(200, content=content, headers=headers), target, output)
    assert (target.exists(), [path.name for path in tmp_path.iterdir()]) == (taken, [name] if taken else [])


def test_a_page_in_the_place_of_a_result_may_pass(tmp_path: Path) -> None:
    answers = in_turn(httpx.Response(200, content=PAGE, headers=HTML), httpx.Response(200, content=BYTES))
    fetch(answers, tmp_path / "a.bin", UNKNOWN)
    assert (tmp_path / "a.bin").read_bytes() == BYTES


@pytest.mark.parametrize("after", ["the request", "half of it", "all of it"])
def test_a_folder_that_is_exchanged_meanwhile_gets_nothing(tmp_path: Path, after: str) -> None:
    target, outside = tmp_path / "dist" / "a.bin", tmp_path / "outside"
    outside.mkdir()

    def exchange() -> None:
        target.parent.rename(tmp_path / "away")
        target.parent.symlink_to(outside)

    class Body(httpx.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]  # an async generator
            yield BYTES[:5000]
            if after == "half of it":
                exchange()
            yield BYTES[5000:]

    def answer(_request: httpx.Request) -> httpx.Response:
        if after == "the request":
            exchange()
        return httpx.Response(200, stream=Body())

    async def before_rename(_fetched: Fetched) -> None:
        exchange()

    clock = Clock()
    downloads = Downloads(wire_over(answer, clock), clock.sleep, lambda: 0.0)
    with pytest.raises(SpecError, match=r"cannot write .*a.bin: another folder, or a link") as caught:
        asyncio.run(downloads.fetch(Download("pack", OUTPUT, target, lambda _done: None, before_rename), ""))
    assert "put the folder back" in caught.value.hint
    assert not any((*outside.iterdir(), *(tmp_path / "away").iterdir())), "nothing is left anywhere"


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "//127.0.0.1:1/x", "unix:///x", "http://h:0/", '["x"]', "x"])
def test_a_link_that_leads_nowhere_is_given_up_at_once(tmp_path: Path, uri: str) -> None:
    asked: list[str | None] = []
    with pytest.raises(NetworkError):
        fetch(serving(BYTES, asked), tmp_path / "a.bin", replace(OUTPUT, uri=uri))
    assert asked == []
