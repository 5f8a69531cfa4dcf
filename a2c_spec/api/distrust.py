"""When the bytes of an input are sent after all, although the service shows that an earlier job holds them."""

from __future__ import annotations

from dataclasses import dataclass

from a2c_spec.api.http.replies import Refused
from a2c_spec.core.prepare import DesiredJob, sending_bytes
from a2c_spec.core.state import Intent
from a2c_spec.errors import SpecError

NO_SUCH_INPUT = frozenset({400, 404, 409, 410, 422})
"""How a service may refuse an input of an earlier job that it does not hold any more."""

NAMING = frozenset({"create_job", "add_inputs"})
"""Calls that may name an input of an earlier job."""

MOST_LOST = 2
"""So many of them may go without an answer, as where the service fails with 500."""


@dataclass(slots=True)
class Distrust:
    """What was met while one job was brought to its desired state: ``lost`` calls had no answer."""

    lost: int = 0

    def after(self, desired: DesiredJob, error: SpecError, intent: Intent | None = None) -> DesiredJob:
        """The job as it is to be tried next; ``intent`` are the calls whose answer was lost."""
        if not any(item.held for item in desired.job.inputs):
            return desired
        if isinstance(error, Refused):
            return sending_bytes(desired) if error.status in NO_SUCH_INPUT else desired
        self.lost += intent is not None and not NAMING.isdisjoint(intent.kinds)
        return sending_bytes(desired) if self.lost >= MOST_LOST else desired
