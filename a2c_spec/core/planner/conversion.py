"""What of one live conversion must be patched to make it the desired one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2c_spec.core import compare
from a2c_spec.core.calls import Body, Call, Effect, Ref
from a2c_spec.core.desired import Conversion
from a2c_spec.core.live import LiveConversion
from a2c_spec.core.planner import bodies
from a2c_spec.core.prepare import DesiredJob


def patch_conversion(
    desired: DesiredJob, item: Conversion, live: LiveConversion, sent: Mapping[str, Any], step: int
) -> Call | None:
    """Options and metadata of one conversion; None when both hold."""
    body = changes(desired, item, live, sent)
    if not body:
        return None
    name = f"conversions.{item.id}"
    then = {**desired.sent_conversion(item), "preset": item.preset_from or None}
    return Call("patch_conversion", Ref(name), body, effects=(Effect(name, then),), step=step)


def changes(desired: DesiredJob, item: Conversion, live: LiveConversion, sent: Mapping[str, Any]) -> dict[str, Body]:
    """The body of the PATCH, empty when none is needed. A removed key is sent as an explicit null; metadata is sent
    complete, because whether it merges or replaces is not documented."""
    sealed = desired.sent_conversion(item)
    body: dict[str, Body] = {}
    options = _options(item, compare.changed_keys(sealed["options"], live.options, sent.get("options")))
    options |= _preset(item, sent)
    if options:
        body["options"] = options
    wrong, gone = compare.changed_keys(sealed["metadata"], live.metadata, sent.get("metadata"), compare.equal)
    if wrong or gone:
        body["metadata"] = dict(item.metadata) | dict.fromkeys(gone)
    return body


def _options(item: Conversion, keys: tuple[tuple[str, ...], tuple[str, ...]]) -> dict[str, Body]:
    wrong, gone = keys
    return {key: item.options[key] for key in wrong} | dict.fromkeys(gone)


def _preset(item: Conversion, sent: Mapping[str, Any]) -> dict[str, Body]:
    """The option ``preset``, where another manifest's preset is asked for than the one last sent."""
    if item.preset_from == sent.get("preset", ""):
        return {}
    return {"preset": Ref(bodies.preset_ref(item)) if item.preset_from else None}
