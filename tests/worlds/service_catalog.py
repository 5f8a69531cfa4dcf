"""What the other service has beside jobs: presets, and the lists of what it can do."""

from __future__ import annotations

from typing import Any

from tests.worlds.http_server import Reply, Request, as_json
from tests.worlds.service_echo import Echo
from tests.worlds.service_jobs import Jobs
from tests.worlds.service_model import Preset, Refusal, category_of, check_options, described

STATUSES = ("incomplete", "ready", "running", "queued", "downloading", "processing", "completed", "failed", "canceled")


def presets(service: Jobs, echo: Echo, request: Request, parts: list[str], body: Any) -> Reply:
    """Everything below ``/presets``."""
    if len(parts) == 1 and request.method == "GET":
        return as_json(200, [echo.preset(one) for one in service.presets.values()])
    if len(parts) == 1:
        return as_json(201, echo.preset(_new(service, body)))
    known = service.presets.get(parts[1])
    if known is None:
        raise Refusal(404, "there is no such preset")
    if request.method == "DELETE":
        del service.presets[known.id]
        return Reply(204)
    if request.method == "PATCH":
        if not isinstance(body, dict) or body.keys() - {"name", "target", "options"}:
            raise Refusal(400, "unknown field of a preset")
        known.options = check_options(known.category, known.target, body.get("options", known.options) or {})
        known.name = body.get("name", known.name)
    return as_json(200, echo.preset(known))


def _new(service: Jobs, body: Any) -> Preset:
    if not isinstance(body, dict) or body.keys() - {"name", "target", "category", "options", "scope"}:
        raise Refusal(400, "unknown field of a preset")
    if not body.get("name") or not body.get("target"):
        raise Refusal(400, "a preset has a name and a target")
    category = category_of(body["target"], body.get("category") or "")
    options = check_options(category, body["target"], body.get("options") or {})
    scope = body.get("scope", "private")
    one = Preset(service.new_id(), body["name"], body["target"], category, options, scope, service.actor)
    service.presets[one.id] = one
    return one


def catalogues(request: Request, parts: list[str]) -> Reply:
    """Statuses, contracts, conversions."""
    if parts == ["statuses"]:
        return as_json(200, [{"code": code, "info": code} for code in STATUSES])
    if parts == ["contracts"]:
        return as_json(200, {"contracts": [{"contract_type": "prepaid"}], "credits_remaining": 100000})
    if parts == ["conversions"]:
        rows = described()
        return as_json(200, rows if request.query.get("page", "1") == "1" else [])
    raise Refusal(404, "there is nothing here")
