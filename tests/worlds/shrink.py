"""Makes a world that fails shorter while it still fails, and tells how to see it again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

from tests.worlds.ground import Ground, dumped
from tests.worlds.oracle import play
from tests.worlds.switches import Switches
from tests.worlds.worlds import Script


def shrunk(script: Script, kind: str, folder: Path, seconds: float = 600.0) -> Script:
    """Drops steps, manifests and switches greedily as long as a finding of the same kind is left."""
    until = time.monotonic() + seconds
    while True:
        tried = (one for one in _shorter(script) if time.monotonic() < until and _fails(one, kind, folder))
        shorter = next(tried, None)
        if shorter is None:
            return script
        script = shorter


def _fails(script: Script, kind: str, folder: Path) -> bool:
    try:
        return any(one.kind == kind for one in play(script, folder).found)
    except Exception:
        return False  # made too short to mean anything


def _shorter(script: Script) -> Iterator[Script]:
    for number in range(len(script.steps) - 1, -1, -1):
        yield replace(script, steps=script.steps[:number] + script.steps[number + 1 :])
    for name in list(script.ground.docs):
        if len(script.ground.docs) > 1 and not script.ground.dependents(name):
            ground = script.ground.copy()
            del ground.docs[name]
            yield replace(script, ground=ground)
    yield from _plainer(script)
    yield from _simpler(script)


def _plainer(script: Script) -> Iterator[Script]:
    plain = Switches()
    for one in fields(Switches):
        usual = getattr(plain, one.name)
        if getattr(script.switches, one.name) != usual:
            yield replace(script, switches=replace(script.switches, **{one.name: usual}))


def _simpler(script: Script) -> Iterator[Script]:
    """Fewer conversions, inputs and extras."""
    for number, body in enumerate(script.ground.bodies()):
        for key in ("job", "lifecycle"):
            if key in body:
                ground = script.ground.copy()
                del ground.bodies()[number][key]
                yield replace(script, ground=ground)
        for key in ("conversions", "inputs"):
            for place in range(len(body[key]) - 1, -1, -1) if len(body[key]) > 1 else ():
                ground = script.ground.copy()
                _take_out(ground, number, key, place)
                yield replace(script, ground=ground)
        for place, one in enumerate(body["conversions"]):
            for key in ("options", "metadata"):
                if key in one:
                    ground = script.ground.copy()
                    del ground.bodies()[number]["conversions"][place][key]
                    yield replace(script, ground=ground)


def _take_out(ground: Ground, number: int, key: str, place: int) -> None:
    body = ground.bodies()[number]
    gone = body[key].pop(place)
    if key == "conversions":
        body["outputs"] = [one for one in body.get("outputs", []) if one["from"] != gone["id"]]


def reproduction(script: Script, folder: Path) -> str:
    """Everything that is needed to see it again."""
    done = play(script, folder)
    parts = [f"seed {script.seed}; service: {script.switches}", "steps:"]
    parts += [f"  {step}" for step in script.steps]
    parts += ["manifests at the beginning:"]
    parts += [f"--- {name}.yaml\n{dumped(doc)}" for name, doc in script.ground.docs.items()]
    parts += [f"{path}: {data!r}" for path, data in script.ground.sources.items()]
    parts += ["what happened:", *(f"  {line}" for line in done.story), "found:"]
    parts += [f"  {one.kind}: {one.text}" for one in done.found[:2]]
    if len(done.found) > 2:
        parts.append(f"  and {len(done.found) - 2} more")
    return "\n".join(parts)
