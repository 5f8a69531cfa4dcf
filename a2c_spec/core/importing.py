"""A live job turned back into what a manifest would say of it, and the record that makes it ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from a2c_spec.core.compare import equal
from a2c_spec.core.desired import Conversion, Input, Job, Output, Secret, Value
from a2c_spec.core.failed_jobs import failure_text
from a2c_spec.core.file_names import safe_name, unusable_name
from a2c_spec.core.foreign import conversion_parts, echo_of, input_parts, settings_in
from a2c_spec.core.live import LiveConversion, LiveInput, LiveJob, mapping
from a2c_spec.core.patchable_fields import INPUT_SETTINGS, JOB_FIELDS
from a2c_spec.core.planner import shown_order
from a2c_spec.core.prepare import DesiredJob, base_name
from a2c_spec.core.sensitive import replaced_secrets, shown_url
from a2c_spec.core.state import Element, JobRecord, Phase
from a2c_spec.core.transitions import phase_of

CREDENTIALS: Mapping[str, tuple[str, ...]] = {
    "amazons3": ("accesskeyid", "secretaccesskey"),
    "azure": ("accountname", "accountkey"),
    "ftp": ("username", "password"),
    "googlecloud": ("keyfile",),
    "gdrive_picker": ("token",),
}
"""The credentials that each provider takes. They never come back, so an imported manifest refers to variables."""


TYPED = frozenset({"remote", "cloud", "gdrive_picker"})
"""The types of inputs whose media type can be told."""


@dataclass(frozen=True, slots=True)
class ImportHints:
    """What helps to write a good manifest: option defaults by (category, target), local files by MD5."""

    defaults: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def job_from(live: LiveJob, address: str, known: ImportHints, save: str = "dist/") -> Job:
    """The job that a manifest must ask for so that nothing is left to do for ``live``."""
    order = shown_order(live)
    names = _Names()
    inputs = tuple(_input(live.inputs[n], names, known) for n in order)
    names = _Names()
    ids = [names.take(item.target) for item in live.conversions]
    pairs = list(zip(ids, live.conversions, strict=True))
    conversions = tuple(_conversion(name, item, known) for name, item in pairs)
    outputs = tuple(_output(name, item, live, save) for name, item in pairs if not item.output_target)
    held = live.editable and live.process is False
    return Job(address, not held, _fields(live), inputs, conversions, outputs)


LONGEST_ID = 80
"""Longest id made of a file name; a number may follow."""


class _Names:
    """Makes ids out of file names, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, text: str) -> str:
        clean = re.sub(r"[^a-z0-9_-]+", "-", base_name(text.rsplit("/", 1)[-1]).lower()).strip("-_")
        clean = clean[:LONGEST_ID] or "part"
        name, number = clean, 1
        while name in self._taken:
            number += 1
            name = f"{clean}-{number}"
        self._taken.add(name)
        return name


def _fields(live: LiveJob) -> Mapping[str, Value]:
    """Only what differs from the service's defaults."""
    return {name: value for name, value in live.fields.items() if value != JOB_FIELDS[name].reset}


def _input(live: LiveInput, names: _Names, known: ImportHints) -> Input:
    name = names.take(live.filename or shown_url(live.source) or live.type)
    settings = {name: live.options[name] for name in INPUT_SETTINGS if live.options.get(name) is not None}
    if live.type in ("upload", "base64"):
        path = known.files.get(live.checksum, "")
        filename = "" if path.rsplit("/", 1)[-1] == live.filename else live.filename
        kind, source = ("upload", "") if path else ("input_id", live.id)
        return Input(name, kind, path=path, source=source, filename=filename, settings=settings)
    provider = live.source if live.type == "cloud" else live.type
    rest = {
        key: value
        for key, value in live.options.items()
        if key not in {*INPUT_SETTINGS, "position"} and value is not None
    }
    return Input(
        name,
        live.type,
        source=live.source,
        filename="" if live.filename == live.source.split("?")[0].rsplit("/", 1)[-1] else live.filename,
        content_type=live.content_type if live.type in TYPED else "",
        engine="" if live.engine == "auto" else live.engine,
        options=_values(name, rest),
        parameters=_values(name, live.parameters),
        credentials=_references(name, CREDENTIALS.get(provider, ())),
        settings=settings,
    )


def _references(name: str, keys: Iterable[str]) -> Mapping[str, Value]:
    return {key: _variable(name, key) for key in keys}


