"""Calls that are under way at once, and what happens to them when one fails or the run is interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from a2c_spec.api.http.replies import LostAnswer, Unclear

LAST_WORDS = 30.0
"""Seconds that calls under way get to be answered after an interrupt."""


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Lets calls that were sent be answered and recorded, although whoever waits for them is told to stop."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,), timeout=LAST_WORDS)
        task.cancel()
        await asyncio.wait((task,))
        raise


async def all_of(jobs: Iterable[object]) -> None:
    """Runs calls at once and lets all of them end before the first failure is raised: each may have taken effect."""
    results = await asyncio.gather(*jobs, return_exceptions=True)  # type: ignore[call-overload]  # coroutines
    errors = [result for result in results if isinstance(result, BaseException)]
    lost = [error for error in errors if not isinstance(error, LostAnswer | Unclear)]
    for error in lost + errors:
        raise error
