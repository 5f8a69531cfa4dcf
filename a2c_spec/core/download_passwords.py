"""The passwords of results: those that the manifest sets, and those that were set and that it no longer names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from a2c_spec.core.desired import Job, Secret, Value
from a2c_spec.core.result_paths import Placement
from a2c_spec.core.state import JobRecord

MARK = re.compile(r"(.+)#[0-9a-f]{64}", re.DOTALL)
"""How a secret is marked in what was sent: its reference, and the keyed digest of its value."""


def passwords(job: Job, placement: Placement) -> list[Value]:
    """The download passwords that the manifest sets for a result, the likeliest first."""
    return [*own_passwords(job, placement), *(word for word in job.download_passwords if word)]


def own_passwords(job: Job, placement: Placement) -> list[Value]:
    """Those of just this result, or of all of its conversion."""
    conversion = next((item for item in job.conversions if item.id == placement.conversion), None)
    own = placement.spec.download_password if placement.spec else None
    return [word for word in (own, conversion.options.get("download_password") if conversion else None) if word]


def passwords_to_come(job: Job) -> list[Value]:
    """Those that are needed once a job that is still to run has ended: each result is given its own, and one that is
    saved here is opened with all that the manifest sets for it."""
    asked = {item.id: item.options.get("download_password") for item in job.conversions}
    specs = [spec for spec in job.outputs if spec.conversion in asked]
    saved = [spec for spec in specs if spec.save]
    words = [*(spec.download_password for spec in specs), *(asked[spec.conversion] for spec in saved)]
    return [word for word in (*words, *(job.download_passwords if saved else ())) if word]


def recorded_passwords(record: JobRecord, placement: Placement) -> list[Secret]:
    """The secrets that were sent as passwords of a result, the newest first: the service takes them whatever the
    manifest says by now."""
    output = record.element(f"outputs.{placement.output.id}")
    conversion = record.element(f"conversions.{placement.conversion}")
    job = record.element("job")
    sent: list[Any] = [
        output.sent.get("download_password") if output else None,
        conversion.sent.get("options", {}).get("download_password") if conversion else None,
        *(job.sent.get("download_passwords") or () if job else ()),
    ]
    return [*dict.fromkeys(_secrets(sent))]


def _secrets(sent: list[Any]) -> Iterator[Secret]:
    for one in sent:
        mark = one.get("$secret") if isinstance(one, dict) else one
        if isinstance(mark, str) and (found := MARK.fullmatch(mark)):
            yield Secret(found[1])
