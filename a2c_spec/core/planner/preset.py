"""Plans the API's one long-lived resource: named sets of conversion options.

A preset's name, target and options can be patched; its category and scope cannot, so it is deleted and created again.
Whether a PATCH merges options or replaces them is not documented: it sends them complete, removed ones as null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2c_spec.core import compare, reasons
from a2c_spec.core.calls import Body, Call, Effect
from a2c_spec.core.desired import Preset
from a2c_spec.core.plan import Change
from a2c_spec.core.recipe import FingerprintSecret, digest, redact_secrets
from a2c_spec.core.state import JobRecord

PRESET = "preset"
PATCHABLE = ("name", "target", "options")


def sent_preset(preset: Preset, fingerprint_secret: FingerprintSecret) -> dict[str, Any]:
    """Canonical form of a preset as sent."""
    return {
        "name": preset.name,
        "target": preset.target,
        "category": preset.category,
        "scope": preset.scope,
        "options": redact_secrets(preset.options, fingerprint_secret),
    }


def plan_preset(
    preset: Preset,
    fingerprint_secret: FingerprintSecret,
    record: JobRecord | None,
    live: Mapping[str, Any] | None,
    *,
    gone: bool = False,
) -> Change:
    """The change of one preset. ``live`` None and not ``gone``: the service was not asked."""
    sent = sent_preset(preset, fingerprint_secret)
    if record is None or not record.job_id or gone:
        lost = "the service no longer has it" if gone else "not applied yet"
        return _change(preset, "create", (f"{lost}: preset for {preset.target}",), (_create(preset, sent),), sent)
    before = dict(record.elements[PRESET].sent) if PRESET in record.elements else {}
    details = reasons.details(before, sent)
    wrong = _wrong(sent, before, live or {})
    if not wrong:
        return _change(preset, "no-op", ("unchanged",), (), sent)
    why = tuple(f"{name} changed" for name in wrong)
    if set(wrong) - set(PATCHABLE):
        delete = Call("delete_preset", record.job_id, effects=(Effect(PRESET, None),))
        return _change(preset, "replace", why, (delete, _create(preset, sent, step=1)), sent, details)
    return _change(preset, "update", why, (_patch(preset, sent, before, wrong, record.job_id),), sent, details)


def _wrong(sent: Mapping[str, Any], before: Mapping[str, Any], live: Mapping[str, Any]) -> list[str]:
    names = [name for name in ("name", "target", "category", "scope") if _differs(sent[name], before, live, name)]
    echo = live.get("options")
    echo = echo if isinstance(echo, Mapping) else {}
    wrong, removed = compare.changed_keys(sent["options"], echo, before.get("options"))
    return [*names, "options"] if wrong or removed else names


def _differs(value: Any, before: Mapping[str, Any], live: Mapping[str, Any], name: str) -> bool:
    if not value:
        return False
    return not compare.equal(value, live[name] if live.get(name) else before.get(name))


def _body(preset: Preset) -> dict[str, Body]:
    parts: dict[str, Any] = {
        "name": preset.name,
        "target": preset.target,
        "category": preset.category,
        "scope": preset.scope,
        "options": preset.options,
    }
    return {key: value for key, value in parts.items() if value or key == "options"}


def _create(preset: Preset, sent: Mapping[str, Any], step: int = 0) -> Call:
    return Call("create_preset", body=_body(preset), creates=(PRESET,), effects=(Effect(PRESET, sent),), step=step)


def _patch(
    preset: Preset, sent: Mapping[str, Any], before: Mapping[str, Any], wrong: list[str], preset_id: str
) -> Call:
    body = {name: _body(preset)[name] for name in wrong}
    if "options" in wrong:
        removed = [key for key in before.get("options", {}) if key not in preset.options]
        body["options"] = dict(preset.options) | dict.fromkeys(removed)
    return Call("patch_preset", preset_id, body, effects=(Effect(PRESET, sent),))


def _change(
    preset: Preset,
    action: Any,
    why: tuple[str, ...],
    calls: tuple[Call, ...],
    sent: Mapping[str, Any],
    details: Any = (),
) -> Change:
    return Change(
        preset.address, action, why, calls, details=details, fingerprint=digest(sent), basis={PRESET: sent},
        bound="the resource changes only by a call of its own",
    )  # fmt: skip
