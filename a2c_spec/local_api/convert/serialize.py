"""Requests and results as plain JSON values: what crosses the pipe between the service and a worker process."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Result, Source


def request_to_json(request: Request) -> dict[str, Any]:
    """The request with paths as absolute strings."""
    return {
        "target": request.target,
        "category": request.category,
        "workdir": str(request.workdir.absolute()),
        "options": dict(request.options),
        "metadata": dict(request.metadata),
        "sources": [_source_to_json(source) for source in request.sources],
    }


def request_from_json(value: dict[str, Any]) -> Request:
    """The inverse of ``request_to_json``."""
    sources = tuple(Source(**{**item, "path": Path(item["path"])}) for item in value["sources"])
    return Request(
        target=value["target"],
        category=value["category"],
        workdir=Path(value["workdir"]),
        options=value["options"],
        metadata=value["metadata"],
        sources=sources,
    )


def result_to_json(result: Result) -> dict[str, Any]:
    """The result with paths as strings."""
    products = [{**asdict(item), "path": str(item.path), "metadata": dict(item.metadata)} for item in result.products]
    return {"products": products, "warnings": [asdict(item) for item in result.warnings]}


def result_from_json(value: dict[str, Any]) -> Result:
    """The inverse of ``result_to_json``."""
    products = (
        Product(**{**item, "path": Path(item["path"]), "inputs": tuple(item["inputs"])}) for item in value["products"]
    )
    return Result(tuple(products), tuple(ConversionWarning(**item) for item in value["warnings"]))


def _source_to_json(source: Source) -> dict[str, Any]:
    return {
        "id": source.id,
        "path": str(source.path.absolute()),
        "filename": source.filename,
        "content_type": source.content_type,
        "password": source.password,
        "options": dict(source.options),
    }
