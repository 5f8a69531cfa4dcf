"""What differs between what a saved plan was made from and what there is now, in words: each part that differs, and
nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from a2c_spec.core.run_keys import address_of
from a2c_spec.engine.plan_stamps import AWAITED
from a2c_spec.manifests.origins import DEFAULT

Stamp = Mapping[str, str]
Stamps = Mapping[str, Stamp]

VARIABLES = ("the variable ", "the environment variable ")
COMPARED = ("manifest", "inputs", "secrets", "state", "live", "takes", "actions")
"""What makes a plan stale. What else a stamp holds says which part of these it is."""
WORDS = {
    "manifest": "what its manifest asks for",
    "inputs": "what it reads",
    "secrets": "a secret",
    "state": "what is known of what was recorded",
    "live": "the live job",
}
"""What is said of a part that differs where no part of it is told."""


def differences(now: Stamps, then: Stamps, why: Mapping[str, str], settings: list[str]) -> list[str]:
    """What differs of all changes, each at its address; ``why`` says for each run what has to be done now, ``settings``
    which of these changed."""
    of_now, of_then = _by_address(now), _by_address(then)
    told: list[str] = []
    apart = [address for address in of_now if address not in of_then]
    gone = [address for address in of_then if address not in of_now]
    for address in [one for one in of_now if one in of_then]:
        here, there = of_now[address], of_then[address]
        if here.keys() == there.keys():
            for run in here:
                told += [f"{run}: {text}" for text in moved_of(here[run], there[run], why[run], bool(settings))]
            continue
        causes = _causes(_merged(here), _merged(there))
        others = [f"{run} is new" for run in here if run not in there] + [
            f"{run} is gone" for run in there if run not in here
        ]
        told += [f"{address}: {text}" for text in causes] or ([] if settings else others)
    told = [*_elsewhere(now, then), *told] if apart or gone else told
    told += [f"{one} is new" for one in apart] + [f"{one} is gone" for one in gone]
    return [*settings, *told] if told or _differ(now, then) else []


def changed_settings(now: Mapping[str, Any], then: Mapping[str, Any]) -> list[str]:
    """The settings that differ, where both are known."""
    return [
        f"the setting `{name}` changed{_way(now[name], then[name])}"
        for name in sorted(now.keys() & then.keys())
        if now[name][0] != then[name][0]
    ]


def as_it_was(told: list[str]) -> str:
    """What makes the plan fit again, where a variable of whoever runs the command is why it does not."""
    asked = any(word in text for text in told for word in VARIABLES)
    return "give the variable the value that it had, or " if asked else ""


def moved_of(now: Stamp, then: Stamp, why: str, explained: bool = False) -> list[str]:
    """What differs of one change. What has to be done now, and ``why``, is told only where nothing else tells it, or
    ``explained`` it.

    A job that was read for only one of both plans says nothing: something here is why it was, or was not, read.
    """
    differing = [key for key in COMPARED if now.get(key, "") != then.get(key, "") and (key != "takes" or key in then)]
    told = [text for key in differing for text in _told(key, now, then)]
    if told or explained or not differing:
        return told
    if "actions" in differing:
        return [f"what has to be done changed{f' ({why})' if why else ''}"]
    return [f"{WORDS[key]} changed" for key in differing[:1] if key in WORDS]


def _by_address(stamps: Stamps) -> dict[str, dict[str, Stamp]]:
    found: dict[str, dict[str, Stamp]] = {}
    for run, one in stamps.items():
        found.setdefault(address_of(run), {})[run] = one
    return found


def _differ(now: Stamps, then: Stamps) -> bool:
    """Whether anything does that makes a plan stale."""
    return now.keys() != then.keys() or any(
        now[run].get(key) != then[run].get(key) for run in now for key in COMPARED if key in then[run]
    )


def _told(key: str, now: Stamp, then: Stamp) -> Iterator[str]:
    """The parts that differ of what one key of a stamp is a digest of."""
    known = PARTS[key](now, then) if key in PARTS else []
    if known is not None:
        yield from known
    else:  # a plan of an earlier version tells no parts
        yield {"manifest": "the manifest changed", "inputs": "the bytes of an input changed"}.get(
            key, f"{'the state' if key == 'state' else WORDS[key]} changed"
        )


def _causes(now: Stamp, then: Stamp) -> list[str]:
    """What differs of an address that has other runs than it had."""
    return [text for key in ("manifest", "inputs", "state") for text in PARTS[key](now, then) or ()]


def _merged(runs: Mapping[str, Stamp]) -> Stamp:
    """The parts of all runs of an address; one of them tells what is the same for all."""
    files: dict[str, Any] = {}
    for one in runs.values():
        files |= _tree(one.get("files")) or {}
    named = next((one for one in runs.values() if one.get("made_of")), next(iter(runs.values())))
    return {**named, "files": json.dumps(files)}


def _manifest(now: Stamp, then: Stamp) -> list[str] | None:
    here, there = (_tree(one.get("made_of")) for one in (now, then))
    return None if here is None or there is None else [*_changed(here, there)]


def _changed(now: Mapping[str, Any], then: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(now.keys() & then.keys()):
        known = {_said(one) for one in (now[name], then[name])} != {DEFAULT}  # else that is of the manifest
        if known and _digest(now[name]) != _digest(then[name]):
            yield f"{name} changed{_way(now[name], then[name])}"


def _inputs(now: Stamp, then: Stamp) -> list[str] | None:
    here, there = (_tree(one.get("files")) for one in (now, then))
    if here is None or there is None:
        return None
    changed = [name for name in sorted(here.keys() & there.keys()) if here[name] != there[name]]
    return [f"the bytes of {f'the input {name}' if name else 'an input'} changed" for name in changed]


def _secrets(now: Stamp, then: Stamp) -> list[str] | None:
    here, there = (_tree(one.get("marks")) for one in (now, then))
    if here is None or there is None:
        return None
    return ["a secret changed"] if any(here[name] != there[name] for name in here.keys() & there.keys()) else []


def _state(now: Stamp, then: Stamp) -> list[str] | None:
    if "recorded" not in now or "recorded" not in then:
        return None
    return ["the state changed"] if now["recorded"] != then["recorded"] else []


def _live(now: Stamp, then: Stamp) -> list[str]:
    """What differs of a job that was read for both plans."""
    if not (now["live"] and then["live"]) or now.get("job", "") != then.get("job", now.get("job", "")):
        return []
    was, is_now = then.get("status", ""), now.get("status", "")
    return [f"the live job changed{f' ({was} -> {is_now})' if was and is_now and was != is_now else ''}"]


def _taken(now: Stamp, then: Stamp) -> list[str]:
    """What differs in what a job takes; nothing of a plan of an earlier version, which does not tell it."""
    after, before = (_tree(one.get("takes")) for one in (now, then))
    told = []
    for source in sorted((before or {}).keys() & (after or {}).keys()):
        if before and after and before[source] != after[source]:
            made = _is_awaited(before[source]) and not _is_awaited(after[source])
            what = f"{source}, which it takes, was made"
            told.append(what if made else f"what is known of {source}, which it takes, changed")
    return told


PARTS: dict[str, Callable[[Stamp, Stamp], list[str] | None]] = {
    "manifest": _manifest, "inputs": _inputs, "secrets": _secrets, "state": _state, "live": _live, "takes": _taken,
}  # fmt: skip  # a table


def _elsewhere(now: Stamps, then: Stamps) -> Iterator[str]:
    """The variables that differ of whatever addresses: a name may be made from one."""
    here, there = ({} for _ in range(2)) if not now or not then else (_variables(now), _variables(then))
    yield from _changed(here, there)


def _variables(stamps: Stamps) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in stamps.values():
        parts = _tree(one.get("made_of")) or {}
        found |= {name: part for name, part in parts.items() if name.startswith(VARIABLES)}
    return found


def _way(now: Any, then: Any) -> str:
    """What says the value: a variable of the environment, a file, a flag; both, where they are two."""
    was, is_now = _said(then), _said(now)
    said = was if was == is_now else f"{was or '?'} -> {is_now or '?'}"
    return f" ({said})" if said else ""


def _said(part: Any) -> str:
    return str(part[1]) if isinstance(part, list | tuple) and len(part) > 1 else ""


def _digest(part: Any) -> Any:
    return part[0] if isinstance(part, list | tuple) and part else part


def _tree(text: str | None) -> dict[str, Any] | None:
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _is_awaited(known: object) -> bool:
    return isinstance(known, str) and known.startswith(AWAITED)
