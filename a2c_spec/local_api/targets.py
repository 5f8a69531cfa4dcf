"""Delivers results to the customer's own storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from a2c_spec.local_api.convert.contract import Product
from a2c_spec.local_api.service import Service
from a2c_spec.local_api.vocabulary import CLOUD_FAILED


class DeliveryFailed(Exception):
    """A target did not take the results."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def deliver(
    service: Service, targets: Sequence[Mapping[str, Any]], products: Sequence[Product]
) -> tuple[Mapping[str, Any], ...]:
    """Send every product to every target; the targets with their new status."""
    raise DeliveryFailed(CLOUD_FAILED, "This service cannot deliver there.")
