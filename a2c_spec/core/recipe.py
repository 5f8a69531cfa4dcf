"""Canonical, secret-free forms of what is desired: what was sent, what decides a result, and their digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from a2c_spec.core.desired import Conversion, Input, Job, Late, Secret, Value
from a2c_spec.core.patchable_fields import JOB_FIELDS
from a2c_spec.core.sensitive import names_secret

FingerprintSecret = Callable[[Secret | str], str]
"""Turns a secret into ``reference#keyed-digest``, or into ``reference`` alone where its value is out of reach."""

UPLOADED = frozenset({"upload", "base64"})
"""Input types whose bytes we always send; on the service both appear as ``upload``."""

DECISIVE_FIELDS = ("fail_on_input_error", "fail_on_conversion_error")
"""Job fields that decide whether a partial result is a result; both are true by default."""

INCOMPLETE = "incomplete"
"""Marks a recipe that an earlier version recorded without the names and passwords that were sent."""

UNPLACED = 0
"""The recorded position of an input that was added at the same time as others: not known until it is set."""

NOT_DECISIVE = frozenset({"download_password", "output_filename"})
"""Conversion options that name or protect a result without changing its bytes."""


def redact_secrets(
    value: Value, fingerprint_secret: FingerprintSecret, *, all_of_it: bool = False, by_name: bool = True
) -> Any:
    """The value as plain JSON, every secret replaced by ``{"$secret": mark}``: references, ``by_name`` texts under a
    name that says so, and with ``all_of_it`` every text."""
    if isinstance(value, Secret) or (all_of_it and isinstance(value, str) and value):
        return {"$secret": fingerprint_secret(value)}
    if isinstance(value, Mapping):
        return {
            key: redact_secrets(
                item, fingerprint_secret, all_of_it=all_of_it or (by_name and names_secret(key)), by_name=by_name
            )
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact_secrets(item, fingerprint_secret, all_of_it=all_of_it, by_name=by_name) for item in value]
    return value


def holds_secret(value: object) -> bool:
    """Whether a sealed value holds a secret anywhere."""
    if isinstance(value, Mapping):
        return "$secret" in value or any(holds_secret(item) for item in value.values())
    return isinstance(value, list | tuple) and any(holds_secret(item) for item in value)


def uploaded(item: Input) -> bool:
    """Whether the bytes of this input come from here, in this job or in an earlier one."""
    return item.type in UPLOADED or (item.type == "from" and bool(item.path))


def travels(item: Input) -> bool:
    """Whether the bytes of this input have to be sent: they come from here, and no earlier job of ours holds them."""
    return uploaded(item) and not item.held


def extension(name: str) -> str:
    """``.pdf`` of ``a/b.PDF``; empty when there is none."""
    base = name.rsplit("/", 1)[-1]
    dot = base.rfind(".")
    return base[dot:].lower() if dot > 0 else ""


def asked_filename(item: Input) -> str:
    """The file name that an input is given: the manifest's, else that of the result here that it takes."""
    return item.filename or item.result_name


def sent_filename(item: Input) -> str:
    """The file name an upload travels under: the one it is given, else the file's own."""
    return asked_filename(item) or item.path.rsplit("/", 1)[-1] or "output"


def _bytes_identity(item: Input) -> dict[str, Any]:
    return {"type": "upload", "sha256": item.applied_sha256 or (item.content.sha256 if item.content else "")}


def _source_identity(item: Input, fingerprint_secret: FingerprintSecret) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "type": "output" if item.type == "from" else item.type,
        "source": item.source,
        "upstream": item.upstream,
        "pin": item.pin,
        "engine": item.engine,
        "content_type": item.content_type,
        "options": redact_secrets(item.options, fingerprint_secret),
        "parameters": redact_secrets(item.parameters, fingerprint_secret),
    }
    return {key: value for key, value in parts.items() if value}