def _variable(*names: str) -> Secret:
    """A reference to a variable that is called after what it is for."""
    name = re.sub(r"[^A-Z0-9]+", "_", "_".join(names).upper())
    return Secret(f"env:A2C_VAR_{name}")  # which manifests may read


def _values(name: str, tree: Any) -> Any:
    """The same, with references in the place of secrets, which no manifest may hold."""
    return _frozen(replaced_secrets(tree, lambda path: _variable(name, *path), urls=True))


def _frozen(tree: Any) -> Any:
    """JSON as the model holds it."""
    if isinstance(tree, Mapping):
        return {key: _frozen(value) for key, value in tree.items()}
    return tuple(_frozen(value) for value in tree) if isinstance(tree, list) else tree


def variables_of(job: Job) -> list[str]:
    """The variables that the secrets of an imported job are read from."""
    inputs = ((item.options, item.parameters, item.credentials) for item in job.inputs)
    conversions = ((item.options, item.output_target) for item in job.conversions)
    return [*dict.fromkeys(_referred([*inputs, *conversions]))]


def _referred(tree: Any) -> Iterator[str]:
    if isinstance(tree, Secret):
        yield tree.reference.removeprefix("env:")
    elif isinstance(tree, Mapping | list | tuple):
        for item in tree.values() if isinstance(tree, Mapping) else tree:
            yield from _referred(item)


def _conversion(name: str, live: LiveConversion, known: ImportHints) -> Conversion:
    defaults = known.defaults.get((live.category, live.target), {})
    options = {
        key: value
        for key, value in live.options.items()
        if value not in (None, False, "", [], {}) and key != "output_filename" and not equal(value, defaults.get(key))
    }
    explicit_false = {key: False for key, value in live.options.items() if value is False and defaults.get(key) is True}
    return Conversion(
        name,
        live.target,
        category=live.category,
        options=_values(name, options | explicit_false),
        metadata=_frozen(live.metadata),
        output_target=tuple(_target(name, target) for target in live.output_target),
    )


def _target(name: str, target: Mapping[str, Any]) -> Mapping[str, Value]:
    """A delivery target as it is sent: the service adds a status, and hides the credentials."""
    kind = str(target.get("type", ""))
    parameters = _values(f"{name}_{kind}", mapping(target.get("parameters")))
    return {
        "type": kind,
        "parameters": parameters,
        "credentials": _references(f"{name}_{kind}", CREDENTIALS.get(kind, ())),
    }


def _output(name: str, live: LiveConversion, job: LiveJob, save: str) -> Output:
    made = [output for output in job.outputs if output.conversion == live.id]
    told = live.options.get("output_filename")
    filename = str(told) if told else base_name(made[0].filename) if len(made) == 1 else ""
    return Output(name, filename=safe_name(filename) if unusable_name(filename) else filename, save=save)


def _as_named(sent: Mapping[str, Any], live: LiveConversion) -> Mapping[str, Any]:
    """What was sent of a conversion that has run: a name that a manifest must give may not be the one that it got."""
    named, options = "output_filename", dict(sent["options"])
    if options.pop(named, None) and live.options.get(named):
        options[named] = live.options[named]
    return {**sent, "options": options}


def record_of(desired: DesiredJob, live: LiveJob, now: float) -> JobRecord:
    """The record of an imported job: everything the manifest says is taken as sent, because it was read off the job."""
    order = shown_order(live)
    fields = echo_of({"fields": desired.sent_fields}, {"fields": live.fields})
    elements = {"job": Element(live.id, desired.sent_fields, fields)}
    for item, n in zip(desired.job.inputs, order, strict=True):
        sent, there = desired.sent_input(item), live.inputs[n]
        echo = echo_of({"settings": settings_in(sent)}, input_parts(there))
        elements[f"inputs.{item.id}"] = Element(there.id, sent, echo)
    for conversion, row in zip(desired.job.conversions, live.conversions, strict=True):
        sent = desired.sent_conversion(conversion)
        sent = sent if live.editable else _as_named(sent, row)
        elements[f"conversions.{conversion.id}"] = Element(row.id, sent, echo_of(sent, conversion_parts(row, sent)))
    phase: Phase = "building" if live.editable else phase_of(live)
    record = JobRecord(
        desired.job.address,
        "",
        phase=phase,
        job_id=live.id,
        fingerprint=desired.fingerprint,
        basis=desired.basis,
        elements=elements,
        spent=live.spent,
        updated_at=now,
    )
    return replace(record, problem=failure_text(record, live)) if phase in ("failed", "canceled") else record
