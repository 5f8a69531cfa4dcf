"""Amazon S3 and compatible storage: HTTP requests with a version 4 signature."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.address_rules import addresses_of
from a2c_spec.local_api.storage.blobs import CHUNK
from a2c_spec.local_api.storage.transfer import TRANSFER_FAILED, Location, TransferFailed

if TYPE_CHECKING:
    import httpx

MISSING = 17
EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests for one key and region."""

    key_id: str
    secret: str
    region: str
    session: str = ""

    def headers(self, method: str, url: str, digest: str, at: datetime) -> dict[str, str]:
        """The headers of a signed request."""
        parts = urlsplit(url)
        stamp = at.strftime("%Y%m%dT%H%M%SZ")
        signed = {"host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": stamp}
        if self.session:
            signed["x-amz-security-token"] = self.session
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        canonical = f"{method}\n{parts.path}\n{parts.query}\n{lines}\n{names}\n{digest}"
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self._key(stamp[:8]), text.encode(), hashlib.sha256).hexdigest()
        credential = f"Credential={self.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
        return {**signed, "authorization": f"AWS4-HMAC-SHA256 {credential}"}

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret}".encode()
        for part in (day, self.region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key


def s3_get(place: Location, path: Path, settings: Settings) -> None:
    """Copy an object of the storage to a file."""
    url, headers = _signed("GET", place, EMPTY, settings)
    with _client(url, settings) as client, _http_errors(), client.stream("GET", url, headers=headers) as response:
        _check(response)
        _save(response, path, settings.limits.upload_bytes)


def s3_put(path: Path, place: Location, settings: Settings) -> None:
    """Copy a file to an object of the storage."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    url, headers = _signed("PUT", place, digest, settings)
    headers["content-length"] = str(path.stat().st_size)
    with _client(url, settings) as client, _http_errors():
        _check(client.put(url, headers=headers, content=_pieces(path)))


def _client(url: str, settings: Settings) -> httpx.Client:
    from a2c_spec.local_api.storage.checked_http import open_client  # here: httpx is half of what starting would cost

    return open_client(url, settings, settings.limits.fetch_seconds)


def _signed(method: str, place: Location, digest: str, settings: Settings) -> tuple[str, dict[str, str]]:
    region = place.parameters.get("region") or "eu-central-1"
    url = _url(place.parameters, region)
    parts = urlsplit(url)
    addresses_of(parts.hostname or "", parts.port or 443, private=settings.fetch_private)
    credentials = place.credentials
    signer = Signer(
        credentials["accesskeyid"], credentials["secretaccesskey"], region, credentials.get("sessiontoken", "")
    )
    return url, signer.headers(method, url, digest, datetime.fromtimestamp(settings.clock(), UTC))


def _url(parameters: Mapping[str, str], region: str) -> str:
    """The URL of an object. The parameter ``endpoint``, for storage outside AWS, is an addition of this service."""
    endpoint = (parameters.get("endpoint") or f"https://s3.{region}.amazonaws.com").rstrip("/")
    if not endpoint.startswith(("http://", "https://")):
        raise TransferFailed("The endpoint must be an http or https URL.")
    return f"{endpoint}/{quote(parameters['bucket'], safe='')}/{quote(parameters['file'].lstrip('/'), safe='/~')}"


def _check(response: httpx.Response) -> None:
    if not response.is_success:
        code = MISSING if response.status_code in (403, 404) else TRANSFER_FAILED
        raise TransferFailed(f"The storage answered with status {response.status_code}.", code)


def _save(response: httpx.Response, path: Path, limit: int) -> None:
    size = 0
    with path.open("wb") as file:
        for data in response.iter_bytes(CHUNK):
            size += len(data)
            if size > limit:
                raise TransferFailed("The file is larger than this service takes.")
            file.write(data)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            yield data


@contextmanager
def _http_errors() -> Iterator[None]:
    """Turn errors of the connection into TransferFailed."""
    import httpx

    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TransferFailed("The storage cannot be reached.") from error
