"""What the service says, without secrets, and with everything that is needed of it."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import time
from urllib.parse import quote, quote_plus

import pytest

from a2c_spec.api.http.redaction import Redaction, SecretReturned
from a2c_spec.api.http.secret_forms import url_secrets
from a2c_spec.core.sensitive import HIDDEN
from tests.secrecy.hunt import disguises

SECRET = 'p@ss "wörd"/+&\\<7>'
TOKEN = "0123456789abcdef0123456789abcdef"
WRITTEN = [
    SECRET,
    SECRET.upper(),
    quote(SECRET),
    quote(SECRET, safe="").lower(),
    quote_plus(SECRET),
    json.dumps(SECRET),
    json.dumps(SECRET, ensure_ascii=False).replace("/", "\\/"),
    json.dumps(json.dumps(SECRET)),
    repr(SECRET),
    SECRET.encode().hex(),
    base64.b64encode(SECRET.encode()).decode(),
    html.escape(SECRET),
    html.escape(SECRET, quote=False),
    html.escape(json.dumps(SECRET)),
    json.dumps(html.escape(SECRET)),
    "".join(f"&#{ord(letter)};" if not letter.isalnum() else letter for letter in SECRET).replace("&#32;", " "),
    re.sub(r"""(["'\\])""", r"\\\1", SECRET),
    re.escape(SECRET),
    shlex.quote(f"{SECRET}'"),
    SECRET.encode().decode("latin-1"),
    base64.urlsafe_b64encode(b"user:" + SECRET.encode()).decode(),
    "".join(f"%{byte:02x}" for byte in SECRET.encode()),
    "".join(f"\\u{ord(letter):04X}" for letter in SECRET),
    base64.encodebytes(b"user:" * 20 + SECRET.encode()).decode(),
    f"{SECRET[:9]}\n{SECRET[9:]}",
    f"{SECRET[:9]}\u200b{SECRET[9:]}",
]


def knowing(*secrets: str, in_plain: str = "") -> Redaction:
    known = Redaction()
    known.learn(*secrets)
    known.in_plain = lambda secret: secret == in_plain
    return known


@pytest.mark.parametrize("written", WRITTEN)
def test_a_secret_is_hidden_however_it_is_written(written: str) -> None:
    said = knowing(SECRET).text(f"before {written} after")
    assert HIDDEN in said
    assert said.startswith("before ")
    assert said.endswith(" after")
    forms = {form.decode("utf-8", "ignore") for form in disguises(SECRET)}
    assert [form for form in forms if form and "\0" not in form and form in said] == []


def test_texts_without_secrets_stay_as_they_are() -> None:
    data = {"id": "1", "status": {"code": "completed", "info": "done"}, "token": TOKEN, "spent": 1}
    assert knowing(SECRET).data(data) is data
    assert Redaction().text("anything") == "anything"


SHORT = [
    ("the password abc is wrong", f"the password {HIDDEN} is wrong"),
    ("'abc'", f"'{HIDDEN}'"),
    ("abcd dabc", "abcd dabc"),
    ("x is 1 character", "x is 1 character"),
]


@pytest.mark.parametrize(("text", "shown"), SHORT)
def test_a_short_secret_is_hidden_where_it_stands_alone(text: str, shown: str) -> None:
    assert knowing("abc", "x").text(text) == shown


def test_a_secret_of_several_parts_is_hidden_in_parts() -> None:
    key = "-----BEGIN-----\nMIIEvQIBADANBg\nshort\n-----END-----"
    url = "https://user:pass%20word@host/x?sig=0123456789&v=1"
    known = knowing(key, url, json.dumps({"private_key": "k" * 20, "type": "a"}))
    assert known.text("line MIIEvQIBADANBg") == f"line {HIDDEN}"
    assert known.text("short is too common") == "short is too common"
    assert known.text("0123456789 and pass word") == f"{HIDDEN} and {HIDDEN}"
    assert known.text("k" * 20) == HIDDEN


def test_the_password_of_a_url_also_as_it_is_sent() -> None:
    sent = base64.b64encode(b"me:a b").decode()
    assert set(url_secrets("http://me:a%20b@proxy:1")) == {"a%20b", "a b", sent}
    assert set(url_secrets("me:pw@proxy:1")) == {"pw", base64.b64encode(b"me:pw").decode()}
    assert [*url_secrets("http://proxy:1"), *url_secrets("http://[x"), *url_secrets("")] == []


def test_what_earlier_runs_sent_is_asked_for_once_when_something_is_said() -> None:
    asked = []
    known = Redaction()
    known.recorded = lambda: asked.append(1) or ["earlier"]  # type: ignore[func-returns-value]
    assert asked == []
    assert [known.text("earlier"), known.text("earlier")] == [HIDDEN, HIDDEN]
    assert asked == [1]


def test_messages_hide_what_echoes_keep_because_a_manifest_shows_it() -> None:
    known = knowing("report", in_plain="report")
    row = {"filename": "report.pdf", "info": "report", "errors": [{"message": "report", "id_source": "report"}]}
    assert known.data({"output": [row]}) == {
        "output": [{"filename": "report.pdf", "info": HIDDEN, "errors": [{"message": HIDDEN, "id_source": "report"}]}]
    }


def test_echoes_hide_what_no_manifest_shows() -> None:
    data = {"filename": "report.pdf", "options": {"a": ["REPORT", "x"], "report7": "report7"}, "n": 7, "b": True}
    shown = {"filename": f"{HIDDEN}.pdf", "options": {"a": [HIDDEN, "x"], HIDDEN: HIDDEN}, "n": 7, "b": True}
    assert knowing("report7", "report").data(data) == shown


