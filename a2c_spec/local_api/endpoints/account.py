"""The endpoints of an account: presets, contracts, statistics."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from a2c_spec.local_api.http.access import account, require_account, service_of
from a2c_spec.local_api.http.request_bodies import read_object
from a2c_spec.local_api.jobs import presets
from a2c_spec.local_api.jobs.refusals import invalid, not_found

# Per period: the pattern of its value, the format of its value, and the format of the times of its rows.
PERIODS = {
    "day": (re.compile(r"\d{4}-\d\d-\d\d"), "%Y-%m-%d", "%Y-%m-%d %H:00:00"),
    "month": (re.compile(r"\d{4}-\d\d"), "%Y-%m", "%Y-%m-%d 00:00:00"),
    "year": (re.compile(r"\d{4}"), "%Y", "%Y-%m-01 00:00:00"),
}


async def preset_list(request: Request) -> Response:
    """GET /presets: the public presets, and with a key also those of the account."""
    rows = presets.visible(service_of(request).store, account(request))
    return JSONResponse([row for row in rows if presets.matches(row, request.query_params)])


async def preset_add(request: Request) -> Response:
    """POST /presets."""
    service, owner = service_of(request), require_account(request)
    body = await read_object(request, service.settings.limits.json_bytes)
    blank = {"id": service.new_id("preset"), "name": "", "target": "", "category": "", "scope": "private"}
    preset = presets.checked(body, {**blank, "options": {}}, service.catalog)
    presets.add(service.store, owner, preset)
    return JSONResponse(preset, 201)


async def preset_read(request: Request) -> Response:
    """GET /presets/{id}: only presets of the account."""
    return JSONResponse(_own(request))


async def preset_change(request: Request) -> Response:
    """PATCH /presets/{id}: changes fields; the options are replaced as a whole."""
    service, before = service_of(request), _own(request)
    preset = presets.checked(await read_object(request, service.settings.limits.json_bytes), before, service.catalog)
    presets.put(service.store, preset)
    return JSONResponse(preset)


async def preset_remove(request: Request) -> Response:
    """DELETE /presets/{id}."""
    presets.remove(service_of(request).store, _own(request)["id"])
    return Response(status_code=204)


def _own(request: Request) -> presets.Preset:
    owner = require_account(request)
    return presets.own(service_of(request).store, owner, request.path_params["preset_id"])


async def contracts(request: Request) -> Response:
    """GET /contracts: a prepaid contract where credits are limited, else a contract by invoice."""
    service, owner = service_of(request), require_account(request)
    shape = service.settings.unknowns.contracts
    if shape == "none":
        return Response(status_code=204)
    body = _contracts(service.settings.limits.credits, service.credits_left(owner))
    return JSONResponse(body["contracts"] if shape == "array" else body)


def _contracts(bought: int | None, left: int | None) -> dict[str, Any]:
    since = "2016-02-02 10:52:36"
    if bought is None:
        return {"contracts": [{"contract_type": "invoice", "contract_creation_date": since}]}
    row = {
        "contract_type": "prepaid",
        "contract_creation_date": since,
        "credits_bought": bought,
        "credits_remaining": left,
    }
    return {"contracts": [row], "credits_remaining": left}


async def stats(request: Request) -> Response:
    """GET /stats/{period}/{value}/{filter}: numbers as strings; an empty body for a period without jobs."""
    if request.path_params["period"] not in PERIODS:
        raise not_found("period")
    service, owner = service_of(request), require_account(request)
    period, value, scope = (request.path_params[name] for name in ("period", "value", "filter"))
    start, end, step = _span(period, value)
    if scope not in ("single", "all"):
        raise invalid({"filter": "This must be single or all"})
    # Each key is an account of its own here, so both filters have the same result.
    sql = "SELECT at, bytes_in, bytes_out, seconds, completed FROM usage WHERE owner = ? AND at >= ? AND at < ?"
    rows = _grouped(service.store.rows(sql, owner, start, end), step)
    return JSONResponse(rows) if rows else Response(status_code=200, media_type="application/json")


def _span(period: str, value: str) -> tuple[float, float, str]:
    pattern, layout, step = PERIODS[period]
    try:
        start = datetime.strptime(value, layout).replace(tzinfo=UTC) if pattern.fullmatch(value) else None
    except ValueError:
        start = None
    if start is None or start.year > 9998:
        raise invalid({period: "This is not a date of the form this period needs"})
    return start.timestamp(), _following(period, start).timestamp(), step


def _following(period: str, start: datetime) -> datetime:
    if period == "day":
        return datetime.fromtimestamp(start.timestamp() + 86400, UTC)
    if period == "month" and start.month < 12:
        return start.replace(month=start.month + 1)
    return start.replace(year=start.year + 1, month=1)


def _grouped(rows: list[tuple[Any, ...]], step: str) -> list[dict[str, str]]:
    groups: dict[str, list[tuple[Any, ...]]] = {}
    for row in sorted(rows):
        groups.setdefault(datetime.fromtimestamp(row[0], UTC).strftime(step), []).append(row)
    return [_totals(created, group) for created, group in groups.items()]


def _totals(created: str, group: list[tuple[Any, ...]]) -> dict[str, str]:
    completed = sum(row[4] for row in group)
    return {
        "created_at": created,
        "input_traffic": str(sum(row[1] for row in group)),
        "output_traffic": str(sum(row[2] for row in group)),
        "job_counter": str(len(group)),
        "conversion_minutes": str(-int(-sum(row[3] for row in group) // 60)),
        "completed_jobs": str(completed),
        "failed_jobs": str(len(group) - completed),
    }
