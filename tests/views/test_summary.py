"""What an apply came to, in text and in JSON: sums that agree, failures by their cause, the most frequent first."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.plan import Change
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.core.tally import Tally
from a2c_spec.errors import ConversionFailed, NotCleanedUp, NotStarted, SpecError, WaitTimeout
from a2c_spec.views.problems import error_json
from a2c_spec.views.style import Style
from a2c_spec.views.summary import by_cause, cause, summary_json, summary_text

PLAIN = Style()


def failures(**counts: int) -> list[SpecError]:
    """So many failures of each cause, the causes in this order."""
    return [
        ConversionFailed(f"{message} in job {n}", address=f"{message}-{n}")
        for message, count in counts.items()
        for n in range(count)
    ]


CAUSES = [
    ("job 12f3a-b failed", ".. failed"),
    ("no file src/a.png here", "no file .. here"),
    ('the option "width" is odd', "the option .. is odd"),
    ("waited 30 seconds", "waited .. seconds"),
    ("id 0123456789abcdef is gone", "id .. is gone"),
    ("id 12345678-1234-1234-1234-123456789abc is gone", "id .. is gone"),
    ("no such target", "no such target"),
]


@pytest.mark.parametrize(("message", "common"), CAUSES)
def test_a_cause_is_the_message_without_what_differs_from_job_to_job(message: str, common: str) -> None:
    assert cause(SpecError(message)) == common


def test_the_most_frequent_cause_stands_first_and_equals_keep_their_order() -> None:
    groups = by_cause(failures(rare=1, other=1, often=3, some=2))
    assert [(name, len(group)) for name, group in groups.items()] == [
        ("often in ..", 3),
        ("some in ..", 2),
        ("rare in ..", 1),
        ("other in ..", 1),
    ]


def test_failures_are_listed_by_cause_the_most_frequent_first() -> None:
    lines = summary_text(Tally(8), failures(rare=1, often=7), {}, PLAIN).splitlines()
    assert lines == [
        "  failed 7 times, the first one: often in job 0",
        "    often-0, often-1, often-2, often-3, often-4 and 2 more",
        "  failed rare-0: rare in job 0",
        "Not all done: 0 applied, 8 failed; no API calls.",
    ]


def test_five_addresses_need_no_more() -> None:
    assert "f-4\n" in summary_text(Tally(5), failures(f=5), {}, PLAIN)


ENDS: list[tuple[Tally, dict[str, int], str]] = [
    (Tally(0), {}, "Nothing to do; no API calls."),
    (Tally(0), {"GET": 1}, "Nothing to do; 1 call (GET 1)."),
    (Tally(2, applied=2), {"POST": 2, "GET": 3}, "Done: 2 applied; 5 calls (GET 3, POST 2)."),
    (
        Tally(1, applied=1, held=1, spent=1),
        {},
        "Done: 1 applied, 1 job held, not started, 1 credit spent; no API calls.",
    ),
    (
        Tally(2, applied=2, cached=1, spent=3),
        {},
        "Done: 2 applied, 1 from the results cache, 3 credits spent; no API calls.",
    ),
    (
        Tally(3, applied=1, later={"b": "it needs a, which is not waited for"}),
        {},
        "  b: left to the next apply: it needs a, which is not waited for\n"
        "Done: 1 applied, 1 left to the next apply; no API calls.",
    ),
    (
        Tally(1, applied=1, spent=5, exceeded=("it is",)),
        {},
        "  more than is allowed: it is\nDone: 1 applied, 5 credits spent; no API calls.",
    ),
    (
        Tally(2, started={"a", "b"}, begun={"b"}),
        {},
        "Done: 1 job started, not waited for, 1 job running, not waited for; no API calls.",
    ),
    (Tally(3, applied=1, unstarted=2), {}, "Not all done: 1 applied, 2 not started; no API calls."),
]


@pytest.mark.parametrize(("tally", "counts", "line"), ENDS)
def test_the_last_line_says_what_was_done(tally: Tally, counts: dict[str, int], line: str) -> None:
    assert summary_text(tally, [], counts, PLAIN) == line
    assert summary_text(tally, [], None, PLAIN) == f"{line.partition(';')[0].removesuffix('.')}.", (
        "the calls only if asked for"
    )


def test_the_first_files_are_named_and_the_rest_counted() -> None:
    tally = Tally(1, applied=1, files=3, size=3000, first=[("dist/a", 5)])
    assert summary_text(tally, [], {}, PLAIN).splitlines()[:2] == [
        "  dist/a (5 B)",
        "  and 2 more files (3.0 kB in all)",
    ]
    tally.files = 2
    assert "  and 1 more file (" in summary_text(tally, [], {}, PLAIN)
    tally = Tally(1, applied=1, files=1, size=5, first=[("dist/a", 5)])
    assert "more" not in summary_text(tally, [], {}, PLAIN)


def test_what_was_made_without_an_input_is_told_though_little_else_is() -> None:
    tally = Tally(2, applied=2, incomplete=1, told_incomplete=["a: partial: z was made without r"])
    assert summary_text(tally, [], None, PLAIN).splitlines() == [
        "  a: partial: z was made without r",
        "Done: 2 applied, 1 partial.",
    ]


@pytest.mark.parametrize(("tally", "errors", "code"), [(Tally(1), [], "32"), (Tally(1), failures(f=1), "31")])
def test_the_head_is_green_only_if_all_went_well(tally: Tally, errors: list[SpecError], code: str) -> None:
    assert f"\x1b[{code};1m" in summary_text(tally, errors, {}, Style(on=True))


def test_the_json_tells_every_job_and_every_failure() -> None:
    files = (SavedFile("dist/a", 5, "ab", "o", "webp"), SavedFile("", 7, "", "p", "webp"))
    rows: list[tuple[Change, JobRecord | None]] = [
        (Change("a", "create", ()), JobRecord("a", "x", "done", "job-1", files=files, spent=2)),
        (Change("b", "create", ()), None),
    ]
    errors = failures(often=2)
    told: dict[str, Any] = summary_json(rows, Tally(3, spent=2, unstarted=1), errors, {"POST": 1})
    none = {
        "address": "b",
        "run": "b",
        "action": "create",
        "job_id": "",
        "phase": "",
        "spent": 0,
        "left_out": {},
        "files": [],
    }
    saved = [{"path": "dist/a", "size": 5, "sha256": "ab"}]
    assert told == {
        "event": "summary",
        "jobs": [
            {
                "address": "a",
                "run": "a",
                "action": "create",
                "job_id": "job-1",
                "phase": "done",
                "spent": 2,
                "left_out": {},
                "files": saved,
            },
            none,
        ],
        "errors": [error_json(error) for error in errors],
        "causes": [{"message": "often in ..", "addresses": ["often-0", "often-1"]}],
        "requests": {"POST": 1},
        "spent": 2,
        "exceeded": [],
        "later": {},
        "unstarted": 1,
        "started": [],
    }


def test_failures_are_grouped_by_cause() -> None:
    errors = [
        ConversionFailed(f"job {n}f3a failed: the file src/{n}.png is damaged", address=f"b[{n}]") for n in range(9)
    ]
    errors.append(ConversionFailed("no such target", address="other"))
    text = summary_text(Tally(10), errors, {"POST": 3}, PLAIN)
    assert text.count("is damaged") == 1
    assert "failed 9 times" in text
    assert "b[0], b[1], b[2], b[3], b[4] and 4 more" in text
    assert "failed other: no such target" in text


def test_an_address_of_which_several_runs_fail_failed_once() -> None:
    errors = [
        *(SpecError(f"{n}", address=f"a#{n}") for n in (2, 3)),
        NotStarted("", address="a"),
        NotStarted("", address="b"),
    ]
    last = summary_text(Tally(2), errors, {}, PLAIN).splitlines()[-1]
    assert last == "Not all done: 0 applied, 1 failed, 1 not started; no API calls."


def test_what_runs_on_is_not_told_as_failed() -> None:
    errors: list[SpecError] = [WaitTimeout(f"job {n}f3a is still running after 2 s", address=n) for n in "ab"]
    errors += [
        WaitTimeout("no", address="c"),
        NotCleanedUp("all of it is here", address="d"),
        SpecError("x", address="e"),
    ]
    text = summary_text(Tally(5, applied=1), errors, None, PLAIN).splitlines()
    assert text == [
        "  2 times, the first one: job af3a is still running after 2 s",
        "    a, b",
        "  c: no",
        "  d: all of it is here",
        "  failed e: x",
        "Not all done: 1 applied, 1 failed, 3 still running, 1 not cleaned up.",
    ]
