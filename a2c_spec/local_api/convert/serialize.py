"""Requests and results as JSON values, for the pipe between the service and a worker process."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Result, Source


def request_to_json(request: Request) -> dict[str, Any]:
    """The request as JSON values; paths are absolute."""
    return {
        "target": request.target,
        "category": request.category,
        "workdir": str(request.workdir.absolute()),
        "options": dict(request.options),
        "metadata": dict(request.metadata),
        "sources": [_source_to_json(source) for source in request.sources],
    }


def request_from_json(value: dict[str, Any]) -> Request:
    """The request from its JSON values."""
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
    """The result as JSON values."""
    products = [{**asdict(item), "path": str(item.path), "metadata": dict(item.metadata)} for item in result.products]
    return {"products": products, "warnings": [asdict(item) for item in result.warnings]}


def result_from_json(value: dict[str, Any]) -> Result:
    """The result from its JSON values."""
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
