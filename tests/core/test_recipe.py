"""What was sent and what decides a result, canonical and without secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Content, Conversion, Input, Job, Late, Secret
from a2c_spec.core.prepare import DesiredJob, only
from a2c_spec.core.recipe import (
    INCOMPLETE,
    as_known,
    by_bytes,
    digest,
    dumps,
    extension,
    fingerprint,
    holds_secret,
    identity,
    made_from,
    recipe_of,
    redact_secrets,
    sent_conversion,
    sent_fields,
    sent_filename,
    sent_input,
    uploaded,
)

SECRET = Secret("env:A")
MARK = {"$secret": "env:A#1"}


def mark(secret: Secret | str) -> str:
    return f"{secret.reference}#1" if isinstance(secret, Secret) else "literal#2"


BYTES = Content(3, "ab" * 32, "cd" * 16)
UPLOAD = Input("u", "upload", path="src/a.png", content=BYTES)
REMOTE = Input("r", "remote", source="https://x", credentials={"token": SECRET}, options={"w": 1})
WEBP = Conversion("webp", "webp", "image", {"width": 1}, {"title": "A"})


@pytest.mark.parametrize(
    ("value", "plain"),
    [(SECRET, MARK), ((1, SECRET), [1, MARK]), ({"a": {"b": SECRET}}, {"a": {"b": MARK}}), ("x", "x"), (None, None)],
)
def test_secrets_become_marks_wherever_they_stand(value: Any, plain: Any) -> None:
    assert redact_secrets(value, mark) == plain
    assert holds_secret(plain) is ("$secret" in str(plain))


@pytest.mark.parametrize("value", ["$secret", 1, None, [], {"a": "$secret"}, [["$secret"]]])
def test_only_a_mark_is_a_secret(value: Any) -> None:
    assert not holds_secret(value)


@pytest.mark.parametrize(
    ("name", "ending"),
    [("a/b.PDF", ".pdf"), ("a.tar.gz", ".gz"), (".hidden", ""), ("a", ""), ("a.b/c", ""), ("a.", "."), ("", "")],
)
def test_an_extension_is_the_last_one_of_the_last_segment(name: str, ending: str) -> None:
    assert extension(name) == ending


@pytest.mark.parametrize(
    ("item", "travels"),
    [
        (UPLOAD, True),
        (Input("b", "base64"), True),
        (REMOTE, False),
        (Input("f", "from"), False),
        (Input("f", "from", path="a"), True),
    ],
)
def test_bytes_travel_from_here_or_not(item: Input, travels: bool) -> None:
    assert uploaded(item) is travels


@pytest.mark.parametrize(
    ("item", "name"),
    [
        (UPLOAD, "a.png"),
        (replace(UPLOAD, filename="b"), "b"),
        (Input("b", "base64"), "output"),
        (Input("f", "from", path="a", result_name="b"), "b"),
        (Input("f", "from", path="a", result_name="b", filename="c"), "c"),
        (Input("x", "upload", path="a"), "a"),
    ],
)
def test_an_upload_travels_under_a_name(item: Input, name: str) -> None:
    assert sent_filename(item) == name


def test_an_upload_is_its_bytes_and_those_last_applied_may_stand_for_them() -> None:
    assert identity(UPLOAD, mark) == {"type": "upload", "sha256": BYTES.sha256}
    assert identity(replace(UPLOAD, applied_sha256="00"), mark) == {"type": "upload", "sha256": "00"}
    assert identity(Input("b", "base64"), mark) == {"type": "upload", "sha256": ""}


def test_a_source_is_all_that_cannot_be_patched() -> None:
    assert identity(replace(REMOTE, filename="f"), mark) == {
        "type": "remote",
        "source": "https://x",
        "options": {"w": 1},
        "filename": "f",
        "credentials": {"token": MARK},
    }
    assert identity(Input("f", "from", source="a.pdf", upstream="u"), mark) == {
        "type": "output",
        "source": "a.pdf",
        "upstream": "u",
    }


def test_a_preset_counts_by_what_it_holds() -> None:
    one, two = (job(conversions=(replace(WEBP, preset_from=name, upstream="u"),)) for name in ("p", "q"))
    assert of(one) == of(two)


def test_an_input_as_sent_leaves_out_what_was_not() -> None:
    told = {"filename": "a.png", "checksum": "cd" * 16}
    assert sent_input(UPLOAD, mark) == {"identity": identity(UPLOAD, mark), **told}
    assert "checksum" not in sent_input(replace(UPLOAD, content=None), mark)
    whole = replace(REMOTE, decrypt_password=SECRET, settings={"slide_duration": 2.0})
    assert sent_input(whole, mark, 0) == {
        "identity": identity(REMOTE, mark),
        "decrypt": "env:A#1",
        "position": 0,
        "slide_duration": 2.0,
    }


def test_a_conversion_as_sent_names_its_preset_only_if_it_has_one() -> None:
    plain = {
        "target": "webp",
        "category": "image",
        "options": {"width": 1},
        "metadata": {"title": "A"},
        "output_target": [],
    }
    assert sent_conversion(WEBP, mark) == plain
    with_preset = replace(WEBP, preset_from="p", upstream="f")
    assert sent_conversion(with_preset, mark) == plain | {"preset": "p", "upstream": "f"}


def test_a_password_of_the_job_is_marked_even_where_it_is_text() -> None:
    assert sent_fields(Job("a", fields={"callback": "x", "download_passwords": ("word", SECRET)}), mark) == {
        "callback": "x",
        "download_passwords": [{"$secret": "literal#2"}, MARK],
    }


def job(*inputs: Input, conversions: tuple[Conversion, ...] = (WEBP,), **fields: Any) -> Job:
    return Job("job", fields=fields, inputs=inputs or (UPLOAD, REMOTE), conversions=conversions)


def of(one: Job) -> str:
    return fingerprint(recipe_of(one, mark))


def options(**more: Any) -> Job:
    return job(conversions=(replace(WEBP, options=WEBP.options | more),))  # type: ignore[operator]


RESULT = replace(UPLOAD, type="from", source="h.k", upstream=digest([BYTES.sha256]), result_name="a.png")
"""The bytes of the upload, under its name, as another job makes them."""

FTP: dict[str, Any] = {"type": "ftp", "parameters": {"host": "a"}, "credentials": {"password": SECRET}, "status": "x"}

SAME: list[tuple[str, Job]] = [
    ("ids", job(replace(UPLOAD, id="x"), replace(REMOTE, id="y"), conversions=(replace(WEBP, id="z"),))),
    ("credentials", job(UPLOAD, replace(REMOTE, credentials={}))),
    ("an option that is null", options(height=None)),
    ("metadata that is null", job(conversions=(replace(WEBP, metadata={"title": "A", "x": None}),))),
    ("a name", options(output_filename="x")),
    ("a password of the result", options(download_password=SECRET)),
    ("a callback", job(callback="https://x")),
    ("a default", job(fail_on_input_error=True)),
    ("the path of an upload", job(replace(UPLOAD, path="other/a.png"), REMOTE)),
    ("that another job makes the bytes", job(RESULT, REMOTE)),
    ("which one", job(replace(RESULT, source="other.k"), REMOTE)),
]

OTHER: list[tuple[str, Job]] = [
    ("bytes", job(replace(UPLOAD, content=Content(3, "00" * 32, "")), REMOTE)),
    ("order", job(REMOTE, UPLOAD)),
    ("the name of an upload", job(replace(UPLOAD, path="src/b.png"), REMOTE)),
    ("the name of a source", job(UPLOAD, replace(REMOTE, filename="b"))),
    ("a source", job(UPLOAD, replace(REMOTE, source="https://y"))),
    ("a pin", job(UPLOAD, replace(REMOTE, pin="00"))),
    ("an engine", job(UPLOAD, replace(REMOTE, engine="website"))),
    ("a content type", job(UPLOAD, replace(REMOTE, content_type="text/html"))),
    ("options of an input", job(UPLOAD, replace(REMOTE, options={}))),
    ("parameters of an input", job(UPLOAD, replace(REMOTE, parameters={"a": 1}))),
    ("a setting", job(replace(UPLOAD, settings={"slide_duration": 2.0}), REMOTE)),
    ("a password of an input", job(replace(UPLOAD, decrypt_password=SECRET), REMOTE)),
    ("the name of what it takes", job(UPLOAD, replace(REMOTE, result_name="c"))),
    ("what it rests on", job(UPLOAD, replace(REMOTE, upstream="u"))),
    ("an option", options(height=2)),
    ("metadata", job(conversions=(replace(WEBP, metadata={}),))),
    ("a target", job(conversions=(replace(WEBP, target="png"),))),
    ("a category", job(conversions=(replace(WEBP, category="document"),))),
    ("a delivery", job(conversions=(replace(WEBP, output_target=(FTP,)),))),
    ("a preset", job(conversions=(replace(WEBP, preset_from="p"),))),
    ("what a preset says", job(conversions=(replace(WEBP, upstream="u"),))),
    ("one more conversion", job(conversions=(WEBP, replace(WEBP, id="y")))),
    ("a decisive field", job(fail_on_input_error=False)),
    ("the other decisive field", job(fail_on_conversion_error=False)),
]


@pytest.mark.parametrize("other", [row[1] for row in SAME], ids=[row[0] for row in SAME])
def test_what_changes_no_result_changes_no_fingerprint(other: Job) -> None:
    assert of(other) == of(job())


@pytest.mark.parametrize("other", [row[1] for row in OTHER], ids=[row[0] for row in OTHER])
def test_whatever_changes_a_result_changes_the_fingerprint(other: Job) -> None:
    assert of(other) != of(job())


def test_inputs_of_equal_bytes_are_equal_wherever_they_come_from() -> None:
    def told(item: Input) -> Mapping[str, Any]:
        return by_bytes(recipe_of(job(item), mark)["inputs"]["u"])

    before = {"type": "output", "source": "h.k", "upstream": digest([BYTES.sha256]), "filename": "a.png"}
    assert told(UPLOAD) == told(RESULT) == by_bytes(before)
    assert told(UPLOAD) != told(replace(UPLOAD, content=Content(3, "00" * 32, "")))
    assert told(UPLOAD) != told(replace(RESULT, result_name="b.png"))
    assert by_bytes({"type": "remote", "source": "https://x"}) == {"type": "remote", "source": "https://x"}


def test_what_a_conversion_is_made_from_is_the_same_for_the_same_bytes() -> None:
    def told(*inputs: Input, **fields: Any) -> str:
        return made_from(recipe_of(replace(job(*inputs), fields=fields), mark), "webp")

    assert told(UPLOAD) == told(RESULT) != ""
    assert len({told(UPLOAD), told(UPLOAD, replace(UPLOAD, id="v")), told(UPLOAD, fail_on_input_error=False)}) == 3
    assert (made_from({}, "webp"), made_from(recipe_of(job(UPLOAD), mark), "other")) == ("", "")


def test_all_recipes_differ_from_one_another() -> None:
    assert len({of(other) for _, other in OTHER}) == len(OTHER)


def test_the_access_to_a_delivery_does_not_count_and_its_place_does() -> None:
    def delivering(**more: Any) -> Job:
        return job(conversions=(replace(WEBP, output_target=(FTP | more,)),))

    assert of(delivering(credentials={}, status="y")) == of(delivering())
    assert of(delivering(parameters={"host": "b"})) != of(delivering())
    assert of(delivering(type="s3")) != of(delivering())


def test_each_conversion_is_judged_by_itself_and_by_what_all_share() -> None:
    pdf, changed = Conversion("pdf", "pdf"), replace(WEBP, options={})
    both, other = (DesiredJob(job(conversions=(one, pdf)), mark, PlannerOptions()) for one in (WEBP, changed))
    assert only(both, "pdf").fingerprint == only(other, "pdf").fingerprint
    assert only(both, "webp").fingerprint != only(other, "webp").fingerprint
    held = DesiredJob(job(conversions=(WEBP, pdf), fail_on_input_error=False), mark, PlannerOptions())
    assert only(held, "pdf").fingerprint != only(both, "pdf").fingerprint


def test_a_recipe_of_an_earlier_version_is_compared_without_what_it_cannot_tell() -> None:
    recipe = recipe_of(job(replace(UPLOAD, decrypt_password=SECRET)), mark)
    assert as_known(recipe, {}) is recipe
    assert as_known(recipe, {INCOMPLETE: True}) == {
        "order": ["u"],
        "inputs": {"u": {"type": "upload", "sha256": BYTES.sha256}},
        "conversions": recipe["conversions"],
        INCOMPLETE: True,
    }


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1})
    assert digest([1, 2]) != digest([2, 1])
    assert len(digest(None)) == 64


def test_json_is_compact_and_readable_and_knows_late_texts() -> None:
    assert dumps({"b": "ü", "a": [1]}) == '{"a":[1],"b":"ü"}'
    assert dumps(Late("x", {"y": 1})) == '{"$late":"x","scope":{"y":1}}'
    wrong: Callable[[], object] = object
    with pytest.raises(TypeError, match="not JSON: object"):
        dumps(wrong())
