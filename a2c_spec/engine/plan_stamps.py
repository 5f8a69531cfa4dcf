"""What each change of a saved plan rests on, as digests, and what differs of it later, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from a2c_spec.core.recipe import digest
from a2c_spec.core.sensitive import HIDDEN, USER, replaced_secrets

if TYPE_CHECKING:
    from a2c_spec.core.desired import Job
    from a2c_spec.core.plan import Change
    from a2c_spec.engine.planned import PlannedChange

MARK = re.compile(r".+#[0-9a-f]{64}", re.DOTALL)
"""How a secret is marked in what is sent: its reference, and the keyed digest of its value."""
AWAITED = "awaited "
"""How that begins what is known of a result that has still to be made."""


def stamp(step: PlannedChange) -> dict[str, str]:
    """What one change depends on: the manifest, what it takes from others, the bytes of its inputs, what was recorded,
    what was live."""
    job = step.desired.job if step.desired else None
    files = [item for item in job.inputs if item.content and item.type != "from"] if job else []
    contents = [(item.id, item.content.sha256) for item in files if item.content]
    return {
        "manifest": _digest(_as_written(job) if job else step.preset),
        "takes": json.dumps(_takes(job) if job else {}),
        "inputs": digest(contents),
        "secrets": digest(_secrets(step)),
        "state": _digest(step.record),
        "live": _digest(step.live),
        "status": step.live.status if step.live else "",
        "actions": _digest(_done_by(step.change)),
    }


def _as_written(job: Job) -> Job:
    """The job without what is known of it from elsewhere: from what it takes, from files, from its records."""
    found: dict[str, Any] = {"path": "", "upstream": "", "result_name": ""}
    known: dict[str, Any] = {"content": None, "awaited": False, "held": "", "applied_sha256": ""}
    inputs = (replace(item, **known, **(found if item.type == "from" else {})) for item in job.inputs)
    conversions = (replace(item, upstream="", preset_id=None) for item in job.conversions)
    return replace(job, inputs=tuple(inputs), conversions=tuple(conversions), elsewhere=frozenset())


def _takes(job: Job) -> dict[str, str]:
    """Of every result and preset that a job takes, what is known of it, and whether it has still to be made."""
    taken = {
        item.source: f"{AWAITED if item.awaited else ''}{digest([item.upstream, item.path, item.result_name])}"
        for item in job.inputs
        if item.type == "from"
    }
    presets = ((item.preset_from, digest([item.upstream, item.preset_id])) for item in job.conversions)
    return taken | {name: known for name, known in presets if name}


def _secrets(step: PlannedChange) -> list[Any]:
    """The keyed digests of all secrets of a job or preset, in every place where it sends one."""
    if step.desired is None:
        return list(_marks(step.change.basis))
    desired, job = step.desired, step.desired.job
    sent: list[Any] = [desired.sent_input(item) for item in job.inputs]
    sent += [desired.sent_conversion(item) for item in job.conversions]
    words = [one.download_password for one in job.outputs if one.download_password]
    words += USER.findall(json.dumps(asdict(job), default=str, sort_keys=True))
    return list(_marks([desired.sent_fields, *sent, [desired.fingerprint_secret(one) for one in words]]))


def _marks(tree: Any) -> Iterator[str]:
    """Every keyed digest in what was sent; a secret is marked as ``reference#digest`` wherever it stands."""
    if isinstance(tree, Mapping):
        yield from (mark for key in sorted(tree) for mark in _marks(tree[key]))
    elif isinstance(tree, list | tuple):
        yield from (mark for one in tree for mark in _marks(one))
    elif isinstance(tree, str) and MARK.fullmatch(tree):
        yield tree


def _done_by(change: Change) -> Change:
    """What carrying a change out does: its action, its calls and what happens to files, without the words for it, what
    it may cost, and what stands in the places of its files."""
    return replace(change, reasons=(), details=(), lower_bound="", basis={}, credits=0, replaces=())


def _digest(value: Any) -> str:
    """Of any frozen value. Positions in files, moments in time and digests of the rest do not count, nor do secrets:
    they could be guessed from it, and have keyed digests."""
    if value is None:
        return ""
    tree = replaced_secrets(_unplaced(asdict(value)), lambda _path: HIDDEN)
    return digest(USER.sub(HIDDEN, json.dumps(tree, default=str, sort_keys=True)))


def _unplaced(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        kept = {key: item for key, item in tree.items() if key not in ("position", "updated_at", "fingerprint")}
        return {key: item > 0 if key == "gone_since" else _unplaced(item) for key, item in kept.items()}
    return [_unplaced(item) for item in tree] if isinstance(tree, list | tuple) else tree


_WORDS = {
    "manifest": "the manifest",
    "inputs": "the bytes of an input",
    "secrets": "a secret",
    "state": "the state",
    "live": "the live job",
}


def moved_of(now: Mapping[str, str], then: Mapping[str, str], why: str) -> list[str]:
    """What differs of one change; what has to be done now, and ``why``, is told only where nothing else tells it.

    A job that was read for only one of both plans says nothing: something here is why it was, or was not, read.
    """
    differing = [key for key in _WORDS if now[key] != then[key]]
    told = [*_taken(now.get("takes", ""), then.get("takes", ""))]
    known = [key for key in differing if key != "live" or (now["live"] and then["live"])]
    if not (known or told) and now["actions"] != then["actions"]:
        return [f"what has to be done changed{f' ({why})' if why else ''}"]
    told = [*(f"{_WORDS[key]} changed" for key in known or ([] if told else differing)), *told]
    was, is_now = then.get("status", ""), now.get("status", "")
    status = f" ({was} -> {is_now})" if was and is_now and was != is_now else ""
    return [f"{one}{status}" if one.startswith(_WORDS["live"]) else one for one in told]


def _taken(now: str, then: str) -> Iterator[str]:
    """What differs in what a job takes; nothing of a plan of an earlier version, which does not tell it."""
    try:
        before, after = (json.loads(text) if text else None for text in (then, now))
    except ValueError:
        before = after = None
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return
    for source in sorted(before.keys() & after.keys()):
        if before[source] != after[source]:
            made = _is_awaited(before[source]) and not _is_awaited(after[source])
            yield (
                f"{source}, which it takes, was made" if made else f"what is known of {source}, which it takes, changed"
            )


def _is_awaited(known: object) -> bool:
    return isinstance(known, str) and known.startswith(AWAITED)
