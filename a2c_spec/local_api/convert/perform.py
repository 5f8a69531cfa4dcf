"""The worker's side of a conversion: calls the converter and gathers what it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from a2c_spec.local_api.convert.contract import ConversionWarning, Product, Request, Result
from a2c_spec.local_api.convert.input_warnings import noticing
from a2c_spec.local_api.convert.sandbox.task import load
from a2c_spec.local_api.convert.serialize import request_from_json, result_to_json

Converter = Callable[[Request], Iterator[Product | ConversionWarning]]


def conversion(payload: dict[str, Any]) -> dict[str, Any]:
    """Carries out one request with the converter that ``payload`` names."""
    converter: Converter = load(payload["converter"])
    with noticing() as noticed:
        made = list(converter(request_from_json(payload["request"])))
    products = tuple(item for item in made if isinstance(item, Product))
    warnings = tuple(item for item in made if isinstance(item, ConversionWarning))
    return result_to_json(Result(products, (*noticed, *warnings)))