def identity(item: Input, fingerprint_secret: FingerprintSecret) -> dict[str, Any]:
    """What makes an input this input and cannot be patched; the bytes' own digest for whatever we upload."""
    if item.type in UPLOADED:
        return _bytes_identity(item)
    credentials = redact_secrets(item.credentials, fingerprint_secret, all_of_it=True)
    extra = {"filename": asked_filename(item), "credentials": credentials}
    return _source_identity(item, fingerprint_secret) | {key: value for key, value in extra.items() if value}


def sent_input(item: Input, fingerprint_secret: FingerprintSecret, position: int | None = None) -> dict[str, Any]:
    """Canonical form of an input as sent; ``position`` only when a call set it."""
    parts: dict[str, Any] = {
        "identity": identity(item, fingerprint_secret),
        "filename": sent_filename(item) if uploaded(item) else asked_filename(item),
        "checksum": item.content.md5 if uploaded(item) and item.content else None,
        "decrypt": fingerprint_secret(item.decrypt_password) if item.decrypt_password else None,
        "position": position,
    } | dict(item.settings)
    return {key: value for key, value in parts.items() if value not in (None, "")}


def sent_conversion(item: Conversion, fingerprint_secret: FingerprintSecret) -> dict[str, Any]:
    """Canonical form of a conversion as sent; ``preset`` is the manifest whose id went as that option, ``upstream`` the
    fingerprint of what it held then."""
    return {
        "target": item.target,
        "category": item.category,
        "options": redact_secrets(item.options, fingerprint_secret),
        "metadata": redact_secrets(item.metadata, fingerprint_secret, by_name=False),
        "output_target": redact_secrets(item.output_target, fingerprint_secret),
    } | ({"preset": item.preset_from, "upstream": item.upstream} if item.preset_from else {})


def preset_content(sent: Mapping[str, Any]) -> str:
    """Digest of what of a preset, as it was sent, decides results: whatever it is called, and whoever may use it."""
    return digest([sent.get("target"), sent.get("category"), sent.get("options")])


def sent_fields(job: Job, fingerprint_secret: FingerprintSecret) -> dict[str, Any]:
    """Canonical form of the managed job fields; a password is marked as a secret even where it stands in the text."""
    return {name: _sent_field(name, value, fingerprint_secret) for name, value in job.fields.items()}


def _sent_field(name: str, value: Value, fingerprint_secret: FingerprintSecret) -> Any:
    if JOB_FIELDS[name].secret and isinstance(value, tuple):
        return [{"$secret": fingerprint_secret(word)} for word in value if isinstance(word, Secret | str)]
    return redact_secrets(value, fingerprint_secret)


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    """A null unsets an option, so it decides nothing that leaving the option out would not."""
    return {key: value for key, value in values.items() if value is not None}


def _decisive_conversion(item: Conversion, fingerprint_secret: FingerprintSecret) -> dict[str, Any]:
    targets = [{key: target[key] for key in ("type", "parameters") if key in target} for target in item.output_target]
    options = {key: value for key, value in item.options.items() if key not in NOT_DECISIVE}
    parts: dict[str, Any] = {
        "target": item.target,
        "category": item.category,
        "options": _without_nulls(redact_secrets(options, fingerprint_secret)),
        "metadata": _without_nulls(redact_secrets(item.metadata, fingerprint_secret, by_name=False)),
        "output_target": [redact_secrets(target, fingerprint_secret) for target in targets],
        "upstream": item.upstream or item.preset_from,  # what a preset holds, whatever it is called
    }
    return {key: value for key, value in parts.items() if value}


def _decisive_input(item: Input, fingerprint_secret: FingerprintSecret) -> dict[str, Any]:
    """What of an input decides results: its bytes or source, the name it is sent under, its settings, its password.

    The credentials that give access to a source do not count: the same file under a new key is the same file.
    """
    parts = _bytes_identity(item) if item.type in UPLOADED else _source_identity(item, fingerprint_secret)
    extra: dict[str, Any] = {"filename": sent_filename(item) if item.type in UPLOADED else asked_filename(item)}
    if item.type == "from" and item.content is not None:
        extra["sha256"] = item.content.sha256
    if item.decrypt_password:
        extra["decrypt_password"] = {"$secret": fingerprint_secret(item.decrypt_password)}
    return parts | {key: value for key, value in extra.items() if value} | dict(item.settings)


