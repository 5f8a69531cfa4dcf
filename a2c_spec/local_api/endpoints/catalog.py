"""The endpoints that need no key: GET /conversions and GET /statuses."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from a2c_spec.local_api.convert.contract import CatalogEntry
from a2c_spec.local_api.http.access import service_of
from a2c_spec.local_api.http.paging import page_of
from a2c_spec.local_api.http.wire import status
from a2c_spec.local_api.jobs.vocabulary import STATUSES


async def conversions(request: Request) -> Response:
    """GET /conversions: the available conversions with their options."""
    query = request.query_params
    target, category = query.get("target"), query.get("category")
    rows = [
        row
        for row in service_of(request).catalog.entries
        if target in (None, "", row.target) and category in (None, "", row.category)
    ]
    page = page_of(request)
    body = [_row(row) for row in rows[page.offset : page.offset + page.size]]
    return JSONResponse(body, headers={"X-Count": str(len(rows))})


def _row(entry: CatalogEntry) -> dict[str, Any]:
    options = {name: dict(spec) for name, spec in entry.options.items()}
    return {"id": entry.id, "target": entry.target, "category": entry.category, "options": options}


async def statuses(_request: Request) -> Response:
    """GET /statuses: all statuses."""
    return JSONResponse([status(code) for code in STATUSES])
