"""The rules, each broken on purpose, and a world that then ends wrong: so the worlds are shown to have teeth.

``python -m tests.worlds.mutants`` tells, for each broken rule, which of the worlds written by hand notice it (minutes);
the tests try one world for each (seconds).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from a2c_spec.core import compare, recipe, run_records
from a2c_spec.core.as_it_ran import Ran
from a2c_spec.core.state import Intent, JobRecord
from tests.worlds.known import KNOWN
from tests.worlds.oracle import play
from tests.worlds.world import memory


@dataclass(frozen=True, slots=True)
class Mutant:
    """``parts``: where -> what stands there instead; ``world``: one that ends wrong because of it."""

    parts: Mapping[str, Any]
    world: str

    @contextmanager
    def alive(self) -> Iterator[None]:
        with ExitStack() as stack:
            for where, what in self.parts.items():
                stack.enter_context(patch(where, what))
            yield


def _intent_as_fact(record: JobRecord, intent: Intent) -> JobRecord:
    return replace(record, fingerprint=intent.fingerprint, basis=intent.basis, intent=intent)


def _without_former(*given: Any) -> tuple[list[JobRecord], list[str]]:
    (record, *others), expired = BESIDE(*given)
    return [replace(record, former_jobs=()), *others], expired


def _as_numbers(one: Any, other: Any) -> bool:
    try:
        return float(one) == float(other)
    except (TypeError, ValueError):
        return EQUAL(one, other)


def _without(key: str) -> Callable[..., dict[str, Any]]:
    def decisive(*args: Any) -> dict[str, Any]:
        return {name: value for name, value in DECISIVE(*args).items() if name != key}

    return decisive


def _nothing(*_: Any, **__: Any) -> tuple[()]:
    return ()


async def _unread(_session: Any, presets: Any, *_: Any) -> Any:
    return presets


async def _as_planned(_execution: Any, step: Any) -> Any:
    return [step]


async def _remove(session: Any, address: str) -> None:
    await session.store.put(without=(address,))


BESIDE: Callable[..., tuple[list[JobRecord], list[str]]] = run_records.beside_new_run
EQUAL: Callable[[Any, Any], bool] = compare.equal
DECISIVE: Callable[..., dict[str, Any]] = recipe._decisive_input

CORE, ENGINE, API = "a2c_spec.core", "a2c_spec.engine", "a2c_spec.api"

MUTANTS: Mapping[str, Mutant] = {
    "what changed counts as current": Mutant(
        {f"{CORE}.same_recipe._equal": lambda *_: True}, "one of two conversions changes"
    ),
    "one change runs all conversions again": Mutant(
        {f"{CORE}.run_division._kept": lambda *_: []}, "one of two conversions changes"
    ),
    "an intent is taken for a fact": Mutant({f"{API}.execute.intended": _intent_as_fact}, "B3 a create is refused"),
    "texts are compared as numbers": Mutant({f"{CORE}.compare.equal": _as_numbers}, "A7 a text becomes another text"),
    "names of inputs do not count": Mutant(
        {f"{CORE}.recipe._decisive_input": _without("filename")}, "an archive holds the name of a result"
    ),
    "passwords do not count": Mutant(
        {f"{CORE}.recipe._decisive_input": _without("decrypt_password")}, "the cache does not ask for the password"
    ),
    "what is needed may have failed": Mutant(
        {f"{ENGINE}.edges.Edges._makers": lambda *_: []}, "A2 what is needed fails"
    ),
    "what is needed may be held": Mutant(
        {f"{ENGINE}.edges.held": lambda *_: []}, "what others take is held and changed"
    ),
    "the same results run others again": Mutant(
        {f"{ENGINE}.execution.Execution._with_results": _as_planned}, "A2 what is needed fails"
    ),
    "owners are ignored": Mutant(
        {
            f"{CORE}.path_claims.Claims.checked": lambda *_: [],
            f"{ENGINE}.owners.Owners.checked": lambda _, step: step,
            f"{API}.output_files.OutputFiles._is_free": lambda *_: True,
        },
        "A3 two jobs share a place",
    ),
    "a lost create is adopted whenever it was made": Mutant(
        {f"{API}.lost_answers._judged": lambda *_: "ours", f"{API}.lost_answers._other_time": lambda *_: False},
        "A8 yesterday's run of somebody else",
    ),
    "a partial result counts as whole": Mutant(
        {f"{API}.deliver.without_result": _nothing, f"{CORE}.planner.finish.without_result": _nothing},
        "A12 a partial result",
    ),
    "presets are not read before a run": Mutant(
        {f"{ENGINE}.plan_builder.read_presets": _unread}, "B14 somebody else edits a preset"
    ),
    "the record of a manifest that is gone is removed": Mutant(
        {f"{ENGINE}.bookkeeping._let_go": _remove}, "B4 a manifest goes and comes back"
    ),
    "bytes that cannot be taken are not sent": Mutant(
        {f"{API}.distrust.sending_bytes": lambda desired: desired}, "bytes that an earlier job held cannot be taken"
    ),
    "a run that is replaced is forgotten": Mutant(
        {f"{API}.recorder.beside_new_run": _without_former}, "A12 a partial result is wanted whole"
    ),
    "what others set of inputs is paid for": Mutant(
        {
            f"{CORE}.planner.matching.SentState._set_by_others": lambda *_: (),
            f"{API}.deliver.as_it_ran": lambda record, _live: Ran(record),
        },
        "somebody else sets what the inputs of a held job leave unset",
    ),
    "uploads of others are taken for ours": Mutant(
        {f"{CORE}.planner.binding._not_ours": lambda *_: set()}, "other bytes come first, and no checksum tells"
    ),
}


def found_by(mutant: Mutant, world: str, folder: Path) -> list[str]:
    """The kinds of findings in a world under a broken rule."""
    with mutant.alive():
        return sorted({one.kind for one in play(KNOWN[world], folder).found})


def main() -> int:
    """Tells which worlds notice each broken rule."""
    chosen = sys.argv[1:] or list(MUTANTS)
    unseen = 0
    with memory() as folder:
        for name in chosen:
            noticed = [world for world in KNOWN if found_by(MUTANTS[name], world, folder)]
            unseen += not noticed
            print(f"{name}: {len(noticed)} of {len(KNOWN)}: {noticed}", flush=True)  # noqa: T201
    return min(unseen, 1)


if __name__ == "__main__":
    sys.exit(main())
