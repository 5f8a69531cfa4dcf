"""``file:`` secrets are named like every path: relative to the manifest's folder; the model has them from the root."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from a2c_spec.core.desired import Job, Preset, Secret

_FILE = "file:"


def from_root(job: Job, folder: str) -> Job:
    """The job with the path of every ``file:`` secret as seen from the project root; ``folder`` is the manifest's."""
    if folder == ".":
        return job
    return replace(
        job,
        fields=_moved(job.fields, folder),
        inputs=tuple(
            replace(
                item,
                credentials=_moved(item.credentials, folder),
                decrypt_password=_moved(item.decrypt_password, folder),
            )
            for item in job.inputs
        ),
        conversions=tuple(
            replace(item, options=_moved(item.options, folder), output_target=_moved(item.output_target, folder))
            for item in job.conversions
        ),
        outputs=tuple(replace(item, download_password=_moved(item.download_password, folder)) for item in job.outputs),
    )


def preset_from_root(preset: Preset, folder: str) -> Preset:
    """The same for a preset."""
    return preset if folder == "." else replace(preset, options=_moved(preset.options, folder))


def _moved(value: Any, folder: str) -> Any:
    if isinstance(value, Secret) and value.reference.startswith(_FILE):
        return Secret(_FILE + posixpath.normpath(posixpath.join(folder, value.reference.removeprefix(_FILE))))
    if isinstance(value, Mapping):
        return {key: _moved(item, folder) for key, item in value.items()}
    return tuple(_moved(item, folder) for item in value) if isinstance(value, tuple) else value
