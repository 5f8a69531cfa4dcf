"""The passwords that may open a result: those of the manifest, and those that were sent."""

from __future__ import annotations

from typing import Any

import pytest

from a2c_spec.core.desired import Conversion, Job, Output, Secret
from a2c_spec.core.download_passwords import own_passwords, passwords, passwords_to_come, recorded_passwords
from a2c_spec.core.live import LiveOutput
from a2c_spec.core.result_paths import Placement
from a2c_spec.core.state import Element, JobRecord

SPEC = Output("webp", download_password=Secret("env:OUTPUT"))
PLACE = Placement(LiveOutput("o1"), "webp", (), 1, "", "", SPEC)
JOB = Job(
    "a",
    fields={"download_passwords": (Secret("env:JOB"), "plain")},
    conversions=(Conversion("webp", "webp", options={"download_password": "conversion"}),),
)


def test_passwords_of_the_manifest_are_those_of_the_output_its_conversion_and_its_job() -> None:
    assert passwords(JOB, PLACE) == [Secret("env:OUTPUT"), "conversion", Secret("env:JOB"), "plain"]
    assert own_passwords(JOB, PLACE) == [Secret("env:OUTPUT"), "conversion"]
    assert passwords(Job("a"), Placement(LiveOutput("o1"), "webp", (), 1, "", "")) == []


def mark(reference: str) -> str:
    return f"{reference}#{'0a' * 32}"


SENT: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"outputs.o1": {"download_password": mark("env:A")}}, ["env:A"]),
    ({"outputs.o2": {"download_password": mark("env:A")}}, []),
    ({"conversions.webp": {"options": {"download_password": {"$secret": mark("file:x#y")}}}}, ["file:x#y"]),
    ({"conversions.webp": {"options": {"download_password": "shown"}}}, []),
    ({"job": {"download_passwords": [{"$secret": mark("env:A")}, {"$secret": mark("env:B")}]}}, ["env:A", "env:B"]),
    ({"job": {"download_passwords": [{"$secret": "env:A"}]}}, []),
    (
        {
            "job": {"download_passwords": [{"$secret": mark("env:C")}, {"$secret": mark("env:A")}]},
            "conversions.webp": {"options": {"download_password": {"$secret": mark("env:B")}}},
            "outputs.o1": {"download_password": mark("env:A")},
        },
        ["env:A", "env:B", "env:C"],
    ),
]


@pytest.mark.parametrize(("sent", "references"), SENT)
def test_passwords_that_were_sent_are_known_by_their_references(sent: dict[str, Any], references: list[str]) -> None:
    record = JobRecord("a", "x", elements={name: Element("", values) for name, values in sent.items()})
    assert [word.reference for word in recorded_passwords(record, PLACE)] == references


SAVED, THERE = Output("webp", save="dist/", download_password="own"), Output("webp", download_password="own")
TO_COME: list[tuple[tuple[Output, ...], list[str]]] = [
    ((), []),
    ((SAVED,), ["own", "conversion", "job"]),
    ((THERE,), ["own"]),
    ((Output("webp", save="dist/"),), ["conversion", "job"]),
    ((Output("pdf", save="dist/", download_password="own"),), []),
]


@pytest.mark.parametrize(("outputs", "words"), TO_COME)
def test_what_is_saved_needs_all_passwords_and_what_stays_there_its_own(
    outputs: tuple[Output, ...], words: list[str]
) -> None:
    fields = {"download_passwords": ("job",)}
    assert passwords_to_come(Job("a", fields=fields, conversions=JOB.conversions, outputs=outputs)) == words
