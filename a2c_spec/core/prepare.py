"""The desired job made ready for planning: names and passwords set before the run wherever that saves a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from a2c_spec.core import recipe as canonical
from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Conversion, Input, Job, Output, Value
from a2c_spec.core.recipe import FingerprintSecret


@dataclass(frozen=True)
class DesiredJob:
    """One desired job with what planning needs besides: how secrets are marked, what may be assumed."""

    job: Job
    fingerprint_secret: FingerprintSecret
    options: PlannerOptions

    @cached_property
    def basis(self) -> Mapping[str, Any]:
        return canonical.basis(self.job, self.fingerprint_secret)

    @cached_property
    def fingerprint(self) -> str:
        return canonical.fingerprint(self.basis)

    def sent_input(self, item: Input, position: int | None = None) -> Mapping[str, Any]:
        return canonical.sent_input(item, self.fingerprint_secret, position)

    def sent_conversion(self, item: Conversion) -> Mapping[str, Any]:
        return canonical.sent_conversion(item, self.fingerprint_secret)

    @cached_property
    def sent_fields(self) -> Mapping[str, Any]:
        return canonical.sent_fields(self.job, self.fingerprint_secret)


def prepare(job: Job, fingerprint_secret: FingerprintSecret, options: PlannerOptions) -> DesiredJob:
    """Adds the options that name and protect results before the run, so that no PATCH is needed afterwards."""
    conversions = tuple(_named(item, job.outputs, options) for item in job.conversions)
    return DesiredJob(replace(job, conversions=conversions), fingerprint_secret, options)


def _named(item: Conversion, outputs: tuple[Output, ...], options: PlannerOptions) -> Conversion:
    extra: dict[str, Value] = {}
    mine = [output for output in outputs if output.conversion == item.id]
    name = static_name(mine)
    if name and f"{item.category}/{item.target}" not in options.unnamed_targets:
        extra["output_filename"] = name
    if len(mine) == 1 and not mine[0].input and mine[0].download_password:
        extra["download_password"] = mine[0].download_password
    return replace(item, options=extra | dict(item.options)) if extra else item


def static_name(outputs: list[Output]) -> str:
    """The base name all results of a conversion get, if it is known before the run; without its extension."""
    if len(outputs) != 1 or outputs[0].input or not isinstance(outputs[0].filename, str):
        return ""
    return base_name(outputs[0].filename)


def base_name(filename: str) -> str:
    """``report`` of ``report.pdf``: a short alphanumeric ending counts as the extension."""
    stem, dot, ending = filename.rpartition(".")
    return stem if dot and stem and ending.isalnum() and len(ending) <= 5 and not ending.isdigit() else filename
