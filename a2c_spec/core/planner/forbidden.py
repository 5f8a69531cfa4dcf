"""Why the change of one address is refused."""

from __future__ import annotations

from a2c_spec.core import reasons
from a2c_spec.core.observed import Observed
from a2c_spec.core.prepare import DesiredJob
from a2c_spec.core.result_paths import predicted


def conflicts(desired: DesiredJob, observed: Observed) -> str:
    """What stands in the way where a result must go; decided before anything is paid for."""
    found = (reasons.refused(observed, one.path, one.spec.on_conflict) for one in predicted(desired.job, observed.late))
    return next(filter(None, found), "")


def forbidden(desired: DesiredJob, *, paid: bool) -> str:
    """Why what was ``paid`` for may not be run again; empty if it may."""
    if paid and desired.job.lifecycle.prevent_replace:
        return "lifecycle.prevent_replace forbids running it again; change the manifest back, or remove prevent_replace"
    return ""
