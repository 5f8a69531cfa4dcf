"""Posts a job to its callback URL: once at its end, or at every change of its status when the job asks for that."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from typing import Any

from a2c_spec.local_api.jobs.vocabulary import COMPLETED, FAILED
from a2c_spec.local_api.settings import Settings
from a2c_spec.local_api.storage.transfer import TransferFailed
from a2c_spec.local_api.worker.remote import require_reachable

log = logging.getLogger("a2c_spec.local_api")
RETRIES = 10
FIRST_TIMEOUT, LATER_TIMEOUT = 3.0, 10.0
LONGEST_PAUSE = 300.0
USER_AGENT = "API2Convert API v2 Client (https://api.api2convert.com)"


def is_due(callback: str, phase: str, *, every: bool) -> bool:
    """Whether a job that has reached this phase is to be posted."""
    return bool(callback) and (every or phase in (COMPLETED, FAILED))


def send(settings: Settings, url: str, job: Mapping[str, Any]) -> bool:
    """Post the job, and repeat that while the receiver fails; returns whether the receiver took it."""
    body = json.dumps(job).encode()
    headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT, **_signature(settings, body)}
    for attempt in range(RETRIES + 1):
        if attempt:
            settings.sleep(min(LONGEST_PAUSE, 2.0 ** (attempt - 1)))
        status = _post(settings, url, body, headers, FIRST_TIMEOUT if attempt == 0 else LATER_TIMEOUT)
        if status is not None and status < 500:
            return 200 <= status < 300
    log.warning("A callback was given up after %s attempts", RETRIES + 1)
    return False


def _signature(settings: Settings, body: bytes) -> dict[str, str]:
    if not settings.callback_secret:
        return {}
    digest = hmac.new(settings.callback_secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Oc-Signature": digest}


def _post(settings: Settings, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int | None:
    """The status of the answer; None without an answer, 0 when the address must not be reached."""
    import httpx  # here: it is half of what starting would cost

    from a2c_spec.local_api.storage.checked_http import open_client

    try:
        require_reachable(url, settings)
        with open_client(url, settings, timeout) as client:
            return client.post(url, content=body, headers=headers).status_code
    except TransferFailed as error:
        log.warning("A callback was not sent: %s", error)
        return 0
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
