"""Which file each result becomes: one path per result, foreseen before the run and kept after it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from a2c_spec.core.desired import Conversion, Input, Job, Late, Output
from a2c_spec.core.file_names import confined, file_name, path_key, split_name, unique_path
from a2c_spec.core.live import LiveJob, LiveOutput
from a2c_spec.core.prepare import base_name
from a2c_spec.core.recipe import asked_filename, extension
from a2c_spec.core.results import GONE, as_recorded, made_from, recorded, recorded_names, spec_for
from a2c_spec.core.state import JobRecord, SavedFile

RenderLate = Callable[[Late, Mapping[str, Any]], str]

UNFORESEEN = frozenset({"operation", "metadata"})
"""Categories whose target does not tell what kind of file comes out."""


@dataclass(frozen=True, slots=True)
class Placement:
    """One result and where it belongs: ``path`` below the project root, empty when it stays on the service.

    ``name`` is the base name that the manifest wants, empty when the service's own is fine.
    """

    output: LiveOutput
    conversion: str
    inputs: tuple[str, ...]
    index: int
    path: str
    name: str
    spec: Output | None = None

    @property
    def gone(self) -> bool:
        return self.output.status in GONE

    @property
    def unsaved(self) -> SavedFile:
        """What is known of the result before it is here."""
        one = self.output
        return SavedFile(
            "", one.size, "", one.id, self.conversion, self.inputs, self.index, one.filename, self.name, self.path,
            one.checksum,
        )  # fmt: skip


def place(job: Job, live: LiveJob, names: Mapping[str, str], late: RenderLate) -> tuple[Placement, ...]:
    """One placement per result, in the order of the conversions in the manifest, and of the service within each; equal
    paths get ``-2``, ``-3``, ... in that order.

    A result that the manifest does not name lands where it was foreseen before the run; the name that the service
    gave counts only where nothing was: for one of several results of a conversion, or of several inputs.
    """
    order = {item.id: number for number, item in enumerate(job.conversions)}
    counts: Counter[str] = Counter()
    results = [_result(job, output, names, counts) for output in live.outputs]
    results.sort(key=lambda one: order.get(one.conversion, len(order)))
    alike = Counter(id(one.spec) for one in results)
    taken = {path_key(path) for path in job.elsewhere}
    return tuple(_placed(job, one, late, taken, alone=alike[id(one.spec)] == 1) for one in results)


def placed(job: Job, record: JobRecord, late: RenderLate, live: LiveJob | None = None) -> tuple[Placement, ...]:
    """Where the results of a recorded job belong: those that ``live`` shows, else those that the record knows."""
    known = {**record.names(), **recorded_names(record)}
    return place(job, as_recorded(record, live) if live else recorded(record), known, late)


def _result(job: Job, output: LiveOutput, names: Mapping[str, str], counts: Counter[str]) -> Placement:
    """What a result was made of, its number among those of its conversion, and the entry that says where it goes."""
    conversion, inputs = made_from(output, names)
    counts[conversion] += 1
    return Placement(output, conversion, inputs, counts[conversion], "", "", spec_for(job.outputs, conversion, inputs))


def _placed(job: Job, one: Placement, late: RenderLate, taken: set[str], *, alone: bool) -> Placement:
    """The result with its place; ``alone``: no other is saved by the same entry, so that its name is foreseen."""
    spec, there = one.spec, one.output.filename
    if spec is None:
        return one
    name, folder = (
        late(text, {"output": _output_scope(one.output, one.index), "input": _input_scope(job, one.inputs)})
        if isinstance(text, Late)
        else text
        for text in (spec.filename, spec.save)
    )
    wanted = name or (default_name(job, one.conversion, spec) if alone else "")
    likely = _ending(job, one.conversion) if alone else ""
    path = unique_path(confined(folder) + file_name(wanted, there, likely), taken) if folder else ""
    return replace(one, path=path, name=base_name(name))


def _output_scope(output: LiveOutput, index: int) -> dict[str, Any]:
    ending = extension(output.filename)
    return {"index": index, "ext": ending.removeprefix("."), "filename": output.filename, "size": output.size}


def _input_scope(job: Job, inputs: tuple[str, ...]) -> dict[str, Any]:
    item = next((item for item in job.inputs if inputs and item.id == inputs[0]), None)
    if item is None:
        return {"id": "", "stem": "", "name": "", "ext": ""}
    source = "" if item.type == "base64" else item.source
    name = (item.result_name or item.path or item.filename).rsplit("/", 1)[-1] or _last_segment(source)
    stem, ending = split_name(name)
    return {"id": item.id, "stem": stem, "name": name, "ext": ending.removeprefix(".")}


def _last_segment(source: str) -> str:
    """The file name in a URL."""
    return unquote(re.split("[?#]", source)[0].rsplit("/", 1)[-1])


@dataclass(frozen=True, slots=True)
class Prediction:
    """A path that a job is going to write, known before it runs, and the ``outputs`` entry that asks for it.

    ``instead``: it may be written in place of the other one of the same entry, as only the run tells whether the
    service packs the results.
    """

    path: str
    spec: Output
    instead: bool = False


def predicted(job: Job, late: RenderLate, shown: Mapping[str, str] = {}) -> tuple[Prediction, ...]:
    """Every path that can be told before the conversion, in the order of the conversions; equal ones have the numbers
    that they are going to get. ``shown``: what the service called earlier results.

    That is: a name that the manifest gives, also one made from ``input``; and where it gives none, that of the input
    as it is sent. Results whose kind or number only the conversion decides
    (operations, several inputs without a name) are left out.
    """
    taken = {instead: {path_key(path) for path in job.elsewhere} for instead in (False, True)}
    order = {item.id: number for number, item in enumerate(job.conversions)}
    found = sorted(_predicted(job, late, shown), key=lambda one: order[one.spec.conversion])
    return tuple(replace(one, path=unique_path(one.path, taken[one.instead])) for one in found)


def _predicted(job: Job, late: RenderLate, shown: Mapping[str, str]) -> Iterator[Prediction]:
    targets = {item.id: item for item in job.conversions}
    for spec in job.outputs:
        item = targets.get(spec.conversion)
        if item is None or item.category in UNFORESEEN:
            continue
        source = _only_input(job, spec)
        name = _foreseen(spec.filename, source, late, job) if spec.filename else default_name(job, item.id, spec)
        folder = _foreseen(spec.save, source, late, job)
        if name and folder:
            known = shown.get(item.id)
            for number, ending in enumerate([known] if known else _endings(job, item, spec)):
                path = confined(folder) + file_name(name, ending, f"x.{item.target}")
                yield Prediction(path, spec, instead=number > 0)


def _ending(job: Job, conversion: str) -> str:
    """A name with the extension that a result without one is foreseen to have; empty where nothing is foreseen."""
    made = (item for item in job.conversions if item.id == conversion and item.category not in UNFORESEEN)
    return next((f"x.{item.target}" for item in made), "")


def _endings(job: Job, item: Conversion, spec: Output) -> list[str]:
    """Names with the extensions that a result may get, the likely one first.

    Of several inputs the service makes one result each, and packs them into one ZIP unless ``allow_multiple_outputs``
    is set; some conversions make one of all inputs, which a manifest need not tell.
    """
    made, packed = f"x.{item.target}", "x.zip"
    one = len(job.inputs) < 2 or item.category == "archive" or item.options.get("merge") is True
    if one or item.options.get("allow_multiple_outputs") is True or item.target == "zip":
        return [made]
    return [made, packed] if spec.input or item.preset_from or item.options.get("preset") else [packed, made]


def by_conversion(job: Job, late: RenderLate, shown: Mapping[str, str]) -> dict[str, str]:
    """Where the results of conversions go, as far as it can be told before the run."""
    found = (one for one in predicted(job, late, shown) if not (one.spec.input or one.instead))
    return {one.spec.conversion: one.path for one in found}


def _only_input(job: Job, spec: Output) -> Input | None:
    """The one input that a result is made from, where that is known before the run."""
    inputs = [item for item in job.inputs if item.id == spec.input] if spec.input else job.inputs
    return inputs[0] if len(inputs) == 1 else None


def default_name(job: Job, conversion: str, spec: Output) -> str:
    """The name, without extension, of a result that the manifest does not name; empty where only the service knows."""
    item = next((item for item in job.conversions if item.id == conversion), None)
    if item is None or item.category in UNFORESEEN:
        return ""
    told = item.options.get("output_filename")
    if isinstance(told, str) and told:
        return told
    source = _only_input(job, spec)
    return split_name(_sent_name(source))[0] if source else ""


def _sent_name(item: Input) -> str:
    """The file name that an input has on the service; empty where it is not known here."""
    if item.type == "remote":
        return item.filename or _last_segment(item.source)
    return asked_filename(item) or item.path.rsplit("/", 1)[-1]


def _foreseen(text: str | Late, source: Input | None, late: RenderLate, job: Job) -> str:
    """The text, or nothing where it names what only the result tells, or the result of another job."""
    if not isinstance(text, Late):
        return text
    if (
        re.search(r"\boutput\b", text.text)
        or source is None
        or (source.type == "from" and not (source.path or source.result_name))
    ):
        return ""
    return late(text, {"output": {}, "input": _input_scope(job, (source.id,))})
