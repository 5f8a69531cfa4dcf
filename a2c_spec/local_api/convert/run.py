"""Runs conversions in worker processes, and checks what comes back, because converters read hostile files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert import registry
from a2c_spec.local_api.convert.contract import ConversionError, ConversionWarning, Product, Request, Result
from a2c_spec.local_api.convert.input_warnings import collected_warnings
from a2c_spec.local_api.convert.sandbox import pool
from a2c_spec.local_api.convert.sandbox.task import Limits, Task, load
from a2c_spec.local_api.convert.serialize import request_from_json, request_to_json, result_from_json, result_to_json

PACKAGE = "a2c_spec.local_api.convert."
Converter = Callable[[Request], Iterator[Product | ConversionWarning]]


def convert(request: Request, limits: Limits | None = None) -> Result:
    """Carry out one conversion and return its result, or raise ConversionError. Blocks until it is done."""
    entry = registry.find(request.target, request.category)
    if entry is None:
        raise _not_available(request)
    if not request.sources:
        raise ConversionError("There is no input to convert.", source="input")
    limits = limits or Limits()
    reads = tuple(source.path for source in request.sources)
    payload = {"converter": PACKAGE + entry.converter, "request": request_to_json(request)}
    answer = pool.run(Task(f"{__name__}:in_worker", payload, request.workdir, reads, limits))
    return _checked(result_from_json(answer), request.workdir, limits)


def in_worker(payload: dict[str, Any]) -> dict[str, Any]:
    """The part of ``convert`` that runs in the worker process: calls the converter and collects what it yields."""
    converter: Converter = load(payload["converter"])
    with collected_warnings() as input_warnings:
        items = list(converter(request_from_json(payload["request"])))
    products = tuple(item for item in items if isinstance(item, Product))
    warnings = tuple(item for item in items if isinstance(item, ConversionWarning))
    return result_to_json(Result(products, (*input_warnings, *warnings)))


def _not_available(request: Request) -> ConversionError:
    conversion = f"Converting to {request.category}/{request.target}"
    missing = registry.missing_for(request.target, request.category)
    if missing:
        return ConversionError(f"{conversion} needs {' and '.join(missing)}, which this machine does not have.")
    return ConversionError(f"{conversion} is not something the local API can do.")


def _checked(result: Result, workdir: Path, limits: Limits) -> Result:
    """The result; ConversionError for products outside the job's folder, links, no products, or too many bytes."""
    root = workdir.resolve()
    for product in result.products:
        if product.path.is_symlink() or not product.path.is_file() or root not in product.path.resolve().parents:
            raise ConversionError("The converter named an output that it did not make.")
    if sum(product.path.stat().st_size for product in result.products) > limits.output:
        raise ConversionError("The outputs are larger than one job may write.")
    if not result.products:
        raise ConversionError("The conversion made no output.")
    return result
