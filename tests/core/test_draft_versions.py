"""What a draft would run, call by call, and what it ran once somebody started it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from a2c_spec.core.draft_versions import begun, begun_elsewhere
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob
from a2c_spec.core.recipe import fingerprint
from a2c_spec.core.state import Element, Intent, JobRecord
from tests.core.created_jobs import HELD

WEBP, PNG, WIDE = {"target": "webp", "options": {"width": 8}}, {"target": "png"}, {"target": "webp"}
BASIS: Mapping[str, Any] = {"order": ["a"], "inputs": {"a": {"sha256": "1"}}, "conversions": {"webp": WEBP}}
PARTS = {
    "job": Element("job-1", {"callback": "c"}),
    "inputs.a": Element("", {"identity": {"type": "upload"}, "checksum": "md5"}),
    "conversions.webp": Element("con-1", WEBP),
}
START = Intent(("upload_file",), starts=True, adds=True, fingerprint="f", basis=BASIS, elements=PARTS)
DRAFT = replace(HELD, elements={key: one for key, one in PARTS.items() if key != "inputs.a"}, intent=START)
RUNS = LiveJob(
    "job-1",
    "processing",
    inputs=(LiveInput("in-1", "upload", checksum="md5"),),
    conversions=(LiveConversion("con-1", "webp", options={"width": 8, "quality": 80}),),
    process=True,
)


def test_a_start_without_an_answer_was_done_where_the_job_runs_as_it_was_to_be_started() -> None:
    run = begun(DRAFT, RUNS)
    assert run is not None
    assert (run.phase, run.fingerprint, run.basis, run.intent) == ("started", "f", BASIS, None)
    assert [one.api_id for one in run.elements.values()] == ["job-1", "in-1", "con-1"]


OTHERWISE: dict[str, tuple[JobRecord, LiveJob]] = {
    "not started": (DRAFT, replace(RUNS, status="incomplete", process=False)),
    "other bytes": (DRAFT, replace(RUNS, inputs=(LiveInput("in-1", "upload", checksum="other"),))),
    "an input more": (DRAFT, replace(RUNS, inputs=(*RUNS.inputs, LiveInput("in-2", "remote", "https://x")))),
    "another option": (DRAFT, replace(RUNS, conversions=(LiveConversion("con-1", "webp", options={"width": 9}),))),
    "another callback": (DRAFT, replace(RUNS, fields={"callback": "d"})),
    "nothing was sent": (replace(DRAFT, intent=None), RUNS),
    "no start was sent": (replace(DRAFT, intent=replace(START, starts=False)), RUNS),
    "of a create": (replace(DRAFT, intent=replace(START, kinds=("create_job",))), RUNS),
    "what was sent is not known": (replace(DRAFT, intent=replace(START, elements={})), RUNS),
    "it was started before": (replace(DRAFT, phase="started"), RUNS),
}


@pytest.mark.parametrize(("record", "live"), OTHERWISE.values(), ids=OTHERWISE)
def test_else_nothing_is_believed_of_a_start(record: JobRecord, live: LiveJob) -> None:
    assert begun(record, live) is None


KNOWN = replace(
    HELD, basis=BASIS, fingerprint="f", elements={**PARTS, "inputs.a": replace(PARTS["inputs.a"], api_id="in-1")}
)
"""A draft all of which is known."""

BOTH = {**BASIS, "conversions": {"webp": WEBP, "png": PNG}}
NEW = LiveConversion("con-2", "png")
UNSET = LiveConversion("con-1", "webp", options={"width": 640, "quality": 80})
"""What a service shows of the conversion once its width was taken away: its own default."""


def editing(basis: Mapping[str, Any], **elements: Element | None) -> JobRecord:
    """The draft while calls are under way after which it has this recipe, and these elements (None: not any more)."""
    named = {name.replace("_", "."): one for name, one in elements.items()}
    after = {name: one for name, one in {**KNOWN.elements, **named}.items() if one is not None}
    return replace(KNOWN, intent=Intent(("x",), fingerprint="g", basis=basis, elements=after))


ADDED = editing(BOTH, conversions_png=Element("", PNG))
TAKEN = editing({**BASIS, "conversions": {}}, conversions_webp=None)
WIDER = editing({**BASIS, "conversions": {"webp": {"target": "webp", "options": {"width": 9}}}},
                conversions_webp=Element("con-1", {"target": "webp", "options": {"width": 9}}))  # fmt: skip
RESET = editing(
    {**BASIS, "conversions": {"webp": WIDE}}, conversions_webp=Element("con-1", WIDE, {"options": {"quality": 80}})
)
SECRET = editing({**BASIS, "conversions": {"webp": {**WEBP, "key": 2}}},
                 conversions_webp=Element("con-1", {**WEBP, "metadata": {"key": {"$secret": "2"}}}))  # fmt: skip


def live(*conversions: LiveConversion) -> LiveJob:
    return replace(RUNS, conversions=conversions, fields={"callback": "c"})


MADE: dict[str, tuple[JobRecord, LiveJob, dict[str, Any] | None]] = {
    "as it was sent": (KNOWN, RUNS, {"webp": WEBP}),
    "a part that was added": (ADDED, live(*RUNS.conversions, NEW), {"webp": WEBP, "png": PNG}),
    "a part that was not added": (ADDED, RUNS, {"webp": WEBP}),
    "a part that was not taken away": (TAKEN, RUNS, {"webp": WEBP}),
    "an option that was set": (
        WIDER,
        live(LiveConversion("con-1", "webp", options={"width": 9})),
        {"webp": {"target": "webp", "options": {"width": 9}}},
    ),
    "an option that was not set": (WIDER, RUNS, {"webp": WEBP}),
    "an option that somebody else set, too": (WIDER, live(LiveConversion("con-1", "webp", options={"width": 7})), None),
    "an option that was taken away": (RESET, live(UNSET), {"webp": WIDE}),
    "an option that was not taken away": (RESET, RUNS, {"webp": WEBP}),
    "a part that somebody else added": (ADDED, live(*RUNS.conversions, replace(NEW, target="gif")), {"webp": WEBP}),
    "a part that somebody else took away": (ADDED, live(NEW), {"png": PNG}),
    "an input that somebody else added": (KNOWN, replace(RUNS, inputs=(*RUNS.inputs, LiveInput("in-2"))), None),
    "an input that somebody else took away": (KNOWN, replace(RUNS, inputs=()), None),
    "bytes that somebody else sent": (KNOWN, replace(RUNS, inputs=(LiveInput("in-1", "upload", checksum="x"),)), None),
    "a field that somebody else changed": (KNOWN, replace(RUNS, fields={"callback": "d"}), None),
    "nothing that is told": (SECRET, RUNS, None),
    "not started": (ADDED, replace(RUNS, status="incomplete", process=False), None),
    "nothing is known of it": (replace(ADDED, basis={}), RUNS, None),
    "it was started before": (replace(KNOWN, phase="started"), RUNS, None),
}


@pytest.mark.parametrize(("record", "shown", "made"), MADE.values(), ids=MADE)
def test_of_a_draft_that_was_started_it_is_known_what_it_ran(
    record: JobRecord, shown: LiveJob, made: dict[str, Any] | None
) -> None:
    run = begun_elsewhere(record, shown)
    assert (run and run.basis["conversions"]) == made
    assert run is None or (run.phase, run.intent, run.basis["inputs"]) == ("started", None, BASIS["inputs"])
    assert run is None or run.fingerprint in ("f", "g", fingerprint(run.basis))


def test_of_what_is_not_told_the_rest_is_known() -> None:
    """A secret that was being changed: the conversion may have the old one, or the new one."""
    both = replace(KNOWN, basis=BOTH, elements={**KNOWN.elements, "conversions.png": Element("con-2", PNG)})
    after = {**both.elements, "conversions.webp": Element("con-1", {**WEBP, "metadata": {"key": {"$secret": "2"}}})}
    wanted = {**BOTH, "conversions": {"webp": {**WEBP, "key": 2}, "png": PNG}}
    record = replace(both, intent=Intent(("patch_conversion",), basis=wanted, elements=after))
    run = begun_elsewhere(record, live(*RUNS.conversions, NEW))
    assert run is not None
    assert run.basis["conversions"] == {"png": PNG}
    assert {name for name in run.elements if name.startswith("conv")} == {"conversions.#webp", "conversions.png"}


def test_what_somebody_else_changed_is_what_it_ran_and_what_was_added_is_nobody_s() -> None:
    record = replace(KNOWN, basis=BOTH, elements={**KNOWN.elements, "conversions.png": Element("con-2", PNG)})
    changed = LiveConversion("con-1", "webp", options={"width": 7})
    run = begun_elsewhere(record, live(changed, NEW, LiveConversion("con-3", "gif")))
    assert run is not None
    assert run.basis["conversions"] == {"webp": {"target": "webp", "options": {"width": 7}}, "png": PNG}
    told = {name: one.api_id for name, one in run.elements.items() if name.startswith("conversions")}
    assert told == {"conversions.webp": "con-1", "conversions.png": "con-2", "conversions.#con-3": "con-3"}


CHANGED: dict[str, tuple[Mapping[str, Any], LiveConversion, Mapping[str, Any]]] = {
    "a name of the file": (WEBP, LiveConversion("con-1", "webp", options={"width": 8, "output_filename": "o"}), WEBP),
    "metadata": (WEBP, LiveConversion("con-1", "webp", options={"width": 8}, metadata={"t": "x"}),
                 {**WEBP, "metadata": {"t": "x"}}),
    "an option that we left unset": (WEBP, LiveConversion("con-1", "webp", options={"width": 8, "dpi": 90}),
                                     {"target": "webp", "options": {"width": 8, "dpi": 90}}),
}  # fmt: skip  # a table


@pytest.mark.parametrize(("sent", "shown", "made"), CHANGED.values(), ids=CHANGED)
def test_a_conversion_that_somebody_else_changed_has_the_recipe_that_it_ran_with(
    sent: Mapping[str, Any], shown: LiveConversion, made: Mapping[str, Any]
) -> None:
    element = Element("con-1", sent, {"options": {}, "metadata": {}})
    run = begun_elsewhere(replace(KNOWN, elements={**KNOWN.elements, "conversions.webp": element}), live(shown))
    assert run is not None
    assert run.basis["conversions"] == {"webp": made}