def test_what_calls_and_comparisons_need_stays() -> None:
    data = {
        "id": "completed",
        "status": {"code": "completed", "info": ""},
        "server": "https://completed",
        "uri": "https://host/completed",
        "checksum": "completed",
        "type": "remote",
    }
    assert knowing("completed", "remote").data(data) == data


def test_all_of_a_refusal_is_for_people() -> None:
    answer = {"message": "hunter22", "errors": {"hunter22": "hunter22", "server": "hunter22", "id": "hunter22"}}
    hidden = {"message": HIDDEN, "errors": {HIDDEN: HIDDEN, "server": HIDDEN, "id": HIDDEN}}
    assert knowing("hunter22").data(answer, told=True) == hidden
    said = {"message": "", "errors": {"download_password": "is too short"}}
    assert Redaction().data(said, told=True) == said


def test_what_is_too_deep_to_be_searched_is_not_passed_on() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert knowing(SECRET).data({"id": deep}) is None


def test_the_token_of_a_job_is_needed_and_not_told() -> None:
    known = Redaction()
    row = {"token": TOKEN, "status": {"info": f"token {TOKEN}"}, "note": TOKEN}
    assert known.data([row]) == [{"token": TOKEN, "status": {"info": f"token {HIDDEN}"}, "note": HIDDEN}]
    assert known.text(f"{TOKEN}!") == f"{HIDDEN}!"


def test_what_stands_under_the_name_of_a_secret_is_one() -> None:
    known = Redaction()
    data = {"options": {"user_password": "theirs99", "width": "9", "passwords": ["other888", ""]}, "note": "theirs99"}
    shown = {"options": {"user_password": HIDDEN, "width": "9", "passwords": [HIDDEN, ""]}, "note": HIDDEN}
    assert known.data(data) == shown
    assert known.text("other888") == HIDDEN


def test_a_long_secret_of_many_lines_takes_no_long_time() -> None:
    lines = [f'{number:06d}:+/"&<>' for number in range(4500)]
    hidden = Redaction()
    started = time.process_time()
    hidden.learn("\n".join(lines))
    assert hidden.text(f"it says {lines[7]} and {html.escape(lines[8])}") == f"it says {HIDDEN} and {HIDDEN}"
    assert time.process_time() - started < 30


def test_a_shorter_secret_is_hidden_where_it_is_escaped_and_not_where_two_words_have_its_letters() -> None:
    known = knowing("hunter2")
    assert known.text("%68unter2 hun ter2") == f"{HIDDEN} hun ter2"
    assert known.data({"title": "h\\u0075nter2"}) == {"title": HIDDEN}


def test_an_echo_keeps_what_a_manifest_shows_also_where_it_is_broken() -> None:
    assert knowing("a report", in_plain="a report").data({"title": "areport"}) == {"title": "areport"}
    assert knowing("a report").data({"title": "areport"}) == {"title": HIDDEN}


KEY = "feedfacecafebeef0123456789abcdef"
IN_BASE64 = base64.b64encode(KEY.encode()).decode()
PERCENT = "".join(f"%{ord(letter):02x}" for letter in KEY)
KEPT = ("id", "job", "input", "conversion", "uri", "server", "checksum", "hash", "created_at")
"""What is kept, or goes back, as it is."""


@pytest.mark.parametrize("key", KEPT)
@pytest.mark.parametrize(
    "form", [KEY, KEY.upper(), f"id-{KEY}", base64.b64encode(KEY.encode()).decode(), quote(KEY), PERCENT]
)
def test_a_key_where_nothing_can_be_hidden_is_found(key: str, form: str) -> None:
    for data in ({key: form}, [{"output": [{key: form}]}], {"options": {"metadata": {key: form}}}):
        with pytest.raises(SecretReturned, match=key):
            knowing(KEY).data(data)


def test_a_key_in_the_shape_of_an_id_is_one() -> None:
    shaped = "feedface-cafe-beef-0123-456789abcdef"
    with pytest.raises(SecretReturned):
        knowing(KEY).data({"id": shaped})
    assert knowing(KEY).data({"note": shaped}) == {"note": HIDDEN}
    assert knowing(KEY).data({"errors": [{"id_source": shaped}]}) == {"errors": [{"id_source": HIDDEN}]}


def test_the_token_of_a_job_is_no_id() -> None:
    with pytest.raises(SecretReturned):
        Redaction().data({"token": TOKEN, "id": TOKEN})


@pytest.mark.parametrize(
    ("secret", "data"),
    [
        ("1234", {"id": "6f1e1234-0e43-4a1c-8d43-1f6f0f5b0c11"}),
        ("1234", {"id": "1234"}),
        ("20261127", {"uri": "https://x/20261127/a"}),
        ("download", {"uri": "https://x/download-file/a"}),
        ("completed", {"id": "completed"}),
        ("report77", {"id": "report77"}),
        (KEY, {"message": {"id": KEY}}),
    ],
    ids=repr,
)
def test_what_is_there_by_chance_or_for_people_is_no_reason_to_refuse(secret: str, data: dict[str, object]) -> None:
    knowing(secret, in_plain="report77").data(data)


@pytest.mark.parametrize("uri", ["https://x/a/hunter22", "https://x/a/hunter22?b=c"])
def test_a_secret_at_the_end_of_an_address_names_no_file(uri: str) -> None:
    assert knowing("hunter22").data({"uri": uri}) == {"uri": uri, "filename": HIDDEN}
    assert knowing("hunter22").data({"uri": uri, "name": "a"}) == {"uri": uri, "name": "a"}
