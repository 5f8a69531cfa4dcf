"""Carries out conversions in worker processes, and trusts nothing that comes back."""

from __future__ import annotations

from pathlib import Path

from a2c_spec.local_api.convert.catalog import missing_for, resolve, row_of
from a2c_spec.local_api.convert.contract import ConversionError, Request, Result
from a2c_spec.local_api.convert.sandbox import pool
from a2c_spec.local_api.convert.sandbox.task import Limits, Task
from a2c_spec.local_api.convert.serialize import request_to_json, result_from_json

PACKAGE = "a2c_spec.local_api.convert."


def convert(request: Request, limits: Limits | None = None) -> Result:
    """Carries out one conversion; blocks until it is done. Raises ConversionError when it cannot be done."""
    entry = resolve(request.target, request.category)
    row = row_of(entry.target, entry.category) if entry else None
    if row is None:
        raise _not_offered(request)
    if not request.sources:
        raise ConversionError("There is no input to convert.", source="input")
    limits = limits or Limits()
    reads = tuple(source.path for source in request.sources)
    payload = {"converter": PACKAGE + row.converter, "request": request_to_json(request)}
    answer = pool.run(Task(PACKAGE + "perform:conversion", payload, request.workdir, reads, limits))
    return _checked(result_from_json(answer), request.workdir, limits)


def warm_up(*conversions: tuple[str, str]) -> None:
    """Starts a worker for these ``(target, category)`` pairs, without waiting; worth calling when a job is created."""
    entries = (resolve(target, category) for target, category in conversions)
    rows = (row_of(entry.target, entry.category) for entry in entries if entry)
    pool.start({PACKAGE + row.converter.partition(":")[0]: None for row in rows if row})


def _not_offered(request: Request) -> ConversionError:
    what = f"Converting to {request.category}/{request.target}"
    missing = missing_for(request.target, request.category)
    if missing:
        return ConversionError(f"{what} needs {' and '.join(missing)}, which this machine does not have.")
    return ConversionError(f"{what} is not something the local API can do.")


def _checked(result: Result, workdir: Path, limits: Limits) -> Result:
    """Refuses products outside the job's folder, links, and more bytes than one job may make."""
    root = workdir.resolve()
    for product in result.products:
        if product.path.is_symlink() or not product.path.is_file() or root not in product.path.resolve().parents:
            raise ConversionError("The converter named an output that it did not make.")
    if sum(product.path.stat().st_size for product in result.products) > limits.output:
        raise ConversionError("The outputs are larger than one job may write.")
    if not result.products:
        raise ConversionError("The conversion made no output.")
    return result
