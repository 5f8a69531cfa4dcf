"""The planner behind one door: what one address needs, and why. Pure: values in, a Change out."""

from a2c_spec.core.planner.binding import other_bytes, rebind, recognised, started_in_part, untold_results
from a2c_spec.core.planner.decide import needs_live, plan_job
from a2c_spec.core.planner.deletions import ends_here, spared, with_deletes
from a2c_spec.core.planner.finish import output_calls
from a2c_spec.core.planner.forget import plan_forget, results_there, running
from a2c_spec.core.planner.leftovers import UNLESS, left_files, with_removals
from a2c_spec.core.planner.matching import shown_order
from a2c_spec.core.planner.preset import plan_preset, sent_preset

__all__ = [
    "UNLESS",
    "ends_here",
    "left_files",
    "needs_live",
    "other_bytes",
    "output_calls",
    "plan_forget",
    "plan_job",
    "plan_preset",
    "rebind",
    "recognised",
    "results_there",
    "running",
    "sent_preset",
    "shown_order",
    "spared",
    "started_in_part",
    "untold_results",
    "with_deletes",
    "with_removals",
]
