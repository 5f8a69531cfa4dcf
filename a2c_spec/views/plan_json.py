"""A plan as JSON: structured, versioned, without secrets."""

from __future__ import annotations

from typing import Any

from a2c_spec.core.calls import Call
from a2c_spec.core.keys import address_of
from a2c_spec.core.plan import Change, Plan
from a2c_spec.views.plan_text import path_of
from a2c_spec.views.redact import redacted

FORMAT_VERSION = 1


def plan_json(plan: Plan) -> dict[str, Any]:
    """The whole plan; ``noop`` stands at the top."""
    totals = plan.totals()
    return {
        "format_version": FORMAT_VERSION,
        "noop": plan.empty,
        "partial": plan.partial,
        "changes": [change_json(change) for change in plan.changes],
        "totals": {
            "actions": dict(totals.actions),
            "calls": dict(totals.calls),
            "requests": totals.requests,
            "bytes_up": totals.size,
            "jobs_started": totals.jobs,
        },
    }


def change_json(change: Change) -> dict[str, Any]:
    """One change."""
    return {
        "address": address_of(change.address),
        "run": change.address,
        "action": change.action,
        "reasons": list(change.reasons),
        "paid_again": change.paid_again,
        "emptied": change.emptied,
        "problem": change.problem,
        "fingerprint": change.fingerprint,
        "calls": [call_json(call) for call in change.calls],
        "details": [
            {
                "path": detail.path,
                "sensitive": detail.sensitive,
                "before": None if detail.sensitive else detail.before,
                "after": None if detail.sensitive else detail.after,
            }
            for detail in change.details
        ],
        "moves": [{"from": move.source, "to": move.target} for move in change.moves],
        "downloads": list(change.downloads),
        "leaves": list(change.leaves),
        "lower_bound": change.bound,
    }


def call_json(call: Call) -> dict[str, Any]:
    """One call, its body redacted."""
    return {
        "kind": call.kind,
        "method": call.method,
        "path": path_of(call),
        "step": call.step + 1,
        "starts": call.starts,
        "bytes": call.size,
        "body": redacted(call.body),
        "reason": call.reason,
    }
