"""What each change of a saved plan rests on, as digests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from a2c_spec.core.recipe import digest
from a2c_spec.core.sensitive import HIDDEN, USER, replaced_secrets

if TYPE_CHECKING:
    from a2c_spec.core.desired import Job
    from a2c_spec.core.plan import Change
    from a2c_spec.core.state import JobRecord
    from a2c_spec.engine.planned import PlannedChange

MARK = re.compile(r".+#[0-9a-f]{64}", re.DOTALL)
"""How a secret is marked in what is sent: its reference, and the keyed digest of its value."""
AWAITED = "awaited "
"""How that begins what is known of a result that has still to be made."""


def stamp(step: PlannedChange) -> dict[str, str]:
    """What one change depends on: the manifest, what it takes from others, the bytes of its inputs, what was recorded,
    what was live; and parts of these, by which it is told which one differs."""
    job = step.desired.job if step.desired else None
    files = [(item, item.content.sha256) for item in job.inputs if item.content and item.type != "from"] if job else []
    marks = _secrets(step)
    return {
        "manifest": _digest(_as_written(job) if job else step.preset),
        "takes": json.dumps(_takes(job) if job else {}),
        "inputs": digest([(item.id, sha256) for item, sha256 in files]),
        "files": json.dumps({item.path: sha256 for item, sha256 in files}),
        "secrets": digest(marks),
        "marks": json.dumps(_by_reference(marks)),
        "state": _digest(step.record),
        "live": _digest(step.live),
        "job": step.live.id if step.live else "",
        "status": step.live.status if step.live else "",
        "actions": _digest(_done_by(step.change)),
    }


def _by_reference(marks: Iterable[str]) -> dict[str, str]:
    """A digest of what is sent for each reference to a secret."""
    found: dict[str, list[str]] = {}
    for mark in marks:
        found.setdefault(mark.rpartition("#")[0], []).append(mark)
    return {reference: digest(sorted(sent)) for reference, sent in found.items()}


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


def record_digest(runs: Iterable[JobRecord]) -> str:
    """Of all that is recorded of one address."""
    return digest([[run.address, _digest(run)] for run in runs])
