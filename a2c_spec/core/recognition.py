"""Which part of an answer is which part that was sent: decided by what the answer tells, and never guessed.

A part is compared as it goes over the wire. Secrets never come back as they were sent, so they say nothing; nor does
what an answer leaves out. Parts that were sent exactly alike may have each other's ids, and so may inputs that differ
only in what gives access to one and the same source (credentials, a password): no result depends on which is which. The
order of an answer is no evidence: the one published capture keeps the order of the request, but nothing says that every
answer does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from a2c_spec.core import compare
from a2c_spec.core.calls import Payload, Ref
from a2c_spec.core.desired import Secret
from a2c_spec.core.live import LiveConversion, LiveInput
from a2c_spec.core.recipe import UPLOADED

Part = Mapping[str, Any]
"""One input or conversion in the words of the wire. ``checksum`` (MD5) is that of bytes which were uploaded."""

Fits = Callable[[int, int], bool]
"""Whether a sent part, by its index, may be a live one, by its index."""

INPUT_MAPS = ("options", "parameters")
CONVERSION_MAPS = ("options", "metadata")

NOT_TOLD: Any = object()
"""In the place of a value that no answer shows as it was sent: a secret, or an id not known here."""


def input_part(body: Mapping[str, Any]) -> Part:
    """An input as its body has it, without what gives access to its source."""
    return {key: value for key, value in body.items() if key != "credentials"}


def sent_input(sent: Mapping[str, Any]) -> Part:
    """A recorded input as it went over the wire. A result of another manifest went under the id ``wire_source``, or as
    an upload where its bytes were here; bytes that an earlier job held went under the id, too, as ``wire_type``."""
    identity = sent.get("identity", {})
    as_upload = bool(identity.get("upstream")) and "checksum" in sent and "wire_source" not in sent
    source = sent.get("wire_source") or (NOT_TOLD if identity.get("upstream") else identity.get("source", ""))
    return {
        **input_part(identity),
        "source": source,
        **({"type": "upload"} if as_upload else {}),
        **({"type": sent["wire_type"]} if "wire_type" in sent else {}),
        **{key: sent[key] for key in ("filename", "checksum") if key in sent},
    }


def sent_conversion(sent: Mapping[str, Any]) -> Part:
    """A recorded conversion as it went over the wire. The preset of another manifest went under ``wire_preset``."""
    preset = {"preset": sent.get("wire_preset") or NOT_TOLD, "of": sent["preset"]} if sent.get("preset") else {}
    return {**sent, "options": {**sent.get("options", {}), **preset}}


def sent_payload(payload: Payload) -> Part:
    """An upload as the service shows it afterwards."""
    return {"type": "upload", "filename": payload.filename, "checksum": payload.content.md5}


def input_may_be(part: Part, live: LiveInput, *, named: bool = True, told: Collection[str] = ()) -> bool:
    """Whether nothing that is told contradicts that ``live`` is this part.

    ``named`` False leaves the file name aside: services may clean names, and complete them with an extension.
    ``told`` are the maps (``options``, ...) that must show everything that was sent in them.
    """
    kind = part.get("type", "remote")
    same_bytes = bool(live.checksum) and part.get("checksum") == live.checksum
    copy = kind == "input_id" != live.type and (same_bytes or live.type == "upload")  # how a copy is shown is not known
    if live.type not in ("", kind) and not copy and not UPLOADED.issuperset((kind, live.type)):
        return False
    if kind not in UPLOADED and not copy and not _agrees(part.get("source"), live.source):
        return False
    if not _agrees(part.get("checksum"), live.checksum) or (named and not same_file_name(part, live)):
        return False
    engine = part.get("engine") == "auto" or _agrees(part.get("engine"), live.engine)
    return engine and all(_shown(part, live, name, whole=name in told) for name in INPUT_MAPS)


def same_file_name(part: Part, live: LiveInput) -> bool:
    """The service completes a name without an extension, and gives its own where none was sent."""
    return not live.filename or live.filename.startswith(part.get("filename") or "")


def conversion_may_be(part: Part, live: LiveConversion, *, told: Collection[str] = ()) -> bool:
    """Whether nothing that is told contradicts that ``live`` is this part; options come back expanded.

    ``told`` are the maps that must show everything that was sent in them.
    """
    if not _agrees(part.get("target"), live.target) or not compare.same_category(
        part.get("category", ""), live.category
    ):
        return False
    target = not live.output_target or compare.same_target(part.get("output_target") or (), live.output_target)
    return target and all(_shown(part, live, name, whole=name in told) for name in CONVERSION_MAPS)


def _agrees(sent: Any, echo: str) -> bool:
    return not sent or not echo or hidden(sent) or bool(sent == echo)


def _shown(part: Part, live: LiveInput | LiveConversion, name: str, *, whole: bool) -> bool:
    """Whether every value of a map came back, as far as it can be compared; with ``whole``, none may be left out."""
    echo: Mapping[str, Any] = getattr(live, name)
    sent = {key: value for key, value in (part.get(name) or {}).items() if not hidden(value) and value is not None}
    return all(compare.echoes(value, echo[key]) if key in echo else not whole for key, value in sent.items())


def hidden(value: Any) -> bool:
    """Whether no answer shows a value as it was sent: it is or holds a secret, or an id that is not known here."""
    if isinstance(value, Mapping):
        return "$secret" in value or any(hidden(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(hidden(item) for item in value)
    return value is NOT_TOLD or isinstance(value, Secret | Ref)


def tell_inputs(sent: Sequence[Part], live: Sequence[LiveInput]) -> dict[int, int]:
    """Sent index -> live index of all inputs that can be told; file names count only where they help."""
    told = _told_maps(live, INPUT_MAPS)
    ways: Sequence[Fits] = (
        lambda s, n: input_may_be(sent[s], live[n], told=told),
        lambda s, n: input_may_be(sent[s], live[n]),
        lambda s, n: input_may_be(sent[s], live[n], named=False),
    )
    return _strictest(sent, len(live), ways)


def tell_conversions(sent: Sequence[Part], live: Sequence[LiveConversion]) -> dict[int, int]:
    """Sent index -> live index of all conversions that can be told."""
    told = _told_maps(live, CONVERSION_MAPS)
    ways: Sequence[Fits] = (
        lambda s, n: conversion_may_be(sent[s], live[n], told=told),
        lambda s, n: conversion_may_be(sent[s], live[n]),
    )
    found = _strictest(sent, len(live), ways)
    return found | _shown_alike(sent, live, found)


def _shown_alike(sent: Sequence[Part], live: Sequence[LiveConversion], found: Mapping[int, int]) -> dict[int, int]:
    """What is left, where the service shows all of it as one and the same conversion: one leaves out what the other one
    says, and that is the default. No result depends on which is which, unless their secrets differ."""
    parts = [s for s in range(len(sent)) if s not in found]
    rows = [n for n in range(len(live)) if n not in found.values()]
    if len(parts) != len(rows) or len({_secrets(sent[s]) for s in parts}) != 1:
        return {}
    same = all(replace(live[n], id="") == replace(live[rows[0]], id="") for n in rows)
    fit = all(conversion_may_be(sent[s], live[n], told=CONVERSION_MAPS) for s in parts for n in rows)
    return dict(zip(parts, rows, strict=True)) if same and fit else {}


def _secrets(part: Part) -> str:
    """Everything of a part that no answer shows, as text."""
    hid = {name: {k: v for k, v in (part.get(name) or {}).items() if hidden(v)} for name in CONVERSION_MAPS}
    return json.dumps([hid, part.get("output_target")], sort_keys=True, default=repr)


def _told_maps(live: Sequence[LiveInput] | Sequence[LiveConversion], names: Sequence[str]) -> frozenset[str]:
    """The maps that the answer shows of some part: it then shows of every part what was sent in them."""
    return frozenset(name for name in names if any(getattr(item, name) for item in live))


def _strictest(sent: Sequence[Part], live: int, ways: Sequence[Fits]) -> dict[int, int]:
    """What the strictest way tells, and of the rest what the next one tells."""
    found: dict[int, int] = {}
    for fits in ways:
        taken = {*found.values()}
        told = tell_apart(sent, live, fits)
        found |= {s: n for s, n in told.items() if s not in found and n not in taken}
        if len(found) == len(sent):
            break
    return found


def tell_apart(sent: Sequence[Part], live: int, may_be: Fits) -> dict[int, int]:
    """Sent index -> live index of all parts of which it is certain, or does not matter, which one they are.

    Parts that were sent alike are one kind. A kind is certain when just as many live parts may be of it as were sent;
    those are then of no other kind, which may make another kind certain. Where fewer are left than were sent, the
    answer contradicts itself, and what these might have been stays open.
    """
    kinds = [_Kind(group, {n for n in range(live) if may_be(group[0], n)}) for group in alike(sent)]
    told: dict[int, int] = {}
    while certain := next((kind for kind in kinds if len(kind.open) == len(kind.members)), None):
        kinds.remove(certain)
        told.update(zip(certain.members, sorted(certain.open), strict=True))
        for kind in kinds:
            kind.open -= certain.open
    odd = {n for kind in kinds if len(kind.open) < len(kind.members) for n in kind.candidates}
    return {s: n for s, n in told.items() if n not in odd}


def covered(sent: int, live: int, fits: Fits) -> bool:
    """Whether every sent part can have a live one of its own."""
    holder: dict[int, int] = {}
    return all(_take(part, live, fits, holder, set()) for part in range(sent))


def _take(part: int, live: int, fits: Fits, holder: dict[int, int], seen: set[int]) -> bool:
    mine = [n for n in range(live) if n not in seen and fits(part, n)]
    seen.update(mine)
    for n in sorted(mine, key=lambda n: n in holder):  # those that are free come first
        if n not in holder or _take(holder[n], live, fits, holder, seen):
            holder[n] = part
            return True
    return False


@dataclass(slots=True)
class _Kind:
    """Parts that were sent alike, which live ones may be of them, and which of those are still open."""

    members: list[int]
    candidates: set[int]
    open: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self.open = set(self.candidates)


def alike(sent: Sequence[Part]) -> list[list[int]]:
    """The indexes of parts that were sent exactly alike, secrets included."""
    if len(sent) == 1:
        return [[0]]
    groups: dict[str, list[int]] = {}
    for index, part in enumerate(sent):
        groups.setdefault(json.dumps(_given(part), sort_keys=True, default=repr), []).append(index)
    return list(groups.values())


def shown_form(part: Part) -> str:
    """A part as answers show it, as text: two of the same form cannot be told apart."""
    return json.dumps(_given(compare.echo_form(_visible(part))), sort_keys=True, default=repr)


def _visible(value: Any) -> Any:
    """A value without secrets; which preset of this project is meant is told by its id."""
    if not isinstance(value, Mapping):
        return None if hidden(value) and not isinstance(value, Ref) else value
    return None if "$secret" in value else {key: _visible(item) for key, item in value.items()}


def _given(value: Any) -> Any:
    """A value without what says nothing: a null unsets an option, so it is as if it had not been sent."""
    if isinstance(value, Mapping):
        pruned = {key: _given(item) for key, item in value.items()}
        return {key: item for key, item in pruned.items() if item is not None and item != {}}
    return value
