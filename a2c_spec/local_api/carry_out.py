"""Carries out one started job in a worker thread: fetch the inputs, run the conversions, keep the results."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from a2c_spec.local_api.blobs import checksum, safe_name
from a2c_spec.local_api.convert.contract import Caveat, ConversionError, Product, Request, Source
from a2c_spec.local_api.fetch import Fetched, FetchFailed, fetch
from a2c_spec.local_api.model import Conversion, Input, Job, Output, with_conversion, with_input
from a2c_spec.local_api.packing import packed
from a2c_spec.local_api.refusals import Refusal
from a2c_spec.local_api.service import Service
from a2c_spec.local_api.store import Closed, Rule
from a2c_spec.local_api.targets import DeliveryFailed, deliver
from a2c_spec.local_api.vocabulary import COMPLETED, CONVERTING, FAILED, FETCHING, UNDER_WAY

log = logging.getLogger("a2c_spec.local_api")
Trouble = Mapping[str, Any]


class Superseded(Exception):
    """The job was canceled, deleted, or taken over: whatever we made of it no longer counts."""


def carry_out(service: Service, job_id: str) -> None:
    """The whole way of a job from started to finished; never raises."""
    try:
        job = _step(service, job_id, lambda job: replace(job, phase=FETCHING, activity="Fetching inputs"))
        troubles = _fetch_all(service, job)
        job = _step(service, job_id, lambda job: replace(job, phase=CONVERTING, activity="Converting"))
        if not (troubles and job.fail_on_input_error):
            troubles += _convert_all(service, job)
        _step(service, job_id, lambda job: _finished(job, troubles, service.clock.now()))
    except Superseded:
        _forget(service, job_id)
    except Closed:
        return  # whoever opens the store next resumes the job
    except Exception:
        log.exception("The local API could not carry out job %s", job_id)
        _give_up(service, job_id)


def _step(service: Service, job_id: str, rule: Rule, note: str = "") -> Job:
    def guarded(job: Job) -> Job:
        if job.runner != service.runner.name or job.phase not in UNDER_WAY:
            raise Superseded
        now = service.clock.now()
        return replace(rule(job), modified=now, activity_since=now)

    try:
        return service.update(job_id, guarded, note)
    except Refusal as gone:
        raise Superseded from gone


def _forget(service: Service, job_id: str) -> None:
    if service.store.job(job_id) is None:
        service.blobs.drop_job(job_id)


def _give_up(service: Service, job_id: str) -> None:
    error = trouble("conversion", "", 500, "The service failed while it worked on this job.")
    try:
        _step(service, job_id, lambda job: _failed(job, [error], service.clock.now()))
    except Superseded:
        _forget(service, job_id)


def trouble(source: str, id_source: str, code: int, message: str) -> Trouble:
    """An entry of a job's errors or warnings."""
    return {"source": source, "id_source": id_source, "code": code, "message": message}


# Fetching


def _fetch_all(service: Service, job: Job) -> list[Trouble]:
    troubles: list[Trouble] = []
    for entry in job.inputs:
        if entry.blob or (troubles and job.fail_on_input_error):
            continue
        found = _fetch_one(service, job, entry)
        troubles += [found] if found else []
    return troubles


def _fetch_one(service: Service, job: Job, entry: Input) -> Trouble | None:
    _put_input(service, job.id, entry.id, lambda now: replace(now, status="downloading"))
    try:
        fetched = fetch(service, job, entry)
    except FetchFailed as failure:
        _put_input(service, job.id, entry.id, lambda now: replace(now, status="failed"))
        return trouble("input", entry.id, failure.code, failure.message)
    metadata = service.converters.probe(service.blobs.path(fetched.blob), fetched.filename)
    _put_input(service, job.id, entry.id, lambda now: arrived(now, fetched, metadata))
    return None


def _put_input(service: Service, job_id: str, input_id: str, change: Callable[[Input], Input]) -> None:
    def rule(job: Job) -> Job:
        entry = job.input(input_id)
        if entry is None:
            raise Superseded
        return with_input(job, replace(change(entry), modified=service.clock.now()))

    _step(service, job_id, rule)


def arrived(entry: Input, fetched: Fetched, metadata: Mapping[str, Any]) -> Input:
    """The input once its bytes are here."""
    details = {name: value for name, value in metadata.items() if name != "content_type" and value is not None}
    return replace(
        entry,
        blob=fetched.blob,
        size=fetched.size,
        checksum=fetched.checksum,
        filename=entry.suggested or fetched.filename,
        content_type=entry.content_type or str(metadata.get("content_type") or ""),
        metadata=details,
        status="ready",
    )


# Converting


def _convert_all(service: Service, job: Job) -> list[Trouble]:
    troubles: list[Trouble] = []
    for entry in job.conversions:
        if troubles and job.fail_on_conversion_error:
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
    if entry.id in done or _delivered(entry):
        return  # made before an interruption
    doing = f"{entry.category}/{entry.target}"
    _step(service, job.id, lambda now: replace(now, activity=doing))
    workdir = service.blobs.workdir(job.id, f"{service.runner.name}-{entry.id}")
    try:
        _keep(service, job, entry, _results(service, job, entry, workdir))
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def _delivered(entry: Conversion) -> bool:
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
    _step(service, job.id, lambda now: replace(_credited(now, warnings), outputs=(*now.outputs, *outputs)))


def _deliver(service: Service, job: Job, entry: Conversion, results: _Results, warnings: tuple[Trouble, ...]) -> None:
    def told(targets: tuple[Mapping[str, Any], ...]) -> Rule:
        return lambda now: with_conversion(now, replace(entry, output_target=targets))

    uploading = tuple({**target, "status": "uploading"} for target in entry.output_target)
    _step(service, job.id, told(uploading))
    try:
        done = deliver(service.settings, entry.output_target, results.products)
    except DeliveryFailed as failure:
        _step(service, job.id, told(failure.targets))
        raise
    _step(service, job.id, lambda now: told(done)(_credited(now, warnings)))


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


# The end


def _finished(job: Job, troubles: list[Trouble], now: float) -> Job:
    fatal = [row for row in troubles if _fatal(job, row)]
    delivered = any(_delivered(entry) for entry in job.conversions)
    if fatal or not (job.outputs or delivered):
        return _failed(job, troubles or [trouble("conversion", "", 0, "The conversion yielded nothing.")], now)
    warnings = (*job.warnings, *troubles)
    return _without_secrets(replace(job, phase=COMPLETED, warnings=warnings, finished=now, activity=""))


def _fatal(job: Job, row: Trouble) -> bool:
    return job.fail_on_input_error if row["source"] == "input" else job.fail_on_conversion_error


def _failed(job: Job, errors: list[Trouble], now: float) -> Job:
    return _without_secrets(replace(job, phase=FAILED, errors=tuple(errors), finished=now, activity=""))


def _without_secrets(job: Job) -> Job:
    """A finished job needs no credentials any more."""
    inputs = tuple(replace(entry, credentials={}) for entry in job.inputs)
    conversions = tuple(
        replace(entry, output_target=tuple({**target, "credentials": {}} for target in entry.output_target))
        for entry in job.conversions
    )
    return replace(job, inputs=inputs, conversions=conversions)
