"""Plans the API's one long-lived resource: named sets of conversion options.

A preset's name, target and options can be patched; its category and scope cannot, so it is deleted and created again.
Whether a PATCH merges options or replaces them is not documented: it sends them complete, removed ones as null.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from a2c_spec.core import compare, reasons
from a2c_spec.core.calls import Body, Call, Effect
from a2c_spec.core.desired import Preset
from a2c_spec.core.foreign import completed, strangers
from a2c_spec.core.live import mapping
from a2c_spec.core.plan import Change, Detail
from a2c_spec.core.recipe import FingerprintSecret, digest, holds_secret, redact_secrets
from a2c_spec.core.sensitive import names_secret
from a2c_spec.core.state import PRESET, Element, JobRecord

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
        lost = "the service no longer has it" if gone or (record and record.basis) else "not applied yet"
        return _change(preset, "create", (f"{lost}: preset for {preset.target}",), (_create(preset, sent),), sent)
    element = record.elements.get(PRESET, Element(record.job_id))
    found = _differences(sent, element, live or {})
    if not found:
        return _change(preset, "no-op", ("unchanged",), (), sent)
    why = tuple(map(reasons.changed_reason, found))
    wrong = {one.path.partition(".")[0] for one in found}
    if wrong - set(PATCHABLE):
        delete = Call("delete_preset", record.job_id, effects=(Effect(PRESET, None),))
        return _change(preset, "replace", why, (delete, _create(preset, sent, step=1)), sent, found)
    return _change(preset, "update", why, (_patch(preset, sent, found, wrong, record.job_id),), sent, found)


def _differences(sent: Mapping[str, Any], element: Element, live: Mapping[str, Any]) -> list[Detail]:
    """What differs from the service, as far as it was read and tells; else from what was sent."""
    found = []
    for name in ("name", "target", "category", "scope"):
        recorded = element.sent.get(name)
        there = live.get(name) or recorded
        if sent[name] and not compare.equal(sent[name], there):
            found.append(_difference(name, recorded, there, sent[name]))
    before, options = element.sent.get("options", {}), sent["options"]
    shown = completed(element, "options", mapping(live["options"])) if "options" in live else {}
    wrong, removed = compare.changed_keys(options, shown, before)
    for key in (*wrong, *removed):
        found.append(_difference(f"options.{key}", before.get(key), shown.get(key, before.get(key)), options.get(key)))
    for key, value in strangers(element, "options", {**before, **options}, shown).items():
        found.append(Detail(f"options.{key}", shown[key], value, names_secret(key), foreign=True))
    return found


def _difference(path: str, recorded: Any, there: Any, here: Any) -> Detail:
    secret = any(map(holds_secret, (there, here, recorded))) or names_secret(path)
    foreign = recorded is not None and not (holds_secret(recorded) or compare.echoes(recorded, there))
    return Detail(path, there, here, secret, foreign)


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
    preset: Preset, sent: Mapping[str, Any], found: Sequence[Detail], wrong: Collection[str], preset_id: str
) -> Call:
    """Options go complete; one that the manifest does not have gets the value it had, or null."""
    body = {name: value for name, value in _body(preset).items() if name in wrong}
    if "options" in wrong:
        others = {one.path.partition(".")[2]: one.after for one in found if "." in one.path}
        body["options"] = dict(preset.options) | {key: others[key] for key in others if key not in preset.options}
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
        preset.address, action, why, calls, details=tuple(details), fingerprint=digest(sent), basis={PRESET: sent},
        lower_bound="the resource changes only by a call of its own",
    )  # fmt: skip
