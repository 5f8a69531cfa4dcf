"""Checks the conversions that clients ask for against the catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from a2c_spec.local_api.jobs.catalog import Catalog
from a2c_spec.local_api.jobs.drafts import ConversionDraft, Problems, object_of, objects_of
from a2c_spec.local_api.settings import Unknowns

FindPreset = Callable[[str], Mapping[str, Any] | None]


def conversion_draft(
    row: Mapping[str, Any], prefix: str, problems: Problems, catalog: Catalog, unknowns: Unknowns, presets: FindPreset
) -> ConversionDraft:
    """The draft of one conversion of a body. Its own options override those of its preset."""
    target, category = _names(row, prefix, problems)
    entry = catalog.find(target, category)
    if entry is None and target and unknowns.unknown_target == "refuse":
        problems.add(f"{prefix}target", catalog.no_target(target))
    options = object_of(row.get("options"), f"{prefix}options", problems)
    options = {**_preset_options(options, prefix, problems, presets), **options}
    if entry is not None:
        wrong = catalog.problems(entry, options, unknown=unknowns.unknown_options == "refuse")
        for name, text in wrong.items():
            problems.add(f"{prefix}options.{name}", text)
    return ConversionDraft(
        target=target,
        category=entry.category if entry else category,
        options=options,
        metadata=object_of(row.get("metadata"), f"{prefix}metadata", problems),
        output_target=_targets(row.get("output_target"), f"{prefix}output_target", problems),
    )


def _names(row: Mapping[str, Any], prefix: str, problems: Problems) -> tuple[str, str]:
    target, category = row.get("target"), row.get("category")
    if not isinstance(target, str) or not target:
        problems.add(f"{prefix}target", "This value is required and must be a string")
        target = ""
    if category is not None and not isinstance(category, str):
        problems.add(f"{prefix}category", "This must be a string")
        category = ""
    return target, category or ""


def _preset_options(
    options: Mapping[str, Any], prefix: str, problems: Problems, presets: FindPreset
) -> Mapping[str, Any]:
    preset_id = options.get("preset")
    if not preset_id:
        return {}
    preset = presets(preset_id) if isinstance(preset_id, str) else None
    if preset is None:
        problems.add(f"{prefix}options.preset", "There is no such preset")
        return {}
    found: Mapping[str, Any] = preset["options"]
    return found


def _targets(value: Any, name: str, problems: Problems) -> tuple[Mapping[str, Any], ...]:
    rows = objects_of(value, name, problems)
    targets = []
    for index, row in enumerate(rows):
        if not isinstance(row.get("type"), str) or not row["type"]:
            problems.add(f"{name}.{index}.type", "This value is required and must be a string")
        parts = {
            part: object_of(row.get(part), f"{name}.{index}.{part}", problems) for part in ("parameters", "credentials")
        }
        targets.append({"type": row.get("type", ""), **parts, "status": "waiting"})
    return tuple(targets)
