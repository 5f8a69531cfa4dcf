"""What somebody else changed is told from what was sent and what was shown then, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.calls import Call
from a2c_spec.core.foreign import (
    completed,
    conversion_parts,
    echo_of,
    foreign,
    foreign_of_preset,
    input_parts,
    settings_in,
    strangers,
    told_of_start,
)
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob
from a2c_spec.core.noticing import noticed
from a2c_spec.core.plan import Change
from a2c_spec.core.state import Element, Intent, JobRecord

SENT: dict[str, Any] = {"options": {"quality": 50}, "metadata": {"title": "A"}}
SHOWN: dict[str, Any] = {"quality": 50, "width": None, "dpi": 300, "normalize": False}
ECHO = {"options": {"dpi": 300}, "metadata": {}}
OURS = Element("con-1", SENT, ECHO)
ROW = LiveConversion("con-1", "jpg", "image", SHOWN, {"title": "A"})
RECORD = JobRecord("a", "x", "building", "job-1", elements={"job": Element("job-1"), "conversions.g": OURS})
LIVE = LiveJob("job-1", "incomplete", conversions=(ROW,))


def test_what_a_new_part_shows_beside_what_was_sent_is_kept_without_what_is_empty() -> None:
    assert echo_of(SENT, conversion_parts(ROW, SENT)) == ECHO
    fields = {"callback": "", "fail_on_input_error": True, "notify_status": True}
    secret = SHOWN | {"owner_password": "word"}
    echo = echo_of(SENT, conversion_parts(replace(ROW, options=secret), SENT))
    assert echo["options"] == {"dpi": 300, "owner_password": "(sensitive)"}
    assert strangers(replace(OURS, echo=echo), "options", SENT["options"], secret) == {}
    assert echo_of({"fields": {}}, {"fields": fields}) == {"fields": {"notify_status": True}}


PARTS = [
    ({}, {"options", "metadata"}),
    ({"options": {"quality": 50}}, {"metadata"}),  # not expanded: defaults may be shown later
    ({"options": {"width": 5}}, {"metadata"}),
    ({"options": {}}, {"metadata"}),
    ({"metadata": {}}, {"options"}),
]


@pytest.mark.parametrize(("shown", "known"), PARTS)
def test_a_part_is_known_only_if_it_shows_what_was_sent(shown: Any, known: set[str]) -> None:
    assert conversion_parts(replace(ROW, **shown), SENT).keys() == known


OPTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"quality": 10}, {}),  # we sent it: compared elsewhere
    ({"width": 5}, {"width": None}),
    ({"width": ""}, {}),
    ({"width": False}, {}),
    ({"dpi": "300"}, {}),
    ({"dpi": 72}, {"dpi": 300}),
    ({"dpi": None}, {"dpi": 300}),
    ({"normalize": True}, {"normalize": None}),
    ({"new": 1}, {"new": None}),
]


@pytest.mark.parametrize(("change", "told"), OPTIONS)
def test_a_value_is_somebody_elses_if_another_one_was_shown_before(
    change: dict[str, Any], told: dict[str, Any]
) -> None:
    assert strangers(OURS, "options", SENT["options"], SHOWN | change) == told
    assert strangers(replace(OURS, echo={}), "options", SENT["options"], SHOWN | change) == {}


def test_a_key_of_ours_that_is_no_longer_shown_is_unset_only_if_it_was_shown() -> None:
    assert completed(OURS, "metadata", {}) == {"title": None}
    assert completed(replace(OURS, echo={}), "metadata", {}) == {}


def told(**parts: Any) -> list[Any]:
    return list(foreign(RECORD, replace(LIVE, conversions=(replace(ROW, **parts),))))


def test_every_foreign_value_of_a_held_job_is_told_with_what_it_was() -> None:
    assert list(foreign(RECORD, LIVE)) == []
    assert told(options=SHOWN | {"width": 5}) == [("conversions.g.options.width", None, 5)]
    assert told(metadata={"z": "1"}) == [
        ("conversions.g.metadata.title", "A", None),
        ("conversions.g.metadata.z", None, "1"),
    ]
    secret = told(options=SHOWN | {"download_password": "word"})
    assert secret == [("conversions.g.options.download_password", None, "(sensitive)")]


def test_of_a_job_that_was_started_only_what_we_sent_counts() -> None:
    live = replace(LIVE, status="completed", conversions=(replace(ROW, options=SHOWN | {"width": 5, "quality": 9}),))
    assert list(foreign(replace(RECORD, phase="done"), live)) == [("conversions.g.options.quality", 50, 9)]


def test_settings_of_inputs_and_fields_of_the_job_count_too() -> None:
    elements = {
        "job": Element("job-1", {"callback": "a"}, {"fields": {}}),
        "inputs.i": Element("in-1", {"slide_duration": 2}),
    }
    live = LiveJob(
        "job-1",
        "incomplete",
        fields={"callback": "b", "fail_on_input_error": False, "notify_status": False},
        inputs=(LiveInput("in-1", options={"slide_duration": 9, "position": 1}),),
    )
    assert list(foreign(replace(RECORD, elements=elements), live)) == [
        ("job.callback", "a", "b"),
        ("job.fail_on_input_error", True, False),
        ("inputs.i.slide_duration", 2, 9),
    ]


SETTINGS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[tuple[Any, Any]]]] = [
    ({}, {"settings": {}}, {"slide_duration": 9, "position": 2, "screen_width": 5}, [(None, 9)]),
    ({}, {"settings": {"slide_duration": 5}}, {"slide_duration": 5.0}, []),
    ({}, {"settings": {"slide_duration": 5}}, {"slide_duration": 9}, [(5, 9)]),
    ({}, {}, {"slide_duration": 9}, []),  # a record of an earlier version
    ({"slide_duration": 2}, {"settings": {}}, {"slide_duration": 9}, [(2, 9)]),
    ({}, {"settings": {}}, {"slide_duration": None}, []),
]


@pytest.mark.parametrize(("sent", "echo", "shown", "found"), SETTINGS)
def test_a_setting_that_nobody_here_set_counts_as_far_as_it_is_known_what_was_shown(
    sent: dict[str, Any], echo: dict[str, Any], shown: dict[str, Any], found: list[tuple[Any, Any]]
) -> None:
    record = replace(RECORD, elements={"inputs.i": Element("in-1", sent, echo)})
    live = LiveJob("job-1", "incomplete", inputs=(LiveInput("in-1", options=shown),))
    assert list(foreign(record, live)) == [("inputs.i.slide_duration", *pair) for pair in found]
    ours = [("inputs.i.slide_duration", *pair) for pair in found if sent]
    assert list(foreign(replace(record, phase="started"), live)) == ours


def test_an_answer_shows_an_input_unless_it_tells_nothing_but_its_id() -> None:
    assert input_parts(LiveInput("in-1")) == {}
    assert input_parts(LiveInput("in-1", "upload")) == {"settings": {}}
    shown = {"slide_duration": 5, "position": 1}
    assert (
        input_parts(LiveInput("in-1", options=shown))
        == {"settings": settings_in(shown)}
        == {"settings": {"slide_duration": 5}}
    )


PAGES = {name: Element(f"in-{name}", {"filename": name}) for name in "abc"}
BOTH = [*"abc"]
ORDERS: list[tuple[str, str, dict[str, Any], list[Any]]] = [
    ("as they were sent", "abc", {}, []),
    ("two swapped", "bac", {}, [("order of inputs", BOTH, ["b", "a", "c"])]),
    ("one is gone", "ca", {}, [("order of inputs", ["a", "c"], ["c", "a"])]),
    ("one is somebody else's", "xbac", {}, [("order of inputs", BOTH, ["b", "a", "c"])]),
    ("it was started", "bac", {"phase": "done"}, []),
    ("calls are open", "bac", {"intent": Intent(("patch_inputs",))}, []),
    ("ours is not known yet", "bac", {"elements": {"inputs.a": Element("in-a", {"position": 0})}}, []),
]


@pytest.mark.parametrize(("name", "shown", "more", "found"), ORDERS, ids=[row[0] for row in ORDERS])
def test_another_order_of_the_inputs_is_told_by_their_names(
    name: str, shown: str, more: dict[str, Any], found: list[Any]
) -> None:
    elements = {f"inputs.{page}": element for page, element in PAGES.items()}
    record = replace(RECORD, basis={"order": BOTH}, elements=elements)
    rows = [LiveInput(f"in-{page}", options={"position": place}) for place, page in enumerate(shown, 1)]
    live = LiveJob("job-1", "incomplete", inputs=tuple(reversed(rows)))
    record = replace(record, **{**more, "elements": {**elements, **more.get("elements", {})}})
    assert list(foreign(record, live)) == found
    untold = replace(live, inputs=tuple(replace(row, options={}) for row in rows))
    assert list(foreign(record, untold)) == [], "the order of a reply proves nothing"


def test_the_id_of_a_preset_is_no_foreign_option() -> None:
    sent = SENT | {"preset": "look", "upstream": "f"}
    by_preset = replace(RECORD, elements={"conversions.g": replace(OURS, sent=sent)})
    live = replace(LIVE, conversions=(replace(ROW, options=SHOWN | {"preset": "p-2"}),))
    assert list(foreign(by_preset, live)) == []
    assert told(options=SHOWN | {"preset": "p-2"}) == [("conversions.g.options.preset", None, "p-2")]


def test_a_preset_is_compared_in_what_it_shows() -> None:
    sent = {"name": "look", "target": "jpg", "options": {"quality": 30}}
    record = JobRecord("look", "x", "done", "p-1", elements={"preset": Element("p-1", sent, {"options": {}})})
    shown = {"id": "p-1", "name": "look", "target": "jpg"}
    assert list(foreign_of_preset(record, shown)) == []
    assert list(foreign_of_preset(record, shown | {"options": {"quality": "30"}})) == []
    assert list(foreign_of_preset(record, shown | {"name": "x", "options": {"width": 5}})) == [
        ("name", "look", "x"),
        ("options.quality", 30, None),
        ("options.width", None, 5),
    ]


def row(**more: Any) -> dict[str, Any]:
    return {"id": "con-1", "target": "jpg", "options": SHOWN, "metadata": {"title": "A"}} | more


def test_answers_to_creates_and_additions_tell_everything() -> None:
    bare = replace(RECORD, elements={"job": Element("job-1"), "conversions.g": Element("con-1", SENT)})
    after = noticed(bare, Call("create_job"), {"id": "job-1", "notify_status": True, "conversion": [row()]})
    assert (after.elements["conversions.g"].echo, after.elements["job"].echo) == (
        ECHO,
        {"fields": {"notify_status": True}},
    )
    for reply in (row(), [row()]):
        assert noticed(bare, Call("add_conversions"), reply).elements["conversions.g"] == OURS
    assert noticed(bare, Call("upload_file"), row()) == bare


def test_the_answer_to_an_edit_tells_only_of_what_it_named() -> None:
    call = Call("patch_conversion", body={"options": {"dpi": None}})
    after = noticed(RECORD, call, row(options=SHOWN | {"width": 5, "dpi": 72}))
    assert after.elements["conversions.g"].echo == {"options": {"dpi": 72}, "metadata": {}}
    edit = Call("patch_job", body={"notify_status": False})
    fields = {"id": "job-1", "notify_status": True, "callback": "theirs"}
    held = replace(RECORD, elements={"job": Element("job-1", echo={"fields": {}})})
    assert noticed(held, edit, fields).elements["job"].echo == {"fields": {"notify_status": True}}
    unknown = replace(RECORD, elements={"job": Element("job-1")})
    assert noticed(unknown, edit, fields) == unknown


INTENT = Intent(("patch_job",), starts=True)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("running", ("started elsewhere, which costs about 2 credits", "why")),
        ("completed", ("started elsewhere, which cost 5 credits", "why")),
        ("incomplete", ("why",)),
    ],
)
def test_a_start_that_was_not_sent_from_here_is_told(status: str, told: tuple[str, ...]) -> None:
    live = LiveJob("j", status, conversions=(LiveConversion("1"), LiveConversion("2")), spent=5)
    assert told_of_start(Change("a", "wait", ("why",)), live).reasons == told
