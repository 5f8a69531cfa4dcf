"""Sends outputs to a customer's own storage and fetches inputs from it; each provider has one function per way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from a2c_spec.local_api.convert.contract import Product
from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.ftp import ftp_get, ftp_put
from a2c_spec.local_api.storage.s3 import s3_get, s3_put
from a2c_spec.local_api.storage.transfer import Location, TransferFailed


@dataclass(frozen=True, slots=True)
class Provider:
    """How to read and write one kind of storage, and the fields a descriptor must have."""

    get: Callable[[Location, Path, Settings], None]
    put: Callable[[Path, Location, Settings], None]
    parameters: tuple[str, ...]
    credentials: tuple[str, ...]


PROVIDERS: Mapping[str, Provider] = {
    "amazons3": Provider(s3_get, s3_put, ("bucket", "file"), ("accesskeyid", "secretaccesskey")),
    "ftp": Provider(ftp_get, ftp_put, ("host", "file"), ("username", "password")),
}


class DeliveryFailed(TransferFailed):
    """A target did not take the outputs; ``targets`` are all targets of the conversion with their new statuses."""

    def __init__(self, message: str, code: int, targets: tuple[Mapping[str, Any], ...]) -> None:
        super().__init__(message, code)
        self.targets = targets


def location(provider: str, parameters: Mapping[str, Any], credentials: Mapping[str, Any]) -> Location:
    """The location that a descriptor names; TransferFailed says which fields are missing."""
    known = PROVIDERS.get(provider)
    if known is None:
        supported = ", ".join(PROVIDERS)
        raise TransferFailed(f"Storage of type {provider} is not supported by this service (supported: {supported}).")
    missing = [f"parameters.{name}" for name in known.parameters if not parameters.get(name)]
    missing += [f"credentials.{name}" for name in known.credentials if not credentials.get(name)]
    if missing:
        raise TransferFailed(f"The storage descriptor lacks {', '.join(missing)}.")
    texts = ({name: str(value) for name, value in part.items()} for part in (parameters, credentials))
    return Location(*texts)


def fetch_from(provider: str, place: Location, path: Path, settings: Settings) -> None:
    """Copy a file from storage to ``path``."""
    PROVIDERS[provider].get(place, path, settings)


def deliver(
    settings: Settings, targets: Sequence[Mapping[str, Any]], products: Sequence[Product]
) -> tuple[Mapping[str, Any], ...]:
    """Send every product to every target and return the targets with their new statuses; or raise DeliveryFailed."""
    done: list[Mapping[str, Any]] = []
    for index, target in enumerate(targets):
        try:
            for number, product in enumerate(products):
                _send(settings, target, product, number)
        except TransferFailed as failure:
            failed = ({**target, "status": "failed"}, *targets[index + 1 :])
            raise DeliveryFailed(failure.message, failure.code, (*done, *failed)) from failure
        done.append({**target, "status": "completed"})
    return tuple(done)


def _send(settings: Settings, target: Mapping[str, Any], product: Product, number: int) -> None:
    place = location(target["type"], target["parameters"], target["credentials"])
    PROVIDERS[target["type"]].put(product.path, _numbered(place, number), settings)


def _numbered(place: Location, number: int) -> Location:
    """Where one of several products goes: all but the first get a number in their name."""
    if not number:
        return place
    path = PurePosixPath(place.parameters["file"])
    name = str(path.with_name(f"{path.stem}-{number + 1}{path.suffix}"))
    return Location({**place.parameters, "file": name}, place.credentials)
