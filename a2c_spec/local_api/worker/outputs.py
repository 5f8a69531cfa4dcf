"""Runs the conversions of a job, and keeps their products as outputs or delivers them to the output targets."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert.contract import ConversionError, ConversionWarning, Product, Request, Source
from a2c_spec.local_api.convert.products import distinct_names
from a2c_spec.local_api.jobs.model import Conversion, Input, Job, Output, with_conversion
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.store import Rule
from a2c_spec.local_api.storage.blobs import checksum, safe_name
from a2c_spec.local_api.storage.targets import DeliveryFailed, deliver
from a2c_spec.local_api.worker.steps import Message, is_fatal, message, step


def make_outputs(service: Service, job: Job) -> list[Message]:
    """Run every conversion that is not done yet; returns the errors."""
    errors: list[Message] = []
    for entry in job.conversions:
        if any(is_fatal(job, error) for error in errors):
            break
        try:
            _convert(service, job, entry)
        except ConversionError as error:
            source = error.id_source if error.source == "input" else entry.id
            errors.append(message(error.source, source, error.code, error.message))
        except DeliveryFailed as failure:
            errors.append(message("conversion", entry.id, failure.code, failure.message))
    return errors


def is_delivered(entry: Conversion) -> bool:
    """Whether the products of a conversion have reached all its output targets."""
    return bool(entry.output_target) and all(target["status"] == "completed" for target in entry.output_target)


def _convert(service: Service, job: Job, entry: Conversion) -> None:
    done = {output.conversion for output in job.outputs}
    if entry.id in done or is_delivered(entry):
        return  # done before the service was interrupted
    activity = f"{entry.category}/{entry.target}"
    step(service, job.id, lambda now: replace(now, activity=activity))
    workdir = service.blobs.workdir(job.id, f"{service.process.name}-{entry.id}")
    try:
        _keep(service, job, entry, _converted(service, job, entry, workdir))
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Converted:
    products: tuple[Product, ...]
    warnings: tuple[ConversionWarning, ...]


def _converted(service: Service, job: Job, entry: Conversion, workdir: Path) -> _Converted:
    sources = tuple(_source(service, file) for file in job.in_order() if file.blob)
    if not sources:
        raise ConversionError("There is no input to convert.", code=404)
    if service.catalog.find(entry.target, entry.category) is None:
        raise ConversionError("This target is not supported.", code=400)
    expanded = service.catalog.expand(entry.target, entry.category, entry.options)
    options = {name: value for name, value in expanded.items() if value is not None}
    request = Request(entry.target, entry.category, sources, workdir, options, entry.metadata)
    result = service.converters.convert(request)
    return _Converted(packed(result.products, options, workdir), result.warnings)


def _source(service: Service, entry: Input) -> Source:
    return Source(
        id=entry.id,
        path=service.blobs.path(entry.blob),
        filename=safe_name(entry.filename, "input"),
        content_type=entry.content_type,
        password=entry.credentials.get("decrypt_password"),
        options={name: value for name, value in entry.options.items() if name != "position"},
    )


def _keep(service: Service, job: Job, entry: Conversion, converted: _Converted) -> None:
    warnings = tuple(
        message(warning.source, warning.id_source or entry.id, warning.code, warning.message)
        for warning in converted.warnings
    )
    if entry.output_target:
        _deliver(service, job, entry, converted.products, warnings)
        return
    outputs = tuple(_output(service, job, entry, index, row) for index, row in enumerate(converted.products))
    step(service, job.id, lambda now: replace(_charged(now, warnings), outputs=(*now.outputs, *outputs)))


def _deliver(
    service: Service, job: Job, entry: Conversion, products: tuple[Product, ...], warnings: tuple[Message, ...]
) -> None:
    def with_targets(targets: tuple[Mapping[str, Any], ...]) -> Rule:
        return lambda now: with_conversion(now, replace(entry, output_target=targets))

    uploading = tuple({**target, "status": "uploading"} for target in entry.output_target)
    step(service, job.id, with_targets(uploading))
    try:
        done = deliver(service.settings, entry.output_target, products)
    except DeliveryFailed as failure:
        step(service, job.id, with_targets(failure.targets))
        raise
    step(service, job.id, lambda now: with_targets(done)(_charged(now, warnings)))


def _charged(job: Job, warnings: tuple[Message, ...]) -> Job:
    """The job after one more conversion, which costs one credit."""
    return replace(job, spent=job.spent + 1, warnings=(*job.warnings, *warnings))


def _output(service: Service, job: Job, entry: Conversion, index: int, product: Product) -> Output:
    output_id = service.identity.new("output", job.id, entry.id, index)
    blob = service.blobs.place(job.id, output_id)
    path = service.blobs.path(blob)
    product.path.replace(path)
    path = service.blobs.path(blob)  # it is a file, and no link
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


# Several products of one conversion


def packed(products: Sequence[Product], options: Mapping[str, Any], workdir: Path) -> tuple[Product, ...]:
    """The products with their final names; several are packed into one zip unless the options allow several outputs."""
    base = str(options.get("output_filename") or "")
    names = distinct_names(_final_name(product, base) for product in products)
    named = tuple(replace(product, filename=name) for product, name in zip(products, names, strict=True))
    threshold = options.get("allow_multiple_outputs_threshold") or len(named)
    if len(named) <= 1 or (options.get("allow_multiple_outputs") and len(named) <= threshold):
        return named
    return (_archive(named, safe_name(base or Path(named[0].filename).stem), workdir),)


def _final_name(product: Product, base: str) -> str:
    suffix = Path(product.filename).suffix
    return safe_name(f"{base}{suffix}" if base else product.filename)


def _archive(products: Sequence[Product], stem: str, workdir: Path) -> Product:
    path = workdir / ".packed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for product in products:
            archive.write(product.path, product.filename)
    inputs = tuple(dict.fromkeys(input_id for product in products for input_id in product.inputs))
    return Product(path, f"{stem}.zip", inputs, "application/zip")
