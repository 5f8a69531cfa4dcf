"""What of one live conversion must be patched to make it the desired one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2c_spec.core import compare
from a2c_spec.core.calls import Body, Call, Effect, Ref
from a2c_spec.core.desired import Conversion
from a2c_spec.core.foreign import completed, strangers
from a2c_spec.core.live import LiveConversion
from a2c_spec.core.planner import bodies
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.state import Element


def patch_conversion(
    desired: DesiredJob, item: Conversion, live: LiveConversion, ours: Element, step: int
) -> Call | None:
    """Options and metadata of one conversion; None when both hold. ``ours`` is what we know of the live one."""
    body = changes(desired, item, live, ours)
    if not body:
        return None
    name = f"conversions.{item.id}"
    then = {**desired.sent_conversion(item), "preset": item.preset_from or None}
    options = body.get("options")
    moved = body.keys() == {"options"} and isinstance(options, Mapping) and options.keys() == {"preset"}
    why = f"the preset {item.preset_from} has another id" if moved and item.preset_from else ""
    return Call("patch_conversion", Ref(name), body, effects=(Effect(name, then),), step=step, reason=why)


def changes(desired: DesiredJob, item: Conversion, live: LiveConversion, ours: Element) -> dict[str, Body]:
    """The body of the PATCH, empty when none is needed. A removed key is sent as an explicit null; metadata is sent
    complete, because whether it merges or replaces is not documented. What somebody else set is put back."""
    sealed, sent = desired.sent_conversion(item), ours.sent
    body: dict[str, Body] = {}
    shown = completed(ours, "options", live.options)
    options = _options(item, compare.changed_keys(sealed["options"], shown, sent.get("options")))
    options |= _preset(item, live, sent) | _put_back(desired, item, ours, "options", live.options)
    if options:
        body["options"] = options
    shown = completed(ours, "metadata", live.metadata)
    wrong, gone = compare.changed_keys(sealed["metadata"], shown, sent.get("metadata"), compare.equal)
    back = _put_back(desired, item, ours, "metadata", live.metadata)
    if wrong or gone or back:
        body["metadata"] = back | dict(item.metadata) | dict.fromkeys(gone)
    return body


def _options(item: Conversion, keys: tuple[tuple[str, ...], tuple[str, ...]]) -> dict[str, Body]:
    wrong, gone = keys
    return {key: item.options[key] for key in wrong} | dict.fromkeys(gone)


def _put_back(
    desired: DesiredJob, item: Conversion, ours: Element, part: str, shown: Mapping[str, Any]
) -> dict[str, Body]:
    """The values that neither the manifest nor we set, as they were; those that ``lifecycle.ignore`` names stay."""
    asked = {*getattr(item, part), *(["preset"] if item.preset_from or ours.sent.get("preset") else [])}
    sent = {*ours.sent.get(part, {}), *asked}
    where = f"conversions.{item.id}.{part}"
    ignored = desired.job.lifecycle.ignore
    if where in ignored:
        return {}
    found = strangers(ours, part, dict.fromkeys(sent), shown)
    return {key: before for key, before in found.items() if f"{where}.{key}" not in ignored}


def _preset(item: Conversion, live: LiveConversion, sent: Mapping[str, Any]) -> dict[str, Body]:
    """The option ``preset``, where another one is asked for than the one last sent, or than the service shows."""
    other = item.preset_id is not None and live.options.get("preset", item.preset_id) != item.preset_id
    if item.preset_from == sent.get("preset", "") and not (item.preset_from and (other or item.preset_id == "")):
        return {}
    return {"preset": Ref(bodies.preset_ref(item)) if item.preset_from else None}
