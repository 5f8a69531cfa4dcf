"""A job or preset as a plain manifest again, without templates and with secrets as references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2c_spec.core.desired import Conversion, Input, Job, Late, Lifecycle, Output, Preset, Secret, Value
from a2c_spec.manifests.expressions.template import escape

API_VERSION = "a2c-spec/v1"
_SOURCE_KEYS = {"upload": "path", "from": "from", "base64": "content"}
_TYPED = frozenset({"cloud", "gdrive_picker", "input_id", "output"})


def as_manifest(item: Job | Preset) -> dict[str, Any]:
    """``item`` as a manifest in the project root; loading it gives an equal ``item``."""
    return _preset(item) if isinstance(item, Preset) else _job(item)


def _job(job: Job) -> dict[str, Any]:
    head = {"apiVersion": API_VERSION, "kind": "Job", "name": escape(job.address)}
    return head | _filled(
        labels=_plain(job.labels),
        job=_fields(job),
        inputs=[_input(item) for item in job.inputs],
        conversions=[_conversion(item) for item in job.conversions],
        outputs=[_output(item) for item in job.outputs],
        lifecycle=_lifecycle(job.lifecycle),
    )


def _preset(preset: Preset) -> dict[str, Any]:
    head = {"apiVersion": API_VERSION, "kind": "Preset", "name": escape(preset.address)}
    return head | _filled(
        title=escape(preset.name) if preset.name != preset.address else "",
        labels=_plain(preset.labels),
        target=escape(preset.target),
        category=escape(preset.category),
        scope=preset.scope,
        options=_plain(preset.options),
        lifecycle=_filled(allow_unknown=[escape(address) for address in preset.allow_unknown]),
    )


def _filled(**values: Any) -> dict[str, Any]:
    """``values`` without those that are empty."""
    return {key: value for key, value in values.items() if value is not None and value not in ("", [], {})}


def _plain(value: Value) -> Any:
    """A value of the model as YAML has it; ``${{`` in it is escaped."""
    if isinstance(value, Secret):
        return {"secret": escape(value.reference)}
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _text(text: str | Late) -> str:
    return text.text if isinstance(text, Late) else escape(text)


def _fields(job: Job) -> dict[str, Any]:
    held = {} if job.process else {"process": False}
    return held | {name: _plain(value) for name, value in job.fields.items()}


def _input(item: Input) -> dict[str, Any]:
    source = item.path if item.type == "upload" else item.source
    kind = {"type": item.type} if item.type in _TYPED else {}
    head = {"id": item.id, **kind, _SOURCE_KEYS.get(item.type, "source"): escape(source)}
    return (
        head
        | _filled(
            filename=escape(item.filename),
            pin=item.pin,
            engine=item.engine,
            content_type=escape(item.content_type),
            options=_plain(item.options),
            parameters=_plain(item.parameters),
            credentials=_plain(item.credentials),
            decrypt_password=_plain(item.decrypt_password),
            **_plain(item.settings),
        )
        | ({"parameters": {}} if item.type == "cloud" and not item.parameters else {})
    )


def _conversion(item: Conversion) -> dict[str, Any]:
    return {"id": item.id, "target": escape(item.target)} | _filled(
        category=escape(item.category),
        options=_plain(item.options),
        metadata=_plain(item.metadata),
        output_target=[_plain(target) for target in item.output_target],
        preset={"from": escape(item.preset_from)} if item.preset_from else {},
    )


def _output(item: Output) -> dict[str, Any]:
    source: Any = {"conversion": item.conversion, "input": item.input} if item.input else item.conversion
    return {"from": source, "save": _text(item.save)} | _filled(
        filename=_text(item.filename),
        on_conflict=item.on_conflict if item.on_conflict != "error" else "",
        download_password=_plain(item.download_password),
    )


def _lifecycle(lifecycle: Lifecycle) -> dict[str, Any]:
    return _filled(
        ignore=[escape(address) for address in lifecycle.ignore],
        on_replace=lifecycle.on_replace if lifecycle.on_replace != "keep" else "",
        on_rename=lifecycle.on_rename if lifecycle.on_rename != "keep" else "",
        prevent_replace=lifecycle.prevent_replace or None,
        allow_unknown=[escape(address) for address in lifecycle.allow_unknown],
    )
