"""A plan as JSON, structured, versioned, without secrets, and read back as the value it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from a2c_spec.core.allowance import Allowance
from a2c_spec.core.calls import Call, Ref
from a2c_spec.core.moves import Move
from a2c_spec.core.plan import Change, Detail, Plan
from a2c_spec.core.run_keys import address_of
from a2c_spec.views.plan_words import path_of
from a2c_spec.views.redact import redacted

FORMAT_VERSION = 1


def plan_json(plan: Plan) -> dict[str, Any]:
    """The whole plan; ``noop`` stands at the top."""
    totals = plan.totals()
    return {
        "format_version": FORMAT_VERSION,
        "noop": plan.empty,
        "partial": plan.partial or plan.left_out > 0,
        "selected": plan.partial,
        "changes": [change_json(change) for change in plan.changes],
        "totals": {
            "actions": dict(totals.actions),
            "calls": dict(totals.calls),
            "requests": totals.requests,
            "bytes_up": totals.size,
            "jobs_started": totals.jobs,
            "credits": totals.credits,
            "credits_paid_before": totals.paid_before,
            "files_written": totals.files,
            "inputs_awaited": totals.awaited,
        },
        "balance": plan.balance,
        "orphans": {"addresses": list(plan.orphans), "unsure": plan.unsure},
        "left_out": plan.left_out,
        "unread_secrets": list(plan.unread),
        "uncached": plan.uncached,
        **({"budget": _bounds(plan.allowance)} if plan.allowance else {}),
    }


def change_json(change: Change) -> dict[str, Any]:
    """One change."""
    return {
        "address": address_of(change.address),
        "run": change.address,
        "action": change.action,
        "reasons": list(change.reasons),
        "work": change.work,
        "awaits": change.awaits,
        "alike": change.alike,
        "instead": [call_json(call) for call in change.instead] if change.alike else [],
        "credits": change.credits,
        "credits_paid_before": change.paid_before,
        "paid_again": change.paid_again,
        "running": list(change.running),
        "only_there": change.only_there,
        "emptied": change.emptied,
        "verified": change.verified,
        "skipped": change.skipped,
        "problem": change.problem,
        "fingerprint": change.fingerprint,
        "calls": [call_json(call) for call in change.calls],
        "details": [
            {
                "path": detail.path,
                "sensitive": detail.sensitive,
                "foreign": detail.foreign,
                "before": None if detail.sensitive else detail.before,
                "after": None if detail.sensitive else detail.after,
            }
            for detail in change.details
        ],
        "moves": [{"from": move.source, "to": move.target} for move in change.moves],
        "downloads": list(change.downloads),
        "leaves": list(change.leaves),
        "writes": list(change.writes),
        "replaces": list(change.replaces),
        "removes": list(change.removes),
        "stays": list(change.stays),
        "replaces_paid": dict(change.replaces_paid),
        "unforeseen": list(change.unforeseen),
        "lower_bound": change.lower_bound,
    }


def _bounds(allowance: Allowance) -> dict[str, Any]:
    """What a plan costs beside what is allowed, and which bounds refuse it; the day is that on which it is made."""
    told = {name: value for name, value in asdict(allowance).items() if name != "day"}
    return {**told, "exceeded": list(allowance.exceeded)}


def call_json(call: Call) -> dict[str, Any]:
    """One call, its body redacted."""
    return {
        "kind": call.kind,
        "method": call.method,
        "path": path_of(call),
        "step": call.step + 1,
        "starts": call.starts,
        "afterwards": call.afterwards,
        "bytes": call.size,
        "body": redacted(call.body),
        "reason": call.reason,
    }


def plan_from(tree: Mapping[str, Any]) -> Plan:
    """The plan as a value, fit to be shown; bodies are redacted already, so it cannot be carried out."""
    bounds = {name: value for name, value in tree.get("budget", {}).items() if name != "exceeded"}
    allowance = Allowance(**bounds) if bounds else None
    orphans = tree.get("orphans", {})
    return Plan(
        tuple(_change(row) for row in tree["changes"]),
        bool(tree.get("selected", tree.get("partial"))),
        int(tree.get("left_out", 0)),
        allowance,
        tree.get("balance"),
        tuple(orphans.get("addresses", ())),
        bool(orphans.get("unsure")),
        tuple(tree.get("unread_secrets", ())),
        str(tree.get("uncached", "")),
    )


def _change(row: Mapping[str, Any]) -> Change:
    again, cost = bool(row.get("paid_again")), int(row.get("credits", 0))
    return Change(
        row.get("run", row["address"]),
        row["action"],
        tuple(row["reasons"]),
        tuple(_call(call) for call in row["calls"]),
        details=tuple(map(_detail, row.get("details", ()))),
        moves=tuple(Move(move["from"], move["to"]) for move in row.get("moves", ())),
        leaves=tuple(row.get("leaves", ())),
        removes=tuple(row.get("removes", ())),
        stays=tuple(row.get("stays", ())),
        downloads=tuple(row.get("downloads", ())),
        paid_again=again,
        first_runs=cost - int(row.get("credits_paid_before", cost)) if again else 0,
        running=tuple(row.get("running", ())),
        only_there=int(row.get("only_there", 0)),
        lower_bound=row.get("lower_bound", ""),
        problem=row.get("problem", ""),
        emptied=row.get("emptied", ""),
        work=row.get("work", ""),
        awaits=int(row.get("awaits", 0)),
        alike=str(row.get("alike", "")),
        instead=tuple(_call(call) for call in row.get("instead", ())),
        credits=cost,
        writes=tuple(row.get("writes", ())),
        replaces=tuple(row.get("replaces", ())),
        replaces_paid=dict(row.get("replaces_paid", {})),
        unforeseen=tuple(row.get("unforeseen", ())),
        skipped=int(row.get("skipped", 0)),
        verified=int(row.get("verified", 0)),
    )


def _detail(row: Mapping[str, Any]) -> Detail:
    return Detail(row["path"], row["before"], row["after"], row["sensitive"], bool(row.get("foreign")))


def _call(row: Mapping[str, Any]) -> Call:
    return Call(
        row["kind"],
        _subject(row["path"].rsplit("/", 1)[-1]),
        row.get("body"),
        step=row["step"] - 1,
        starts=bool(row.get("starts")),
        afterwards=bool(row.get("afterwards")),
        size=int(row.get("bytes", 0)),
        reason=row.get("reason", ""),
    )


def _subject(shown: str) -> Ref | str:
    """What the end of a path stands for: an id, or the name of one that was not known yet."""
    if shown.startswith("<") and shown.endswith(">"):
        return Ref(shown[1:-1])
    return "" if "{" in shown else shown
