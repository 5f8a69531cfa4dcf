"""The desired job made ready for planning: ignored attributes kept, names and passwords set before the run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from a2c_spec.core import recipe
from a2c_spec.core.calls import PlannerOptions
from a2c_spec.core.desired import Conversion, Input, Job, Output, Value
from a2c_spec.core.patchable_fields import INPUT_SETTINGS, JOB_FIELDS
from a2c_spec.core.recipe import FingerprintSecret, holds_secret
from a2c_spec.core.state import JobRecord


@dataclass(frozen=True)
class DesiredJob:
    """One desired job with what planning needs besides: how secrets are marked, what may be assumed."""

    job: Job
    fingerprint_secret: FingerprintSecret
    options: PlannerOptions

    @cached_property
    def basis(self) -> Mapping[str, Any]:
        return recipe.recipe_of(self.job, self.fingerprint_secret)

    @cached_property
    def fingerprint(self) -> str:
        return recipe.fingerprint(self.basis)

    def as_sent(self, ids: Collection[str]) -> DesiredJob:
        """The same once these inputs are sent: theirs are the digests of the bytes now, ``lifecycle.ignore`` or not."""
        if not any(item.applied_sha256 and item.id in ids for item in self.job.inputs):
            return self
        inputs = tuple(replace(item, applied_sha256="") if item.id in ids else item for item in self.job.inputs)
        return replace(self, job=replace(self.job, inputs=inputs))

    def sent_input(self, item: Input, position: int | None = None) -> Mapping[str, Any]:
        return recipe.sent_input(item, self.fingerprint_secret, position)

    def sent_conversion(self, item: Conversion) -> Mapping[str, Any]:
        return recipe.sent_conversion(item, self.fingerprint_secret)

    @cached_property
    def parts(self) -> dict[str, DesiredJob]:
        """What ``only`` gave by now: the recipe of one conversion alone is compared many times."""
        return {}

    @cached_property
    def sent_fields(self) -> Mapping[str, Any]:
        return recipe.sent_fields(self.job, self.fingerprint_secret)


def only(desired: DesiredJob, conversion: str) -> DesiredJob:
    """What is desired of one conversion alone."""
    job, known = desired.job, desired.parts
    if len(job.conversions) == 1:
        return desired
    if conversion not in known:
        known[conversion] = replace(desired, job=with_conversions(job, (conversion,)))
    return known[conversion]


def with_conversions(job: Job, ids: Collection[str]) -> Job:
    """The job with some of its conversions, and what is said of their results."""
    conversions = tuple(item for item in job.conversions if item.id in ids)
    outputs = tuple(output for output in job.outputs if output.conversion in ids)
    return replace(job, conversions=conversions, outputs=outputs)


def sending_bytes(desired: DesiredJob) -> DesiredJob:
    """The same, with the bytes of every input sent from here, whatever earlier jobs hold."""
    inputs = tuple(replace(item, held="") for item in desired.job.inputs)
    return replace(desired, job=replace(desired.job, inputs=inputs))


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


_MAPS = ("options", "metadata")


def keep_ignored(job: Job, record: JobRecord | None) -> Job:
    """The job with every ignored attribute as it was last applied; without a record nothing is ignored."""
    if record is None or not job.lifecycle.ignore:
        return job
    for path in job.lifecycle.ignore:
        part, _, rest = path.partition(".")
        name, _, attribute = rest.partition(".")
        if part == "conversions":
            job = replace(job, conversions=tuple(_conversion(c, name, attribute, record) for c in job.conversions))
        elif part == "inputs":
            job = replace(job, inputs=tuple(_input(i, name, attribute, record) for i in job.inputs))
        elif part == "job":
            job = _field(job, name, record)
    return job


def _sent(record: JobRecord, name: str) -> Mapping[str, Any] | None:
    element = record.element(name)
    return element.sent if element else None


def _conversion(item: Conversion, name: str, attribute: str, record: JobRecord) -> Conversion:
    sent = _sent(record, f"conversions.{item.id}")
    part, _, key = attribute.partition(".")
    if item.id != name or sent is None or part not in _MAPS:
        return item
    wanted, before = getattr(item, part), sent.get(part, {})
    keys = [key] if key else [*wanted, *(name for name in before if name not in wanted)]
    merged = dict(wanted)
    for name in keys:
        _keep(merged, name, before)
    return replace(item, options=merged) if part == "options" else replace(item, metadata=merged)


def _keep(merged: dict[str, Any], key: str, before: Mapping[str, Any]) -> None:
    """A secret cannot be kept as it was, for its value is nowhere; it is as the manifest says."""
    if key in before and not holds_secret(before[key]):
        merged[key] = before[key]
    elif key not in before:
        merged.pop(key, None)


def _input(item: Input, name: str, attribute: str, record: JobRecord) -> Input:
    if item.id != name:
        return item
    sent = _sent(record, f"inputs.{item.id}") or {}
    if attribute == "content" and item.content:
        before = record.basis.get("inputs", {}).get(item.id, {}).get("sha256")
        return replace(item, applied_sha256=before) if before else item
    if attribute in INPUT_SETTINGS and sent:
        return replace(item, settings=_as_before(item.settings, attribute, sent))
    return item


def _field(job: Job, name: str, record: JobRecord) -> Job:
    sent = _sent(record, "job")
    if sent is None or name not in JOB_FIELDS or JOB_FIELDS[name].secret:
        return job
    return replace(job, fields=_as_before(job.fields, name, sent))


def _as_before(values: Mapping[str, Any], name: str, sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values with ``name`` as it was sent, or without it where it was not."""
    others = {key: value for key, value in values.items() if key != name}
    return others | ({name: sent[name]} if name in sent else {})
