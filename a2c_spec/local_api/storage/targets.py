"""Delivers results to the customer's own storage, and fetches inputs from it: one function each way per provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from a2c_spec.local_api.convert.contract import Product
from a2c_spec.local_api.jobs.vocabulary import CLOUD_FAILED
from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.ftp import ftp_get, ftp_put
from a2c_spec.local_api.storage.location import Location, StorageFailed
from a2c_spec.local_api.storage.s3 import s3_get, s3_put


@dataclass(frozen=True, slots=True)
class Provider:
    """How to reach one kind of storage, and what a descriptor must say."""

    get: Callable[[Location, Path, Settings], None]
    put: Callable[[Path, Location, Settings], None]
    parameters: tuple[str, ...]
    credentials: tuple[str, ...]


PROVIDERS: Mapping[str, Provider] = {
    "amazons3": Provider(s3_get, s3_put, ("bucket", "file"), ("accesskeyid", "secretaccesskey")),
    "ftp": Provider(ftp_get, ftp_put, ("host", "file"), ("username", "password")),
}


class DeliveryFailed(Exception):
    """A target did not take the results; ``targets`` are they with their new status."""

    def __init__(self, code: int, message: str, targets: tuple[Mapping[str, Any], ...]) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.targets = targets


def location(provider: str, parameters: Mapping[str, Any], credentials: Mapping[str, Any]) -> Location:
    """A checked descriptor; StorageFailed says what is wrong with it, by name."""
    known = PROVIDERS.get(provider)
    if known is None:
        reason = f"Storage of type {provider} is not supported by this service (supported: {', '.join(PROVIDERS)})."
        raise StorageFailed(CLOUD_FAILED, reason)
    missing = [f"parameters.{name}" for name in known.parameters if not parameters.get(name)]
    missing += [f"credentials.{name}" for name in known.credentials if not credentials.get(name)]
    if missing:
        raise StorageFailed(CLOUD_FAILED, f"The storage descriptor lacks {', '.join(missing)}.")
    texts = ({name: str(value) for name, value in part.items()} for part in (parameters, credentials))
    return Location(*texts)


def fetch_from(provider: str, place: Location, path: Path, settings: Settings) -> None:
    """Get a file from storage."""
    PROVIDERS[provider].get(place, path, settings)


def deliver(
    settings: Settings, targets: Sequence[Mapping[str, Any]], products: Sequence[Product]
) -> tuple[Mapping[str, Any], ...]:
    """Send every product to every target; the targets, now completed. DeliveryFailed carries how far it came."""
    done: list[Mapping[str, Any]] = []
    for index, target in enumerate(targets):
        try:
            for number, product in enumerate(products):
                _send(settings, target, product, number)
        except StorageFailed as failure:
            failed = ({**target, "status": "failed"}, *targets[index + 1 :])
            raise DeliveryFailed(failure.code, failure.message, (*done, *failed)) from failure
        done.append({**target, "status": "completed"})
    return tuple(done)


def _send(settings: Settings, target: Mapping[str, Any], product: Product, number: int) -> None:
    place = location(target["type"], target["parameters"], target["credentials"])
    named = _numbered(place, number)
    PROVIDERS[target["type"]].put(product.path, named, settings)


def _numbered(place: Location, number: int) -> Location:
    """Where the second and later results go: the same name with a number."""
    if not number:
        return place
    path = PurePosixPath(place.parameters["file"])
    name = str(path.with_name(f"{path.stem}-{number + 1}{path.suffix}"))
    return Location({**place.parameters, "file": name}, place.credentials)
