"""What somebody else does at the service itself to jobs and presets that are not theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.worlds.service_model import Job, Preset

THEIRS: Mapping[str, Any] = {"slide_duration": 9, "resize_handling": "stretch"}
"""What somebody else sets of inputs."""


def start(service: Any, job: Job) -> None:
    job.process = True
    service.start_if_ready(job)


def edit(_service: Any, job: Job) -> None:
    if job.conversions:
        job.conversions[0].options["quality"] = 99
        job.edited = True


def edit_more(_service: Any, job: Job) -> None:
    """Sets what nobody here ever set."""
    if job.conversions:
        if job.conversions[0].category == "image":  # others have no such option
            job.conversions[0].options["width"] = 5
        job.conversions[0].metadata["title"] = "theirs"
        job.edited = True


def set_inputs(_service: Any, job: Job) -> None:
    """Sets of every other input what may be unset there."""
    for one in job.inputs[::2]:
        one.settings = {**one.settings, **THEIRS}
        job.edited = True


def cancel(_service: Any, job: Job) -> None:
    job.status = "canceled"


def delete(service: Any, job: Job) -> None:
    job.deleted = True
    job.status = job.status if job.status == "completed" else "canceled"
    drop_outputs(service, job)


def rename(_service: Any, job: Job) -> None:
    job.outputs[0].filename = f"elsewhere.{job.outputs[0].filename.rsplit('.', 1)[-1]}"


def drop_outputs(_service: Any, job: Job) -> None:
    for output in job.outputs:
        output.deleted = True


def drop_inputs(_service: Any, job: Job) -> None:
    for one in job.inputs:
        one.data = None


def edit_preset(_service: Any, preset: Preset) -> None:
    preset.options = {"quality": 77}


def delete_preset(service: Any, preset: Preset) -> None:
    del service.presets[preset.id]


MEDDLING: Mapping[str, Callable[[Any, Any], None]] = {
    "start": start,
    "edit": edit,
    "edit more": edit_more,
    "set inputs": set_inputs,
    "cancel": cancel,
    "delete": delete,
    "rename": rename,
    "drop outputs": drop_outputs,
    "drop inputs": drop_inputs,
    "edit preset": edit_preset,
    "delete preset": delete_preset,
}
