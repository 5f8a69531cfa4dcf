"""A project planned in a test: manifests as values, what is recorded, and what stands on the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from a2c_spec.core.desired import Job, Preset
from a2c_spec.core.state import JobRecord, SavedFile
from a2c_spec.engine.loading import Reading
from a2c_spec.engine.plan import plan_project
from a2c_spec.engine.planned import PlannedChange
from a2c_spec.engine.selection import EVERYTHING, Selection
from a2c_spec.engine.session import Session
from tests.engine.projects import job, record

SHA = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of b"abc"
FILE = SavedFile("dist/cover.webp", 3, SHA, "out-1", "webp", ("cover",), 1, "cover.webp", "", "dist/cover.webp")


class Given(Reading):
    """Manifests that ask for just these items."""

    def __init__(self, session: Session, items: Sequence[Job | Preset]) -> None:
        super().__init__(session.project, [], [])
        self._items = items

    def items(self) -> Any:
        return iter(self._items)


def plan(
    session: Session, *items: Job | Preset, chosen: Selection = EVERYTHING, whole: bool = False
) -> list[PlannedChange]:
    return asyncio.run(plan_project(session, Given(session, items), chosen, None, whole=whole))


def actions(steps: Sequence[PlannedChange]) -> dict[str, str]:
    return {step.change.address: step.change.action for step in steps}


def put(session: Session, *records: JobRecord) -> None:
    for one in records:
        asyncio.run(session.store.put(one))


def named(address: str, *needed: str, **more: Any) -> Job:
    """A job whose result has a name of its own."""
    one = job(address, *needed)
    return replace(one, outputs=(replace(one.outputs[0], filename=address),), **more)


def done(session: Session, one: Job, name: str, **more: Any) -> JobRecord:
    """A finished job whose result stands under this name."""
    path = session.project.root / "dist" / f"{name}.webp"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"abc")
    file = replace(FILE, path=f"dist/{name}.webp", wanted=f"dist/{name}.webp", name=name)
    return record(one, **({"job_id": f"id-{one.address}", "files": (file,)} | more))
