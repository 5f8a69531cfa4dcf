"""The dashboard: pages that show jobs and their parts, previews of pictures, history and calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Message, Send

from a2c_spec.local_api.endpoints.downloads import find_output
from a2c_spec.local_api.http.access import base_of, job_json, service_of, wire_of
from a2c_spec.local_api.http.paging import page_of
from a2c_spec.local_api.http.wire import timestamp
from a2c_spec.local_api.jobs.model import Job
from a2c_spec.local_api.jobs.refusals import not_found
from a2c_spec.local_api.jobs.secret_values import masked
from a2c_spec.local_api.jobs.service import Service
from a2c_spec.local_api.jobs.vocabulary import UNDER_WAY

if TYPE_CHECKING:
    from jinja2 import Environment

CALLS_SHOWN = 100
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp")
_HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\U000110bd"
    "\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_JOINERS = "\u200c\u200d\ufe0f"
_ACTS = re.compile(f"[{_HIDDEN}]|(?<![^\\x00-\\x7f{_HIDDEN}{_JOINERS}])[{_JOINERS}]")
"""What acts or is not seen; what joins letters and emoji may follow one of these."""
POLICY = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader  # here: most services never show the dashboard

    templates = Environment(loader=PackageLoader("a2c_spec.local_api.simulation"), autoescape=True, trim_blocks=True)
    templates.filters.update({"size": _size, "clock": timestamp, "pairs": _pairs})
    return templates


def _size(count: int) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000  # type: ignore[assignment] # from here on a fraction
    return f"{count:.3g} GB"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in values.items() if value not in (None, False, ""))


def _page(name: str, **values: Any) -> Response:
    return HTMLResponse(inert(_templates().get_template(name).render(**values)), headers=POLICY)


def inert(page: str) -> str:
    """A page in which what jobs and requests hold turns no text round and hides nothing: as escapes."""
    return _ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", page)


def with_policy(send: Send) -> Send:
    """The same for every answer below /_a2c: no browser makes a page, or a script, of what is none."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name for name, _ in message.get("headers", ())}
            more = [(name.lower().encode(), text.encode()) for name, text in POLICY.items()]
            message = {
                **message,
                "headers": [*message.get("headers", ()), *(row for row in more if row[0] not in there)],
            }
        await send(message)

    return sending


async def jobs(request: Request) -> Response:
    """GET /_a2c/: every job of every account, the newest first."""
    service, page = service_of(request), page_of(request)
    total = service.store.count_all_jobs()
    found = service.store.all_jobs(limit=page.size, offset=page.offset)
    return _page(
        "jobs.html",
        jobs=[masked(job_json(request, job)) for job in found],
        busy=any(job.phase in UNDER_WAY for job in found),
        total=total,
        page=page.number,
        more=page.offset + page.size < total,
        base=base_of(request),
        faults=request.scope["a2c.faults"].report(),
        calls=service.store.calls()[: -CALLS_SHOWN - 1 : -1],
    )


async def job(request: Request) -> Response:
    """GET /_a2c/jobs/{id}: one job and all its parts."""
    service = service_of(request)
    found = service.store.job(request.path_params["job_id"])
    if found is None:
        raise not_found("job")
    wire = wire_of(request)
    calls = [row for row in service.store.calls() if found.id in row["path"]]
    return _page(
        "job.html",
        job=masked(job_json(request, found)),
        inputs=[masked(wire.input(entry)) for entry in found.in_order()],
        pictures=_pictures(service, found),
        events=service.store.events(found.id),
        busy=found.phase in UNDER_WAY,
        calls=calls[: -CALLS_SHOWN - 1 : -1],
    )


def _pictures(service: Service, found: Job) -> set[str]:
    return {
        entry.id
        for entry in found.outputs
        if entry.content_type in PICTURES and service.blobs.path(entry.blob).is_file()
    }


async def picture(request: Request) -> Response:
    """GET /_a2c/outputs/{id}: a picture for the dashboard; this does not count as a download."""
    service = service_of(request)
    _, entry = find_output(service, request.path_params["output_id"])
    path = service.blobs.path(entry.blob)
    if entry.content_type not in PICTURES or not path.is_file():
        raise not_found("picture")
    return FileResponse(path, media_type=entry.content_type, headers=POLICY)
