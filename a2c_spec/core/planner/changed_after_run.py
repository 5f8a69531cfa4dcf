"""What of a job was changed after its run, when nothing of it can be changed on the service any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from a2c_spec.core.compare import equal
from a2c_spec.core.download_passwords import own_passwords
from a2c_spec.core.live import mapping
from a2c_spec.core.patchable_fields import JOB_FIELDS
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.recipe import DECISIVE_FIELDS
from a2c_spec.core.result_paths import Placement
from a2c_spec.core.state import JobRecord


def changed_after_run(desired: DesiredJob, record: JobRecord, placements: Sequence[Placement]) -> Iterator[str]:
    """What of the manifest decides no result, and cannot be had for the results that there are, told as reasons."""
    yield from still_locked(desired, record, placements)
    yield from _locked_otherwise(desired, record)
    yield from _too_late(desired, record)


def still_locked(desired: DesiredJob, record: JobRecord, placements: Sequence[Placement]) -> Iterator[str]:
    """Passwords that were taken out of the manifest: a result can be given another one, and not be without."""
    for name in dict.fromkeys(one.conversion for one in placements if not one.gone):
        mine = [one for one in placements if one.conversion == name and not own_passwords(desired.job, one)]
        if any("download_password" in told_there(record, one) for one in mine):
            told = f"download_password of {name} is no longer in the manifest, and cannot be removed from its result"
            yield f"{told}, which keeps it; --replace runs it again without"


def _locked_otherwise(desired: DesiredJob, record: JobRecord) -> Iterator[str]:
    """Passwords of conversions that were given, or changed, after the run, when their results have others, or none."""
    for item in desired.job.conversions:
        element = record.element(f"conversions.{item.id}")
        now = mapping(desired.sent_conversion(item).get("options")).get("download_password")
        if element and now and not equal(mapping(element.sent.get("options")).get("download_password"), now):
            told = f"download_password of {item.id} changed after the run: its result is protected as it was then"
            yield f"{told}; --replace runs it again"


def _too_late(desired: DesiredJob, record: JobRecord) -> Iterator[str]:
    """Job fields that decide no result and were changed after the run, when the service takes no change any more."""
    if (element := record.element("job")) is None:
        return
    told = {**element.sent, **desired.sent_fields}
    for name in (name for name in JOB_FIELDS if name in told and name not in DECISIVE_FIELDS):
        before, now = (sent.get(name, JOB_FIELDS[name].reset) for sent in (element.sent, desired.sent_fields))
        if not equal(before, now):
            yield f"job.{name} changed after the run: the results have what was set then; --replace runs it again"


def told_there(record: JobRecord, one: Placement) -> dict[str, str]:
    """What the service was told of a result: by a PATCH of it, and before that by the options of its conversion."""
    element = record.element(f"outputs.{one.output.id}")
    conversion = record.element(f"conversions.{one.conversion}")
    options = conversion.sent.get("options", {}) if conversion else {}
    password = options.get("download_password")
    told = {"filename": options.get("output_filename")}
    if isinstance(password, dict):
        told["download_password"] = password.get("$secret")
    patched = element.sent if element else {}
    return {key: value for key, value in (told | dict(patched)).items() if value}
