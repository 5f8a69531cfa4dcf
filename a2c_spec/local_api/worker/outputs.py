"""Carries out the conversions of a job and keeps or delivers what they yield."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert.contract import Caveat, ConversionError, Product, Request, Source
from a2c_spec.local_api.jobs.model import Conversion, Input, Job, Output, with_conversion
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.store import Rule
from a2c_spec.local_api.storage.blobs import checksum, safe_name
from a2c_spec.local_api.storage.targets import DeliveryFailed, deliver
from a2c_spec.local_api.worker.packing import packed
from a2c_spec.local_api.worker.steps import Trouble, fatal, step, trouble


def produce(service: Service, job: Job) -> list[Trouble]:
    """Carry out every conversion that is not done yet; what went wrong."""
    troubles: list[Trouble] = []
    for entry in job.conversions:
        if any(fatal(job, row) for row in troubles):
            break
        try:
            _convert_one(service, job, entry)
        except ConversionError as error:
            source = error.id_source if error.source == "input" else entry.id
            troubles.append(trouble(error.source, source, error.code, error.message))
        except DeliveryFailed as failure:
            troubles.append(trouble("conversion", entry.id, failure.code, failure.message))
    return troubles


def _convert_one(service: Service, job: Job, entry: Conversion) -> None:
    done = {output.conversion for output in job.outputs}
    if entry.id in done or delivered(entry):
        return  # made before an interruption
    doing = f"{entry.category}/{entry.target}"
    step(service, job.id, lambda now: replace(now, activity=doing))
    workdir = service.blobs.workdir(job.id, f"{service.runner.name}-{entry.id}")
    try:
        _keep(service, job, entry, _results(service, job, entry, workdir))
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def delivered(entry: Conversion) -> bool:
    """Have the results of a conversion reached every target?"""
    return bool(entry.output_target) and all(target["status"] == "completed" for target in entry.output_target)


@dataclass(frozen=True, slots=True)
class _Results:
    products: tuple[Product, ...]
    warnings: tuple[Caveat, ...]


def _results(service: Service, job: Job, entry: Conversion, workdir: Path) -> _Results:
    sources = tuple(_source(service, file) for file in job.in_order() if file.blob)
    if not sources:
        raise ConversionError("There is no input to convert.", code=404)
    if service.offers.find(entry.target, entry.category) is None:
        raise ConversionError("This target is not supported.", code=400)
    options = service.offers.expand(entry.target, entry.category, entry.options)
    given = {name: value for name, value in options.items() if value is not None}
    request = Request(entry.target, entry.category, sources, workdir, given, entry.metadata)
    result = service.converters.convert(request)
    return _Results(packed(result.products, given, workdir), result.warnings)


def _source(service: Service, entry: Input) -> Source:
    return Source(
        id=entry.id,
        path=service.blobs.path(entry.blob),
        filename=_working_name(entry),
        content_type=entry.content_type,
        password=entry.credentials.get("decrypt_password"),
        options={name: value for name, value in entry.options.items() if name != "position"},
    )


def _working_name(entry: Input) -> str:
    """The suggested name, which decides the result's, with the extension that says what the bytes are."""
    suffix = Path(entry.metadata.get("fetched_as") or entry.filename).suffix
    name = safe_name(entry.filename, "input")
    return name if Path(name).suffix or not suffix else name + suffix


def _keep(service: Service, job: Job, entry: Conversion, results: _Results) -> None:
    warnings = tuple(trouble(row.source, row.id_source or entry.id, row.code, row.message) for row in results.warnings)
    if entry.output_target:
        _deliver(service, job, entry, results, warnings)
        return
    outputs = tuple(_output(service, job, entry, index, row) for index, row in enumerate(results.products))
    step(service, job.id, lambda now: replace(_credited(now, warnings), outputs=(*now.outputs, *outputs)))


def _deliver(service: Service, job: Job, entry: Conversion, results: _Results, warnings: tuple[Trouble, ...]) -> None:
    def told(targets: tuple[Mapping[str, Any], ...]) -> Rule:
        return lambda now: with_conversion(now, replace(entry, output_target=targets))

    uploading = tuple({**target, "status": "uploading"} for target in entry.output_target)
    step(service, job.id, told(uploading))
    try:
        done = deliver(service.settings, entry.output_target, results.products)
    except DeliveryFailed as failure:
        step(service, job.id, told(failure.targets))
        raise
    step(service, job.id, lambda now: told(done)(_credited(now, warnings)))


def _credited(job: Job, warnings: tuple[Trouble, ...]) -> Job:
    """One credit for a conversion that was carried out."""
    return replace(job, spent=job.spent + 1, warnings=(*job.warnings, *warnings))


def _output(service: Service, job: Job, entry: Conversion, index: int, product: Product) -> Output:
    output_id = service.identity.new("output", job.id, entry.id, index)
    blob = service.blobs.place(job.id, output_id)
    path = service.blobs.path(blob)
    product.path.replace(path)
    return Output(
        id=output_id,
        conversion=entry.id,
        inputs=product.inputs,
        filename=safe_name(product.filename),
        size=path.stat().st_size,
        checksum=checksum(path),
        content_type=product.content_type or "application/octet-stream",
        created=service.clock.now(),
        blob=blob,
        metadata=product.metadata,
    )
