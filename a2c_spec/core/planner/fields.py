"""The one table of what can be changed on the service: by which call, until when, and whether it is secret.

The guide's rule behind it: while a job is incomplete (created, not started) PATCH adjusts its parts; after that only
its outputs. What has no call here cannot be changed and is replaced: the part is deleted and added again while the job
is incomplete, and the job is run again once it has started.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Until = Literal["started", "deleted", "never"]
"""How long a field can be changed: until the job has started, for as long as the output exists, or never."""


@dataclass(frozen=True, slots=True)
class Field:
    """One manifest field. ``call`` is the kind of call that changes it ('' = none: replace). ``reset`` is what is sent
    when a manifest no longer mentions a field it had set."""

    path: str
    call: str
    until: Until
    secret: bool = False
    reset: Any = None


FIELDS: tuple[Field, ...] = (
    Field("job.process", "patch_job", "started"),
    Field("job.fail_on_input_error", "patch_job", "started", reset=True),
    Field("job.fail_on_conversion_error", "patch_job", "started", reset=True),
    Field("job.callback", "patch_job", "started", reset=""),
    Field("job.notify_status", "patch_job", "started", reset=False),
    Field("job.download_passwords", "patch_job", "started", secret=True, reset=()),
    Field("inputs.order", "patch_inputs", "started"),
    Field("inputs.slide_duration", "patch_inputs", "started"),
    Field("inputs.resize_handling", "patch_inputs", "started"),
    Field("inputs.decrypt_password", "patch_input", "started", secret=True),
    Field("inputs.type", "", "never"),
    Field("inputs.path", "", "never"),
    Field("inputs.source", "", "never"),
    Field("inputs.content", "", "never"),
    Field("inputs.filename", "", "never"),
    Field("inputs.pin", "", "never"),
    Field("inputs.engine", "", "never"),
    Field("inputs.content_type", "", "never"),
    Field("inputs.options", "", "never"),
    Field("inputs.parameters", "", "never"),
    Field("inputs.credentials", "", "never", secret=True),
    Field("inputs.from", "", "never"),
    Field("conversions.options", "patch_conversion", "started"),
    Field("conversions.metadata", "patch_conversion", "started"),
    Field("conversions.target", "", "never"),
    Field("conversions.category", "", "never"),
    Field("conversions.output_target", "", "never", secret=True),
    Field("conversions.preset", "patch_conversion", "started"),
    Field("outputs.filename", "patch_output", "deleted"),
    Field("outputs.download_password", "patch_output", "deleted", secret=True),
)

BY_PATH: Mapping[str, Field] = {field.path: field for field in FIELDS}

JOB_FIELDS: tuple[str, ...] = tuple(
    field.path.removeprefix("job.") for field in FIELDS if field.path.startswith("job.") and field.path != "job.process"
)