def recipe_of(job: Job, fingerprint_secret: FingerprintSecret) -> dict[str, Any]:
    """Everything that decides the results, part by part under the manifest's own ids.

    ``fields``: the job fields that decide results, where they are not the service's default.
    """
    fields = {name: job.fields[name] for name in DECISIVE_FIELDS if job.fields.get(name, True) is False}
    return {
        "order": [item.id for item in job.inputs],
        "inputs": {item.id: _decisive_input(item, fingerprint_secret) for item in job.inputs},
        "conversions": {item.id: _decisive_conversion(item, fingerprint_secret) for item in job.conversions},
        **({"fields": fields} if fields else {}),
    }


def fingerprint(recipe: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a recipe without its ids: renaming an input or a conversion changes no result."""
    return digest([_shared(recipe), list(recipe["conversions"].values())])


def _shared(recipe: Mapping[str, Any]) -> list[Any]:
    """What decides the results of every conversion of a job alike: its inputs in order, and its fields."""
    inputs = [recipe["inputs"][name] for name in recipe["order"]]
    return [[_as_file(item) if "upstream" in item else item for item in inputs], recipe.get("fields", {})]


def _as_file(item: Mapping[str, Any]) -> dict[str, Any]:
    """An input that is a result of another job: its bytes count, as those of a file, not what that job calls it."""
    known = {"type": "upload"} if "sha256" in item else {}
    untold = {"source", *(("upstream",) if known else ())}
    return {key: value for key, value in item.items() if key not in untold} | known


def by_bytes(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """An input with the digest of its bytes as other manifests tell it, whether it is a file or a result of another
    job, and whatever that job calls it; an earlier version recorded no other digest of a result."""
    if "upstream" in item:
        return {key: value for key, value in item.items() if key not in ("source", "sha256")}
    if item.get("type") != "upload":
        return item
    rest = {key: value for key, value in item.items() if key != "sha256"}
    return rest | {"type": "output", "upstream": digest([item.get("sha256", "")])}


def made_from(recipe: Mapping[str, Any], conversion: str) -> str:
    """What decides the results of one conversion, as a digest: the same for the same bytes, whoever makes them. Empty
    where it is not known."""
    if conversion not in recipe.get("conversions", {}):
        return ""
    inputs = [by_bytes(recipe["inputs"][name]) for name in recipe.get("order", ())]
    return digest([inputs, recipe.get("fields", {}), recipe["conversions"][conversion]])


def as_known(recipe: Mapping[str, Any], recorded: Mapping[str, Any]) -> Mapping[str, Any]:
    """A recipe, cut down to what a recorded one can tell, so that the two can be compared."""
    unnamed = _unnamed_results(recipe, recorded)
    untold = ("filename", "decrypt_password") if INCOMPLETE in recorded else ()
    if not untold and not unnamed:
        return recipe
    inputs = {
        name: {key: value for key, value in item.items() if key not in (("filename",) if name in unnamed else untold)}
        for name, item in recipe["inputs"].items()
    }
    marked = {INCOMPLETE: True} if untold else {}
    fields = {"fields": recipe["fields"]} if "fields" in recipe and not untold else {}
    return {"order": recipe["order"], "inputs": inputs, "conversions": recipe["conversions"], **fields, **marked}


def _unnamed_results(recipe: Mapping[str, Any], recorded: Mapping[str, Any]) -> set[str]:
    """Inputs that are results of other jobs and whose file name an earlier version did not record."""
    before = recorded.get("inputs", {})
    pairs = zip(recipe["order"], recorded.get("order", ()), strict=False)
    return {name for name, old in pairs if "upstream" in before.get(old, {}) and "filename" not in before.get(old, {})}


def digest(value: Any) -> str:
    """SHA-256 (hex) of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(dumps(value).encode()).hexdigest()


def dumps(value: Any) -> str:
    """Compact JSON with sorted keys."""
    return _ENCODER.encode(value)


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Late):
        return {"$late": value.text, "scope": dict(value.scope)}
    raise TypeError(f"not JSON: {type(value).__name__}")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
